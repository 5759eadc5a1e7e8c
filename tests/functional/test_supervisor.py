"""egd as systemd's service: what it says (sd_notify), its watchdog, sockets it is handed, and how a restart is for clients."""
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import signal
import smtplib
import socket
import sys
import threading
import time

import pytest

from gateway import BIN, ROOT, message
from process import Process, free_port
from waiting import wait_for

ACTIVATION = ROOT / "tests/support/socket_activation.py"
PTRACE_ATTACH, PTRACE_DETACH = 16, 17


class Supervisor:
    """The other end of NOTIFY_SOCKET: all that was said, in order."""

    def __init__(self, path):
        self.path, self.said = str(path), []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while True:
            with contextlib.suppress(OSError):
                text = self.socket.recv(4096).decode()
                if text == "end":
                    return
                self.said.append(text)

    def count(self, text):
        return self.said.count(text)

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"end", self.path)
        self.thread.join(10)
        self.socket.close()


@pytest.fixture
def supervisor(tmp_path):
    supervisor = Supervisor(tmp_path / "notify")
    yield supervisor
    supervisor.close()


def start(gateway, supervisor, sockets=(), **environment):
    """Starts egd below the supervisor, with the sockets handed over; waits until it is ready."""
    gateway.write_config()
    descriptors = [one.fileno() for one in sockets]
    before = supervisor.count("READY=1")
    gateway.process = Process(
        [sys.executable, ACTIVATION, *descriptors, "--", BIN / "egd", "--config", gateway.config], gateway.log,
        {"NOTIFY_SOCKET": supervisor.path, **environment}, pass_fds=descriptors)
    gateway.process.wait_until(lambda: supervisor.count("READY=1") > before, "ready")


def listener(family, address):
    made = socket.socket(family)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(address)
    made.listen(4096)
    return made


def test_it_says_when_it_is_ready_reloads_and_stops(make_gateway, supervisor):
    gateway = make_gateway()
    start(gateway, supervisor)
    gateway.process.signal(signal.SIGHUP)
    wait_for(lambda: supervisor.count("READY=1") == 2, lambda: supervisor.said)
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    reloading = dict(line.split("=") for line in supervisor.said[1].split("\n"))
    assert reloading["RELOADING"] == "1" and before - 60_000_000 < int(reloading["MONOTONIC_USEC"]) < before
    gateway.stop()
    assert [text.split("\n")[0] for text in supervisor.said] == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]


@contextlib.contextmanager
def hanging(pid, name):
    """That thread of the process stands still, and no other."""
    libc = ctypes.CDLL(None, use_errno=True)
    task = next(int(task.name) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                if (task / "comm").read_text().strip() == name)
    if libc.ptrace(PTRACE_ATTACH, task, 0, 0) != 0:
        pytest.skip(f"ptrace: {os.strerror(ctypes.get_errno())}")
    os.waitpid(task, 0x40000000)  # __WALL
    try:
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, task, 0, 0)


@pytest.mark.parametrize("thread", ["egd-http.0", "egd-smtp"])
def test_its_watchdog_falls_silent_when_an_io_thread_hangs(make_gateway, supervisor, thread):
    gateway = make_gateway({"smtp": {"listen": [f"127.0.0.1:{free_port()}"]}})
    start(gateway, supervisor, WATCHDOG_USEC=str(400_000))
    wait_for(lambda: supervisor.count("WATCHDOG=1") >= 5, lambda: supervisor.said)
    with hanging(gateway.process.pid, thread):
        silent_since, said = time.monotonic(), None

        def silent():
            nonlocal silent_since, said
            if supervisor.count("WATCHDOG=1") != said:
                silent_since, said = time.monotonic(), supervisor.count("WATCHDOG=1")
            return time.monotonic() - silent_since > 1
        wait_for(silent, lambda: supervisor.said)
    wait_for(lambda: supervisor.count("WATCHDOG=1") > said, lambda: supervisor.said)
    gateway.stop()


def test_another_process_s_watchdog_is_none_of_its_business(make_gateway, supervisor):
    gateway = make_gateway()
    start(gateway, supervisor, WATCHDOG_USEC="1000", WATCHDOG_PID="1")
    assert gateway.request("GET", "/healthz").status == 200
    gateway.stop()
    assert supervisor.count("WATCHDOG=1") == 0


