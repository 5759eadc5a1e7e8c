"""egctl in a terminal of a fixed size, at a fixed time, against answers written down beforehand."""
import fcntl
import http.server
import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import threading
import time
import unicodedata

from gateway import BIN

CLOCK = BIN.parent / "lib/libwall_clock.so"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CannedGateway:
    """Answers each Command with what `answers` has for it, or makes, over HTTP on loopback; keeps what it was asked."""

    def __init__(self, answers=None):
        self.answers, self.asked = dict(answers or {}), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append(asked)
                answer = outer.answers[asked["Command"].removeprefix("emailgateway.")]
                body = json.dumps(answer() if callable(answer) else answer).encode()
                self.send_response(200)
                for name, value in {"Content-Type": "application/json", "Content-Length": len(body),
                                    "X-Request-ID": "r"}.items():
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def remove(self):
        self.server.shutdown()
        self.server.server_close()


class Terminal:
    """egctl running in a pseudo-terminal of its own."""

    def __init__(self, words, folder, url, columns=80, rows=24, at=None, stderr=None, **environment):
        self.main, self.side = pty.openpty()
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.before = termios.tcgetattr(self.side)
        env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "EGCTL_URL": url, "EGCTL_API_KEY": "key", "TERM": "xterm",
               "LANG": "C.UTF-8", **environment}
        if at is not None:
            offset = folder / "clock"
            offset.write_bytes(struct.pack("q", round(at - time.time())))
            env.update(LD_PRELOAD=str(CLOCK), WALL_CLOCK_OFFSET=str(offset))
        self.process = subprocess.Popen([str(word) for word in (BIN / "egctl", *words)], env=env, stdin=self.side,
                                        stdout=self.side, stderr=self.side if stderr is None else stderr,
                                        start_new_session=True)
        self.shown = b""

    def read_some(self, seconds=0.1):
        if select.select([self.main], [], [], seconds)[0]:
            self.shown += os.read(self.main, 65536)

    def press(self, keys):
        os.write(self.main, keys)

    def resize(self, columns, rows):
        fcntl.ioctl(self.side, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, shows, seconds=30):
        """Until what was written satisfies `shows`."""
        end = time.monotonic() + seconds
        while not shows(self.shown.decode(errors="replace")):
            assert time.monotonic() < end and self.process.poll() is None, self.shown
            self.read_some()

    def finish(self, seconds=30):
        """Its exit status; what it wrote is in `shown`."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read_some()
        status = self.process.wait(timeout=1)
        while select.select([self.main], [], [], 0)[0]:
            self.shown += os.read(self.main, 65536)
        self.after = termios.tcgetattr(self.side)
        return status

    def remove(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.main)
        os.close(self.side)


def width(text):
    """How many columns a terminal needs for it, by the Unicode character database."""
    columns = 0
    for character in text:
        if character == "\ufe0f":  # makes a picture of a sign
            columns += 1
        elif unicodedata.category(character) not in ("Mn", "Me", "Cf"):
            columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return columns
