"""Delivery as its operator and its sender see it: explanations, the queue by destination, pauses."""
import email
import os
import random
import re
import time

import pytest
from gateway import message
from http_load import Load, marks
from waiting import wait_for

CRASH_ROUNDS = int(os.environ.get("EGD_FAULT_CRASH_ROUNDS", "8"))


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


def test_a_providers_limit_holds_for_all_its_customers_together(make_gateway, make_knot, make_sink):
    customers, sink = 10, make_sink()
    records = [record for n in range(customers) for record in (
        (f"c{n}", "MX", f"10 c{n}.mail.protection"), (f"c{n}.mail.protection", "A", "127.0.0.1"))]
    knot = make_knot({"example.net": records}).start()
    gateway = make_gateway({
        "dns": {"servers": [knot.address]}, "delivery": {"route": "mx", "mx_port": sink.port},
        "destination": [{"mx": "mail.protection.example.net", "connections": 2}]}).start()
    _, key = gateway.add_domain()
    to = [{"email": f"jane@c{n}.example.net"} for n in range(customers)]
    for _ in range(3):
        assert gateway.send(key, message(To=to)).status == 200
    wait_for(lambda: len(sink.messages()) == 3 * customers, lambda: f"{len(sink.messages())} came", seconds=60)
    assert sink.server.counts["most_connections"] <= 2


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


FAULTS = [
    # fault, event, class of the bounce, in the response
    ("banner:421 4.3.2 busy", "deferred", "", "421 4.3.2 busy"),
    ("banner:554 5.7.1 go away", "deferred", "", "554 5.7.1 go away"),
    ("drop:banner", "deferred", "", "closed the connection"),
    ("hang:banner", "deferred", "", "timed out"),
    ("slow:banner", "deferred", "", "timed out"),
    ("ehlo:421 4.3.2 busy", "deferred", "", "421 4.3.2 busy"),
    ("drop:ehlo", "deferred", "", "closed the connection"),
    ("hang:ehlo", "deferred", "", "timed out"),
    ("break-tls", "deferred", "", "STARTTLS"),
    ("drop:starttls", "deferred", "", "STARTTLS"),
    ("mail:451 4.3.0 later", "deferred", "", "451 4.3.0 later"),
    ("mail:550 5.7.1 not you", "bounce", "policy", "550 5.7.1 not you"),
    ("mail:550 5.1.8 bad sender", "bounce", "sender", "550 5.1.8 bad sender"),
    ("drop:mail", "deferred", "", "closed the connection"),
    ("hang:mail", "deferred", "", "timed out"),
    ("slow:mail", "deferred", "", "timed out"),
    ("rcpt:450 4.2.0 greylisted", "deferred", "", "450 4.2.0 greylisted"),
    ("rcpt:550 5.1.1 no such user", "bounce", "hard", "550 5.1.1 no such user"),
    ("rcpt:552 5.2.2 mailbox full", "bounce", "quota", "552 5.2.2 mailbox full"),
    ("drop:rcpt", "deferred", "", "closed the connection"),
    ("hang:rcpt", "deferred", "", "timed out"),
    ("data:451 4.3.0 later", "deferred", "", "451 4.3.0 later"),
    ("data:554 5.6.0 no", "bounce", "content", "554 5.6.0 no"),
    ("drop:data", "deferred", "", "closed the connection"),
    ("hang:data", "deferred", "", "timed out"),
    ("dot:451 4.3.0 later", "deferred", "", "451 4.3.0 later"),
    ("dot:552 5.3.4 too large after all", "bounce", "size", "552 5.3.4 too large after all"),
    ("drop:dot", "deferred", "", "closed the connection"),
    ("hang:dot", "deferred", "", "timed out"),
    ("drop-after-dot", "deferred", "", "closed the connection"),
]
ONE_WAIT = 3  # seconds; `longest_wait` below


@pytest.fixture(scope="module")
def faulty():
    """A gateway and the sink that fails as told, for all faults one after the other."""
    import gateway as gateway_module
    import smtp_sink
    sink = smtp_sink.Sink()
    gateway = gateway_module.Gateway({"delivery": {
        "smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1h"], "longest_wait": f"{ONE_WAIT}s"}})
    try:
        gateway.start()
        gateway.domain_id, gateway.key = gateway.add_domain()
        yield gateway, sink
    finally:
        gateway.remove()
        sink.remove()


