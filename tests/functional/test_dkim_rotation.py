"""Rotation of DKIM keys while mail goes out: at each phase every message that arrived verifies, says dkimpy and says
mailauth, by what the DNS has at that moment."""
import json
import re
import subprocess
import threading

import pytest
from gateway import ROOT, message
from test_verify_domain import GATEWAY_ZONE, zone_records
from verify_dkim import verdicts

TICK_SECONDS = 60  # of the background check


class House:
    """example.com, enabled, sending to a sink without pause; its zone holds what the test has published."""

    def __init__(self, knot, sink, gateway):
        self.knot, self.sink, self.gateway = knot, sink, gateway
        self.domain_id, self.key = gateway.add_domain("example.com")
        self.count = self.judged = 0
        self.stopped = threading.Event()
        self.sender = threading.Thread(target=self.send_on)

    def domain(self):
        return self.gateway.egctl_json("getdomain", "example.com")["Domain"]

    def records(self):
        return self.domain()["VerificationMeta"]["DNSRecords"]

    def keys(self):
        """{selector: state}"""
        return {key["Selector"]: key["State"] for key in self.domain()["VerificationMeta"]["DKIMKeys"]}

    def publish(self, records):
        self.knot.publish({"example.com": zone_records(records)})

    def verify(self, code=0):
        """verifydomain, which has to end with `code`; the domain stays Enabled."""
        done = self.gateway.egctl("-o", "json", "verifydomain", "example.com", check=False)
        assert done.returncode == code, done.stdout + done.stderr
        reply = json.loads(done.stdout)
        assert reply["Domain"]["Status"] == "Enabled"
        return reply

    def await_only(self, *selectors):
        """Verifies again and again until these are the only keys, as when the grace of others is over."""
        only = {selector: "active" for selector in selectors}
        self.gateway.process.wait_until(lambda: self.verify() and self.keys() == only, "at the end of the grace")

    def send_on(self):
        while not self.stopped.wait(0.1):
            assert self.gateway.send(self.key, message(Subject=f"Number {self.count}")).status == 200
            self.count += 1

    def check_new(self, selectors):
        """Waits for what is accepted now and for three more messages, and judges all that came since the last call.
        The latest is signed by `selectors`."""
        accepted = self.count + 3
        self.gateway.process.wait_until(lambda: len(self.sink.received()) >= accepted or not self.sender.is_alive(),
                                        "delivering")
        assert self.sender.is_alive()
        received = [data for _, data in self.sink.received()]
        for data in received[self.judged:]:
            assert set(verdicts(data, self.knot.port)) == {"pass"}, data
        self.judged = len(received)
        assert re.findall(rb"\ts=([^;]+);", received[-1]) == [selector.encode() for selector in selectors]
        judged = subprocess.run(["node", ROOT / "tests/support/verify_dkim.mjs", self.knot.address], timeout=60,
                                input=received[-1], capture_output=True)
        results = json.loads(judged.stdout)
        assert [(one["selector"], one["result"]) for one in results] == [(one, "pass") for one in selectors], results

    def remove(self):
        self.stopped.set()
        self.sender.join()


@pytest.fixture
def make_house(make_knot, make_sink, make_gateway):
    houses = []

    def make(dkim):
        knot = make_knot({"example.com": [], "example.net": GATEWAY_ZONE}).start()
        sink = make_sink()
        gateway = make_gateway({"dns_records": None, "dns": {"servers": [knot.address]}, "dkim": dkim,
                                "delivery": {"smarthost": f"127.0.0.1:{sink.port}"}}).start()
        house = House(knot, sink, gateway)
        houses.append(house)
        house.publish(house.records())
        house.verify()
        house.sender.start()
        return house

    yield make
    for house in houses:
        house.remove()


def check_no_secret(house):
    for text in (house.gateway.log_text(), json.dumps(house.domain())):
        assert "PRIVATE KEY" not in text


def test_a_rotation_that_only_the_background_check_watches(make_house):
    house = make_house({"rotation_grace": "5s"})
    (old,) = house.keys()
    house.check_new([old])

    rotated = house.gateway.egctl_json("rotatedkim", "example.com")
    new = rotated["Selector"]
    assert (rotated["State"], rotated["AlreadyPending"], rotated["GraceSeconds"]) == ("pending", False, 5)
    (record,) = rotated["DNSRecords"]
    assert record["Host"] == f"{new}._domainkey.example.com" and record["Value"].startswith("v=DKIM1; k=rsa; p=MII")
    assert record["Required"] is False and record in house.records()
    again = house.gateway.egctl_json("rotatedkim", "example.com")
    assert (again["Selector"], again["AlreadyPending"], again["DNSRecords"]) == (new, True, [record])
    assert f"{new}._domainkey" in house.gateway.egctl("dnsrecords", "example.com", "--format", "bind").stdout
    house.check_new([old])

    reply = house.verify(code=6)  # not published: said, but the domain stays Enabled and sends
    assert reply["DNSVerificationResults"][record["Host"]] == ["TXT", record["Value"], False]
    house.check_new([old])

    house.publish(house.records())
    house.gateway.process.wait_until(lambda: house.keys()[new] == "active", "cutting over", 2 * TICK_SECONDS)
    keys = house.domain()["VerificationMeta"]["DKIMKeys"]
    assert [(key["Selector"], key["State"], bool(key["GraceEndsAt"])) for key in keys] == \
        [(old, "retiring", True), (new, "active", False)]
    assert {record["Host"].split(".")[0] for record in house.records() if record["Purpose"] == "DKIM"} == {old, new}
    house.check_new([new])  # with those that were signed by the old key

    house.await_only(new)
    assert not [record for record in house.records() if record["Host"].startswith(old + ".")]
    house.publish(house.records())
    house.verify()
    house.check_new([new])
    check_no_secret(house)


def test_a_second_signature_comes_and_rotates_with_its_records(make_house):
    house = make_house({"rotation_grace": "1s", "ed25519": True})
    rsa, ed25519 = house.keys()
    assert (rsa[:2], ed25519[:2]) == ("eg", "ed")
    house.check_new([rsa, ed25519])

    published = house.records()
    house.gateway.egctl("rotatedkim", "example.com")
    rsa2, ed25519_2 = [selector for selector, state in house.keys().items() if state == "pending"]
    house.verify(code=6)
    house.check_new([rsa, ed25519])

    by_host = {record["Host"]: record for record in house.records()}
    published.append(by_host[f"{ed25519_2}._domainkey.example.com"])
    house.publish(published)
    house.verify(code=6)
    house.check_new([rsa, ed25519_2])

    published.append(by_host[f"{rsa2}._domainkey.example.com"])
    house.publish(published)
    house.verify()
    house.check_new([rsa2, ed25519_2])

    house.await_only(rsa2, ed25519_2)
    house.publish(house.records())
    house.check_new([rsa2, ed25519_2])

    # A second signature whose record is gone is left out; the domain stays Enabled.
    house.publish([record for record in house.records() if not record["Host"].startswith(ed25519_2)])
    house.verify(code=6)
    accepted = house.count + 2
    house.gateway.process.wait_until(lambda: len(house.sink.received()) > accepted, "sending")
    house.judged = accepted
    house.check_new([rsa2])
    check_no_secret(house)
