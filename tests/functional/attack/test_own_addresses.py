"""An address that the machine gets while egd runs is guarded as those it had at its start. In a network of the test's own, which
nothing leaves."""
import ctypes
import os
import subprocess

import pytest

from hook_receiver import HookReceiver
from privilege import needs_networks

ADDRESS = "8.8.4.4"  # public: a private one is refused anyway
CLONE_NEWNET = 0x40000000
pytestmark = needs_networks


def ip(*words):
    subprocess.run(["ip", *words], check=True)


@pytest.fixture
def own_network():
    """This thread, and what it starts, have a network with loopback alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    assert libc.unshare(CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    try:
        ip("link", "set", "lo", "up")
        yield
    finally:
        assert libc.setns(before, CLONE_NEWNET) == 0
        os.close(before)


def outcome(gateway, hook):
    return gateway.command("webhook.test", {"WebhookID": hook})["Deliveries"][0]


def test_an_address_that_comes_later_is_guarded_and_one_that_goes_is_not(own_network, make_gateway):
    gateway = make_gateway({"webhooks": {"timeout_ms": 2000}}).start()
    domain_id, _ = gateway.add_domain()
    hook = gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "accepted",
                                                       "WebhookURL": f"http://{ADDRESS}:8080/"})["NewWebhookID"]
    before = outcome(gateway, hook)
    assert not before["Delivered"] and "forbidden" not in before["Error"], before  # no way there
    ip("address", "add", f"{ADDRESS}/32", "dev", "lo")
    receiver = HookReceiver(host=ADDRESS)
    try:
        elsewhere = f"http://{ADDRESS}:{receiver.port}/"
        refused = gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "bounce", "WebhookURL": elsewhere})
        assert refused["Success"] is False, refused
        assert "forbidden" in outcome(gateway, hook)["Error"], outcome(gateway, hook)
        nat64 = gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "bounce",
                                                            "WebhookURL": f"http://[64:ff9b::808:404]:{receiver.port}/"})
        assert nat64["Success"] is False, nat64
        assert receiver.taken == []
    finally:
        receiver.remove()
    ip("address", "delete", f"{ADDRESS}/32", "dev", "lo")
    after = outcome(gateway, hook)
    assert not after["Delivered"] and "forbidden" not in after["Error"], after
