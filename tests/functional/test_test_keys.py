"""Test keys and test credentials over the real daemon: everything but mail that leaves the gateway, which would arrive
at the sink."""
import csv
import io
import smtplib
import time

import pytest
from browser import Mail, ask
from gateway import message
from hook_receiver import HookReceiver
from process import free_port
from test_backup import sound
from test_hold import change_domain
from test_isolation import Tenant
from test_metrics import figure, scrape
from waiting import wait_for

FATES = {
    "delivered": ["accepted", "delivery"],
    "jane": ["accepted", "delivery"],
    "bounced": ["accepted", "bounce"],
    "deferred": ["accepted", "deferred", "delivery"],
    "complained": ["accepted", "delivery", "complaint"],
    "opened": ["accepted", "delivery", "open"],
    "clicked": ["accepted", "delivery", "click"],
    "unsubscribed": ["accepted", "delivery", "unsubscribe"],
}


@pytest.fixture
def house(make_sink, make_gateway):
    """(gateway, sink): live mail to anywhere arrives at the sink."""
    sink = make_sink()
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"},
                            "smtp": {"listen": [f"127.0.0.1:{free_port()}"], "allow_plaintext_auth": True},
                            "tracking": {"listen": [f"127.0.0.1:{free_port()}"]},
                            "metrics": {"listen": [f"127.0.0.1:{free_port()}"]},
                            "webhooks": {"allow_networks": ["127.0.0.0/8"]}})
    return gateway.start(), sink


@pytest.fixture
def alice(house):
    tenant = Tenant(house[0], "alice", "tenant-a.example")
    tenant.live = tenant.sender
    made = house[0].command("emailgateway.addapi", {"DomainID": tenant.domain_id, "Description": "ci", "Test": 1},
                            tenant.key)
    assert made["APIKey"]["APIKey"].startswith("eg_test_") and made["APIKey"]["Test"] is True
    tenant.sender = made["APIKey"]["APIKey"]
    return tenant


def words(tenant, message_id):
    return [event["event"] for event in reversed(tenant.events()) if event["message"]["id"] == message_id]


def captured(tenant, **filters):
    return tenant.gateway.command("captured.list", {"DomainID": tenant.domain_id, **filters}, tenant.key)["Captured"]


def raw(tenant, message_id):
    """The one copy of a message."""
    (one,) = wait_for(lambda: captured(tenant, MessageID=message_id))
    text = tenant.gateway.request("POST", "/api.php", {
        "Command": "captured.raw", "DomainID": tenant.domain_id, "CapturedID": one["CapturedID"]},
        {"Authorization": "Bearer " + tenant.key})
    assert text.status == 200 and text.headers["content-type"] == "message/rfc822"
    return text.body


def port_of(gateway, section):
    return int(gateway.settings[section]["listen"][0].rsplit(":", 1)[1])


def mail(tenant, to, **changes):
    return message(**{"From": {"email": f"shop@{tenant.domain}"}, "To": [{"email": to}], **changes})


def accepted(tenant, to, **changes):
    reply = tenant.gateway.send(tenant.sender, mail(tenant, to, **changes))
    assert reply.status == 200, reply.body
    return reply.json["MessageID"]


def test_each_recipient_gets_what_it_is_named_after_and_nothing_leaves(house, alice):
    gateway, sink = house
    hooks = HookReceiver()
    try:
        for event in ("delivery", "click", "bounce"):
            gateway.command("emailgateway.addwebhook",
                            {"DomainID": alice.domain_id, "Event": event, "WebhookURL": hooks.url()}, alice.key)
        sent = {name: alice.send("shop", f"{name}+ci@example.org", name) for name in FATES}
        for name, story in FATES.items():
            wait_for(lambda: words(alice, sent[name]) == story)
        assert all(event["Test"] is True for event in alice.events())
        wait_for(lambda: len(hooks.taken) == 9)
        assert all('"Test":true' in str(taken).replace(" ", "") for taken in hooks.taken)
    finally:
        hooks.remove()
    refused = gateway.send(alice.sender, message(From={"email": "shop@tenant-a.example"},
                                                 To=[{"email": "suppressed@example.org"}]))
    assert refused.status == 422 and refused.json["Errors"][0]["Code"] == 14
    totals = gateway.command("emailgateway.accountstats",
                             {"StartDate": "2020-01-01", "EndDate": "2037-12-31"}, alice.key)["Totals"]
    assert totals["Sent"] == totals["Delivered"] == totals["Bounced"] == 0
    assert sink.received() == []


