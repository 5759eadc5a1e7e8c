"""egctl top: live on a terminal, which it gives back, and a line an interval for programs."""
import copy
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest
from gateway import BIN, message
from process import free_port
from terminal import CannedGateway, Terminal, width

FOLDER = pathlib.Path(__file__).parent / "views"


@pytest.fixture
def canned():
    """A gateway that delivers 100 recipients between two looks."""
    status = json.loads((FOLDER / "status.json").read_text())

    def next_status():
        status["SinceStart"]["Delivered"] += 100
        return copy.deepcopy(status)

    gateway = CannedGateway({"status": next_status, "queue": json.loads((FOLDER / "queue.json").read_text())})
    yield gateway
    gateway.remove()


@pytest.fixture
def top(canned, tmp_path):
    """top(words) → egctl top in a terminal."""
    made = []

    def start(*words, **options):
        made.append(Terminal(["top", *words], tmp_path, canned.url, **options))
        return made[-1]

    yield start
    for terminal in made:
        terminal.remove()


def piped(url, folder, *words):
    return subprocess.run([BIN / "egctl", "top", *words], capture_output=True, text=True, timeout=60,
                          env={"HOME": str(folder), "EGCTL_URL": url, "EGCTL_API_KEY": "key"})


def test_piped_it_is_a_json_object_a_line(canned, tmp_path):
    done = piped(canned.url, tmp_path, "--count", "2")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 2
    for line in lines:
        assert line["Queue"]["Recipients"] == 1042 and len(line["Lanes"]) == 5
        assert 0 < line["Rates"]["Delivered"] <= 100 and line["Rates"]["Bounced"] == 0
    assert piped(canned.url, tmp_path, "--count", "1", "--field", "Queue.InFlight").stdout == "12\n"


@pytest.mark.parametrize("words", [["--count", "0"], ["--interval", "0s"], ["--limit", "x"], ["-o", "csv"], ["more"]])
def test_what_is_wrong_with_the_command_line_is_said(canned, tmp_path, words):
    assert piped(canned.url, tmp_path, *words).returncode == 2 and canned.asked == []


def test_a_gateway_that_is_not_there_ends_it(tmp_path):
    assert piped(f"http://127.0.0.1:{free_port()}", tmp_path).returncode == 3


@pytest.mark.parametrize("end", [b"q", b"\x03", signal.SIGTERM], ids=["q", "Ctrl-C", "SIGTERM"])
def test_a_terminal_is_filled_and_given_back(top, end):
    terminal = top(columns=140)
    terminal.wait_for(lambda shown: "delivered" in shown)
    terminal.press(end) if isinstance(end, bytes) else os.kill(terminal.process.pid, end)
    assert terminal.finish() == 0
    assert terminal.after == terminal.before
    shown = terminal.shown.decode()
    assert shown.startswith("\x1b[?1049h\x1b[?25l") and shown.endswith("\x1b[?25h\x1b[?1049l")
    assert shown.index("large.example") < shown.index("example.net ") < shown.index("slow.example")
    assert "421 4.7.0 Too many" in shown


def test_it_fits_a_terminal_that_gets_smaller(top):
    terminal = top(columns=120)
    terminal.wait_for(lambda shown: "delivered" in shown)
    terminal.resize(50, 6)
    begun = len(terminal.shown)
    terminal.wait_for(lambda shown: shown[begun:].count("\x1b[H") > 2)
    last = terminal.shown.decode().split("\x1b[H")[-2]
    lines = last.split("\n")
    assert len(lines) == 6
    controls = re.compile(r"\x1b\[[0-9;]*[mKJ]|\r")
    assert all(width(controls.sub("", line)) <= 50 for line in lines)


def test_a_gateway_that_goes_away_is_waited_for(top, canned):
    terminal = top()
    terminal.wait_for(lambda shown: "delivered" in shown)
    canned.answers["queue"] = {"no": "answer"}
    terminal.wait_for(lambda shown: "no answer from the gateway; retrying" in shown)
    terminal.press(b"q")
    assert terminal.finish() == 0


def test_it_watches_a_real_gateway(gateway):
    _, key = gateway.add_domain("example.com")
    gateway.send(key, message())
    (line,) = gateway.egctl("top", "--count", "1").stdout.splitlines()
    seen = json.loads(line)
    assert seen["Queue"]["Recipients"] == 1 and set(seen["Rates"]) == {"Accepted", "Delivered", "Deferred", "Bounced"}
