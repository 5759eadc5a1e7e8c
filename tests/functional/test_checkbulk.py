"""egctl checkbulk: what Gmail and Yahoo would miss. The gateway's own bulk mail, as its recipient gets it, passes."""
import email
import email.policy
import json
import re

import pytest
from gateway import Gateway, message
from knot import Knot
from process import free_port
from smtp_sink import Sink
from test_verify_domain import GATEWAY_ZONE, zone_records
from waiting import wait_for


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """(gateway, knot, bytes of a mail that it sent)."""
    sink = Sink()
    knot = Knot({"example.com": [], "example.net": GATEWAY_ZONE}).start()
    gateway = Gateway({
        "dns_records": None, "dns": {"servers": [knot.address]}, "tracking": {"listen": [f"127.0.0.1:{free_port()}"]},
        "gateway": {"feedback_id": "egdtest"}, "smtp": {"listen": [f"127.0.0.1:{free_port()}"]},
        "delivery": {"smarthost": f"127.0.0.1:{sink.port}"}})
    try:
        gateway.start()
        added = gateway.command("emailgateway.adddomain", {"DomainName": "example.com"})
        records = zone_records(added["Domain"]["VerificationMeta"]["DNSRecords"])
        knot.publish({"example.com": records})
        gateway.egctl("verifydomain", "example.com")
        key = gateway.add_key(added["NewSenderDomainID"])
        reply = gateway.send(key, message(ContentType="html", HTMLContent="<p>Hello <a href='https://example.org'>x</a>",
                                          PlainContent=None, UnsubscribeLink=1))
        assert reply.status == 200, reply.body
        wait_for(sink.messages)
        yield gateway, knot, sink.messages()[0].data
    finally:
        gateway.remove()
        knot.remove()
        sink.remove()


def checked(house, data, *words):
    """(exit code, {rule: entry})."""
    gateway = house[0]
    path = gateway.folder / "mail.eml"
    path.write_bytes(data)
    done = gateway.egctl("checkbulk", path, "-o", "json", *words, check=False)
    assert done.returncode in (0, 10), done.stderr
    answer = json.loads(done.stdout)
    failed = [rule for rule in answer["Rules"] if rule["Status"] == "fail"]
    assert answer["Findings"] == len(failed) and (done.returncode == 10) == bool(failed)
    assert all(rule["Source"] for rule in answer["Rules"]) and all(rule["Found"] for rule in failed)
    return done.returncode, {rule["Rule"]: rule for rule in answer["Rules"]}


def failing(house, data, *words):
    _, rules = checked(house, data, *words)
    return {name: rule["Found"] for name, rule in rules.items() if rule["Status"] == "fail"}


def test_what_the_gateway_sends_passes_every_rule(house):
    code, rules = checked(house, house[2])
    assert [(name, rule["Found"]) for name, rule in rules.items() if rule["Status"] != "pass"] == []
    assert code == 0 and len(rules) >= 15
    headers = email.message_from_bytes(house[2], policy=email.policy.default)
    assert headers["List-Unsubscribe-Post"] and headers["Feedback-ID"]  # so that the rules had something to look at


def test_line_ends_of_a_saved_mail_do_not_matter(house):
    assert failing(house, house[2].replace(b"\r\n", b"\n")) == {}


def test_standard_input_and_octets_outside_utf8(house):
    gateway, _, data = house
    done = gateway.egctl("checkbulk", "-", "-o", "json", check=False, stdin=data.decode())
    assert done.returncode == 0
    assert checked(house, data + b"\xff\r\n")[0] == 0


def without(data, name):
    """The mail without a header field."""
    head, _, body = data.partition(b"\r\n\r\n")
    fields, out = head.split(b"\r\n"), []
    skipping = False
    for line in fields:
        if not line.startswith((b" ", b"\t")):
            skipping = line.lower().startswith(name.lower().encode() + b":")
        if not skipping:
            out.append(line)
    assert len(out) < len(fields), name
    return b"\r\n".join(out) + b"\r\n\r\n" + body


def plus(data, line):
    return line.encode() + b"\r\n" + data


BREAKS = {
    "one-click": lambda data: without(data, "List-Unsubscribe-Post"),
    "list-unsubscribe": lambda data: data.replace(b"<https://", b"<http://"),
    "feedback-id": lambda data: data.replace(b":feedback-id", b"").replace(b":Feedback-ID", b""),
    "message-id": lambda data: without(data, "Message-ID"),
    "date": lambda data: plus(without(data, "Date"), "Date: yesterday"),
    "subject": lambda data: plus(without(data, "Subject"), "Subject: " + "long " * 40),
    "single-fields": lambda data: plus(data, "Reply-To: a@example.com\r\nReply-To: b@example.com"),
    "line-length": lambda data: data + b"x" * 999 + b"\r\n",
    "html-size": lambda data: data.replace(b"\r\n\r\n", b"\r\n\r\n" + b"<p>word</p>\r\n" * 9000, 1),
    "from": lambda data: plus(data, "From: other@example.com"),
    "from-domain": lambda data: plus(without(data, "From"), "From: john@gmail.com"),
    "mime": lambda data: data.replace(b"quoted-printable", b"uuencode").replace(b"7bit", b"uuencode"),
    "dkim-aligned": lambda data: plus(without(data, "From"), "From: john@example.org"),
    "dkim": lambda data: without(data, "DKIM-Signature"),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_a_mail_that_breaks_a_rule_is_told_so(house, rule):
    data = BREAKS[rule](house[2])
    assert data != house[2]
    found = failing(house, data, "--offline")
    assert rule in found, found


def test_unsigned_unsubscribe_fields_are_found(house):
    data = re.sub(rb"(?i):[\s]*list-unsubscribe-post", b"", house[2], count=0)
    assert set(failing(house, data)) == {"unsubscribe-signed"}


def test_dmarc_is_asked_for_unless_offline(house):
    _, knot, data = house
    records = knot.zones["example.com"]
    knot.publish({"example.com": [record for record in records if not record[0].startswith("_dmarc")]})
    try:
        found = failing(house, data)
        assert list(found) == ["dmarc"]
        _, rules = checked(house, data, "--offline")
        assert rules["dmarc"]["Status"] == "unchecked" and rules["dmarc"]["Found"] == "the DNS was not asked"
        knot.stop()
        code, rules = checked(house, data)
        assert rules["dmarc"]["Status"] == "unchecked" and code == 0
    finally:
        knot.publish({"example.com": records})


def test_what_is_no_mail_is_no_crash(house):
    for data in (b"x", b"\r\n", b"\r\n\r\n", b"From: a\r\n", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"):
        assert checked(house, data, "--offline")[0] == 10
    gateway = house[0]
    (gateway.folder / "empty.eml").write_text("")
    assert gateway.egctl("checkbulk", gateway.folder / "empty.eml", check=False).returncode in (1, 2)
    assert gateway.egctl("checkbulk", "/nonexistent", check=False).returncode == 2
