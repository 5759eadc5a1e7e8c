"""The HTTP face beyond its framing: labels, bytes behind the JSON, types at every depth. Contract section 2."""
import base64
import json
import socket

import pytest

from catalogue import commands

ANY = [None, True, False, 0, -1, 7777.0, 1.5, 1e300, 2**63, -2**63, 2**64 - 1, "", " ", "x", "1", "a\nb", "a\u0000b",
       "\u202e", "{", "[]", "{}", "null", '"', "\ud83d\ude00", "x" * 5000, [], {}, [None], [[]], [{}], {"": ""},
       {"X": None}, {"a": {"b": {"c": None}}}, [[[[]]]], [1, "x", None, {}], {"email": None}, {"email": []},
       [{"email": {}}], [{"name": 5, "email": 5}], [{"filename": None, "content": None}], [{"filename": [], "content": 5}]]


@pytest.fixture(scope="module")
def gateway(shared_gateway):
    shared_gateway.egctl("adddomain", "face.example")
    shared_gateway.key = shared_gateway.egctl("addapi", "app", "face.example", "--field", "APIKey.APIKey").stdout.strip()
    shared_gateway.list = shared_gateway.egctl("list.create", "Face", "--field", "ListID").stdout.strip()
    return shared_gateway


def admin(gateway, body, kind="application/json"):
    return gateway.request("POST", "/api.php", body, {"Content-Type": kind, "Authorization": f"Bearer {gateway.admin_key()}"})


def mail(**changes):
    return {"Subject": "s", "ContentType": "plain", "PlainContent": "x", "From": {"email": "a@face.example"},
            "To": [{"email": "b@example.net"}], **changes}


def send(gateway, **changes):
    return gateway.request("POST", "/api/v1/email", mail(**changes), {"Authorization": f"Bearer {gateway.key}"})


@pytest.mark.parametrize("label", ["charset=utf8", "charset=UTF-8", 'charset="utf-8"', 'charset=""', "charset=",
                                   "charset=us-ascii", "", "charset"])
def test_every_name_of_utf8_is_taken(gateway, label):
    reply = admin(gateway, b'{"Command": "user.current"}', f"application/json; {label}")
    assert reply.status == 200, label


def test_other_charsets_are_refused(gateway):
    for label in ("iso-8859-1", "utf-16", "utf-7"):
        assert admin(gateway, b'{"Command": "user.current"}', f"application/json; charset={label}").status == 415


@pytest.mark.parametrize("tail", [b"\0", b"\0garbage", b"x", b"{}", b"\0{}", b",", b" \0"])
def test_bytes_behind_the_json_value_are_malformed(gateway, tail):
    for kind in ("application/json", "application/x-www-form-urlencoded"):
        assert admin(gateway, b'{"Command": "user.current"}' + tail, kind).status == 400


def test_what_is_wrong_with_the_json_is_said(gateway):
    half = admin(gateway, b'{"Command": "user.current", "x": "\\ud83d"}')
    assert half.status == 400 and "half of a surrogate pair" in half.json["ErrorText"]
    deep = admin(gateway, b'{"a":' + b"[" * 100 + b"]" * 100 + b"}")
    assert deep.status == 400 and "nested too deep" in deep.json["ErrorText"]


def test_a_reply_to_head_claims_no_ranges(gateway):
    reply = gateway.request("HEAD", "/healthz")
    assert reply.status == 200 and "accept-ranges" not in reply.headers


