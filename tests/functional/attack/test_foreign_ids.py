"""Another user's IDs, generated from the catalogue: every parameter of every Command that names something, whether its
example has it or not, is answered as one that nobody has, and takes no longer or shorter to be."""
import json
import time

import pytest
from bad_input import nobodys, parameters
from catalogue import World, commands, error_codes
from process import free_port

ROUNDS = 7
CURSORS = ("AfterReplayID", "AfterSequence", "SinceSequence")  # places in time, which name nothing
# Of the operator's words, not of what is stored.
NOT_STORED = {("emailgateway.smtprelay", "UUID")}

MAKERS = {
    "DomainID": World.domain, "DomainIDs": World.domain, "SMTPID": World.smtp, "EmailID": World.template,
    "TemplateID": World.template, "ListID": World.list, "TargetListID": World.list, "Lists": World.list,
    "JourneyID": World.journey, "Journeys": World.journey, "MessageID": lambda world: world.message_id,
    "SubscriberID": lambda world: world.subscriber(world.list()),
    "Subscribers": lambda world: world.subscriber(world.list()),
    "WebhookID": lambda world: world.webhook(world.domain_id),
    "CapturedID": lambda world: world.captured(world.domain_id),
    "ActionID": lambda world: world.call("journey.get", JourneyID=world.journey())["Journey"]["Actions"][0]["ActionID"],
    "Sequence": lambda world: world.call("emailgateway.getevents", DomainID=world.domain_id, StartFrom=0,
                                         RetrieveCount=1)["Events"][0]["Sequence"],
}


def names_something(param):
    name = param["name"]
    return name not in CURSORS and (name.endswith(("ID", "IDs", "Sequence")) or name in MAKERS)


CASES = [(command, param) for command, param in parameters()
         if command["caller"] in ("user", "sender_key", "sender_key_or_user") and names_something(param)
         and (command["name"], param["name"]) not in NOT_STORED]


@pytest.fixture(scope="module")
def world(request):
    from gateway import Gateway
    gateway = Gateway({"smtp": {"listen": [f"127.0.0.1:{free_port()}"]}, "delivery": {"retry_schedule": ["1h"]}})
    request.addfinalizer(gateway.remove)
    return World(gateway.start())


@pytest.fixture(scope="module")
def stranger(world):
    return world.stranger()


def theirs(world, command, param):
    if param["name"] == "APIKeyID":
        return world.user_key() if command["name"].startswith("user.") else world.domain_key()
    made = MAKERS[param["name"]](world)
    return str(made) if param["type"] == "string_list" else made


def name(part):
    return part["name"]


def said(reply):
    """A reply without what is new in each: times, and the ID of a message that was sent all the same."""
    try:
        body = reply.json
    except json.JSONDecodeError:
        return reply.status, reply.body
    return reply.status, {key: value for key, value in body.items() if key not in ("LastSequence", "MessageID")}


def test_every_kind_of_id_has_a_maker():
    assert {param["name"] for _, param in CASES} <= {*MAKERS, "APIKeyID"}
    assert {command["name"] for command in commands() if command["caller"] != "admin"} > {one["name"] for one, _ in CASES}


@pytest.mark.parametrize("command, param", CASES, ids=name)
def test_it_is_answered_as_one_that_nobody_has(world, stranger, command, param):
    value = theirs(world, command, param)
    faces = [stranger.through_api_php] + ([stranger.through_alias] if command["path"] else [])
    for face in faces:
        asked = {who: {**stranger.example(command), param["name"]: what}
                 for who, what in (("theirs", value), ("nobodys", nobodys(param, value)))}
        replies = {who: face(command, given) for who, given in asked.items()}
        assert said(replies["theirs"]) == said(replies["nobodys"])
        if not error_codes(command, replies["theirs"]):
            assert value not in ("", None)
            continue  # a filter that finds nothing, or a name that its user may choose: nothing to tell apart
        took = {"theirs": [], "nobodys": []}
        for _ in range(ROUNDS):
            for who, given in asked.items():
                begun = time.perf_counter()
                face(command, given)
                took[who].append(time.perf_counter() - begun)
        fast, slow = sorted(min(times) for times in took.values())
        assert slow < 2 * fast + 0.003, took
