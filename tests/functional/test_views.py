"""What a person sees of each answer, as a terminal shows it. views/NAME.json is an answer, views/NAME.WIDTH.txt what
becomes of it; EGD_RENDER=1 writes the latter, to be read before they are committed."""
import calendar
import itertools
import json
import os
import pathlib
import subprocess

import pytest
from catalogue import as_options, commands
from gateway import BIN
from terminal import COLOUR, CannedGateway, Terminal, width

FOLDER = pathlib.Path(__file__).parent / "views"
NOW = calendar.timegm((2026, 11, 26, 9, 12, 30))  # of every capture
ARGUMENTS = {
    "verifydomain": ["7"], "getdomain": ["7"], "getdomains": [], "adddomain": ["example.com"], "explain": ["m"],
    "queue": [], "getevents": ["7"], "status": [], "accountstats": [], "domainstats": ["7"], "dailyseries": [],
    "getemail": ["m"], "addapi": ["Shop", "7"], "addsmtp": ["7"], "user.apikey.create": [], "webhook.deliveries": ["4"],
    "inbound.list": [], "smtpsessions": ["7"], "getwebhooks": ["7"], "lists.get": [], "deletedomain": ["7"],
}
CAPTURES = [(name, columns) for name in ARGUMENTS for columns in ((80, 120) if name == "verifydomain" else (80,))]


@pytest.fixture(scope="module")
def canned():
    gateway = CannedGateway()
    yield gateway
    gateway.remove()


