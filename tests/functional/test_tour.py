"""The tour of egctl(1), typed into a shell on a terminal, line for line: from nothing to the first delivered mail and its
webhook."""
import re

import dns.zone
import pytest

from gateway import BIN
from hook_receiver import HookReceiver
from man_examples import command_lines, literal_blocks
from shell import Terminal
from test_verify_domain import GATEWAY_ZONE
from waiting import wait_for

# What the terminal shows after each line, in order: patterns, each behind the one before.
SHOWN = {
    "egctl adddomain": [r"example\.com", r"sl\.example\.com", "CNAME", r"_domainkey\.example\.com", "TXT", "v=spf1"],
    "egctl dnsrecords": [],
    "egctl verifydomain": ["pass", "enabled"],
    "umask": [],
    "egctl addapi": [],
    "egctl addwebhook": [r"\b1\b"],
    "egctl sendemail": [r"you@example\.net", "delivered"],
    "egctl getevents": ["delivery", "accepted"],
    "egctl webhook.deliveries": [r"\b200\b|delivered"],
}


@pytest.fixture
def receiver():
    receiver = HookReceiver()
    yield receiver
    receiver.remove()


def records_of(zone_file):
    zone = dns.zone.from_text(zone_file.read_text(), origin="example.com.", relativize=False, check_origin=False)
    return [(str(name), data.rdtype.name,
             b"".join(data.strings).decode() if data.rdtype.name == "TXT" else data.to_text())
            for name, node in zone.items() for rdataset in node for data in rdataset]


def test_the_tour_of_egctl(make_knot, make_gateway, make_sink, receiver, tmp_path):
    sink = make_sink()
    knot = make_knot({"example.com": [], "example.net": GATEWAY_ZONE}).start()
    gateway = make_gateway({"dns_records": None, "dns": {"servers": [knot.address]},
                            "delivery": {"smarthost": f"127.0.0.1:{sink.port}"},
                            "webhooks": {"allow_networks": ["127.0.0.0/8"]}}).start()
    lines = [line for block in literal_blocks("egctl.1", "TOUR") for line in command_lines(block)]
    assert [name for line in lines for name in SHOWN if line.startswith(name)] == list(SHOWN), lines
    terminal = Terminal(tmp_path, {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(tmp_path), "EGCTL_URL": f"unix:{gateway.socket}"})
    try:
        for line, patterns in zip(lines, SHOWN.values()):
            # the one thing that is different here: where webhooks are received
            typed = line.replace("https://hooks.example.com/", f"http://hooks.example.com:{receiver.port}/")
            shown, status = terminal.type(typed)
            assert status == 0, (typed, shown)
            assert re.search(".*".join(patterns), shown, re.S | re.I), (typed, shown)
            if line.startswith("egctl dnsrecords"):
                knot.publish({"example.com": [*records_of(tmp_path / "records.zone"), ("hooks", "A", "127.0.0.1")]})
    finally:
        terminal.close()
    assert (tmp_path / "sender.key").stat().st_mode & 0o777 == 0o600
    wait_for(sink.messages)
    assert b"It works." in sink.messages()[0].data
    wait_for(lambda: receiver.taken)
    assert receiver.taken[0].path == "/egd" and receiver.taken[0].headers["webhook-signature"].startswith("v1,")
