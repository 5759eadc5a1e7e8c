"""A shell on a terminal, as a person has it."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

PROMPT = "shell$ "


class Terminal:
    """bash on a terminal of 100 columns."""

    def __init__(self, folder, environment):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        self.terminal = ours
        self.shell = subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], stdin=theirs, stdout=theirs, stderr=theirs,
                                      cwd=folder, start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
                                      env={**environment, "PS1": PROMPT, "PS2": "", "TERM": "dumb", "NO_COLOR": "1"})
        os.close(theirs)
        self.read_to()

    def read_to(self, end=PROMPT, seconds=90):
        """What it shows until it ends in this: the shell's prompt, or a program's."""
        text, deadline = "", time.monotonic() + seconds
        while not text.endswith(end):
            assert select.select([self.terminal], [], [], deadline - time.monotonic())[0], text
            text += os.read(self.terminal, 65536).decode(errors="replace").replace("\r", "")
        return text.removesuffix(end)

    def type(self, line):
        """(what it showed, its exit status)"""
        os.write(self.terminal, (line + "\n").encode())
        shown = self.read_to()
        os.write(self.terminal, b"echo $?\n")
        status = re.findall(r"^\d+$", self.read_to(), re.M)[-1]
        return shown.removeprefix(line), int(status)

    def close(self):
        os.write(self.terminal, b"exit\n")
        self.shell.wait(10)
        os.close(self.terminal)
