"""The table of header fields (daemon/core/header_field_rules.h): how a complete message comes out."""
import email
import email.policy
import re

import pytest

from gateway import Gateway
from smtp_sink import Sink
from waiting import wait_for

HEAD = {"From": "Ann <a@own.example>", "To": "b@example.net", "Subject": "s"}
SIGNED_AGAINST_ADDITIONS = ["from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to",
                            "references", "mime-version", "content-type", "content-transfer-encoding", "list-unsubscribe",
                            "list-unsubscribe-post"]


@pytest.fixture(scope="module")
def relay():
    """relay(header lines) → (reply, the message as it arrived, or None)."""
    sink = Sink()
    gateway = Gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"}})
    try:
        gateway.start()
        domain_id, _ = gateway.add_domain("own.example")
        login = gateway.command("emailgateway.addsmtp", {"DomainID": domain_id})["SMTP"]

        def one(lines):
            before = len(sink.messages())
            reply = gateway.command("emailgateway.smtprelay", {
                "SMTPUsername": login["SMTPUsername"], "SMTPPassword": login["SMTPPassword"],
                "RcptTo": "b@example.net", "RawEmail": "".join(f"{line}\r\n" for line in lines) + "\r\nhello\r\n"})
            if not reply["Success"]:
                return reply, None
            wait_for(lambda: len(sink.messages()) > before)
            return reply, email.message_from_bytes(sink.messages()[-1].data, policy=email.policy.default)
        yield one
    finally:
        gateway.remove()
        sink.remove()


def lines(**changes):
    head = {**HEAD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return [f"{name}: {value}" for name, value in head.items() if value is not None]


@pytest.mark.parametrize("sender", [
    "ceo@victim.test <a@own.example>", '"ceo@victim.test" <a@own.example>', "a@own.example (ceo@victim.test)",
    "a@own.example;ceo@victim.test", "a@own.example@victim.test",
    "=?utf-8?q?ceo=40victim.test?= <a@own.example>", "Ann\r\n <a@own.example>", "<a@own.example>", "a@own.example"])
def test_from_is_written_as_it_was_understood(relay, sender):
    """Every address in the field that arrives is the one that was checked; others are words in quotes at most."""
    reply, arrived = relay(lines(From=sender))
    if arrived is None:
        assert reply["ErrorText"]
        return
    field = arrived["From"]
    assert [one.addr_spec for one in field.addresses] == ["a@own.example"], str(field)
    raw = re.sub(r'"(\\.|[^"\\])*"|=\?[^?]*\?[^?]*\?[^?]*\?=', "", str(arrived.get_all("From")[0]))
    assert len(arrived.get_all("From")) == 1 and "victim" not in raw.replace(field.addresses[0].display_name, ""), raw


@pytest.mark.parametrize("sender", [
    "ceo@victim.test", "ceo@victim.test, a@own.example", "a@own.example, ceo@victim.test",
    "group: ceo@victim.test, a@own.example;", "<@victim.test:ceo@victim.test>", "a@own.example\x00@x",
    '"a@own.example" <ceo@victim.test>', "a@own.example <ceo@victim.test>", ""])
def test_a_from_that_others_may_read_otherwise_is_refused(relay, sender):
    assert relay(lines(From=sender))[1] is None


@pytest.mark.parametrize("name", ["From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To",
                                  "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "List-Unsubscribe"])
def test_what_may_occur_once_is_refused_twice(relay, name):
    value = {"From": "a@own.example", "Sender": "a@own.example", "Reply-To": "a@own.example", "To": "b@example.net",
             "Cc": "c@example.net", "Date": "Thu, 26 Nov 2026 01:00:00 +0000", "Message-ID": "<a@own.example>",
             "In-Reply-To": "<b@own.example>", "References": "<b@own.example>", "MIME-Version": "1.0",
             "Content-Type": "text/plain", "Content-Transfer-Encoding": "7bit",
             "List-Unsubscribe": "<https://own.example/u>"}.get(name, "x")
    rest = [line for line in lines() if not line.startswith(name + ":")]
    assert relay([f"{name}: {value}", *rest])[1] is not None
    for second in (name, name.lower(), name.upper()):
        assert relay([f"{name}: {value}", *rest, f"{second}: {value}"])[1] is None, second


@pytest.mark.parametrize("name", ["Return-Path", "Authentication-Results", "Received-SPF", "Resent-Bcc", "Bcc"])
def test_what_only_servers_may_say_is_removed(relay, name):
    value = "gw.example.net; dkim=pass" if "esults" in name else "<c@example.net>" if name == "Return-Path" else "c@example.net"
    _, arrived = relay([*lines(), f"{name}: {value}"])
    assert value not in str(arrived.get_all(name) or "") and name not in arrived


def test_a_foreign_sender_is_removed_and_an_own_one_kept(relay):
    assert "Sender" not in relay(lines(Sender="ceo@victim.test"))[1]
    assert relay(lines(Sender="c@own.example"))[1]["Sender"] == "c@own.example"


@pytest.mark.parametrize("name", ["Reply-To", "Cc"])
def test_addresses_hold_no_more_than_was_understood(relay, name):
    assert relay(lines(**{name.replace("-", "_"): "x@y.example\x00, z@y.example"}))[1] is None


def test_fields_a_reader_acts_on_cannot_be_added(relay):
    """Each is named in h= once more than it occurs (RFC 6376 section 8.15)."""
    _, arrived = relay(lines(Cc="c@example.net"))
    signed = re.sub(r"\s", "", re.search(r"\bh=([^;]*)", arrived["DKIM-Signature"])[1]).lower().split(":")
    for name in SIGNED_AGAINST_ADDITIONS:
        assert signed.count(name) == len(arrived.get_all(name) or []) + 1, (name, signed)


def test_other_fields_are_kept(relay):
    _, arrived = relay([*lines(), "X-Own: one", "X-Own: two"])
    assert arrived.get_all("X-Own") == ["one", "two"]
