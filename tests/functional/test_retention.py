"""retention: what has expired by age or by size is shown, then deleted; queued mail never is."""
import sqlite3

import pytest
from gateway import message
from test_backup import sound
from waiting import wait_for

DAY = 86_400_000
LARGE = 20_000


def sql(gateway, statement, write=False):
    database = sqlite3.connect(f"file:{gateway.folder / 'data/egd.db'}?mode={'rw' if write else 'ro'}", uri=True)
    try:
        rows = database.execute(statement).fetchall()
        database.commit()
        return rows
    finally:
        database.close()


def of_kind(reply, kind, rule):
    return [one for one in reply["Deleted"] if one["Kind"] == kind and one["Rule"] == rule]


def retention(gateway, **parameters):
    reply = gateway.command("retention", parameters)
    assert reply["Success"], reply
    return reply


@pytest.fixture
def house(make_gateway, make_sink):
    """(gateway, sink, sender key) with these options of [retention]."""
    def make(**options):
        sink = make_sink()
        gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"}, "retention": options})
        domain_id, key = gateway.start().add_domain()
        gateway.command("queue.pause", {"Destination": "waits.example"})
        return gateway, sink, domain_id, key
    return make


def deliver(gateway, sink, key, count, **changes):
    before = len(sink.received())
    for _ in range(count):
        assert gateway.send(key, message(**changes)).status == 200
    wait_for(lambda: len(sink.received()) == before + count)
    wait_for(lambda: sql(gateway, "SELECT count(*) FROM finished_messages") == [(before + count,)])


def test_contents_go_by_age_and_queued_ones_never(house):
    gateway, sink, _, key = house(content_days=0)
    deliver(gateway, sink, key, 3)
    waiting = [{"email": "jane@waits.example"}]
    for _ in range(2):
        assert gateway.send(key, message(To=waiting, PlainContent="x" * LARGE)).status == 200
    shown = gateway.egctl_json("retention", "--dry-run")
    [contents] = of_kind(shown, "content", "content_days")
    assert shown["DryRun"] is True and contents["Entries"] == 3 and contents["Bytes"] > 0 and contents["OldestAt"]
    assert sql(gateway, "SELECT count(*) FROM contents") == [(5,)]
    done = retention(gateway)
    assert done["DryRun"] is False and of_kind(done, "content", "content_days") == [contents]
    assert sql(gateway, "SELECT count(*) FROM contents") == [(2,)]
    assert done["ContentBytes"] == shown["ContentBytes"] > 2 * LARGE
    assert of_kind(retention(gateway), "content", "content_days") == []
    gateway.command("queue.resume", {"Destination": "waits.example"})
    wait_for(lambda: sum(b"x" * 900 in data.replace(b"\r\n", b"").replace(b"=", b"") for _, data in sink.received()) == 2)
    gateway.stop()
    sound(gateway.folder / "data")


def test_contents_go_by_size_the_oldest_first(house):
    gateway, sink, _, key = house(content_bytes=5 * LARGE)
    assert gateway.send(key, message(To=[{"email": "jane@waits.example"}], PlainContent="x" * LARGE)).status == 200
    deliver(gateway, sink, key, 8, PlainContent="y" * LARGE)
    shown = retention(gateway, DryRun=1)
    [beyond] = of_kind(shown, "content", "content_bytes")
    assert of_kind(shown, "content", "content_days") == [] and beyond["Entries"] == 5
    assert sql(gateway, "SELECT count(*) FROM contents") == [(9,)]
    assert of_kind(retention(gateway), "content", "content_bytes") == [beyond]
    left = [number for number, in sql(gateway, "SELECT message FROM contents ORDER BY message")]
    assert left == [1, 7, 8, 9]  # the queued one, and the newest
    assert retention(gateway, DryRun=1)["Deleted"] == []
    gateway.stop()
    sound(gateway.folder / "data")


def test_events_go_by_age_and_are_told_by_kind(house):
    gateway, sink, domain_id, key = house(events_days=10)
    deliver(gateway, sink, key, 4)
    gateway.stop()
    sql(gateway, f"UPDATE events SET at = at - {11 * DAY} WHERE message <= 3", write=True)
    gateway.start()
    shown = {one["Detail"]: one for one in of_kind(retention(gateway, DryRun=1), "event", "events_days")}
    assert {kind: one["Entries"] for kind, one in shown.items()} == {"accepted": 3, "delivery": 3}
    assert sql(gateway, "SELECT count(*) FROM events") == [(8,)]
    done = {one["Detail"]: one for one in of_kind(retention(gateway), "event", "events_days")}
    assert done == shown
    assert sql(gateway, "SELECT count(*) FROM events") == [(2,)]
    assert len(gateway.events(domain_id)) == 2


def test_it_is_the_admins(gateway):
    key = gateway.command("user.apikey.create", {"Note": "user"})["APIKey"]
    assert gateway.command("retention", {"DryRun": 1}, key)["ErrorCode"] == 99999