def test_trailers_are_checked_and_do_not_swallow_the_next_request(gateway):
    def status(trailer):
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
            connection.sendall(b"POST /api.php HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + trailer)
            return int(connection.recv(65536).split()[1])

    assert status(b"\r\n") == 200
    assert status(b"X-Checksum: 1\r\n\r\n") == 200
    for bad in (b"nocolon\r\n\r\n", b" folded: x\r\n\r\n", b"a\0b: x\r\n\r\n",
                b"GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n"):
        assert status(bad) == 400, bad
    assert status(b"a: 1\r\n" * 200 + b"\r\n") == 431
    assert status((b"a: " + b"x" * 8000 + b"\r\n") * 3 + b"\r\n") == 431


def test_no_value_of_any_type_at_any_parameter_is_our_failure(make_gateway):
    """Each Command, each parameter, each type of JSON at several depths: refused or served, never a 5xx."""
    gateway = make_gateway().start()
    gateway.egctl("adddomain", "face.example")
    sender = gateway.egctl("addapi", "app", "face.example", "--field", "APIKey.APIKey").stdout.strip()
    key = {"Authorization": f"Bearer {gateway.admin_key()}"}
    for command in commands():
        example = dict(command["example"])
        for param in command["params"]:
            for value in ANY:
                body = {**example, param["name"]: value, "Command": command["name"]}
                if command["caller"] == "sender_key":
                    body["SenderAPIKey"] = sender
                reply = gateway.request("POST", "/api.php", json.dumps(body).encode(),
                                        {"Content-Type": "application/json", **key})
                text = reply.body.decode()
                assert reply.status < 500 and "99995" not in text, (command["name"], param["name"], value, text)
    assert "handler threw" not in gateway.log_text()


def test_null_in_a_map_counts_as_absent(gateway):
    assert send(gateway, Headers={"X-A": None, "X-B": "1"}).status == 200
    assert send(gateway, Headers={"X-A": 5, "X-B": True}).status == 200


def test_bodies_hold_any_character_but_nul(gateway):
    for text in ("form\ffeed", "\x1b$B%F%9%H\x1b(B", "\v\x7f", "\u2028\u0085"):
        assert send(gateway, PlainContent=text).status == 200
    assert send(gateway, PlainContent="a\0b").status == 400


def test_custom_fields_are_texts_of_several_lines_or_numbers(gateway):
    reply = admin(gateway, {"Command": "subscriber.create", "ListID": int(gateway.list), "EmailAddress": "l@example.org",
                            "CustomFields": {"Address": "Main Street 1\r\nSpringfield", "Points": 5, "Rate": 1.5,
                                             "None": None}}).json
    assert reply["Subscriber"]["CustomFields"] == {"Address": "Main Street 1\r\nSpringfield", "Points": "5", "Rate": "1.5"}


def test_times_and_numbers_are_met_half_way(gateway):
    late = send(gateway, SendAt=1_900_000_000_000)
    assert late.json["Errors"][0]["Code"] == 43 and "milliseconds" in late.json["Errors"][0]["Message"]
    assert admin(gateway, {"Command": "users.get", "RecordsPerRequest": 1.0}).json["Success"] is True
    for command in ("emailgateway.getevents", "emailgateway.exportevents", "emailgateway.aggrevents",
                    "emailgateway.domainstats"):
        body = {"Command": command, "DomainID": 1, "StartFrom": 0, "RetrieveCount": 1, "StartDate": "2026-02-01",
                "EndDate": "2026-01-31"}
        assert admin(gateway, body).json["ErrorCode"] == 99997, command


def test_a_host_setting_that_is_not_valid_is_named(gateway):
    def add(**hosts):
        reply = admin(gateway, {"Command": "emailgateway.adddomain", "DomainName": "hosts.example", **hosts}).json
        assert reply["ErrorCode"] == [4]
        return reply["ErrorText"][0]

    assert add(Subdomain="-x").startswith("Subdomain ")
    assert add(TrackPrefix="a_b").startswith("TrackPrefix ")
    assert "63" in add(Subdomain="s" * 32, TrackPrefix="t" * 32)


def test_a_raw_message_is_octets(gateway):
    login = gateway.egctl_json("addsmtp", "face.example")["SMTP"]
    raw = b"From: a@face.example\r\nTo: b@example.net\r\nSubject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n" \
          b"Content-Transfer-Encoding: 8bit\r\n\r\ncaf\xe9 \x0c\r\n"
    credentials = {"Command": "emailgateway.smtprelay", "SMTPUsername": login["SMTPUsername"],
                   "SMTPPassword": login["SMTPPassword"]}
    encoded = admin(gateway, {**credentials, "RawEmailBase64": base64.b64encode(raw).decode()}).json
    assert encoded["Success"] is True and encoded["MessageID"]
    escaped = admin(gateway, {**credentials, "RawEmail": "From: a@face.example\r\nTo: b@example.net\r\n\r\n\x1b$B\x0c\r\n"})
    assert escaped.json["Success"] is True
    form = b"&".join(name.encode() + b"=" + "".join(f"%{byte:02x}" for byte in value).encode() for name, value in (
        *((key, value.encode()) for key, value in credentials.items()), ("RawEmail", raw)))
    assert admin(gateway, form, "application/x-www-form-urlencoded").json["Success"] is True
    for bad in ({"RawEmailBase64": "%"}, {"RawEmail": "x", "RawEmailBase64": "eA=="}):
        refused = admin(gateway, {**credentials, **bad}).json
        assert refused["ErrorCode"] == 99997 and refused["SMTPResponse"].startswith("550 ")


def test_a_search_finds_greek_in_any_case(gateway):
    assert send(gateway, Subject="Σίσυφος").status == 200
    for query in ("ΣΊΣΥΦΟΣ", "σίσυφος", "Σίσυφοσ"):
        assert gateway.egctl_json("getevents", "face.example", 0, 5, "--query", query)["TotalRecords"] == 1, query
