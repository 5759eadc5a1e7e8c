"""Every Command of the catalogue, driven with its own example through each of its faces; its reply has the fields it
declares, of the types it declares, and no others."""
import json
import os
import re
import subprocess

import pytest
from catalogue import World, commands, error_codes, path_of
from gateway import ROOT

TYPES = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "list": lambda value: isinstance(value, list),
    "any": lambda value: True,
}
EXERCISED = set()


@pytest.fixture(scope="module")
def world(shared_gateway):
    return World(shared_gateway)


def values_at(value, path):
    """Every value at a dotted path; 'Domains[].DomainID' looks into each entry. None stands for a missing one."""
    name, _, rest = path.partition(".")
    inner = value.get(name.removesuffix("[]")) if isinstance(value, dict) else None
    entries = inner if name.endswith("[]") and isinstance(inner, list) else [inner]
    for entry in entries:
        if rest:
            yield from values_at(entry, rest)
        else:
            yield entry


def parent_is_there(reply, path, optional):
    """Whether the optional objects above a path are in this reply."""
    parts = path.split(".")
    for length in range(1, len(parts)):
        above = ".".join(parts[:length]).removesuffix("[]")
        if above in optional and not any(value is not None for value in values_at(reply, above)):
            return False
    return True


def undeclared(value, declared, prefix=""):
    """Keys of the reply that no field declares."""
    if isinstance(value, list):
        for entry in value:
            yield from undeclared(entry, declared, prefix + "[]")
    if not isinstance(value, dict):
        return
    children = [path for path in declared if path.startswith(prefix + ".")] if prefix else list(declared)
    if prefix and not children:
        return  # an object of the caller's own keys
    for key, inner in value.items():
        path = f"{prefix}.{key}" if prefix else key
        if path in declared or any(child.startswith((path + ".", path + "[]")) for child in declared):
            yield from undeclared(inner, declared, path)
        else:
            yield path


def check_reply(command, reply):
    optional = {field["path"] for field in command["fields"] if not field["always"]}
    for field in command["fields"]:
        found = list(values_at(reply, field["path"]))
        if field["always"] and parent_is_there(reply, field["path"], optional):
            assert None not in found, f"{field['path']} is missing in {reply}"
        for value in found:
            assert value is None or TYPES[field["type"]](value), f"{field['path']} is {value!r}"
    declared = {field["path"] for field in command["fields"]} | {"Success", "ErrorCode"}
    assert list(undeclared(reply, declared)) == [], reply


@pytest.mark.parametrize("command", commands(), ids=lambda command: command["name"])
def test_the_example_through_api_php(world, command):
    reply = world.through_api_php(command, world.example(command))
    assert reply.status == 200, reply.body
    assert error_codes(command, reply) == [], reply.body
    if command["fields"] or not command["text_type"]:
        check_reply(command, reply.json)
    EXERCISED.add(command["name"])


@pytest.mark.parametrize("command", [one for one in commands() if one["path"]], ids=lambda command: command["name"])
def test_the_example_through_the_alias(world, command):
    reply = world.through_alias(command, world.example(command))
    assert reply.status == 200, reply.body
    check_reply(command, reply.json)
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert reply.headers["x-request-id"]


def test_every_command_was_exercised(request):
    ran_alone = not any("test_the_example_through_api_php" in item.nodeid for item in request.session.items)
    if ran_alone:
        pytest.skip("the examples were not selected")
    assert {command["name"] for command in commands()} == EXERCISED


@pytest.mark.parametrize("command", commands(), ids=lambda command: command["name"])
def test_the_name_is_case_insensitive_and_a_form_does_too(world, command):
    """A second encoding: bracketed or JSON text for what is structured, the name in capitals."""
    fields = {"COMMAND": command["name"].upper()}
    for name, value in world.example(command).items():
        fields[name.upper()] = value if isinstance(value, str) else json.dumps(value)
    boundary = "b" * 20
    body = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                   for name, value in fields.items()) + f"--{boundary}--\r\n"
    reply = world.gateway.request("POST", "/api.php", body.encode(), {
        "Content-Type": f"multipart/form-data; boundary={boundary}", **world.authorization(command)})
    assert reply.status == 200 and error_codes(command, reply) == [], reply.body


@pytest.mark.parametrize("command", [one for one in commands() if one["caller"] != "anyone"],
                         ids=lambda command: command["name"])
def test_no_key_and_a_wrong_key_are_refused(world, command):
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        reply = world.gateway.request("POST", "/api.php", {"Command": command["name"], **command["example"]}, headers)
        assert reply.status == 200 and error_codes(command, reply) != [], reply.body
        if command["path"]:
            path = path_of(command, command["example"])
            refused = world.gateway.request(command["method"], path, command["example"], headers)
            assert refused.status == (403 if command["envelope"] == "verdict" else 401)


def test_an_unknown_command_is_said_so(world):
    reply = world.gateway.command("emailgateway.adddomian")
    assert (reply["Success"], reply["ErrorCode"]) == (False, 99996)


def test_openapi_is_valid_and_names_every_command(world):
    document = world.gateway.request("GET", "/openapi.json")
    assert document.status == 200
    judged = subprocess.run(["node", "validate_openapi.mjs"], cwd=ROOT / "tests/support", input=document.body,
                            capture_output=True, timeout=60)
    assert judged.returncode == 0, judged.stdout
    assert document.json["openapi"].startswith("3.1")
    assert document.json["components"]["securitySchemes"]["AdminAPIKey"]["name"] == "AdminAPIKey"
    text = document.body.decode()
    for command in commands():
        if command["path"]:
            assert command["method"].lower() in document.json["paths"][command["path"]]
        else:
            assert f'"{command["name"]}"' in text


@pytest.mark.parametrize("linter", [["redocly", "lint", "--extends=recommended", "--format=json"],
                                    ["spectral", "lint", "--ruleset=spectral.json", "--format=json", "--fail-severity=hint"]],
                         ids=lambda words: words[0])
def test_linters_find_nothing_in_openapi(world, linter, tmp_path):
    (tmp_path / "openapi.json").write_bytes(world.gateway.request("GET", "/openapi.json").body)
    done = subprocess.run(["npx", "--no-install", *linter, tmp_path / "openapi.json"], cwd=ROOT / "tests/support", text=True,
                          capture_output=True, timeout=120, env={**os.environ, "REDOCLY_TELEMETRY": "off",
                                                                 "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"})
    assert done.returncode == 0, done.stdout + done.stderr
    if linter[0] == "redocly":  # which ends with 0 for warnings, too
        assert json.loads(done.stdout[done.stdout.index("{"):])["problems"] == []


def test_the_documented_example_of_egctl_parses(world):
    """Every example of egctl is one that egctl takes: with a gateway that is not there it fails to connect, not to
    parse."""
    for command in commands():
        words = re.findall(r"'[^']*'|\S+", command["example_cli"])
        assert words[0] == "egctl", command["example_cli"]
        folder = world.gateway.folder
        for name in ("welcome.html", "password.txt", "subscribers.csv", "addresses.txt", "newsletter.eml"):
            (folder / name).write_text("correct horse battery staple\n")
        (folder / "messages.json").write_text("[{}]")
        words = [str(folder / word) if (folder / word).is_file() else word.strip("'") for word in words[1:]]
        done = world.gateway.egctl(*words, check=False, environment={"EGCTL_URL": "unix:/nonexistent"})
        assert done.returncode == 3, (command["example_cli"], done.stderr)
