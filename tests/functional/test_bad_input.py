"""Every parameter of every Command, spoilt in every way, on each of the three faces: the documented code, a sentence that
names the parameter, never a 500, never a change. tests/support/bad_input.py generates the cases."""
import dataclasses
import re

import pytest
from bad_input import ABSENT, cases_of, encode, id_parameters, nobodys, parameters
from catalogue import World, as_text, commands, error_codes, error_texts, path_of

LONGEST_WORD = 100_000  # of a command line, on Linux
GENERIC = {99997, 99998, 99999}  # malformed, not authenticated, not permitted


@pytest.fixture(scope="module")
def world(shared_gateway):
    return World(shared_gateway)


@pytest.fixture(scope="module")
def stranger(world):
    return world.stranger()


def name(part):
    return part["name"] if isinstance(part, dict) else None


def snapshot(world):
    """What must not change."""
    replies = [world.gateway.command(name, parameters) for name, parameters in (
        ("emailgateway.getdomains", {}), ("users.get", {"RecordsFrom": 0, "RecordsPerRequest": 100}),
        ("user.apikey.list", {}), ("emailgateway.getapis", {"DomainID": world.domain_id}),
        ("emailgateway.getevents", {"DomainID": world.domain_id, "StartFrom": 0, "RetrieveCount": 100,
                                    "Event": "accepted"}))]
    return [{**reply, "LastSequence": None} for reply in replies]  # delivery goes on meanwhile


def check(case, codes, text):
    """The refusal is well-formed, documented, the one that it must be, and says what it is about."""
    assert codes, f"{case.shown} was taken: {text}"
    assert codes == sorted(codes)
    assert set(codes) <= set(case.command["errors"]) | GENERIC, (case.shown, text)
    assert not case.codes or case.codes & set(codes), (case.shown, codes, text)
    assert case.param["name"].lower() in text.lower(), (case.shown, text)


def check_api_php(world, case, parameters):
    reply = world.through_api_php(case.command, parameters)
    assert reply.status == 200, (case.shown, reply.status, reply.body)
    check(case, error_codes(case.command, reply), error_texts(case.command, reply))


def check_alias(world, case, parameters):
    reply = world.through_alias(case.command, parameters)
    codes = error_codes(case.command, reply)
    check(case, codes, error_texts(case.command, reply))
    assert reply.status == case.command["refusals"][str(codes[0])]["status"], (case.shown, reply.body)


def refusals_of(egctl):
    return [int(code) for code in re.findall(r"\(ErrorCode (\d+)\)", egctl.stderr)]


def exit_status(command, codes):
    return command["refusals"][str(codes[0])]["exit"]


def is_address(case):
    """Any text may be an address, until the gateway has looked at it."""
    return case.param["type"].startswith("mailbox") and case.value == 5


def check_egctl(world, case, parameters):
    done = world.through_egctl(case.command, parameters)
    assert done.stdout == "", (case.shown, done.stdout)
    if case.param["name"] == "DomainID" and case.value not in (ABSENT, ""):  # a domain's name goes as well
        assert done.returncode == 5 and "there is no sender domain" in done.stderr, (case.shown, done.stderr)
    elif case.codes and not is_address(case):  # to be seen without asking the gateway
        assert done.returncode == 2, (case.shown, done.returncode, done.stderr)
        assert case.param["name"] in done.stderr or case.param["option"] in done.stderr, (case.shown, done.stderr)
    else:
        codes = refusals_of(done)
        check(dataclasses.replace(case, codes=frozenset()), codes, done.stderr)
        assert done.returncode == exit_status(case.command, codes), (case.shown, done.stderr)


def sayable(case):
    """Whether egctl's command line can say it."""
    if case.value is ABSENT:
        return case.param["name"] != "ContentType"  # inferred from the bodies that are given
    return case.is_text and "\x00" not in as_text(case.value) and len(as_text(case.value)) < LONGEST_WORD


FACES = {"api.php": check_api_php, "alias": check_alias, "egctl": check_egctl}
CASES = [(face, command, param) for command, param in parameters() for face in FACES
         if (face != "alias" or command["path"] and f"{{{param['name']}}}" not in command["path"])
         and (face != "egctl" or param["option"] and param["type"] != "attachment_list")]


