"""Bad input, generated from the catalogue: every parameter of every Command, left out, of a wrong type, out of its range,
too long. Each case says what the refusal must be; how a face says it is the test's."""
import dataclasses
import json
import urllib.parse

from catalogue import commands

ABSENT = object()
TEXTS = ("string", "text", "secret")

# What no parameter of the type takes. A string may be any short text.
WRONG = {
    "integer": ["x", 1.5, "1e3", [], {}, "99999999999999999999"],
    "flag": ["maybe", 2, -1, [], {}],
    "boolean": ["maybe", 2, [], {}],
    "day": ["2024-13-01", "yesterday", 5, [], {}],
    "timestamp": ["x", -1, 1.5, [], {}],
    "string": [[], {}, "a\r\nb", "a\x00b", "\x7f"],
    "secret": [[], {}],
    "text": [[], {}, "a\x00b"],
    "string_list": [{"a": 1}, [[]], ["a\nb"]],
    "mailbox": [5, [], {"email": "a@b\r\nBcc: x@y.zz"}],
    "mailbox_list": [5, {"a": 1}, [5], [{"email": "a@example.org\r\nX: y"}]],
    "string_map": [5, ["a"], {"X\r\nY": "z"}, {"X": {}}],
    "attachment_list": [5, [5]],
    "request_list": [5, {"a": 1}, "x", [{}] * 501],
    "json": [],
}
# Of the right type, and refused by what the Command does with it.
REFUSED = {
    "mailbox": [{"email": "not an address"}],
    "mailbox_list": [[{"email": "not an address"}]],
    "attachment_list": [[{"filename": "x", "content": "not base64!"}]],
    "json": [5, [5], {"": {}}],
}
LARGEST_REQUEST = 2_000_000  # a longer text is bounded by the size of the request


@dataclasses.dataclass(frozen=True)
class Case:
    command: dict
    param: dict
    value: object     # of the parameter; ABSENT: left out
    codes: frozenset  # one of them must be among those of the refusal; empty: any documented one

    def apply(self, example):
        rest = {name: value for name, value in example.items() if name != self.param["name"]}
        return rest if self.value is ABSENT else {**rest, self.param["name"]: self.value}

    @property
    def is_text(self):
        """Whether a form or a command line can say it. They have no null, there [] is as good a text as any, and a list
        of texts is what stands between commas."""
        if self.value is None or self.param["type"] == "string_list" and isinstance(self.value, dict):
            return False
        return self.value is ABSENT or self.param["type"] not in TEXTS or isinstance(self.value, str)

    @property
    def shown(self):
        return "left out" if self.value is ABSENT else json.dumps(self.value)[:200]


def wrong_values(param):
    yield from WRONG[param["type"]]
    if param["name"] == "Headers":  # other maps may hold several lines
        yield {"X": "a\r\nBcc: b@example.org"}
    if param["choices"]:
        yield ["no such choice"] if param["type"] == "string_list" else "no such choice"
    if param["type"] == "integer" and param["minimum"] > -2**63:
        yield param["minimum"] - 1
    if param["type"] == "integer" and param["maximum"] < 2**63 - 1:
        yield param["maximum"] + 1


def cases_of(command, param):
    if param["required"]:
        for value in (ABSENT, "", None):
            yield Case(command, param, value, frozenset([param["missing_code"]]))
    if command["name"] == "user.login":
        return  # anything else that is wrong is a wrong login: tested there
    wrong = frozenset([param["invalid_code"], param["address_code"], param["missing_code"]])
    for value in wrong_values(param):
        yield Case(command, param, value, wrong)
    if param["type"] in TEXTS and param["max_length"] < LARGEST_REQUEST:
        yield Case(command, param, "a" * (param["max_length"] + 1), frozenset([param["too_long_code"]]))
    for value in REFUSED.get(param["type"], []):
        yield Case(command, param, value, frozenset())


def parameters():
    return [(command, param) for command in commands() for param in command["params"]]


def encode(encoding, fields):
    """(query string, body, content type) of a form's fields."""
    if encoding == "query":
        return urllib.parse.urlencode(fields), b"", ""
    if encoding == "form":
        return "", urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
    boundary = "b" * 20
    parts = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                    for name, value in fields.items())
    return "", f"{parts}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


NOBODYS = {"MessageID": "01890a5d-ac96-774b-bcce-b302099a8057"}


def nobodys(param, value):
    """In place of an ID, or of several, those of nothing."""
    if isinstance(value, list):
        return [987654321]
    return NOBODYS.get(param["name"], 987654321 if isinstance(value, int) else "987654321")


def id_parameters():
    """(Command, parameter) of all that name something, as users and sender keys may."""
    several = ("Lists", "Subscribers", "Journeys")
    return [(command, param) for command, param in parameters()
            if command["caller"] in ("user", "sender_key", "sender_key_or_user") and param["name"] in command["example"]
            and param["name"] != "AfterReplayID"  # a place in time, which names nothing
            and (param["name"].endswith(("ID", "IDs")) or param["name"] in several)]
