"""Success is what the gateway confirms and what could be written down: contract section 9."""
import contextlib
import http.server
import json
import os
import pty
import signal
import socket
import subprocess
import termios
import threading
import xml.etree.ElementTree

import pytest

from gateway import BIN
from process import free_port

EGCTL = BIN / "egctl"
EVERY_COMMAND = [  # one of each kind of answer
    ["verifydomain", "7"],
    ["verifydomain", "7", "--wait", "--timeout", "2s"],
    ["adddomain", "example.com"],
    ["addapi", "app", "7"],
    ["deletedomain", "7"],
    ["sendemail", "--subject", "s", "--content-type", "plain", "--plain-content", "x", "--from", "a@example.com",
     "--to", "b@example.net"],
    ["deletewebhook.public", "7"],
    ["exportevents", "7"],
    ["sender.domains"],
    ["getevents", "7", "0", "5"],
    ["user.current"],
    ["queue"],
]


class Stranger(http.server.BaseHTTPRequestHandler):
    """A server that answers everything with 200 and is no egd."""
    body = b"{}"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def stranger(body):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("It", (Stranger,), {"body": body}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def egctl(*words, home="/nonexistent", url=None, **options):
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), **options.pop("environment", {})}
    if url:
        environment["EGCTL_URL"] = url
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([EGCTL, *map(str, words)], env=environment, text=True, timeout=60, **options)