class Clients:
    """Threads that connect again and again, and what became of each attempt."""

    def __init__(self, *attempts):
        self.done, self.failed, self.stopping = 0, [], False
        self.threads = [threading.Thread(target=self.run, args=(attempt,)) for attempt in attempts for _ in range(2)]
        for thread in self.threads:
            thread.start()

    def run(self, attempt):
        while not self.stopping:
            try:
                attempt()
                self.done += 1
            except (OSError, http.client.HTTPException, smtplib.SMTPException) as error:
                self.failed.append(repr(error))

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(60)


def test_with_sockets_handed_over_a_restart_refuses_nobody(make_gateway, make_sink, supervisor):
    sink, smtp_port = make_sink(), free_port()
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"}, "smtp": {"listen": [f"127.0.0.1:{smtp_port}"]}})
    with listener(socket.AF_INET, ("127.0.0.1", gateway.port)) as web, \
            listener(socket.AF_INET, ("127.0.0.1", smtp_port)) as smtp, \
            listener(socket.AF_UNIX, str(gateway.socket)) as local:
        sockets = [smtp, local, web]
        start(gateway, supervisor, sockets)
        _, key = gateway.add_domain()
        accepted = []

        def send():
            reply = gateway.send(key, message(Subject="over a restart"))
            if reply.status == 200:
                accepted.append(reply.json["MessageID"])
            elif reply.status != 503:  # what came in at the last moment
                raise OSError(f"{reply.status} {reply.body}")

        def greet():
            with socket.create_connection(("127.0.0.1", smtp_port), timeout=60) as client:
                assert client.recv(4).startswith((b"220 ", b"421 ")), "no greeting"

        clients = Clients(send, greet)
        try:
            for _ in range(3):
                wait_for(lambda goal=clients.done + 20: clients.done >= goal, lambda: clients.failed)
                gateway.stop()
                assert gateway.socket.exists()
                start(gateway, supervisor, sockets)
            wait_for(lambda goal=clients.done + 20: clients.done >= goal, lambda: clients.failed)
        finally:
            clients.stop()
        assert not clients.failed
        wait_for(lambda: len(sink.messages()) >= len(accepted), lambda: (len(accepted), len(sink.messages())), seconds=60)
        print(f"{len(accepted)} accepted over 3 restarts, none refused")
        gateway.stop()


def test_without_them_it_listens_again_within_a_second(make_gateway):
    gateway = make_gateway().start()
    gaps = []
    for _ in range(3):
        asked_at = time.monotonic()
        gateway.stop()
        gateway.start()
        assert gateway.request("GET", "/readyz").status == 200
        gaps.append(time.monotonic() - asked_at)
    print("seconds from the request to stop until it is ready:", [round(gap, 3) for gap in gaps])
    assert min(gaps) < 1  # the machine may be busy once
    gateway.stop()


def test_doctor_does_not_take_the_supervisor_for_a_stranger(make_gateway, supervisor):
    """Both have the socket."""
    gateway = make_gateway()
    with listener(socket.AF_INET, ("127.0.0.1", gateway.port)) as web:
        start(gateway, supervisor, [web])
        checks = json.loads(gateway.egctl("doctor", "--config", gateway.config, "-o", "json", check=False).stdout)["Checks"]
        (found,) = [check for check in checks if check["Check"] == "listeners"]
        assert found["Status"] == "ok", found
        gateway.stop()


def test_sockets_that_do_not_fit_the_configuration(make_gateway, supervisor):
    gateway = make_gateway()
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as other:
        start(gateway, supervisor, [other])
        assert "a socket was handed over that the configuration does not listen on" in gateway.log_text()
        assert f"127.0.0.1:{other.getsockname()[1]}" in gateway.log_text()
        assert gateway.request("GET", "/healthz").status == 200
        gateway.stop()
    gateway.settings["http"]["listen"] = [f"[::]:{gateway.port}"]
    with socket.socket(socket.AF_INET6) as both:
        both.bind(("::", gateway.port))
        both.listen()
        with pytest.raises(RuntimeError, match="also takes IPv4: set BindIPv6Only=ipv6-only"):
            start(gateway, supervisor, [both])
    gateway.process = None