def test_what_would_have_gone_out_is_captured(house, alice):
    gateway, sink = house
    message_id = alice.send("shop", "jane@example.org", "captured")
    wait_for(lambda: captured(alice))
    one = captured(alice)[0]
    assert (one["MessageID"], one["Recipient"], one["Subject"]) == (message_id, "jane@example.org", "captured")
    shown = gateway.command("captured.show", {"DomainID": alice.domain_id, "CapturedID": one["CapturedID"]}, alice.key)
    assert {"DKIM-Signature", "Message-ID", "Subject"} <= {field["Name"] for field in shown["Headers"]}
    raw = gateway.egctl("captured.raw", "tenant-a.example", one["CapturedID"],
                        environment={"EGCTL_API_KEY": alice.key, "EGCTL_URL": f"http://127.0.0.1:{gateway.port}"}).stdout
    assert raw.startswith("DKIM-Signature:") and "Hello, Jane." in raw
    bob = Tenant(gateway, "bob", "tenant-b.example")
    for domain_id in (alice.domain_id, bob.domain_id):
        for name in ("show", "raw"):
            reply = gateway.command("captured." + name, {"DomainID": domain_id, "CapturedID": one["CapturedID"]}, bob.key)
            assert reply["ErrorCode"] == 3
    assert gateway.command("captured.list", {"DomainID": alice.domain_id}, bob.key)["ErrorCode"] == 2
    live = gateway.send(alice.live, message(From={"email": "shop@tenant-a.example"}))
    assert live.status == 200
    wait_for(lambda: sink.received())
    assert len(sink.received()) == 1 and len(captured(alice)) == 1


def test_what_was_accepted_survives_kill_9(house, alice):
    gateway, sink = house
    sent = [alice.send("shop", f"u{i}@example.org", "kept") for i in range(30)]
    gateway.kill()
    gateway.start()
    for message_id in sent:
        wait_for(lambda: words(alice, message_id) == ["accepted", "delivery"])
    assert len(captured(alice)) == 30 and sink.received() == []


def test_test_credentials_over_smtp(house, alice):
    gateway, sink = house
    made = gateway.command("emailgateway.addsmtp", {"DomainID": alice.domain_id, "Test": 1}, alice.key)["SMTP"]
    assert made["Test"] is True
    host, port = gateway.settings["smtp"]["listen"][0].rsplit(":", 1)
    with smtplib.SMTP(host, int(port), timeout=20) as client:
        client.login(made["SMTPUsername"], made["SMTPPassword"])
        client.mail("shop@tenant-a.example")
        assert client.rcpt("suppressed@example.org")[0] == 550
        client.rset()
        client.sendmail("shop@tenant-a.example", ["bounced@example.org"],
                        "From: shop@tenant-a.example\r\nTo: bounced@example.org\r\nSubject: s\r\n\r\nhello\r\n")
    wait_for(lambda: [event["event"] for event in alice.events()] == ["bounce", "accepted"])
    assert alice.events()[0]["Test"] is True and sink.received() == []
    relayed = gateway.command("emailgateway.smtprelay", {
        "SMTPUsername": made["SMTPUsername"], "SMTPPassword": made["SMTPPassword"], "RcptTo": "jane@example.org",
        "RawEmail": "From: shop@tenant-a.example\r\nSubject: s\r\n\r\nhello\r\n"})
    wait_for(lambda: words(alice, relayed["MessageID"]) == ["accepted", "delivery"])
    assert sink.received() == []


def test_the_same_addresses_can_be_tested_again_and_live_mail_knows_nothing_of_it(house, alice):
    gateway, sink = house
    for _ in range(2):
        for name in ("bounced", "complained", "unsubscribed"):
            sent = accepted(alice, f"{name}@example.org")
            wait_for(lambda: words(alice, sent) == FATES[name])
    assert gateway.command("suppression.browse", {}, alice.key)["Suppressions"] == []
    live = gateway.send(alice.live, mail(alice, "bounced@example.org"))
    assert live.status == 200
    wait_for(lambda: sink.received())
    gateway.command("suppression.import", {"EmailAddresses": ["jane@example.org"]}, alice.key)
    assert gateway.send(alice.live, mail(alice, "jane@example.org")).json["Errors"][0]["Code"] == 14
    sent = accepted(alice, "jane@example.org")
    wait_for(lambda: words(alice, sent) == ["accepted", "delivery"])
    both = gateway.send(alice.sender, message(From={"email": "shop@tenant-a.example"}, To=[
        {"email": "jane@example.org"}, {"email": "suppressed+1@example.org"}]))
    assert both.json["Suppressed"] == ["suppressed+1@example.org"]
    assert len(sink.received()) == 1


