"""Clients that take all they can get: the others are served all the same, and memory stays bounded."""
import http.client
import json
import socket

import pytest
from process import free_port

MIB = 1024 * 1024


def connect(gateway, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", gateway.port), timeout=30, source_address=(source, 0))


def served(gateway, source):
    """Whether a client at another address gets its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30, source_address=(source, 0))
    try:
        connection.request("POST", "/api.php", json.dumps({"Command": "user.current"}),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {gateway.admin_key()}"})
        return connection.getresponse().status == 200
    finally:
        connection.close()


def test_replies_that_nobody_reads_are_bounded(gateway):
    body = {"EmailName": "large", "Subject": "x", "ContentType": "Plain", "PlainContent": "x" * (5 * MIB)}
    made = gateway.request("POST", "/api.php", {"Command": "useremailtemplate.create", **body},
                           {"Authorization": f"Bearer {gateway.admin_key()}"}).json
    ask = json.dumps({"Command": "useremailtemplate.get", "EmailID": made["EmailID"]}).encode()
    before = gateway.memory()
    held = []
    for _ in range(200):
        one = connect(gateway)
        one.sendall(b"POST /api.php HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                    + gateway.admin_key().encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(ask) + ask)
        held.append(one)
    statuses = [one.recv(12).split()[1] for one in held]
    served_ones = statuses.count(b"200")
    assert set(statuses) == {b"200", b"503"}
    assert 40 < served_ones * 5 <= 256 + 5  # MiB: a quarter of what all replies may hold, for one key
    assert served(gateway, "127.0.0.2")
    assert gateway.egctl("getdomains").returncode == 0
    assert gateway.memory() - before < 500 * MIB, gateway.memory() // MIB
    for one in held:
        one.close()


def test_a_large_body_without_a_valid_key_is_not_read(gateway):
    for path in ("/api.php", "/api/v1/email"):
        with connect(gateway) as one:
            one.sendall(f"POST {path} HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\n"
                        "Authorization: Bearer eg_live_wrong\r\nContent-Length: 30000000\r\n\r\n".encode())
            reply = one.recv(65536)  # without a byte of the body
            assert reply.split()[1] == (b"200" if path == "/api.php" else b"401"), reply
            assert b"99998" in reply or b'"Code":13' in reply.replace(b" ", b"")


def test_one_address_cannot_take_all_connections(gateway):
    silent = [connect(gateway) for _ in range(2500)]  # a quarter of 8192 is 2048
    try:
        assert served(gateway, "127.0.0.2")
        assert gateway.egctl("getdomains").returncode == 0
        refused = silent[-1].recv(100)
        assert refused == b"" or refused.startswith(b"HTTP/1.1 503")
    finally:
        for one in silent:
            one.close()


@pytest.mark.parametrize("name, value", [("Users", "a," * 15_000_000), ("Lists", "1," * 15_000_000)],
                         ids=["users", "lists"])
def test_a_list_of_millions_costs_no_more_than_its_text(gateway, name, value):
    command = {"Users": "users.delete", "Lists": "lists.delete"}[name]
    before = gateway.memory()
    reply = gateway.request("POST", "/api.php", {"Command": command, name: value},
                            {"Authorization": f"Bearer {gateway.admin_key()}"}, timeout=120)
    assert reply.json["Success"] is False
    assert gateway.memory() - before < 300 * MIB, gateway.memory() // MIB


def test_empty_lines_and_commas_by_the_million_are_read_without_being_kept(gateway):
    list_id = gateway.egctl("list.create", "Hostile", "--field", "ListID").stdout.strip()
    before = gateway.memory()
    for command in ({"Command": "suppression.import", "EmailAddressesBulk": "\n" * 15_000_000},
                    {"Command": "subscribers.import", "ListID": int(list_id), "ImportData": "," * 30_000_000},
                    {"Command": "subscribers.import", "ListID": int(list_id), "ImportData": "EmailAddress" + ",a" * 15_000_000}):
        form = {**command}
        reply = gateway.request("POST", "/api.php", form, {"Authorization": f"Bearer {gateway.admin_key()}"}, timeout=120)
        assert reply.status == 200, reply.body[:200]
    assert gateway.memory() - before < 500 * MIB, gateway.memory() // MIB


def test_clients_of_all_servers_together_leave_files_for_the_rest(make_gateway):
    ports = [free_port() for _ in range(2)]
    gateway = make_gateway({"smtp": {"listen": [f"127.0.0.1:{ports[0]}"]},
                            "tracking": {"listen": [f"127.0.0.1:{ports[1]}"]}}).start(under=["prlimit", "--nofile=320"])
    held = [socket.create_connection(("127.0.0.1", port), 30, (f"127.0.0.{2 + number // 10}", 0))
            for port in [gateway.port, *ports] for number in range(100)]
    assert served(gateway, "127.0.0.1")
    gateway.egctl("getdomains")
    assert "cannot accept" not in gateway.log_text()
    for one in held:
        one.close()
