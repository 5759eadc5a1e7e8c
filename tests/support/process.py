"""Child processes of the tests: on free loopback ports, ready when they say so, stopped by their own pid."""
import os
import pathlib
import random
import select
import signal
import socket
import subprocess

from waiting import wait_for

READY_SECONDS = 30  # generous: a loaded two-core machine under a sanitizer
STOP_SECONDS = 20


def free_port():
    """A port below the range the kernel hands out, so that no outgoing connection takes it meanwhile."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def tail(path, lines=40):
    path = pathlib.Path(path)
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


class Process:
    """A child whose output goes to a file."""

    def __init__(self, command, log, environment=None, pass_fds=()):
        self.log = pathlib.Path(log)
        self.command = [str(word) for word in command]
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          env={**os.environ, **(environment or {})}, pass_fds=pass_fds)

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def wait_until(self, ready, what, seconds=READY_SECONDS):
        """Calls ready() until it is true; fails when the child ends or takes too long."""
        def ready_or_ended():
            if ready():
                return True
            if not self.running():
                raise RuntimeError(f"{self.command[0]} ended with {self.child.returncode}:\n{tail(self.log)}")
            return False

        wait_for(ready_or_ended, lambda: f"{self.command[0]}: not {what} in {seconds} s:\n{tail(self.log)}",
                 seconds=seconds)

    def stop(self):
        """SIGTERM, and the exit code. Fails when the child has to be killed."""
        if self.running():
            self.child.terminate()
        try:
            return self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{self.command[0]} did not stop in {STOP_SECONDS} s:\n{tail(self.log)}")

    def kill(self):
        if self.running():
            self.child.kill()
        self.child.wait()

    def signal(self, number):
        self.child.send_signal(number)


class ReadySocket:
    """The receiving end of NOTIFY_SOCKET (sd_notify(3)): the child says READY=1 on it."""

    def __init__(self, path):
        self.path = str(path)
        pathlib.Path(path).unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o666)  # whoever the child is

    def said(self, word="READY=1", seconds=0.2):
        readable, _, _ = select.select([self.socket], [], [], seconds)
        return bool(readable) and word in self.socket.recv(4096).decode().split("\n")

    def close(self):
        self.socket.close()
        pathlib.Path(self.path).unlink(missing_ok=True)


def kill_hard(process):
    """As a power cut would: SIGKILL."""
    process.signal(signal.SIGKILL)
    process.child.wait()
