"""Delivery as its operator and its sender see it: explanations, the queue by destination, pauses."""
import time

import pytest
from gateway import message


def wait_for(found, seconds=20):
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.05)
    return answer


@pytest.fixture
def sink(make_sink):
    return make_sink()


@pytest.fixture
def running(make_gateway, sink):
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1h"]}})
    gateway.start()
    gateway.domain_id, gateway.key = gateway.add_domain()
    return gateway


def test_a_deferred_message_is_explained_and_tried_again_on_demand(running, sink):
    sink.refuse("jane@example.org", "450 4.2.0 Greylisted")
    sent = running.send(running.key, message(PlainContent="a secret of ours")).json["MessageID"]
    wait_for(lambda: running.events(running.domain_id, Event="deferred"))

    told = running.egctl_json("explain", sent)
    jane = told["Recipients"][0]
    assert (jane["Recipient"], jane["State"], jane["Attempts"]) == ("jane@example.org", "deferred", 1)
    assert jane["Rule"] == "refused-now" and jane["NextAttemptAt"]
    assert jane["TLS"].startswith("TLSv1.3") and "unverified" in jane["TLS"]
    assert "> RCPT TO:<jane@example.org>" in jane["Dialogue"]
    assert "< 450 4.2.0 Greylisted" in jane["Dialogue"]
    assert [event["event"] for event in told["Timeline"]] == ["accepted", "deferred"]
    assert "secret" not in running.egctl("-o", "json", "explain", sent).stdout

    lane = running.egctl_json("queue")["Lanes"][0]
    assert (lane["Destination"], lane["Depth"]) == ("example.org", 1)
    assert lane["LastReply"] == "450 4.2.0 Greylisted"

    sink.server.refusals.clear()
    assert running.egctl_json("queue.retry", "example.org")["MadeDue"] == 1
    wait_for(sink.messages)
    wait_for(lambda: running.egctl_json("explain", sent)["Recipients"][0]["State"] == "delivered")
    assert running.egctl_json("queue")["Lanes"] == []


def test_a_paused_destination_waits_over_a_restart(running, sink):
    assert running.egctl_json("queue.pause", "Example.ORG")["Destination"] == "example.org"
    running.stop()
    running.start()
    sent = running.send(running.key, message()).json["MessageID"]
    running.send(running.key, message(To=[{"email": "bob@example.net"}]))
    wait_for(sink.messages)
    assert [taken.recipients for taken in sink.messages()] == [["bob@example.net"]]
    assert running.egctl_json("queue")["Lanes"][0]["State"] == "paused"
    assert running.egctl_json("explain", sent)["Recipients"][0]["State"] == "queued"

    running.egctl("queue.resume", "example.org")
    wait_for(lambda: len(sink.messages()) == 2)


def test_a_hard_bounce_suppresses_and_a_policy_bounce_does_not(running, sink):
    sink.refuse("gone@example.org", "550 5.1.1 no such user")
    sink.refuse("spam@example.org", "550 5.7.1 refused by policy")
    for name in ("gone", "spam"):
        running.send(running.key, message(To=[{"email": f"{name}@example.org"}]))
    bounces = wait_for(lambda: (found := running.events(running.domain_id, Event="bounce")) and len(found) == 2 and found)
    assert {event["recipient"]: event["bounce_class"] for event in bounces} == {
        "gone@example.org": "hard", "spam@example.org": "policy"}
    suppressed = running.command("suppression.browse", {"SearchPattern": "*"})["Suppressions"]
    assert [row["EmailAddress"] for row in suppressed] == ["gone@example.org"]
