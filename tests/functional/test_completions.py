"""Completions in the real shells, on a pseudo-terminal, with values of a running gateway."""
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest
from gateway import BIN, ROOT
from process import free_port
from waiting import wait_for

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             f"bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; "
             f"PS1='READY> '; source {ROOT}/completions/egctl.bash"),
    "zsh": (["zsh", "-f", "-i"],
            f"PS1='READY> '; fpath=({ROOT}/completions $fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=10000; "
            f"unsetopt beep; zstyle ':completion:*' list-prompt ''"),
    "fish": (["fish", "--no-config", "-i"],
             f"function fish_prompt; echo 'READY> '; end; set fish_autosuggestion_enabled 0; "
             f"source {ROOT}/completions/egctl.fish"),
}


class Terminal:
    """A shell on a pseudo-terminal."""

    def __init__(self, shell, env):
        words, begin = SHELLS[shell]
        self.seen = self.everything = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvpe(words[0], words, env)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.shell, self.lines = shell, 0
        self.type(begin + "\n")
        self.begin_line()

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds=0.1):
        if select.select([self.master], [], [], seconds)[0]:
            text = os.read(self.master, 65536).decode(errors="replace")
            self.seen += text
            self.everything += text
        # what moves the cursor is not of the text
        return re.sub(r"\x1b(\[[0-9;?>=]*[ -/]*[@-~]|\][^\x07]*\x07|[()][A-Z0-9]|[=>])", "", self.seen)

    def wait_for(self, text):
        wait_for(lambda: text in self.read(), lambda: f"no {text!r} in {self.read()!r}")

    def complete(self, line, *expected):
        """Types the line and the tabulator, and waits until all that is expected is shown."""
        self.seen = ""
        self.type(line + "\t")
        for text in expected:
            self.wait_for(text)
        self.begin_line()

    def begin_line(self):
        """Drops what is typed, and waits until the shell has taken everything before."""
        self.lines += 1
        number = f"(math 4000 + {self.lines})" if self.shell == "fish" else f"$((4000 + {self.lines}))"
        self.type(f"\x15echo BEGUN-{number}\n")
        self.wait_for(f"BEGUN-{4000 + self.lines}")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.master)


def environment(gateway, **more):
    path = gateway.folder / "config/egctl"
    path.mkdir(parents=True, exist_ok=True)
    profiles = path / "config.toml"
    profiles.write_text(f'[profiles.staging]\nurl = "unix:{gateway.socket}"\n[profiles.default]\n'
                        f'url = "unix:{gateway.socket}"\n')
    profiles.chmod(0o600)
    return {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(gateway.folder), "TERM": "xterm", "LC_ALL": "C.UTF-8",
            "XDG_CONFIG_HOME": str(gateway.folder / "config"), "COLUMNS": "200", **more}


@pytest.fixture(scope="module")
def house(shared_gateway):
    """(gateway, IDs of a webhook and a key of first.example.com)."""
    gateway = shared_gateway
    domain_id, _ = gateway.add_domain("first.example.com")
    gateway.add_domain("second.example.com")
    webhook = gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "delivery",
                                                          "WebhookURL": "https://hooks.example.com/"})["NewWebhookID"]
    key = gateway.egctl_json("getapis", "first.example.com")["APIKeys"][0]["APIKeyID"]
    return gateway, webhook, key


def complete(gateway, *words, **env):
    """What egctl offers for the last word, and the seconds it took."""
    begin = time.monotonic()
    done = subprocess.run([BIN / "egctl", "complete", *words], env=environment(gateway, **env), capture_output=True,
                          text=True, check=True)
    assert done.stderr == ""
    return [line.split("\t")[0] for line in done.stdout.splitlines()], time.monotonic() - begin


def test_what_egctl_offers(house):
    gateway, webhook, key = house
    both = ["first.example.com", "second.example.com"]
    assert complete(gateway, "getdomain", "")[0] == both
    assert complete(gateway, "getdomain", "se")[0] == both[1:]
    assert complete(gateway, "getevents", "--domain-id", "")[0] == both
    assert complete(gateway, "verifydomain", both[0], "")[0] == both  # it takes several
    assert complete(gateway, "dnsrecords", "--format", "bind", "")[0] == both
    assert complete(gateway, "webhook", "replay", "")[0] == [str(webhook)]
    assert complete(gateway, "webhook.deliveries", "--webhook-id", "")[0] == [str(webhook)]
    assert complete(gateway, "deletewebhook", "--domain-id", both[1], "")[0] == []
    assert str(key) in complete(gateway, "deleteapi", "")[0]
    assert complete(gateway, "--profile", "")[0] == ["default", "staging"]
    assert complete(gateway, "--profile", "staging", "getdomain", "f")[0] == both[:1]
    for words in ([], [""], ["getdomain", "--"], ["getdomain", both[0], ""], ["nothing", ""], ["adddomain", ""]):
        assert complete(gateway, *words)[0] == []


def test_it_is_quick_and_silent_when_there_is_no_gateway(house):
    gateway, _, _ = house
    for url in (f"http://127.0.0.1:{free_port()}", "unix:/nowhere/egd.sock", "nonsense"):
        assert complete(gateway, "getdomain", "", EGCTL_URL=url)[0] == []
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and says nothing
        found, seconds = complete(gateway, "getdomain", "", EGCTL_URL=f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert found == [] and seconds < 5  # 0.7 s, and what a loaded machine adds


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_complete_live_values(house, shell):
    gateway, webhook, key = house
    terminal = Terminal(shell, environment(gateway))
    try:
        terminal.complete("egctl getdomain fir", "first.example.com")
        terminal.complete("egctl getdomain ", "first.example.com", "second.example.com")
        terminal.complete("egctl getevents --domain-id sec", "second.example.com")
        terminal.complete("egctl webhook replay ", str(webhook))
        terminal.complete("egctl deleteapi ", str(key))
        terminal.complete("egctl --profile st", "staging")
        terminal.complete("egctl dnsrecords --format terraform-c", "terraform-cloudflare")
        terminal.complete("egctl webhook.test 1 --event def", "deferred")
    finally:
        terminal.close()
    away = Terminal(shell, environment(gateway, EGCTL_URL="unix:/nowhere/egd.sock"))
    try:
        away.complete("egctl getdomain \tXYZ", "XYZ")
        away.complete("egctl verifyd", "verifydomain")
        assert "cannot reach" not in away.everything
    finally:
        away.close()
