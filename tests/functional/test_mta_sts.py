"""MTA-STS (RFC 8461) against a real name server, a real policy host and mail servers that keep it or not."""
import time

import pytest
from authority import Authority
from gateway import message
from policy_host import PolicyHost, policy
from smtp_sink import Sink
from waiting import wait_for

SERVERS = ["good", "selfsigned", "plain", "othername"]  # names below mx.example.net, on 127.0.0.2 and up
POLICIES = {
    # domain below example.org: (its MX, its policy)
    "kept": ("good", policy("enforce", "*.mx.example.net")),
    "named-otherwise": ("good", policy("enforce", "other.example.net", "*.example.net")),
    "selfsigned": ("selfsigned", policy("enforce", "selfsigned.mx.example.net")),
    "plain": ("plain", policy("enforce", "plain.mx.example.net")),
    "wrong-name": ("othername", policy("enforce", "othername.mx.example.net")),
    "testing": ("selfsigned", policy("testing", "elsewhere.example.net")),
    "none": ("plain", policy("none")),
    "broken": ("plain", "version: STSv1\nmode: enforce\n"),
    "free": ("plain", None),
}


def records(domains):
    """The zone example.org."""
    out = []
    for name, (server, text) in domains.items():
        out += [(name, "MX", f"10 {server}.mx.example.net."), (f"mta-sts.{name}", "A", "127.0.0.1")]
        if text is not None:
            out.append((f"_mta-sts.{name}", "TXT", "v=STSv1; id=20261123;"))
    return out


class House:
    """A gateway that delivers by MX, and everybody it meets."""

    def __init__(self, folder, make_knot, make_gateway):
        self.authority = Authority(folder)
        names = [f"mta-sts.{name}.example.org" for name in POLICIES]
        self.context = self.authority.context(*names)
        self.policies = {f"{name}.example.org": text for name, (_, text) in POLICIES.items() if text}
        self.policy_host = PolicyHost(self.policies, self.context)
        self.sinks = self.open_sinks()
        hosts = [(f"{name}.mx", "A", f"127.0.0.{2 + at}") for at, name in enumerate(SERVERS)]
        self.knot = make_knot({"example.net": hosts, "example.org": records(POLICIES)}).start()
        self.gateway = make_gateway({
            "dns": {"servers": [self.knot.address]},
            "delivery": {"route": "mx", "smarthost": "", "mx_port": self.sinks["good"].port, "retry_schedule": ["1h"],
                         "mta_sts_port": self.policy_host.port, "ca_file": str(self.authority.ca_file)}}).start()
        self.domain_id, self.key = self.gateway.add_domain()

    def open_sinks(self):
        """One port on four addresses."""
        good = Sink("127.0.0.2", tls=self.authority.context("good.mx.example.net"))
        return {"good": good,
                "selfsigned": Sink("127.0.0.3", good.port),
                "plain": Sink("127.0.0.4", good.port, without=["STARTTLS"]),
                "othername": Sink("127.0.0.5", good.port, tls=self.authority.context("good.mx.example.net"))}

    def deliver(self, name):
        """What the explanation says of the recipient once there was an attempt."""
        sent = self.gateway.send(self.key, message(To=[{"email": f"jane@{name}.example.org"}])).json["MessageID"]
        return self.gateway.tried(sent)

    def taken_by(self, server):
        return [taken.recipients for taken in self.sinks[server].messages()]

    def remove(self):
        self.policy_host.remove()
        for sink in self.sinks.values():
            sink.remove()


@pytest.fixture
def house(tmp_path, make_knot, make_gateway):
    made = House(tmp_path, make_knot, make_gateway)
    yield made
    made.remove()


def deferred_unsent(house, name, server, said):
    told = house.deliver(name)
    assert told["State"] == "deferred", told
    assert told["Rule"] == "mta-sts" and told["NextAttemptAt"]
    assert said in told["SMTPResponse"], told
    assert told["SMTPResponse"].startswith("MTA-STS: ")
    assert not any(line.startswith("> MAIL") for line in told["Dialogue"]), told
    assert [f"jane@{name}.example.org"] not in house.taken_by(server)
    return told


