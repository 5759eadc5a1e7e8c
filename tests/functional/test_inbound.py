"""Mail that comes back: a real egd delivers to a real mail server, and gets notifications, complaints and answers."""
import json
import smtplib

import pytest
from gateway import message
from hook_receiver import HookReceiver
from process import free_port
from waiting import wait_for

DSN = """From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: <{to}>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

<{recipient}>: host mailbox.example.org said: {reply}
    (in reply to RCPT TO command)

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {reply}

--b
Content-Type: text/rfc822-headers

Subject: Hello

--b--
"""

ARF = """From: <fbl@provider.example>
Subject: FW: Hello
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="f"

--f
Content-Type: text/plain

This is an email abuse report.

--f
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider-FBL/1.0
Version: 1
Original-Rcpt-To: <redacted@provider.example>

--f
Content-Type: message/rfc822

{original}
--f--
"""


def dsn(to, recipient, action="failed", status="5.1.1", reply="550 5.1.1 no such user"):
    return DSN.format(to=to, recipient=recipient, action=action, status=status, reply=reply)


class Receiving:
    """A gateway that listens for SMTP, and the mail server that it delivers to."""

    def __init__(self, make_gateway, make_sink, hooks):
        self.sink = make_sink()
        self.port = free_port()
        self.gateway = make_gateway({
            "delivery": {"smarthost": f"127.0.0.1:{self.sink.port}"},
            "smtp": {"listen": [f"127.0.0.1:{self.port}"]},
            "inbound": {"complaints": ["fbl@gw.example.net"]},
            "webhooks": {"allow_networks": ["127.0.0.0/8"]},
        }).start()
        self.domain, self.key = self.gateway.add_domain()
        for event in ("bounce", "complaint", "unsubscribe"):
            self.gateway.egctl("addwebhook", self.domain, event, f"http://127.0.0.1:{hooks.server.server_port}/{event}")

    def deliver(self, *recipients):
        """Sends a mail; what the mail server took, when its delivery is recorded."""
        before = len(self.sink.messages())
        to = [{"email": address} for address in recipients or ["jane@example.org"]]
        sent = self.gateway.send(self.key, message(To=to)).json["MessageID"]
        wait_for(lambda: len(self.sink.messages()) > before)
        wait_for(lambda: self.events("delivery", sent))
        return sent, self.sink.messages()[-1]

    def events(self, kind, message_id):
        events = self.gateway.events(self.domain, Event=kind)
        return [event for event in events if event["message"]["id"] == message_id]

    def submit(self, to, content, sender=""):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
            client.ehlo("mx.example.org")
            client.sendmail(sender, [to], content.replace("\n", "\r\n").encode())

    def refusal(self, to):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            self.submit(to, "Subject: x\n\nx\n")
        code, text = refused.value.recipients[to]
        return code, text.decode()

    def suppressed(self):
        return {row["EmailAddress"]: row["SuppressionSource"]
                for row in self.gateway.egctl_json("suppression.browse")["Suppressions"]}

    def newest(self):
        return self.gateway.egctl_json("inbound.list")["Inbound"][0]


@pytest.fixture
def hooks():
    receiver = HookReceiver()
    yield receiver
    receiver.remove()


@pytest.fixture
def receiving(make_gateway, make_sink, hooks):
    return Receiving(make_gateway, make_sink, hooks)


def test_a_notification_is_a_bounce_with_everything_that_follows(receiving, hooks):
    sent, taken = receiving.deliver()
    assert taken.sender.startswith("b-") and taken.sender.endswith("@sl.example.com")
    receiving.submit(taken.sender, dsn(taken.sender, "jane@example.org"))
    receiving.submit(taken.sender, dsn(taken.sender, "jane@example.org"))

    bounces = receiving.events("bounce", sent)
    assert len(bounces) == 1
    bounce = bounces[0]
    assert (bounce["recipient"], bounce["Source"], bounce["ReportingServer"]) == ("jane@example.org", "dsn",
                                                                               "mx.example.org")
    assert (bounce["bounce_class"], bounce["reason"]) == ("hard", "userunknown")
    assert (bounce["smtp_code"], bounce["enhanced_code"]) == (550, "5.1.1")
    assert receiving.suppressed() == {"jane@example.org": "bounce"}

    hooked = wait_for(lambda: [json.loads(one.body) for one in hooks.taken if one.path == "/bounce"])
    assert hooked[0]["Source"] == "dsn" and hooked[0]["message"]["id"] == sent

    told = receiving.gateway.egctl_json("explain", sent)
    jane = told["Recipients"][0]
    assert (jane["State"], jane["BounceClass"]) == ("bounced", "hard")
    assert "no such user" in jane["SMTPResponse"]
    assert "returned as mail" in jane["Reason"] and "mx.example.org" in jane["Reason"]
    assert [event["event"] for event in told["Timeline"]] == ["accepted", "delivery", "bounce"]

    refused = receiving.gateway.send(receiving.key, message())
    assert refused.json["Errors"][0]["Code"] == 14


def test_a_public_event_says_where_a_bounce_comes_from(receiving):
    sent, taken = receiving.deliver()
    receiving.submit(taken.sender, dsn(taken.sender, "jane@example.org", status="5.2.2", reply="552 5.2.2 over quota"))
    reply = receiving.gateway.command("emailgateway.getevents.public",
                                      {"Event": "bounce", "StartFrom": 0, "RetrieveCount": 10}, receiving.key)
    event = reply["Events"][0]
    assert (event["Source"], event["BounceClass"], event["Reason"]) == ("dsn", "quota", "mailboxfull")
    assert event["Message"]["ID"] == sent
    assert receiving.suppressed() == {}


