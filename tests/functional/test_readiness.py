"""/readyz says for a load balancer when no mail can be taken, and why."""
import json
import resource
import socket

from waiting import wait_for


def readiness(gateway):
    reply = gateway.request("GET", "/readyz")
    return reply.status, reply.json.get("ErrorText")


def test_a_store_that_cannot_write_is_not_ready_until_it_can(gateway):
    assert readiness(gateway) == (200, None)
    pid = gateway.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))  # every write fails, as on a full disk
    assert gateway.request("POST", "/api.php", {"Command": "emailgateway.adddomain", "DomainName": "x.example"},
                           {"Authorization": "Bearer " + gateway.admin_key()}).status == 200
    for _ in range(2):
        assert readiness(gateway) == (503, "The gateway's disk is not available.")
    assert gateway.request("GET", "/healthz").status == 200
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert readiness(gateway) == (200, None)
    assert gateway.egctl("adddomain", "x.example")


def test_a_gateway_that_drains_is_not_ready(gateway):
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as client:
        client.sendall(b"GET /readyz HTTP/1.1\r\n")  # half of it, so that the connection is kept
        wait_for(lambda: gateway.request("GET", "/healthz").status == 200)
        gateway.process.signal(15)
        wait_for(lambda: "stopping" in gateway.log_text())
        client.sendall(b"Host: x\r\n\r\n")
        head, _, body = client.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert json.loads(body)["ErrorText"] == "The gateway is shutting down"
