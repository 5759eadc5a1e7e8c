"""One real email through the whole house: posted over HTTP, delivered by SMTP, judged by independent verifiers."""
import base64
import email
import email.policy
import json
import subprocess

import pytest
from gateway import ROOT
from test_verify_domain import GATEWAY_ZONE, zone_records
from verify_dkim import verdict

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PDF = bytes(range(256)) * 20

RICH = {
    "Subject": "Grüße aus Köln – 你好, Jane! " + "ein langer Betreff " * 6,
    "ContentType": "both",
    "HTMLContent": '<p>Grüße, <b>Jane</b> <img src="cid:pixel"></p>' + "<p>" + "lang " * 400 + "</p>",
    "PlainContent": "Grüße, Jane\n.\n..Punkte am Anfang\n" + "x" * 1200,
    "From": {"name": "Jörg Müller", "email": "joerg@example.com"},
    "To": [{"name": "Jane Smith", "email": "jane@example.org"}, {"email": "joe@example.org"}],
    "CC": [{"name": "Çağlar", "email": "cc@example.org"}],
    "BCC": [{"name": "Hidden", "email": "secret@example.org"}],
    "ReplyTo": [{"email": "answers@example.com"}],
    "Headers": {"X-Order": "4711"},
    "Tags": ["welcome"],
    "Attachments": [
        {"filename": "Rechnung Köln.pdf", "content": base64.b64encode(PDF).decode(), "type": "application/pdf"},
        {"filename": "pixel.png", "content": base64.b64encode(PIXEL).decode(), "type": "image/png",
         "disposition": "inline", "contentid": "pixel"},
    ],
}
EVERYBODY = {"jane@example.org", "joe@example.org", "cc@example.org", "secret@example.org"}


@pytest.fixture
def house(make_knot, make_sink, make_gateway):
    """(gateway, sink, knot, domain ID, sender key): example.com verified by DNS, mail for example.org by its MX."""
    sink = make_sink()
    knot = make_knot({
        "example.com": [], "example.net": GATEWAY_ZONE,
        "example.org": [("@", "MX", "10 mx"), ("mx", "A", "127.0.0.1")],
    }).start()
    gateway = make_gateway({
        "dns_records": None,
        "dns": {"servers": [knot.address]},
        "delivery": {"route": "mx", "smarthost": "", "mx_port": sink.port},
    }).start()
    domain_id, key = gateway.add_domain("example.com")
    domain = gateway.command("emailgateway.getdomain", {"DomainID": domain_id})["Domain"]
    knot.publish({"example.com": zone_records(domain["VerificationMeta"]["DNSRecords"])})
    verified = gateway.command("emailgateway.verifydomain", {"DomainID": domain_id})
    assert verified["Domain"]["Status"] == "Enabled", verified
    return gateway, sink, knot, domain_id, key


def receive(gateway, sink, domain_id, recipients):
    """Waits for a delivery event of each recipient; returns [(recipients, bytes)] of the sink."""
    def settled():
        delivered = {event["recipient"] for event in gateway.events(domain_id, Event="delivery")}
        return delivered == set(recipients)
    gateway.process.wait_until(settled, "delivering to everybody")
    return sink.received()


def test_a_rich_mail_arrives_whole_and_signed(house):
    gateway, sink, knot, domain_id, key = house
    reply = gateway.send(key, RICH)
    assert reply.status == 200, reply.body
    message_id = reply.json["MessageID"]
    received = receive(gateway, sink, domain_id, EVERYBODY)
    assert {address for recipients, _ in received for address in recipients} == EVERYBODY
    for _, data in received:
        check_content(data, message_id)
        check_signature(data, knot)
    check_events(gateway, domain_id, message_id)


