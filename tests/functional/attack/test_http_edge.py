"""The HTTP edge under clients that are slow, silent, many or cut off."""
import json
import socket
import threading
import time

import pytest
from gateway import message


@pytest.fixture
def dial(shared_gateway):
    """dial() → a connected socket; all are closed at the end."""
    opened = []

    def connect():
        opened.append(socket.create_connection(("127.0.0.1", shared_gateway.port), 10))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def exchange(connection, raw):
    """Sends raw bytes and reads one reply with a Content-Length: (status, headers, body)."""
    connection.sendall(raw)
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    while len(body) < int(headers["content-length"]):
        body += connection.recv(65536)
    return int(lines[0].split()[1]), headers, body


HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def healthy(gateway, seconds=5):
    started = time.monotonic()
    assert gateway.request("GET", "/healthz", timeout=seconds).status == 200
    return time.monotonic() - started


def test_200_idle_keep_alive_connections_leave_the_api_answering(shared_gateway, dial):
    idle = [dial() for _ in range(200)]
    for connection in idle:
        assert exchange(connection, HEALTH)[0] == 200
    healthy(shared_gateway)
    for connection in idle:
        assert exchange(connection, HEALTH)[0] == 200


def test_200_clients_half_way_through_a_request_leave_the_api_answering(shared_gateway, dial):
    head = b"POST /api.php HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
    for number in range(200):
        dial().sendall(head[:20] if number % 2 else head + b"\r\n{")
    healthy(shared_gateway)


def test_a_request_cut_off_half_way_changes_nothing(shared_gateway, dial):
    gateway = shared_gateway
    domain_id, key = gateway.add_domain("cut.example.com")
    body = json.dumps(message(From={"email": "a@cut.example.com"})).encode()
    head = (f"POST /api/v1/email HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    for length in (1, len(body) // 2, len(body) - 1):
        connection = dial()
        connection.sendall(head + body[:length])
        connection.close()
    healthy(gateway)
    assert gateway.events(domain_id) == []


def test_pipelined_requests_are_answered_in_order(dial):
    connection = dial()
    connection.sendall(HEALTH + b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" + HEALTH)
    data = b""
    while data.count(b"HTTP/1.1 ") < 3:
        more = connection.recv(65536)
        assert more
        data += more
    assert [part[:3] for part in data.split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]


def test_the_body_of_a_get_is_not_the_next_request(dial):
    inner = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    raw = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(inner), inner)
    connection = dial()
    assert exchange(connection, raw)[0] == 200
    assert exchange(connection, HEALTH)[0] == 200


@pytest.mark.parametrize("raw, status", [
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    (b"POST /api.php HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\r\n folded\r\n\r\n", 400),
    (b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n", 400),
    (b"NONSENSE\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: " + b"b" * 70_000 + b"\r\n\r\n", 431),
    (b"POST /api.php HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413),
    (b"POST /api.php HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{", 400),
    (b"POST /api.php HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 1\r\n\r\nx", 415),
    (b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", 404),
    (b"PUT /api/v1/email HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405),
])
def test_what_is_no_command_gets_a_real_status(shared_gateway, dial, raw, status):
    reply = exchange(dial(), raw)
    assert reply is not None and reply[0] == status
    assert reply[1].get("x-request-id")
    healthy(shared_gateway)


def test_many_clients_at_once_are_all_answered(shared_gateway):
    failures = []

    def client():
        try:
            for _ in range(20):
                healthy(shared_gateway, 30)
        except Exception as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=client) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_idle_egd_is_small(make_gateway):
    gateway = make_gateway().start()
    healthy(gateway)
    status = dict(line.split(":", 1) for line in open(f"/proc/{gateway.process.pid}/status"))
    resident = int(status["VmRSS"].split()[0]) / 1024
    print(f"resident: {resident:.1f} MiB")
    assert resident <= 40