def test_what_is_refused_of_live_mail_is_refused_of_tests(house, alice):
    gateway, _ = house

    def codes(key, **changes):
        reply = gateway.send(key, mail(alice, "jane@example.org", **changes))
        return reply.status, reply.json.get("Errors")

    for changes in ({"From": {"email": "john@tenant-b.example"}}, {"To": []}, {"To": [{"email": "x"}]},
                    {"SendAt": int(time.time()) + 40 * 86400}, {"Headers": {"Received": "x"}}, {"TemplateID": 987654},
                    {"TargetListID": 987654}):
        assert codes(alice.sender, **changes) == codes(alice.live, **changes)
        assert codes(alice.sender, **changes)[0] != 200
    user = gateway.command("user.current", {}, alice.key)["UserInfo"]["UserID"]
    assert change_domain(gateway, user, alice.domain_id, "Suspended")["Success"]
    assert codes(alice.sender) == codes(alice.live) and codes(alice.sender)[0] == 403
    assert gateway.send("eg_test_" + "x" * 43, mail(alice, "jane@example.org")).status == 401
    assert alice.events() == [] and captured(alice) == []


def test_batches_lists_templates_and_scheduled_tests(house, alice):
    gateway, sink = house
    bearer = {"Authorization": "Bearer " + alice.sender}
    batch = gateway.request("POST", "/api/v1/email/batch", {"Messages": [
        mail(alice, "bounced@example.org"), mail(alice, "jane@example.org"),
        mail(alice, "suppressed@example.org")]}, {**bearer, "Idempotency-Key": "k"})
    first, second, third = batch.json["Results"]
    assert third["Errors"][0]["Code"] == 14
    wait_for(lambda: words(alice, first["MessageID"]) == ["accepted", "bounce"])
    wait_for(lambda: words(alice, second["MessageID"]) == ["accepted", "delivery"])
    live = gateway.send(alice.live, mail(alice, "live@example.org"), {"Idempotency-Key": "k"})
    assert live.status == 200 and live.json["MessageID"] not in str(batch.json)

    template = gateway.command("useremailtemplate.create", {
        "EmailName": "t", "Subject": "Hi", "ContentType": "Plain",
        "PlainContent": "Dear {{ Subscriber:FirstName }}"}, alice.key)["EmailID"]
    list_id = gateway.command("list.create", {"SubscriberListName": "l"}, alice.key)["ListID"]
    for address in ("one@example.org", "unsubscribed@example.org"):
        made = gateway.command("subscriber.create", {"ListID": list_id, "EmailAddress": address,
                                                     "CustomFields": {"FirstName": "Ann"}}, alice.key)
        assert made["Success"], made
    reply = gateway.send(alice.sender, {"From": {"email": "shop@tenant-a.example"}, "TemplateID": template,
                                        "TargetListID": list_id})
    assert reply.status == 200, reply.body
    (sent,) = reply.json["MessageID"]
    wait_for(lambda: sorted(words(alice, sent)) == 2 * ["accepted"] + 2 * ["delivery"] + ["unsubscribe"])
    copies = captured(alice, MessageID=sent)
    assert {one["Recipient"] for one in copies} == {"one@example.org", "unsubscribed@example.org"}
    subscribers = gateway.command("subscribers.get", {"ListID": list_id}, alice.key)["Subscribers"]
    assert {one["Status"] for one in subscribers} == {"Subscribed"}

    later = int(time.time()) + 3600
    gone, moved = (accepted(alice, "jane@example.org", SendAt=later) for _ in range(2))
    assert gateway.command("emailgateway.cancelemail", {"MessageID": gone}, alice.sender)["CancelledCount"] == 1
    rescheduled = gateway.command("emailgateway.rescheduleemail", {"MessageID": moved, "SendAt": 1}, alice.sender)
    assert rescheduled["RescheduledCount"] == 1
    wait_for(lambda: words(alice, moved) == ["accepted", "delivery"])
    assert words(alice, gone) == ["accepted", "rejected"] and captured(alice, MessageID=gone) == []
    accepted(alice, "jane@example.org", SendAt=later)
    assert gateway.command("emailgateway.cleardomainqueue", {"DomainID": alice.domain_id}, alice.key)["ClearedCount"] == 1
    wait_for(lambda: [event["reason"] for event in alice.events(Event="rejected")][:1] == ["queue cleared"])
    tests = [event for event in alice.events() if event["message"]["id"] != live.json["MessageID"]]
    assert all(event["Test"] is True for event in tests)
    wait_for(lambda: sink.received())
    assert [to for to, _ in sink.received()] == [["live@example.org"]]