def check_content(data, message_id):
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    assert b"secret@example.org" not in data
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert mail["Bcc"] is None
    assert mail["Subject"] == RICH["Subject"].strip() or mail["Subject"] == RICH["Subject"]
    assert mail["From"].addresses[0].display_name == "Jörg Müller"
    assert [address.addr_spec for address in mail["To"].addresses] == ["jane@example.org", "joe@example.org"]
    assert mail["To"].addresses[0].display_name == "Jane Smith"
    assert mail["Cc"].addresses[0].display_name == "Çağlar"
    assert mail["Reply-To"].addresses[0].addr_spec == "answers@example.com"
    assert mail["X-Order"] == "4711"
    assert mail["Message-ID"] == f"<{message_id}@sl.example.com>"
    assert mail["Date"] and mail["MIME-Version"] == "1.0"
    assert mail.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip("\n") == RICH["PlainContent"]
    assert "Grüße, <b>Jane</b>" in mail.get_body(("html",)).get_content()
    parts = {part.get_filename(): part for part in mail.walk() if part.get_filename()}
    assert parts["Rechnung Köln.pdf"].get_content() == PDF
    assert parts["Rechnung Köln.pdf"].get_content_type() == "application/pdf"
    assert parts["Rechnung Köln.pdf"].get_content_disposition() == "attachment"
    assert parts["pixel.png"].get_content() == PIXEL
    assert parts["pixel.png"]["Content-ID"] == "<pixel>"
    assert parts["pixel.png"].get_content_disposition() == "inline"


def check_signature(data, knot):
    assert verdict(data, knot.port) == "pass"
    judged = subprocess.run(["node", ROOT / "tests/support/verify_dkim.mjs", knot.address], input=data,
                            capture_output=True, timeout=60)
    results = json.loads(judged.stdout)
    assert [(one["domain"], one["result"]) for one in results] == [("example.com", "pass")], results
    tampered = data.replace(b"X-Order: 4711", b"X-Order: 4712").replace(b"Subject:", b"Subject: Re:", 1)
    assert verdict(tampered, knot.port) == "fail"


def check_events(gateway, domain_id, message_id):
    events = gateway.events(domain_id)
    assert {event["message"]["id"] for event in events} == {message_id}
    for kind in ("accepted", "delivery"):
        assert sorted(event["recipient"] for event in events if event["event"] == kind) == sorted(EVERYBODY)
    assert [event["Sequence"] for event in events] == sorted((event["Sequence"] for event in events), reverse=True)
    assert events[0]["message"]["headers"]["subject"] == RICH["Subject"] or events[0]["message"]["headers"]["subject"] == RICH["Subject"].strip()


def test_the_public_events_tell_the_same(house):
    gateway, sink, _, domain_id, key = house
    message_id = gateway.send(key, {**RICH, "CC": [], "BCC": []}).json["MessageID"]
    receive(gateway, sink, domain_id, {"jane@example.org", "joe@example.org"})
    reply = gateway.request("GET", f"/api/v1/events?MessageID={message_id}&RetrieveCount=100",
                            headers={"Authorization": f"Bearer {key}"})
    assert reply.status == 200
    assert reply.json["TotalRecords"] == 4
    assert {event["Event"] for event in reply.json["Events"]} == {"accepted", "delivery"}


def test_an_unknown_mailbox_bounces_and_the_other_recipient_is_delivered(house):
    gateway, sink, _, domain_id, key = house
    sink.refuse("nobody@example.org", "550 5.1.1 No such mailbox")
    reply = gateway.send(key, {**RICH, "To": [{"email": "nobody@example.org"}, {"email": "joe@example.org"}],
                               "CC": [], "BCC": []})
    assert reply.status == 200
    receive(gateway, sink, domain_id, {"joe@example.org"})
    gateway.process.wait_until(lambda: gateway.events(domain_id, Event="bounce"), "bouncing")
    bounce = gateway.events(domain_id, Event="bounce")[0]
    assert bounce["recipient"] == "nobody@example.org"
    assert "5.1.1" in json.dumps(bounce)


def test_the_same_idempotency_key_sends_once(house):
    gateway, sink, _, domain_id, key = house
    message = {**RICH, "CC": [], "BCC": [], "To": [{"email": "joe@example.org"}]}
    replies = [gateway.send(key, message, {"Idempotency-Key": "order-4711"}) for _ in range(3)]
    assert len({reply.json["MessageID"] for reply in replies}) == 1
    other = gateway.send(key, {**message, "Subject": "another"}, {"Idempotency-Key": "order-4711"})
    assert other.status == 409 and other.json["Errors"][0]["Code"] == 40
    assert len(receive(gateway, sink, domain_id, {"joe@example.org"})) == 1
