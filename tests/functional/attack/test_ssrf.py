"""Webhooks that would lead inside: every way to write an address, and names that have one, are refused when they are given; what
changes later is never connected to."""
import pytest

from gateway import Gateway, message
from hook_receiver import HookReceiver
from name_server import NameServer
from waiting import wait_for

INSIDE = {  # addresses, as a name may have them
    "A": ["127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.254", "169.254.169.254",
          "172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.255.254",
          "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"],
    "AAAA": ["::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
             "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1",
             "ff02::1", "3fff::1"],
}
LITERALS = [
    *INSIDE["A"], *(f"[{address}]" for address in INSIDE["AAAA"]),
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001",
    "127.1", "127.0.1", "0", "127.0.0.1.", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[0000::1]", "[::1%25lo]", "[fe80::1%25eth0]",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "user@127.0.0.1", "example.com@127.0.0.1", "127.0.0.1:80@127.0.0.1",
    "127.0.0.1%00.example.com", "127.0.0.1\\.example.com", "127.0.0.1#.example.com", "127.0.0.1?.example.com", "%31%32%37.0.0.1"]
URLS = ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "dict://127.0.0.1/", "unix:/run/egd/egd.sock", "//127.0.0.1/",
        "http:127.0.0.1", "http:///127.0.0.1", "http://", "http://127.0.0.1\r\nHost: x/", "http://[::1", "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/", "javascript:alert(1)", "http://127.0.0.1\t/", " http://127.0.0.1/"]


# aN.inside.example and qN.inside.example have the addresses above; all.inside.example has a public one and one inside.
ADDRESSES = {("all.inside.example.", "A"): ["192.0.1.1", "127.0.0.1"]} | {
    (f"{letter}{at}.inside.example.", kind): [address]
    for kind, letter in (("A", "a"), ("AAAA", "q")) for at, address in enumerate(INSIDE[kind])}
TURNING = ("turns.inside.example.", "A")


@pytest.fixture(scope="module")
def house():
    """(gateway, domain ID, the addresses of TURNING, a receiver on loopback, which nothing may reach)"""
    turning = []
    names = NameServer(lambda *question: turning if question == TURNING else ADDRESSES.get(question))
    receiver = HookReceiver()
    gateway = Gateway({"dns": {"servers": [names.address]}, "webhooks": {"timeout_ms": 1000, "retry_schedule": ["1s"] * 3}})
    try:
        gateway.start()
        domain_id, gateway.key = gateway.add_domain()
        yield gateway, domain_id, turning, receiver
        assert receiver.taken == []
    finally:
        gateway.remove()
        names.remove()
        receiver.remove()


def add(house, url):
    gateway, domain_id, _, _ = house
    return gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "accepted", "WebhookURL": url})


@pytest.mark.parametrize("host", LITERALS)
def test_an_address_inside_is_refused(house, host):
    for scheme in ("http", "https"):
        reply = add(house, f"{scheme}://{host}:{house[3].port}/")
        assert reply["Success"] is False, (host, reply)


@pytest.mark.parametrize("url", URLS)
def test_what_is_no_url_of_the_web_is_refused(house, url):
    assert add(house, url)["Success"] is False


def test_a_name_that_leads_inside_is_refused(house):
    receiver = house[3]
    for host, _ in ADDRESSES:
        reply = add(house, f"http://{host.rstrip('.')}:{receiver.port}/")
        assert reply["Success"] is False or host.startswith("all."), (host, reply)


def test_a_name_that_leads_inside_later_is_not_followed(house):
    gateway, domain_id, turning, receiver = house
    turning[:] = ["192.0.1.1"]
    hook = add(house, f"http://turns.inside.example:{receiver.port}/")["NewWebhookID"]
    turning[:] = ["127.0.0.1"]
    gateway.send(gateway.key, message())
    errors = wait_for(lambda: [one.get("Error", "") for one in gateway.command(
        "webhook.deliveries", {"WebhookID": hook, "RetrieveCount": 10})["Deliveries"]])
    assert all("forbidden" in error or "not allowed" in error for error in errors), errors
    for one in gateway.command("webhook.test", {"WebhookID": hook})["Deliveries"]:
        assert one["Delivered"] is False
    assert receiver.taken == []