def test_tests_are_marked_everywhere_and_in_no_statistics(house, alice):
    gateway, sink = house
    sent = {name: accepted(alice, f"{name}@example.org", Tags=["ci"]) for name in FATES}
    for name, story in FATES.items():
        wait_for(lambda: words(alice, sent[name]) == story)
    waiting = accepted(alice, "jane@example.org", SendAt=int(time.time()) + 3600)
    bearer = {"Authorization": "Bearer " + alice.sender}
    assert gateway.request("GET", f"/api/v1/email/{sent['bounced']}", headers=bearer).json["Test"] is True
    explained = alice.explain(sent["bounced"])
    assert explained["Test"] is True and {event["Test"] for event in explained["Timeline"]} == {True}
    assert alice.explain(waiting)["Recipients"][0]["WaitsFor"] == "its time to be sent"
    public = gateway.request("POST", "/api.php", {"Command": "emailgateway.getevents.public"}, bearer)
    assert {event["Test"] for event in public.json["Events"]} == {True}

    def exported():
        text = gateway.request("POST", "/api.php", {"Command": "emailgateway.exportevents",
                                                    "DomainID": alice.domain_id},
                               {"Authorization": "Bearer " + alice.key}).body.decode()
        return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))

    assert {row["Test"] for row in exported()} == {"true"}
    counted = {"DomainID": alice.domain_id, "StartDate": "2020-01-01", "EndDate": "2037-12-31"}
    of_domain = {"DomainID": alice.domain_id}
    stats = gateway.command("emailgateway.domainstats", counted, alice.key)
    assert stats["Stats"].pop("ComplaintLevel") == "ok"
    assert set(stats["Stats"].values()) == {0} and not stats["TagStats"]
    totals = gateway.command("emailgateway.accountstats", {}, alice.key)["Totals"]
    assert set(totals.values()) <= {0}
    series = gateway.command("emailgateway.dailyseries", of_domain, alice.key)["Series"]
    assert {value for day in series.values() for value in day.values()} == {0}
    for field in ("event", "recipient-domain", "tag", "smtp-code", "mx-host", "link", "day", "hour", "message-id"):
        reply = gateway.command("emailgateway.aggrevents", {**of_domain, "AggregatedField": field}, alice.key)
        assert reply["AggBuckets"] == [], field
    assert gateway.command("emailgateway.listrecipientdomains", of_domain, alice.key)["RecipientDomains"] == []
    speed = gateway.command("emailgateway.recipientdomainstats",
                            {**of_domain, "RecipientToDomain": "example.org"}, alice.key)
    assert speed["SummaryStats"][0]["TotalEmails"] == 0
    shown = gateway.command("emailgateway.getdomains", {"WithCounts": 1}, alice.key)
    assert shown["Domains"][0]["Sent7d"] == 0
    _, text = scrape(port_of(gateway, "metrics"))
    assert {figure(text, f'egd_events_total{{type="{one}"}}') for one in ("accepted", "delivery", "bounce",
                                                                       "deferred", "open", "complaint")} == {0}
    assert gateway.send(alice.live, mail(alice, "live@example.org")).status == 200
    wait_for(lambda: sink.received())
    wait_for(lambda: len(alice.events(Query="live@")) == 2)
    assert [row["Test"] for row in exported() if row["To"] == "live@example.org"] == ["", ""]
    assert gateway.command("emailgateway.accountstats", {}, alice.key)["Totals"]["Sent"] == 1
    gateway.stop()
    sound(gateway.settings["data_dir"])


def test_links_of_captured_mail_work_and_suppress_nobody(house, alice):
    gateway, _ = house
    html = '<html><body><a href="https://shop.example/a">a</a></body></html>'
    sent = accepted(alice, "jane@example.org", ContentType="html", HTMLContent=html, TrackLinks=True, TrackOpens=True,
                    UnsubscribeLink=1)
    copy = Mail(raw(alice, sent))
    signed = str(copy.message["DKIM-Signature"]).lower()
    assert "list-unsubscribe:" in signed and "list-unsubscribe-post" in signed
    port = port_of(gateway, "tracking")
    assert ask(port, copy.links[0]).headers["location"] == "https://shop.example/a"
    assert ask(port, copy.pixel).status == 200
    assert ask(port, copy.unsubscribe()[0], "POST", b"List-Unsubscribe=One-Click").status == 200
    wait_for(lambda: sorted(words(alice, sent)) == ["accepted", "click", "delivery", "open", "unsubscribe"])
    assert all(event["Test"] is True for event in alice.events())
    assert gateway.command("suppression.browse", {}, alice.key)["Suppressions"] == []
    totals = gateway.command("emailgateway.accountstats", {}, alice.key)["Totals"]
    assert set(totals.values()) == {0}


