"""Clients that dribble, and clients that do not read: they are cut, and hold nobody up. The limits are egd's own: a head in
10 s, and 512 bytes a second over 30 s."""
import http.client
import json
import socket
import threading
import time

import pytest

from gateway import message
from waiting import wait_for


def dial(gateway, buffer=None):
    one = socket.socket()
    if buffer:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    one.settimeout(90)
    one.connect(("127.0.0.1", gateway.port))
    return one


class Dribbler(threading.Thread):
    """Writes a byte each half second until it is cut."""

    def __init__(self, gateway, first, then):
        super().__init__(daemon=True)
        self.connection, self.then, self.lasted, self.reply = dial(gateway), then, None, b""
        self.connection.sendall(first)
        self.started = time.monotonic()
        self.start()

    def run(self):
        self.connection.settimeout(0.5)
        while True:
            try:
                self.reply += (more := self.connection.recv(4096))
                if not more:
                    break
            except TimeoutError:
                try:
                    self.connection.sendall(self.then)
                except OSError:
                    break
            except OSError:
                break
        self.lasted = time.monotonic() - self.started


@pytest.fixture
def sender(shared_gateway):
    _, key = shared_gateway.add_domain("slow.example")
    return key


def test_slow_writers_and_slow_readers_are_cut_while_others_are_served(shared_gateway, sender):
    """All at once: they wait for each other's time."""
    head = b"POST /api.php HTTP/1.1\r\nHost: g\r\n"
    key = f"Authorization: Bearer {shared_gateway.admin_key()}\r\n".encode()
    slow = {"head": Dribbler(shared_gateway, head, b"A"),
            "head of whole lines": Dribbler(shared_gateway, head, b"A: b\r\n"),
            "body": Dribbler(shared_gateway, head + key + b"Content-Length: 30000000\r\n\r\n" + b"x" * 60_000, b"x"),
            "chunks": Dribbler(shared_gateway, head + key + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")}
    made = shared_gateway.command("useremailtemplate.create", {"EmailName": "large", "Subject": "x", "ContentType": "Plain",
                                                               "PlainContent": "x" * 4_000_000})
    ask = json.dumps({"Command": "useremailtemplate.get", "EmailID": made["EmailID"]}).encode()
    readers = [dial(shared_gateway, 4096) for _ in range(20)]
    for one in readers:
        one.sendall(head + key + b"Content-Length: %d\r\n\r\n" % len(ask) + ask)
    begun = time.monotonic()
    served = 0
    while any(one.lasted is None for one in slow.values()):
        connection = http.client.HTTPConnection("127.0.0.1", shared_gateway.port, timeout=10, source_address=("127.0.0.2", 0))
        connection.request("POST", "/api/v1/email", json.dumps(message(From={"email": "a@slow.example"})),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {sender}"})
        assert connection.getresponse().status == 200
        connection.close()
        served += 1
        assert time.monotonic() - begun < 100, {name: one.lasted for name, one in slow.items()}
    assert slow["head"].lasted < 30 and slow["head of whole lines"].lasted < 30
    assert all(b" 408 " in one.reply[:20] for one in slow.values()), {name: one.reply[:50] for name, one in slow.items()}
    assert served > 20

    got = dict.fromkeys(readers, 0)

    def is_cut(one):
        """Nothing more comes than what was in flight: the reply is not whole."""
        one.settimeout(5)
        try:
            while more := one.recv(65536):
                got[one] += len(more)
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return got[one] < 4_000_000

    wait_for(lambda: time.monotonic() - begun > 40 and all(is_cut(one) for one in readers), "readers are kept", seconds=100)