@pytest.mark.parametrize("fault, event, bounce_class, said", FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_fault_ends_in_the_right_event_and_loses_nothing(faulty, fault, event, bounce_class, said):
    gateway, sink = faulty
    sink.fail(fault)
    begin = time.monotonic()
    to = re.sub(r"\W+", "-", fault) + "@example.org"
    sent = gateway.send(gateway.key, message(Subject=fault, To=[{"email": to}])).json["MessageID"]

    def outcome():
        return [each for each in gateway.egctl_json("explain", sent)["Timeline"] if each["event"] != "accepted"]
    first = wait_for(outcome)[0]
    assert time.monotonic() - begin < 3 * ONE_WAIT + 3
    assert first["event"] == event, first
    assert first.get("bounce_class", "") == bounce_class
    assert said in first["smtp_response"]
    sink.fail()
    copies = sum(taken.recipients == [to] for taken in sink.messages())
    assert copies == (fault == "drop-after-dot")
    if event == "deferred":
        def delivered():  # again and again: on a busy machine a good attempt may take too long, too
            gateway.egctl("queue.retry", "example.org")
            return outcome()[-1]["event"] == "delivery"
        wait_for(delivered)
        assert sum(taken.recipients == [to] for taken in sink.messages()) == copies + 1
    else:
        assert gateway.egctl_json("queue")["Lanes"] == []


def test_kill_9_amid_faults_loses_nothing_and_every_duplicate_has_its_reason(make_gateway, make_sink):
    sink = make_sink()
    sink.fail("rcpt:450 4.2.0 later%5", "mail:451 4.3.0 later%11", "drop:data%13", "drop-after-dot%7")
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1s"]},
                            "log": {"level": "warning"}})
    gateway.start()
    _, key = gateway.add_domain()
    clients = [Load(gateway, key, number) for number in range(2)]
    for client in clients:
        client.start()
    kills = []
    for _ in range(CRASH_ROUNDS):
        time.sleep(random.uniform(0.2, 0.8))
        kills.append(time.time())
        gateway.kill()
        gateway.start()
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join()
    acknowledged = {mark for client in clients for mark in client.acknowledged}
    wait_for(lambda: not acknowledged - set(marks(sink)), seconds=120)
    wait_for(lambda: not gateway.egctl_json("queue")["Lanes"], seconds=60)

    lost = set(sink.server.lost_replies)
    copies = {}
    for taken in sink.messages():
        mark = re.search(rb"^Subject: (crash-\S+)", taken.data, re.MULTILINE)[1].decode()
        copies.setdefault(mark, []).append(taken)
    twice = {mark: taken for mark, taken in copies.items() if len(taken) > 1}
    by_kill = 0
    for mark, taken in twice.items():
        for earlier, later in zip(taken, taken[1:]):
            if earlier.number in lost:
                continue
            assert any(earlier.at - 0.05 <= kill <= later.at for kill in kills), (mark, taken)
            by_kill += 1
    print(f"\nkills {len(kills)}, acknowledged {len(acknowledged)}, lost 0, replies lost {len(lost)}, "
          f"duplicates {sum(len(taken) - 1 for taken in twice.values())}, of these by a kill {by_kill}")
    gateway.stop()


def test_content_goes_as_one_chunk_where_that_is_offered(make_gateway, make_sink):
    sink = make_sink(also=["CHUNKING"])
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"}}).start()
    _, key = gateway.add_domain()
    sent = gateway.send(key, message(PlainContent=".\n.dot\n" * 20000)).json["MessageID"]
    taken = wait_for(sink.messages)[0]
    assert email.message_from_bytes(taken.data).get_payload(decode=True).count(b".dot") == 20000
    dialogue = wait_for(lambda: gateway.egctl_json("explain", sent)["Recipients"][0]["Dialogue"])
    assert any(line.startswith("> BDAT ") for line in dialogue)
    assert re.fullmatch(r"b-[a-z2-7]{40,52}@sl\.example\.com", taken.sender)