def answer(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def shown(gateway, folder, *words, columns=80, **environment):
    """What the terminal gets, line ends as in a file."""
    terminal = Terminal(words, folder, gateway.url, columns=columns, at=NOW, **environment)
    try:
        terminal.finish()
        return terminal.shown.decode().replace("\r\n", "\n")
    finally:
        terminal.remove()


@pytest.mark.parametrize("name, columns", CAPTURES)
def test_a_terminal_shows_what_is_written_down(canned, tmp_path, name, columns):
    canned.answers[name] = answer(name)
    text = shown(canned, tmp_path, name, *ARGUMENTS[name], columns=columns, NO_COLOR="1")
    file = FOLDER / f"{name}.{columns}.txt"
    if os.environ.get("EGD_RENDER"):
        file.write_text(text)
    assert text == file.read_text()
    assert all(width(line) <= columns for line in text.split("\n"))


def test_colours_say_nothing_that_words_do_not(canned, tmp_path):
    canned.answers["verifydomain"] = answer("verifydomain")
    plain = shown(canned, tmp_path, "verifydomain", "7", NO_COLOR="1")
    coloured = shown(canned, tmp_path, "verifydomain", "7")
    assert "\x1b[31m" in coloured and "\x1b[32m" in coloured and "\x1b" not in plain
    assert COLOUR.sub("", coloured) == plain


def test_a_terminal_without_utf8_gets_ascii(canned, tmp_path):
    canned.answers["verifydomain"] = answer("verifydomain")
    assert shown(canned, tmp_path, "verifydomain", "7", NO_COLOR="1", LANG="C").isascii()


def test_wide_cuts_nothing(canned, tmp_path):
    canned.answers["verifydomain"] = answer("verifydomain")
    for record in canned.answers["verifydomain"]["Domain"]["VerificationMeta"]["DNSRecords"]:
        if record["Status"] != "pass":
            assert record["Value"] in shown(canned, tmp_path, "verifydomain", "7", "--wide", NO_COLOR="1")


def piped(gateway, folder, *words, **environment):
    return subprocess.run([BIN / "egctl", *words], env={"HOME": str(folder), "EGCTL_URL": gateway.url, "EGCTL_API_KEY": "key",
                                                        **environment}, capture_output=True, text=True, timeout=60)


def test_a_piped_table_is_plain_and_whole_unless_columns_are_told(canned, tmp_path):
    canned.answers["verifydomain"] = answer("verifydomain")
    key = canned.answers["verifydomain"]["Domain"]["VerificationMeta"]["DNSRecords"][1]["Value"]
    whole = piped(canned, tmp_path, "verifydomain", "7", "-o", "table", TERM="xterm").stdout
    assert key in whole and "\x1b" not in whole
    told = piped(canned, tmp_path, "verifydomain", "7", "-o", "table", COLUMNS="60").stdout
    assert max(map(width, told.split("\n"))) <= 60


def test_what_is_left_out_has_a_default_on_a_terminal_and_the_rest_is_told(canned, tmp_path):
    canned.answers["getevents"] = answer("getevents")
    assert "3 of 150; --start-from 3 shows the next" in shown(canned, tmp_path, "getevents", "7")
    assert {**canned.asked[-1], "APIKey": 0}.items() >= {"StartFrom": 0, "RetrieveCount": 50}.items()
    assert piped(canned, tmp_path, "getevents", "7").returncode == 2
    assert piped(canned, tmp_path, "getevents", "7", "0", "3").stderr == ""  # a script that knows what it asks for


# every Command, whatever the gateway answers

HOSTILE = ["x" * 500, "word " * 120, "\u6f22\u5b57" * 120, "a\u0301\u0302" * 60, "\u2764\ufe0f\U0001f469\u200d\U0001f680" * 40,
           "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x9b31m\x7f\r\n\t\0" * 8, "\u202eevil\u2066\u2028" * 20, "pass", "fail",
           "2026-11-26 09:00:00", "", "-" * 79 + "\u6f22", "\U0001fae8" * 50]


def generated(command, seed):
    """An answer with all that the Command declares, of values that are long, wide or hostile."""
    values = itertools.islice(itertools.cycle(HOSTILE), seed, None)

    def leaf(kind):
        if kind in ("integer", "number"):
            return 10 ** 15 if kind == "integer" else 12345.678
        if kind == "boolean":
            return True
        if kind == "list":
            return [next(values) for _ in range(3)]
        if kind == "object":
            return {next(values): {"Sent": 10 ** 9, next(values): next(values)} for _ in range(2)}
        return next(values)

    def tree(prefix):
        made = {}
        for field in command["fields"]:
            path = field["path"]
            name = path.removeprefix(prefix)
            if not path.startswith(prefix) or "." in name or "[" in name:
                continue
            deeper = [f["path"] for f in command["fields"]]
            if any(p.startswith(path + "[].") for p in deeper):
                made[name] = [tree(path + "[].") for _ in range(3)]
            elif any(p.startswith(path + ".") for p in deeper):
                made[name] = tree(path + ".")
            else:
                made[name] = leaf(field["type"])
        return made

    success = {} if command["envelope"] == "public" else {"Success": True, "ErrorCode": 0}
    return {**success, **tree("")}


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_no_answer_is_wider_than_the_terminal_or_drives_it(canned, tmp_path, columns):
    wrong = []
    for seed, command in enumerate(c for c in commands() if not c["text_type"]):
        name = command["name"].removeprefix("emailgateway.")
        canned.answers[name] = generated(command, seed + columns)
        terminal = Terminal([name, *as_options(command, command["example"], tmp_path), "-o", "table"], tmp_path, canned.url,
                            columns=columns, stderr=subprocess.PIPE)
        try:
            terminal.finish()
            text = COLOUR.sub("", terminal.shown.decode().replace("\r\n", "\n"))
            said = terminal.process.stderr.read().decode()
        finally:
            terminal.remove()
        wide = [line for line in text.split("\n") if width(line) > columns]
        drives = [c for c in text if c != "\n" and (c < " " or "\x7f" <= c <= "\x9f" or c in "\u202e\u2066\u2028")]
        if wide or drives or "internal error" in said or not text:
            wrong.append((name, wide[:1], drives[:1], said))
    assert wrong == []
