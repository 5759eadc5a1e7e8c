"""Hostile bodies and readers against 256 MiB: memory stays within, and everybody else is served all the while."""
import http.client
import json
import socket
import threading

import pytest

from gateway import message
from waiting import wait_for

MIB = 1024 * 1024
LIMIT = 256 * MIB
READERS = 200
WRITERS = 40


def head(gateway, length, key=None):
    return (f"POST /api.php HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {key or gateway.admin_key()}\r\nContent-Length: {length}\r\n\r\n").encode()


class WellBehaved(threading.Thread):
    """Somebody else, at an address of their own: sends, reads and asks, again and again."""

    def __init__(self, gateway, sender_key, user_key, email_id):
        super().__init__(daemon=True)
        self.gateway, self.sender_key, self.user_key, self.email_id = gateway, sender_key, user_key, email_id
        self.answers, self.stopped = [], threading.Event()

    def ask(self, path, body, key):
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=60, source_address=("127.0.0.2", 0))
        connection.request("POST", path, json.dumps(body),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {key}"})
        reply = connection.getresponse()
        text = json.loads(reply.read())
        connection.close()
        return reply.status, text.get("Success", True)

    def run(self):
        while not self.stopped.is_set():
            for asked in (("/api/v1/email", message(), self.sender_key),
                          ("/api.php", {"Command": "useremailtemplate.get", "EmailID": self.email_id}, self.user_key),
                          ("/api.php", {"Command": "user.current"}, self.user_key)):
                try:
                    self.answers.append(self.ask(*asked))
                except Exception as error:
                    self.answers.append(repr(error))

    def check(self, least):
        wait_for(lambda: len(self.answers) >= least, lambda: f"only {len(self.answers)} answers", seconds=60)
        self.stopped.set()
        self.join()
        assert set(self.answers) == {(200, True)}, set(map(str, self.answers))


@pytest.fixture
def small(make_gateway):
    """A gateway with little memory, and who else uses it."""
    gateway = make_gateway({"limits": {"memory_bytes": LIMIT}}).start()
    _, sender_key = gateway.add_domain()
    user = gateway.command("user.create", {"EmailAddress": "u@example.com", "Username": "u",
                                           "Password": "correct horse battery staple"})
    user_key = gateway.command("user.apikey.create", {"Note": "x", "UserID": user["UserID"]})["APIKey"]
    email = gateway.command("useremailtemplate.create", {"EmailName": "small", "Subject": "x", "ContentType": "Plain",
                                                         "PlainContent": "x"}, user_key)
    well_behaved = WellBehaved(gateway, sender_key, user_key, email["EmailID"])
    well_behaved.start()
    yield gateway, well_behaved
    well_behaved.stopped.set()


def ask_all(gateway, count, ask):
    """As many connections that have asked and read nothing."""
    held = []
    for _ in range(count):
        one = socket.create_connection(("127.0.0.1", gateway.port), timeout=60)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(ask)
        held.append(one)
    return held


def answered(held):
    """The statuses of those that have one by now."""
    heads = []
    for one in held:
        try:
            heads.append(one.recv(12, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            pass
    return [head.split()[1] for head in heads if head]


@pytest.mark.parametrize("character", ["x", "\x01"], ids=["plain", "escaped"])
def test_readers_of_large_replies(small, character):
    gateway, well_behaved = small
    size = 5 * MIB if character == "x" else MIB  # \x01 takes six bytes in JSON
    made = gateway.command("useremailtemplate.create", {"EmailName": "large", "Subject": "x", "ContentType": "Plain",
                                                        "PlainContent": character * size})
    body = json.dumps({"Command": "useremailtemplate.get", "EmailID": made["EmailID"]}).encode()
    held = ask_all(gateway, READERS, head(gateway, len(body)) + body)
    statuses = wait_for(lambda: (found := answered(held)) and len(found) > READERS // 2 and found, "not answered", seconds=120)
    assert set(statuses) == {b"200", b"503"}, statuses
    well_behaved.check(30)
    print("resident:", gateway.memory() // MIB, "MiB")
    assert gateway.memory() < LIMIT
    for one in held:
        one.close()


def test_large_bodies(small):
    """As many as can be, some whole, some but for their last byte."""
    gateway, well_behaved = small
    _, sender_key = gateway.add_domain("bodies.example")
    text = json.dumps({"SenderAPIKey": sender_key, "Command": "emailgateway.sendemail",
                       **message(PlainContent="word " * (9 * MIB // 5), From={"email": "a@bodies.example"})}).encode()
    statuses, threads = [], []

    def send(whole):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=120) as one:
            try:
                one.sendall(head(gateway, len(text)) + (text if whole else text[:-1]))
                if whole:
                    statuses.append(one.recv(12).split()[1])
                else:
                    done.wait(120)
            except (ConnectionError, IndexError):
                statuses.append(b"cut")  # refused while it was still writing

    done = threading.Event()
    for i in range(WRITERS):
        threads.append(threading.Thread(target=send, args=(i % 2 == 0,), daemon=True))
        threads[-1].start()
    wait_for(lambda: len(statuses) >= WRITERS // 2, lambda: statuses, seconds=120)
    well_behaved.check(30)
    done.set()
    for thread in threads:
        thread.join()
    print("resident:", gateway.memory() // MIB, "MiB")
    assert set(statuses) <= {b"200", b"503", b"cut"}, statuses
    assert gateway.memory() < LIMIT
    wait_for(lambda: send(True) or statuses[-1] == b"200", "no room for one such body when nobody else has any")


def test_what_there_is_no_memory_for_is_refused(small):
    gateway, _ = small
    reply = gateway.request("POST", "/api.php", b" " * (12 * MIB), {"Authorization": f"Bearer {gateway.admin_key()}"})
    assert reply.status == 413
    assert "http.max_body_bytes" in gateway.log_text()