@pytest.mark.parametrize("face, command, param", CASES, ids=lambda part: part if isinstance(part, str) else name(part))
def test_bad_values_are_refused(world, face, command, param):
    example = world.example(command)
    before = snapshot(world)
    for case in cases_of(command, param):
        if face != "egctl" or sayable(case):
            FACES[face](world, case, case.apply(example))
    assert snapshot(world) == before


def test_egctl_does_not_attach_what_is_no_file(world):
    done = world.gateway.egctl("sendemail", "Hello", "--plain-content", "x", "--from", "john@example.com", "--to",
                               "jane@example.org", "--attach", "/nonexistent", check=False)
    assert done.returncode == 2 and "cannot read /nonexistent" in done.stderr


@pytest.mark.parametrize("command, param", parameters(), ids=name)
def test_each_encoding_is_refused_alike(world, command, param):
    """One wrong value of each parameter, as JSON and in the three forms a client may send it."""
    said = [case for case in cases_of(command, param) if case.is_text and case.value not in (ABSENT, "")]
    if not said:
        pytest.skip("any text will do")
    example = world.example(command)
    parameters = said[0].apply(example)
    expected = error_codes(command, world.through_api_php(command, parameters))
    fields = {"Command": command["name"], **{key: as_text(value) for key, value in parameters.items()}}
    for encoding in ("query", "form", "multipart"):
        query, body, content_type = encode(encoding, fields)
        headers = {**world.authorization(command), **({"Content-Type": content_type} if body else {})}
        reply = world.gateway.request("POST" if body else "GET", f"/api.php?{query}", body or None, headers)
        assert reply.status == 200 and error_codes(command, reply) == expected, (encoding, said[0].shown, reply.body)


@pytest.mark.parametrize("command", commands(), ids=name)
def test_invalid_utf8_and_deep_nesting(world, command):
    headers = {"Content-Type": "application/json", **world.authorization(command)}
    for body in (b'{"Command":"%s","DomainName":"\xff\xfe"}' % command["name"].encode(),
                 b"[" * 100_000, b'{"a":' * 100_000, b'{"Command":', b"\x00", b"[]", b"5"):
        assert world.gateway.request("POST", "/api.php", body, headers).status == 400
        if command["path"]:
            path = path_of(command, command["example"])
            assert world.gateway.request(command["method"], path, body, headers).status == 400


def without_sequence(reply):
    return {**reply.json, "LastSequence": None}


@pytest.mark.parametrize("command, param", id_parameters(), ids=name)
def test_somebody_elses_id_answers_as_a_missing_one(world, stranger, command, param):
    """A user of their own asks for what `default` has, and for what nobody has. As a filter both find nothing, in
    place of a thing both are refused."""
    theirs, own = world.example(command)[param["name"]], stranger.example(command)
    foreign, missing = ({**own, param["name"]: value} for value in (theirs, nobodys(param, theirs)))

    replies = [stranger.through_api_php(command, given) for given in (foreign, missing)]
    assert without_sequence(replies[0]) == without_sequence(replies[1])
    codes = error_codes(command, replies[0])
    is_filter = not codes
    assert not is_filter or replies[0].json.get("TotalRecords") == 0, replies[0].body

    if command["path"]:
        replies = [stranger.through_alias(command, given) for given in (foreign, missing)]
        assert without_sequence(replies[0]) == without_sequence(replies[1])
        for reply in replies:
            assert reply.status == (200 if is_filter else command["refusals"][str(codes[0])]["status"])

    done = [stranger.through_egctl(command, given) for given in (foreign, missing)]
    for one in done:
        assert refusals_of(one) == codes, one.stderr
        assert one.returncode == (0 if is_filter else exit_status(command, codes)), one.stderr


def test_all_of_somebody_elses_ids_at_once_are_refused(world, stranger):
    """Where a Command takes several IDs, they belong together: a list and its subscriber, both of somebody else."""
    several = [command for command in commands()
               if len({param["name"] for one, param in id_parameters() if one is command}) > 1]
    assert several
    for command in several:
        theirs = world.example(command)
        given = {**stranger.example(command), **{param["name"]: theirs[param["name"]]
                                                 for one, param in id_parameters() if one is command}}
        before = snapshot(world)
        reply = stranger.through_api_php(command, given)
        assert error_codes(command, reply), (command["name"], given, reply.body)
        assert snapshot(world) == before, command["name"]
