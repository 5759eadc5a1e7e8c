"""Every parameter of every Command, spoilt in every way: the documented code, a sentence that names the parameter,
never a 500, never a change."""
import json

import pytest
from catalogue import World, commands, error_codes, error_texts

MALFORMED = 99997
GENERIC = {MALFORMED, 99998, 99999}

# What no parameter of the type takes. A kString may be any short text.
WRONG = {
    "integer": ["x", 1.5, "1e3", [], {}, "99999999999999999999"],
    "flag": ["maybe", 2, -1, [], {}],
    "boolean": ["maybe", 2, [], {}],
    "day": ["2024-13-01", "yesterday", 5, [], {}],
    "timestamp": ["x", 1.5, [], {}],
    "string": [[], {}, "a\r\nb", "a\x00b", "\x7f"],
    "secret": [[], {}],
    "text": [[], {}, "a\x00b"],
    "string_list": [{"a": 1}, [[]], ["a\nb"]],
    "mailbox": [5, [], {"email": "not an address"}, {"email": "a@b\r\nBcc: x@y.zz"}],
    "mailbox_list": [5, {"a": 1}, [5], [{"email": "not an address"}], [{"email": "a@example.org\r\nX: y"}]],
    "string_map": [5, ["a"], {"X\r\nY": "z"}, {"X": "a\r\nBcc: b@example.org"}, {"X": {}}],
    "attachment_list": [5, [5], [{"filename": "x", "content": "not base64!"}]],
    "json": [],
}


@pytest.fixture(scope="module")
def world(shared_gateway):
    return World(shared_gateway)


def snapshot(world):
    """What must not change."""
    return [world.gateway.command(name, parameters) for name, parameters in (
        ("emailgateway.getdomains", {}), ("users.get", {"RecordsFrom": 0, "RecordsPerRequest": 100}),
        ("user.apikey.list", {}), ("emailgateway.getapis", {"DomainID": world.domain_id}),
        ("emailgateway.getevents", {"DomainID": world.domain_id, "StartFrom": 0, "RetrieveCount": 100,
                                    "Event": "accepted"}))]


def refused(world, command, parameters):
    """The codes, after checking that the refusal is well-formed and documented."""
    reply = world.through_api_php(command, parameters)
    assert reply.status == 200, (reply.status, reply.body)
    codes = error_codes(command, reply)
    assert codes, f"{json.dumps(parameters)[:300]} was taken: {reply.body}"
    assert codes == sorted(codes)
    assert set(codes) <= set(command["errors"]) | GENERIC, reply.body
    return codes, error_texts(command, reply)


CASES = [(command, param) for command in commands() for param in command["params"]]


@pytest.mark.parametrize("command, param", CASES, ids=lambda part: part["name"])
def test_wrong_values(world, command, param):
    if command["name"] == "user.login":
        pytest.skip("a wrong value is a wrong login: tests of logging in")
    example = world.example(command)
    before = snapshot(world)
    for wrong in WRONG[param["type"]]:
        _, text = refused(world, command, {**example, param["name"]: wrong})
        assert param["name"].lower() in text.lower(), (wrong, text)
    assert snapshot(world) == before


@pytest.mark.parametrize("command, param", [case for case in CASES if case[1]["required"]],
                         ids=lambda part: part["name"])
def test_missing_empty_and_null(world, command, param):
    example = world.example(command)
    without = {name: value for name, value in example.items() if name != param["name"]}
    for parameters in (without, {**without, param["name"]: ""}, {**without, param["name"]: None}):
        codes, _ = refused(world, command, parameters)
        assert param["missing_code"] in codes


@pytest.mark.parametrize("command, param", [case for case in CASES if case[1]["type"] in ("string", "text", "secret")],
                         ids=lambda part: part["name"])
def test_too_long(world, command, param):
    if param["max_length"] > 2_000_000:
        pytest.skip("bounded by the size of the request")
    example = world.example(command)
    refused(world, command, {**example, param["name"]: "a" * (param["max_length"] + 1)})


@pytest.mark.parametrize("command", commands(), ids=lambda command: command["name"])
def test_invalid_utf8_and_deep_nesting(world, command):
    headers = {"Content-Type": "application/json", **world.authorization(command)}
    for body in (b'{"Command":"%s","DomainName":"\xff\xfe"}' % command["name"].encode(),
                 b"[" * 100_000, b'{"a":' * 100_000, b'{"Command":', b"\x00", b"[]", b"5"):
        assert world.gateway.request("POST", "/api.php", body, headers).status == 400


ID_PARAMETERS = ("DomainID", "APIKeyID", "EmailID", "TemplateID", "ListID", "SubscriberID", "JourneyID")


@pytest.mark.parametrize("command, param", [(command, param) for command, param in CASES
                                            if param["name"] in ID_PARAMETERS and command["caller"] == "user"],
                         ids=lambda part: part["name"])
def test_somebody_elses_id_answers_as_a_missing_one(world, command, param):
    """A user of their own asks for what `default` has, and for what nobody has."""
    if param["name"] not in world.example(command):
        pytest.skip("not in the example")
    user_id = world.user()
    key = world.call("user.apikey.create", UserID=user_id, Note="stranger")["APIKey"]
    replies = []
    for parameters in (world.example(command), {**world.example(command), param["name"]: 987654321}):
        reply = world.gateway.request("POST", "/api.php", {"Command": command["name"], **parameters},
                                      {"Authorization": f"Bearer {key}"})
        assert error_codes(command, reply) != [], reply.body
        replies.append(reply.json)
    assert replies[0] == replies[1]
