"""Batches: many messages in one request, each accepted or refused for itself."""
import json

import pytest
from gateway import message
from test_isolation import Tenant
from waiting import wait_for


@pytest.fixture
def house(make_sink, make_gateway):
    """(gateway, sink): mail of anybody to anywhere arrives at the sink."""
    sink = make_sink()
    return make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1h"]}}).start(), sink


@pytest.fixture
def alice(house):
    return Tenant(house[0], "alice", "tenant-a.example")


def bearer(key, **headers):
    return {"Authorization": "Bearer " + key, **headers}


def mail(tenant, *to, **changes):
    return message(From={"email": f"shop@{tenant.domain}"}, To=[{"email": address} for address in to], **changes)


def send_batch(tenant, messages, **headers):
    return tenant.gateway.request("POST", "/api/v1/email/batch", {"Messages": messages}, bearer(tenant.sender, **headers))


def test_the_good_ones_of_a_batch_arrive(house, alice):
    gateway, sink = house
    messages = [mail(alice, f"u{i}@example.org", Subject=f"s{i}") for i in range(40)]
    messages[7]["From"] = {"email": "shop@tenant-b.example"}
    messages[9] = "no object"
    reply = send_batch(alice, messages)
    assert reply.status == 200, reply.body
    results = reply.json["Results"]
    assert len(results) == 40
    assert [result["Errors"][0]["Code"] for result in results if "Errors" in result] == [3, 99997]
    wait_for(lambda: len(sink.received()) == 38)
    assert {to for recipients, _ in sink.received() for to in recipients} == {
        f"u{i}@example.org" for i in range(40) if i not in (7, 9)}


def test_a_batch_repeated_under_its_key_sends_nothing(house, alice):
    gateway, sink = house
    messages = [mail(alice, "a@example.org"), mail(alice, "no address")]
    first = send_batch(alice, messages, **{"Idempotency-Key": "k1"})
    again = send_batch(alice, messages, **{"Idempotency-Key": "k1"})
    assert first.status == again.status == 200 and first.json == again.json
    other = send_batch(alice, messages[:1], **{"Idempotency-Key": "k1"})
    assert other.status == 409 and other.json["Errors"][0]["Code"] == 40
    single = gateway.send(alice.sender, messages[0], {"Idempotency-Key": "k1"})
    assert single.status == 409
    wait_for(lambda: sink.received())
    assert len(alice.events(Event="accepted")) == 1


def test_egctl_sends_a_batch_and_says_when_one_was_refused(house, alice):
    gateway, _ = house
    environment = {"EGCTL_API_KEY": alice.sender, "EGCTL_URL": f"http://127.0.0.1:{gateway.port}"}
    good, bad = mail(alice, "a@example.org"), mail(alice, "no address")
    for messages, code in (([good], 0), ([good, bad], 1)):
        done = gateway.egctl("batch", "--messages-file", "-", "-o", "json", stdin=json.dumps(messages), check=False,
                             environment=environment)
        assert done.returncode == code, done.stderr
        assert len(json.loads(done.stdout)["Results"]) == len(messages)
    done = gateway.egctl("batch", "[]", check=False, environment=environment)
    assert done.returncode == 2 and "Messages is missing" in done.stderr