def in_shell(gateway, line):
    """`line` with $egctl, run by a shell that can close descriptors."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}",
                   "egctl": str(EGCTL), "egd": str(BIN / "egd")}
    return subprocess.run(["sh", "-c", line], env=environment, text=True, capture_output=True, timeout=60,
                          cwd=gateway.folder)


@pytest.mark.parametrize("body", [b'{"message":"Unauthorized"}', b"{}", b"[]", b"<html>", b'{"Success":true}', b""])
def test_an_answer_without_the_documented_result_is_no_success(body):
    with stranger(body) as url:
        for words in EVERY_COMMAND:
            if body == b'{"Success":true}' and words[0] == "deletedomain":
                continue  # it declares no further result
            done = egctl(*words, url=url)
            assert done.returncode == 3, (words, done.stdout, done.stderr)
            assert "not an egd answer" in done.stderr and done.stdout == ""


def test_a_closed_output_is_refused_before_anything_is_done(gateway):
    gateway.egctl("adddomain", "closed.example")
    before = gateway.egctl_json("getapis", "closed.example")["APIKeys"]
    done = in_shell(gateway, "$egctl addapi app closed.example >&-")
    assert done.returncode == 1 and "standard output is closed" in done.stderr
    assert gateway.egctl_json("getapis", "closed.example")["APIKeys"] == before
    for line in ("$egctl exportevents closed.example >&-", "$egctl --version >&-", "$egctl --help >&- 2>&-",
                 "$egctl getdomains <&- >&- 2>&-"):
        assert in_shell(gateway, line).returncode == 1, line
    assert in_shell(gateway, "$egctl getdomains <&- 2>&-").returncode == 0
    closed = in_shell(gateway, "$egctl suppression.import --email-addresses-bulk-file - <&-")
    assert closed.returncode == 2 and "standard input" in closed.stderr


def test_a_full_output_is_a_failure(gateway):
    gateway.egctl("adddomain", "full.example")
    for words in ("--help", "--version", "help adddomain", "adddomain --help", "getdomains", "getdomains -o raw",
                  "exportevents full.example", "getdomain full.example --field Domain.DomainID"):
        done = in_shell(gateway, f"$egctl {words} > /dev/full")
        assert done.returncode == 1, words
        assert "cannot write all results to standard output" in done.stderr, words
    for words in ("--help", "--version", f"--print-config --config {gateway.config}",
                  f"--check-config --config {gateway.config}"):
        assert in_shell(gateway, f"$egd {words} > /dev/full").returncode == 1, words


def test_a_broken_pipe_is_a_failure(gateway):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = egctl("getdomains", url=f"unix:{gateway.socket}", stdout=closed)
    assert done.returncode == 1 and "cannot write" in done.stderr


def test_egd_keeps_its_files_off_closed_descriptors(make_gateway):
    gateway = make_gateway()
    line = f"exec $egd --config {gateway.config} <&- >&- 2>&-"
    gateway.write_config()
    child = subprocess.Popen(["sh", "-c", line], env={"egd": str(BIN / "egd")})
    try:
        assert gateway_answers(gateway)
        targets = [os.readlink(f"/proc/{child.pid}/fd/{number}") for number in (0, 1, 2)]
        assert targets == ["/dev/null"] * 3
        lock = gateway.folder / "data/egd.lock"
        assert len(lock.read_bytes()) < 32  # a process's number, no log lines
    finally:
        child.terminate()
        assert child.wait(30) == 0


def gateway_answers(gateway):
    for _ in range(200):
        done = egctl("getdomains", url=f"unix:{gateway.socket}")
        if done.returncode == 0:
            return True
        threading.Event().wait(0.1)
    return False


def errors_of(junit):
    cases = xml.etree.ElementTree.parse(junit).getroot().iter("testcase")
    return [case.get("name") for case in cases if case.find("error") is not None]


def test_reports_never_keep_an_older_verdict(tmp_path):
    junit, sarif = tmp_path / "dns.xml", tmp_path / "dns.sarif"
    reports = ["--report", f"junit={junit}", "--report", f"sarif={sarif}", "--report", "github"]

    def is_error(done):
        assert errors_of(junit) == ["verdict"]
        run = json.loads(sarif.read_text())["runs"][0]
        assert run["invocations"][0]["executionSuccessful"] is False and run["results"]
        assert "::error title=egctl verifydomain::" in done.stderr

    old = "<testsuites tests='1' errors='0'><testsuite><testcase name='SPF'/></testsuite></testsuites>"
    for url in (f"http://127.0.0.1:{free_port()}", f"unix:{tmp_path}/none.sock", "http://nowhere.invalid:1"):
        junit.write_text(old)
        sarif.write_text("{}")
        done = egctl("verifydomain", "7", *reports, url=url)
        assert done.returncode == 3
        is_error(done)
    with stranger(b"{}") as url:
        junit.write_text(old)
        done = egctl("verifydomain", "example.com", "--wait", *reports, url=url)
        assert done.returncode == 3
        is_error(done)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_leaves_an_error_in_the_report(tmp_path, number):
    junit = tmp_path / "dns.xml"
    junit.write_text("<testsuites tests='0'/>")
    silent = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    child = subprocess.Popen([EGCTL, "verifydomain", "7", "--report", f"junit={junit}"],
                             env={"HOME": str(tmp_path), "EGCTL_URL": url}, stderr=subprocess.DEVNULL)
    asked, _ = silent.accept()
    child.send_signal(number)
    assert child.wait(30) != 0
    asked.close()
    silent.close()
    assert errors_of(junit) == ["verdict"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_terminal_echoes_again_after_a_signal_at_the_password(tmp_path, number):
    main, terminal = pty.openpty()
    child = subprocess.Popen([EGCTL, "login", "--username", "jane", "--url", "http://127.0.0.1:1"],
                             env={"HOME": str(tmp_path)}, stdin=terminal, stdout=terminal, stderr=terminal)
    said = b""
    while b"Password: " not in said:
        said += os.read(main, 1000)
    while termios.tcgetattr(terminal)[3] & termios.ECHO:  # the prompt comes first
        threading.Event().wait(0.01)
    child.send_signal(number)
    assert child.wait(30) == -number
    assert termios.tcgetattr(terminal)[3] & termios.ECHO
    os.close(main)
    os.close(terminal)


def test_why_there_is_no_connection_is_told_apart(tmp_path):
    stale = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(stale))
        listener.listen()
    texts = {url: egctl("getdomains", url=url).stderr for url in (
        f"unix:{stale}", f"unix:{tmp_path}/none.sock", f"http://127.0.0.1:{free_port()}", "http://nowhere.invalid:80")}
    assert [text.count("\n") for text in texts.values()] == [1] * 4
    for text, said in zip(texts.values(), ("stale", "no such socket", "connection refused", "cannot be resolved")):
        assert said in text, texts


def test_a_broken_configuration_matters_only_where_it_has_a_say(gateway, tmp_path):
    (tmp_path / ".config/egctl").mkdir(parents=True)
    config = tmp_path / ".config/egctl/config.toml"
    config.write_text("not toml [")
    config.chmod(0o600)
    everything = {"EGCTL_API_KEY": gateway.admin_key()}
    assert egctl("getdomains", home=tmp_path, url=f"unix:{gateway.socket}", environment=everything).returncode == 0
    assert egctl("getdomains", home=tmp_path).returncode == 2
    config.unlink()
    config.symlink_to("/dev/null")
    assert egctl("getdomains", home=tmp_path, url=f"unix:{gateway.socket}").returncode == 0


@pytest.mark.parametrize("given, meant", [("127.0.0.1:8025", "http://127.0.0.1:8025"),
                                          ("localhost:8025", "http://localhost:8025"),
                                          ("/run/egd/egd.sock", "unix:/run/egd/egd.sock"),
                                          ("mail.example.com", "https://mail.example.com")])
def test_a_url_without_scheme_is_met_with_a_suggestion(given, meant):
    done = egctl("getdomains", "--url", given)
    assert done.returncode == 2 and f"did you mean {meant}?" in done.stderr


def test_a_key_file_may_have_a_byte_order_mark_or_quotes(gateway, tmp_path):
    key = gateway.admin_key()
    file = tmp_path / "key"
    for content in (key, f"{key}\r\n", f"\ufeff{key}\n", f'"{key}"\n', f"'{key}'", f'\ufeff"{key}"'):
        file.write_text(content)
        done = egctl("users.get", "--api-key-file", file, url=f"http://127.0.0.1:{gateway.port}")
        assert done.returncode == 0, (content, done.stderr)
    file.write_text(key, encoding="utf-16")
    done = egctl("users.get", "--api-key-file", file, url=f"http://127.0.0.1:{gateway.port}")
    assert done.returncode == 2 and "UTF-16" in done.stderr