def test_an_enforced_policy_is_kept_or_the_mail_waits(house):
    told = house.deliver("kept")
    assert told["State"] == "delivered", told
    assert told["TLS"].startswith("TLSv1.3 ") and told["TLS"].endswith(" verified, MTA-STS enforce: matched")
    assert told["Dialogue"][0] == "= MTA-STS enforce: matched"
    assert house.taken_by("good") == [["jane@kept.example.org"]]
    event = house.gateway.events(house.domain_id, Event="delivery")[0]
    assert "verified, MTA-STS enforce" in event["tls"]

    told = deferred_unsent(house, "named-otherwise", "good", "good.mx.example.net does not match the policy")
    assert told["Dialogue"][0] == "= MTA-STS enforce: no server tried"
    told = deferred_unsent(house, "selfsigned", "selfsigned", "a valid certificate is required")
    assert told["TLS"].endswith(", MTA-STS enforce: no valid certificate")
    deferred_unsent(house, "plain", "plain", "TLS is required and not offered")
    deferred_unsent(house, "wrong-name", "othername", "a valid certificate is required")


def test_other_policies_let_mail_go(house):
    told = house.deliver("testing")
    assert told["State"] == "delivered", told
    assert told["TLS"].endswith(", MTA-STS testing: selfsigned.mx.example.net does not match")
    for name in ("none", "broken", "free"):
        told = house.deliver(name)
        assert told["State"] == "delivered" and told["TLS"] == "", told
        assert not any("MTA-STS" in line for line in told["Dialogue"])
    assert "mta-sts.free.example.org" not in house.policy_host.asked
    assert house.policy_host.asked.count("mta-sts.none.example.org") == 1


def test_a_policy_that_is_kept_counts_whatever_an_attacker_suppresses(house):
    assert house.deliver("kept")["State"] == "delivered"
    house.gateway.stop()
    house.policy_host.remove()
    elsewhere = {"kept": ("plain", None), "free": ("plain", None)}
    house.knot.publish({"example.org": records(elsewhere)})
    house.gateway.start()
    deferred_unsent(house, "kept", "plain", "TLS is required and not offered")
    assert house.deliver("free")["State"] == "delivered"
    house.policy_host = PolicyHost({}, house.context)  # for the end


@pytest.mark.parametrize("status, content_type", [(301, "text/plain"), (200, "text/html"), (500, "text/plain")])
def test_only_a_plain_answer_at_the_place_itself_is_a_policy(house, status, content_type):
    house.policy_host.status, house.policy_host.content_type = status, content_type
    assert house.deliver("plain")["State"] == "delivered"
    assert house.policy_host.asked == ["mta-sts.plain.example.org"]


def test_a_policy_host_with_a_false_certificate_is_not_believed(house):
    house.gateway.stop()
    house.policy_host.remove()
    other = house.authority.context("elsewhere.example.org")
    house.policy_host = PolicyHost(house.policies, other, house.policy_host.port)
    house.gateway.start()
    assert house.deliver("plain")["State"] == "delivered"
    assert house.policy_host.asked == []


def test_a_policy_host_that_hangs_holds_up_its_own_domain_alone_and_not_the_end(house):
    house.policy_host.hanging.add("kept.example.org")
    sent = house.gateway.send(house.key, message(To=[{"email": "jane@kept.example.org"}])).json["MessageID"]
    wait_for(lambda: house.policy_host.asked)
    assert house.deliver("none")["State"] == "delivered"
    assert house.gateway.egctl_json("explain", sent)["Recipients"][0]["State"] == "queued"
    begin = time.monotonic()
    house.gateway.stop()
    assert time.monotonic() - begin < 8  # a fetch may take 20
    assert house.taken_by("good") == []
    house.policy_host.hanging.clear()
    house.gateway.start()

    def delivered():
        told = house.gateway.egctl_json("explain", sent)["Recipients"][0]
        return told if told["State"] == "delivered" else None
    assert wait_for(delivered)["TLS"].endswith("MTA-STS enforce: matched")


def test_an_operator_may_go_without(house):
    house.gateway.stop()
    house.gateway.settings["delivery"]["mta_sts"] = False
    house.gateway.start()
    assert house.deliver("plain")["State"] == "delivered"
    assert house.policy_host.asked == []
