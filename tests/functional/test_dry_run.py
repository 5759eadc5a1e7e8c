"""DryRun: every Command that changes what is stored can be tried. It answers as it would, and a dump of the whole
database is the same afterwards; what cannot be tried is refused."""
import json
import sqlite3
import time

import pytest
from catalogue import World, commands, error_codes
from gateway import Gateway, message
from process import free_port
from waiting import wait_for

CHANGING = [command for command in commands() if command["changes"] == "store"]
BEYOND = [command for command in commands() if command["changes"] == "beyond" and command["name"] != "retention"]
SECRETS = ("APIKey", "SenderAPIKey", "SigningKey", "SMTPPassword", "SessionID")
# When keys and sessions were used last: written by who asks, whatever they ask for.
USED = {"sessions": "user_id, created_at", "user_keys": "id, user_id, digest, note, bound_ip, created_at"}
# Whose examples find nothing to change: what they judge again is judged as before.
JUDGES_ALIKE = ("inbound.retry", "reclassify")


@pytest.fixture(scope="module")
def world(request):
    gateway = Gateway({"smtp": {"listen": [f"127.0.0.1:{free_port()}"]},
                       "delivery": {"retry_schedule": ["1h"]}})
    request.addfinalizer(gateway.remove)
    gateway.start().command("queue.pause", {"Destination": "example.org"})
    return World(gateway)


def dump(gateway):
    """Every row of every table, but for those that change by themselves."""
    database = sqlite3.connect(f"file:{gateway.folder / 'data/egd.db'}?mode=ro", uri=True)
    try:
        tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: sorted(map(repr, database.execute(f'SELECT {USED.get(table, "*")} FROM "{table}"')))
                for table in tables if not table.startswith("sqlite_stat")}
    finally:
        database.close()


def is_quiet(gateway):
    """Whether nothing is due, nor being delivered: all waits for its time, or for its destination to be resumed."""
    database = sqlite3.connect(f"file:{gateway.folder / 'data/egd.db'}?mode=ro", uri=True)
    try:
        return database.execute("SELECT count(*) FROM recipients WHERE lease_owner <> 0 OR "
                                "max(lease_until, next_attempt_at) < ?", (time.time() * 1000 + 5000,)).fetchone() == (0,)
    finally:
        database.close()


def settled(gateway):
    """A dump that two looks agree on: what the calls before set off has ended."""
    wait_for(lambda: is_quiet(gateway), "deliveries to end")
    before = dump(gateway)
    while (after := dump(gateway)) != before:
        before = after
    return before


def secrets(value):
    if isinstance(value, list):
        for entry in value:
            yield from secrets(entry)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in SECRETS and isinstance(inner, str):
                yield inner
            yield from secrets(inner)


def queued(world):
    """A message that waits."""
    return world.gateway.send(world.sender_key, message(SendAt=int(time.time()) + 3600)).json["MessageID"]


def something_to_change(world, command):
    """The Command's example, with something there that it changes."""
    given = world.example(command)
    special = {
        **dict.fromkeys(("emailgateway.cancelemail", "emailgateway.rescheduleemail"),
                        lambda: given.update(MessageID=queued(world))),
        "emailgateway.cleardomainqueue": lambda: given.update(DomainID=queued(world) and world.domain_id),
        "suppression.delete": lambda: world.call("suppression.import", **given),
    }
    special.get(command["name"], lambda: None)()
    return given


@pytest.mark.parametrize("command", CHANGING, ids=lambda command: command["name"])
def test_trying_changes_nothing_and_answers_as_it_would(world, command):
    parameters = something_to_change(world, command)
    authorization = world.authorization(command)
    before = settled(world.gateway)
    tried = world.gateway.request("POST", "/api.php", {"Command": command["name"], **parameters, "DryRun": 1},
                                  authorization)
    after = dump(world.gateway)
    assert {table for table in before if before[table] != after[table]} == set()
    assert error_codes(command, tried) == [], tried.body
    assert tried.json["DryRun"] is True
    assert set(secrets(tried.json)) <= {""}
    done = world.gateway.request("POST", "/api.php", {"Command": command["name"], **parameters}, authorization)
    assert error_codes(command, done) == [], done.body
    assert "DryRun" not in done.json
    assert set(tried.json) - {"DryRun"} == set(done.json)
    assert command["name"] in JUDGES_ALIKE or settled(world.gateway) != before  # there was something to try


@pytest.mark.parametrize("command", BEYOND, ids=lambda command: command["name"])
def test_what_cannot_be_tried_is_refused(world, command):
    parameters, authorization = world.example(command), world.authorization(command)
    before = settled(world.gateway)
    reply = world.gateway.request("POST", "/api.php", {"Command": command["name"], **parameters, "DryRun": "yes"},
                                  authorization)
    assert error_codes(command, reply) == [99997], reply.body
    assert "DryRun" in reply.body.decode()
    assert dump(world.gateway) == before


def test_a_refusal_is_the_same_when_it_is_tried(world):
    for dry_run in ({}, {"DryRun": 1}):
        reply = world.gateway.command("emailgateway.deletedomain", {"DomainID": 4711, **dry_run})
        assert (reply["Success"], "DryRun" in reply) == (False, False)


def test_what_takes_several_steps_is_not_tried_by_halves(world):
    many = [f"a{n}@example.net" for n in range(2500)]
    reply = world.gateway.command("suppression.import", {"EmailAddresses": many, "DryRun": 1})
    assert reply["ErrorCode"] == 99997 and "several steps" in reply["ErrorText"]
    assert world.gateway.command("suppression.browse", {"SearchPattern": "a*@example.net"})["TotalRecords"] == 0


def test_egctl_tries(world):
    done = world.gateway.egctl("adddomain", "tried.example.net", "--dry-run", "-o", "json")
    assert json.loads(done.stdout)["DryRun"] is True
    assert world.gateway.egctl("getdomain", "tried.example.net", check=False).returncode == 5


def test_parts_of_a_batch_do_not_look_tried(world):
    """DryRun of one message in a batch would be sent: it is refused."""
    one = {"Subject": "s", "ContentType": "plain", "PlainContent": "x", "From": {"email": "john@example.com"},
           "To": [{"email": "jane@example.org"}], "DryRun": 1}
    reply = world.gateway.request("POST", "/api/v1/email/batch", {"Messages": [one]},
                                  {"Authorization": "Bearer " + world.sender_key})
    assert "MessageID" not in reply.json.get("Results", [{}])[0], reply.body


def test_egctl_does_not_wait_for_what_was_not_sent(world):
    done = world.gateway.egctl("sendemail", "Hello", "--plain-content", "x", "--content-type", "plain", "--from",
                               "john@example.com", "--to", "jane@example.org", "--dry-run", "--wait-for", "delivery",
                               check=False, environment={"EGCTL_API_KEY": world.sender_key})
    assert done.returncode == 2 and "nothing to wait for" in done.stderr