def test_limits_do_not_count_tests(house, alice):
    gateway, _ = house
    user = gateway.command("user.current", {}, alice.key)["UserInfo"]["UserID"]
    gateway.command("user.update", {"UserID": user, "MonthlySendLimit": 1})
    for i in range(5):
        accepted(alice, f"u{i}@example.org")
    assert gateway.send(alice.live, mail(alice, "a@example.org")).status == 200
    assert gateway.send(alice.live, mail(alice, "b@example.org")).status != 200
    accepted(alice, "c@example.org")


def test_a_deleted_domain_takes_what_it_captured_with_it(house, alice):
    gateway, _ = house
    for i in range(3):
        accepted(alice, f"u{i}@example.org")
    one = wait_for(lambda: len(captured(alice)) == 3 and captured(alice)[0])
    assert gateway.command("emailgateway.deletedomain", {"DomainID": alice.domain_id}, alice.key)["Success"]
    gone = {"DomainID": alice.domain_id, "CapturedID": one["CapturedID"]}
    assert gateway.command("captured.list", gone, alice.key)["ErrorCode"] == 2
    assert gateway.command("captured.raw", gone, alice.key)["ErrorCode"] == 3
    gateway.stop()
    sound(gateway.settings["data_dir"])


def test_pages_of_captured_mail(house, alice):
    gateway, _ = house
    sent = [accepted(alice, f"u{i}@example.org") for i in range(5)]
    wait_for(lambda: len(captured(alice)) == 5)
    assert len(captured(alice, StartFrom=3)) == 2 and len(captured(alice, RetrieveCount=2)) == 2
    assert [one["MessageID"] for one in captured(alice, MessageID=sent[0])] == [sent[0]]
    bad = [{"RetrieveCount": 1001}, {"RetrieveCount": 0}, {"StartFrom": -1}, {"MessageID": "x"}]
    for filters in bad:
        reply = gateway.command("captured.list", {"DomainID": alice.domain_id, **filters}, alice.key)
        assert reply["ErrorCode"] == 99997, filters


def test_egctl_makes_test_keys_and_credentials(house):
    gateway, sink = house
    domain_id, live = gateway.add_domain("example.com")
    key = gateway.egctl("addapi", "ci", "example.com", "--test", "--field", "APIKey.APIKey").stdout.strip()
    assert key.startswith("eg_test_") and live.startswith("eg_live_")
    assert gateway.egctl("addsmtp", "example.com", "--test", "--field", "SMTP.Test").stdout.strip() == "true"
    keys = gateway.egctl_json("getapis", "example.com")["APIKeys"]
    assert [(one["APIKey"], one.get("Test")) for one in keys] == [(live, None), (key, True)]
    assert gateway.send(key, message()).status == 200
    (one,) = wait_for(lambda: gateway.egctl_json("captured.list", "example.com")["Captured"])
    assert "Hello, Jane." in gateway.egctl("captured.raw", "example.com", one["CapturedID"]).stdout
    assert "jane@example.org" in gateway.egctl("captured.show", "example.com", one["CapturedID"]).stdout
    assert gateway.egctl("captured.show", "example.com", "999", check=False).returncode == 5
    assert sink.received() == []


def test_neither_kind_of_key_reaches_the_others_mail(alice):
    """What an application's tests do with message IDs must not hold up live mail."""
    gateway = alice.gateway
    in_an_hour = int(time.time()) + 3600
    sent = {key: gateway.send(key, message(From={"email": "a@tenant-a.example"}, SendAt=in_an_hour)).json["MessageID"]
            for key in (alice.live, alice.sender)}

    def cancel(key, message_id):
        return gateway.command("emailgateway.cancelemail", {"MessageID": message_id}, key)

    for key, other in ((alice.sender, alice.live), (alice.live, alice.sender)):
        refused = cancel(key, sent[other])
        assert refused["Success"] is False and refused["ErrorCode"] in (2, [2]), refused
    for key in sent:
        assert cancel(key, sent[key])["CancelledCount"] == 1