def test_a_shared_copy_names_only_its_own_destination(receiving):
    sent, taken = receiving.deliver("jane@example.org", "john@example.org")
    assert sorted(taken.recipients) == ["jane@example.org", "john@example.org"]
    receiving.submit(taken.sender, dsn(taken.sender, "stranger@example.org"))
    assert receiving.newest()["Understood"] is False
    assert receiving.events("bounce", sent) == []
    receiving.submit(taken.sender, dsn(taken.sender, "john@example.org"))
    assert [event["recipient"] for event in receiving.events("bounce", sent)] == ["john@example.org"]


def test_delays_and_answers_are_none(receiving):
    sent, taken = receiving.deliver()
    receiving.submit(taken.sender, dsn(taken.sender, "jane@example.org", "delayed", "4.4.1", "421 4.4.1 timed out"))
    assert receiving.newest()["Kind"] == "delay"
    receiving.submit(taken.sender, "From: jane@example.org\nSubject: Automatic reply: Hello\n\nI am away.\n",
                     "jane@example.org")
    assert receiving.newest()["Kind"] == "autoreply"
    assert [event["event"] for event in receiving.gateway.egctl_json("explain", sent)["Timeline"]] == ["accepted",
                                                                                                      "delivery"]
    assert receiving.suppressed() == {}


def test_forged_tokens_and_other_addresses_are_refused(receiving):
    _, taken = receiving.deliver()
    local, host = taken.sender.split("@")
    forged = local[:-1] + ("a" if local[-1] != "a" else "b") + "@" + host
    for address in (forged, "b-@" + host, "someone@" + host):
        code, text = receiving.refusal(address)
        assert code == 550 and text.startswith("5.1.1"), (address, text)
    code, text = receiving.refusal("jane@example.org")
    assert code == 550 and text.startswith("5.7.1")


def test_a_complaint_suppresses(receiving, hooks):
    sent, taken = receiving.deliver()
    original = "\n".join(taken.data.decode().splitlines())
    receiving.submit("fbl@gw.example.net", ARF.format(original=original))
    receiving.submit("abuse@gw.example.net", ARF.format(original=f"Return-Path: <{taken.sender}>\nSubject: Hello\n"))
    complaints = receiving.events("complaint", sent)
    assert [(event["recipient"], event["Source"]) for event in complaints] == [("jane@example.org", "feedback")]
    assert receiving.suppressed() == {"jane@example.org": "complaint"}
    assert wait_for(lambda: [one for one in hooks.taken if one.path == "/complaint"])
    stats = receiving.gateway.egctl_json("domainstats", receiving.domain)["Stats"]
    assert (stats["Complained"], stats["ComplaintRate"], stats["ComplaintLevel"]) == (1, 100.0, "critical")
    in_trouble, = receiving.gateway.egctl_json("status")["Domains"]
    assert (in_trouble["Status"], in_trouble["Complained"], in_trouble["ComplaintLevel"]) == ("Enabled", 1, "critical")


def test_what_is_not_understood_can_be_looked_at_and_taught(receiving):
    sent, taken = receiving.deliver()
    strange = "From: robot@example.org\nSubject: Hm\n\nThere is nobody of\nthat name in this house.\n"
    receiving.submit(taken.sender, strange)
    mail = receiving.newest()
    assert (mail["Kind"], mail["Understood"]) == ("other", False)
    number = str(mail["InboundID"])
    assert receiving.gateway.egctl("inbound.raw", number).stdout.endswith("in this house.\n")
    assert receiving.gateway.egctl_json("inbound.show", number)["Reading"]["Recipients"] == []
    assert receiving.gateway.egctl_json("inbound.retry", number)["Inbound"]["Kind"] == "other"
    assert receiving.events("bounce", sent) == []

    taught = receiving.gateway.egctl_json("inbound.teach", "nobody of that name", "userunknown", "--inbound-id", number)
    assert taught["Inbound"]["Kind"] == "bounce"
    assert len(receiving.events("bounce", sent)) == 1
    assert receiving.suppressed() == {"jane@example.org": "bounce"}
    rules = receiving.gateway.egctl_json("inbound.list")["Rules"]
    assert [(rule["Phrase"], rule["Verdict"]) for rule in rules] == [("nobody of that name", "userunknown")]

    other, taken = receiving.deliver("bob@example.org")
    receiving.submit(taken.sender, strange)
    assert receiving.events("bounce", other)[0]["recipient"] == "bob@example.org"
    receiving.gateway.egctl("inbound.teach", "nobody of that name", "forget")
    assert receiving.gateway.egctl_json("inbound.list")["Rules"] == []
    assert receiving.gateway.egctl("inbound.show", "999", check=False).returncode == 5


def test_what_came_back_survives_a_kill(receiving):
    sent, taken = receiving.deliver()
    receiving.submit(taken.sender, dsn(taken.sender, "jane@example.org"))
    receiving.gateway.kill()
    receiving.gateway.start()
    assert len(receiving.events("bounce", sent)) == 1
    assert receiving.newest()["Kind"] == "bounce"
