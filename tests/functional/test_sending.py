"""Everything that accepts mail, over the real daemon with a real receiver: personalised mail, lists across kill -9,
smtprelay, and each documented code of sendemail and smtprelay."""
import csv
import email
import email.policy
import io
import re

import pytest
from catalogue import World
from gateway import message
from process import free_port

REFERENCE_SENDEMAIL = {
    "Subject": "Welcome to Our Service",
    "ContentType": "html",
    "HTMLContent": "<h1>Welcome!</h1><p>Thank you for signing up.</p>",
    "From": {"name": "John Doe", "email": "john@example.com"},
    "To": [{"name": "Jane Smith", "email": "jane@example.com"}],
}
REFERENCE_RELAY = {
    "UUID": "550e8400-e29b-41d4-a716-446655440000",
    "MailFrom": "sender@example.com",
    "RcptTo": "recipient@example.com",
    "Subject": "Test Email",
    "RawEmail": "From: sender@example.com...",
}


@pytest.fixture
def house(make_sink, make_gateway):
    """(gateway, sink, World): mail of example.com to anywhere arrives at the sink."""
    sink = make_sink()
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"},
                            "tracking": {"listen": [f"127.0.0.1:{free_port()}"]}}).start()
    return gateway, sink, World(gateway)


def parsed(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def received(gateway, sink, subject, count=1):
    """The copies with this text in their subject, by recipient, once there are `count`."""
    def copies():
        return {to: parsed(data) for recipients, data in sink.received() for to in recipients
                if subject in str(parsed(data)["Subject"])}
    gateway.process.wait_until(lambda: len(copies()) >= count, f"receiving {subject}")
    return copies()


def test_a_template_is_filled_for_each_recipient(house):
    gateway, sink, world = house
    template = world.call("useremailtemplate.create", EmailName="t", Subject="Hi {{ Subscriber:FirstName | \"you\" }}",
                          ContentType="Both", HTMLContent="<p>{{ Subscriber:FirstName }}</p>"
                          "<a href='{{ Link:Unsubscribe }}'>stop</a>",
                          PlainContent="%Subscriber:FirstName% at {{ Subscriber:EmailAddress }}")["EmailID"]
    list_id = world.list()
    world.call("subscriber.create", ListID=list_id, EmailAddress="zoe@example.org", CustomFields={"FirstName": "Zoë & Co"})
    reply = gateway.send(world.sender_key, {
        "TemplateID": template, "ListID": list_id, "From": {"email": "john@example.com"},
        "To": [{"email": "zoe@example.org"}, {"email": "joe@example.org"}]})
    assert reply.status == 200, reply.body
    copies = received(gateway, sink, "Hi ", 2)
    assert copies["zoe@example.org"]["Subject"] == "Hi Zoë & Co"
    assert copies["joe@example.org"]["Subject"] == "Hi you"
    html = copies["zoe@example.org"].get_body(("html",)).get_content()
    assert "<p>Zoë &amp; Co</p>" in html
    links = {to: re.search(r"href='(https?://[^']+/u/[\w-]+)'", copy.get_body(("html",)).get_content())[1]
             for to, copy in copies.items()}
    assert links["zoe@example.org"] != links["joe@example.org"]
    assert copies["joe@example.org"].get_body(("plain",)).get_content().strip() == "at joe@example.org"


def test_journey_and_action_are_in_every_event_and_find_it(house):
    gateway, sink, world = house
    made = world.call("journey.create", Name="j", Actions=[{"Name": "a"}, {"Name": "b"}])
    actions = world.call("journey.get", JourneyID=made["JourneyID"])["Journey"]["Actions"]
    reply = gateway.send(world.sender_key, message(Subject="journey", JourneyID=made["JourneyID"],
                                                   ActionID=actions[1]["ActionID"]))
    assert reply.status == 200, reply.body
    filters = {"JourneyID": made["JourneyID"], "ActionID": actions[1]["ActionID"]}
    gateway.process.wait_until(lambda: len(gateway.events(world.domain_id, **filters)) == 2, "delivering")
    for event in gateway.events(world.domain_id, **filters):
        assert (event["journey_id"], event["action_id"]) == (made["JourneyID"], actions[1]["ActionID"])
        assert event["message"]["id"] == reply.json["MessageID"]
    assert gateway.events(world.domain_id, ActionID=actions[0]["ActionID"]) == []
    public = gateway.request("GET", f"/api/v1/events?JourneyID={made['JourneyID']}",
                             headers={"Authorization": f"Bearer {world.sender_key}"}).json
    assert public["TotalRecords"] == 2 and public["Events"][0]["JourneyID"] == made["JourneyID"]
    for number, rows in ((actions[1]["ActionID"], 2), (actions[0]["ActionID"], 0)):
        exported = gateway.egctl("exportevents", "example.com", "--journey-id", made["JourneyID"], "--action-id", number)
        assert len(exported.stdout.splitlines()) == 1 + rows


def test_a_list_of_ten_thousand_is_sent_once_to_each_across_kills(house):
    gateway, sink, world = house
    list_id = world.list()
    count = 10_000
    lines = "EmailAddress,FirstName\n" + "".join(f"r{n}@host{n % 50}.example,N{n}\n" for n in range(count))
    world.call("subscribers.import", ListID=list_id, ImportData=lines)
    suppressed = [f"r{n}@host{n % 50}.example" for n in range(0, 100, 10)]
    world.call("suppression.import", EmailAddresses=suppressed)
    reply = gateway.send(world.sender_key, {
        "Subject": "List {{ Subscriber:FirstName }}", "ContentType": "plain", "PlainContent": "x",
        "From": {"email": "john@example.com"}, "TargetListID": list_id})
    assert reply.status == 200, reply.body
    (message_id,) = reply.json["MessageID"]

    def accepted():
        return gateway.command("emailgateway.getevents.public", {
            "DomainID": world.domain_id, "MessageID": message_id, "Event": "accepted"})["TotalRecords"]

    expected = count - len(suppressed)
    kills_in_midst = 0
    for part in (0, 0.2, 0.5):
        gateway.process.wait_until(lambda: accepted() >= part * count, "expanding", 120)
        kills_in_midst += accepted() < expected
        gateway.kill()
        gateway.start()
    assert kills_in_midst > 0
    gateway.process.wait_until(lambda: accepted() == expected, "expanding the rest", 240)
    exported = gateway.request("POST", "/api.php", {
        "Command": "emailgateway.exportevents", "DomainID": world.domain_id, "Event": "accepted", "Limit": 0},
        {"Authorization": "Bearer " + gateway.admin_key()}).body.decode()
    rows = [row for row in csv.DictReader(io.StringIO(exported.removeprefix("\ufeff"), newline=""))
            if row["MessageID"] == message_id]
    assert len(rows) == len({row["To"] for row in rows}) == expected
    rejected = gateway.events(world.domain_id, Event="rejected")
    assert sorted(event["recipient"] for event in rejected) == sorted(suppressed)
    assert {event["reason"] for event in rejected} == {"suppressed"}
    check_copies(gateway, sink, world, message_id)


def check_copies(gateway, sink, world, message_id):
    """Some hundreds of copies: each recipient's own, none twice but for those in flight at a kill."""
    gateway.process.wait_until(lambda: len(sink.received()) >= 300, "delivering", 240)
    seen = {}
    for recipients, data in sink.received():
        mail = parsed(data)
        if "List " not in str(mail["Subject"]):
            continue
        assert len(recipients) == 1
        seen.setdefault(recipients[0], []).append(mail)
        number = recipients[0].split("@")[0].removeprefix("r")
        assert mail["Subject"] == f"List N{number}"
        assert mail["To"] == recipients[0]
        assert mail["Message-ID"] == f"<{message_id}@sl.example.com>"
    assert seen


def test_the_reference_example_of_sendemail(house):
    gateway, _, world = house
    reply = gateway.send(world.sender_key, REFERENCE_SENDEMAIL)
    assert reply.status == 200, reply.body
    assert isinstance(reply.json["MessageID"], str)
    refused = gateway.send(world.sender_key, {**REFERENCE_SENDEMAIL, "Subject": ""})
    assert refused.json["Errors"] == [{"Code": 8, "Message": refused.json["Errors"][0]["Message"]}]


def relay(gateway, login, **parameters):
    """As the reference prints it, with the key in the body and none in a header."""
    body = {"Command": "emailgateway.smtprelay", "AdminAPIKey": gateway.admin_key(), **login, **parameters}
    reply = gateway.request("POST", "/api.php", body)
    assert reply.status == 200, reply.body
    return reply.json


def test_the_reference_examples_of_smtprelay(house):
    gateway, sink, world = house
    login = world.smtp_login()
    assert relay(gateway, login) == {"Success": True, "ErrorCode": 0, **login}
    reply = relay(gateway, login, **REFERENCE_RELAY)
    assert {**reply, "MessageID": ""} == {"Success": True, "ErrorCode": 0, "SMTPResponse": "250 2.0.0 Ok: queued",
                                          **login, "MessageID": ""}
    refused = relay(gateway, {**login, "SMTPPassword": "wrong"})
    assert (refused["Success"], refused["SMTPResponse"], refused["ErrorCode"]) == (False, "500 5.0.0 AUTH ERROR", 3)
    gateway.process.wait_until(
        lambda: any(event["recipient"] == "recipient@example.com" for event in
                    gateway.events(world.domain_id, Event="delivery")), "delivering")
    assert gateway.events(world.domain_id, Query="recipient@")[0]["message"]["headers"]["subject"] == "Test Email"


def test_a_relayed_message_arrives_completed_and_without_its_blind_copies(house):
    gateway, sink, world = house
    raw = ("From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>\r\nTo: jane@example.org\r\nBcc: hidden@example.org\r\n"
           "Subject: relayed\r\nX-Own: kept\r\n\r\nHello\r\n.\r\n..two\r\n")
    reply = relay(gateway, world.smtp_login(), RawEmail=raw)
    assert reply["SMTPResponse"].startswith("250 "), reply
    copies = received(gateway, sink, "relayed", 2)
    assert set(copies) == {"jane@example.org", "hidden@example.org"}
    for copy in copies.values():
        assert copy["Bcc"] is None and "hidden@" not in copy.as_string()
        assert copy["Message-ID"] == f"<{reply['MessageID']}@sl.example.com>"
        assert copy["Date"] and copy["DKIM-Signature"] and copy["X-Own"] == "kept"
        assert "by gw.example.net with HTTP id " + reply["MessageID"] in copy["Received"]
        assert copy.get_content().replace("\r\n", "\n") == "Hello\n.\n..two\n"
    deliveries = {"Event": "delivery", "Query": "hidden@"}  # committed after the receiver has the copy
    gateway.process.wait_until(lambda: gateway.events(world.domain_id, **deliveries), "settling")
    (event,) = gateway.events(world.domain_id, **deliveries)
    assert event["message"]["headers"] == {"from": "Jörg <joerg@example.com>", "to": "jane@example.org",
                                           "subject": "relayed"}


@pytest.mark.parametrize("without", [["8BITMIME"], []])
def test_a_relayed_message_in_8_bits_is_encoded_for_a_server_that_takes_no_such(make_gateway, make_sink, without):
    sink = make_sink(without=without)
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"}}).start()
    world = World(gateway)
    raw = ("From: john@example.com\r\nTo: jane@example.org\r\nSubject: in 8 bits\r\nMIME-Version: 1.0\r\n"
           "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrüße aus Köln\r\n")
    assert relay(gateway, world.smtp_login(), RawEmail=raw)["SMTPResponse"].startswith("250 ")
    copy = received(gateway, sink, "in 8 bits")["jane@example.org"]
    assert copy.get_content().replace("\r\n", "\n") == "Grüße aus Köln\n"
    (taken,) = [one for one in sink.messages() if b"Subject: in 8 bits" in one.data]
    assert taken.data.isascii() == bool(without)
    assert (copy["Content-Transfer-Encoding"] == "8bit") == (not without)
    assert copy["DKIM-Signature"]


# Every documented code, once on purpose.

def codes(reply):
    return [error["Code"] for error in reply.json["Errors"]] if "Errors" in reply.json else []


def many(count):
    return [{"email": f"{n}@example.org"} for n in range(count)]


WRONG = {  # code: what is changed in a good message
    3: {"From": {"email": "a@elsewhere.example"}},
    8: {"Subject": None},
    9: {"ContentType": None},
    10: {"ContentType": "html"},
    11: {"PlainContent": None},
    15: {"TemplateID": 987654},
    16: {"TargetListID": 987654},
    18: {"To": [{"name": "x"}]},
    19: {"To": [{"email": "x"}]},
    20: {"To": []},
    21: {"CC": [{"name": "x"}]},
    22: {"CC": [{"email": "x"}]},
    23: {"From": {"email": "x"}},
    24: {"BCC": "x"},
    25: {"BCC": [{"name": "x"}]},
    26: {"BCC": [{"email": "x"}]},
    27: {"BCC": many(1001)},
    28: {"ReplyTo": "x"},
    29: {"ReplyTo": [{"name": "x"}]},
    30: {"ReplyTo": [{"email": "x"}]},
    31: {"ReplyTo": many(11)},
    35: {"ListID": 987654},
    36: {"SubscriberID": 987654},
    37: {"JourneyID": 987654},
    38: {"ActionID": 987654},
    41: {"Attachments": [{"filename": "a", "content": "?"}]},
    42: {"Headers": {"Bcc": "x@example.org"}},
    43: {"SendAt": 253402300799},
    44: {"PlainContent": "x" * 31_500_000},
}


@pytest.fixture(scope="module")
def world(shared_gateway):
    return World(shared_gateway)


@pytest.fixture
def stranger(world):
    """(UserID, DomainID, sender key, user key) of a user of their own, whom a test may spoil."""
    user_id = world.user()
    domain_id = world.call("emailgateway.adddomain", UserID=user_id, DomainName=f"u{user_id}.example.com")["NewSenderDomainID"]
    key = world.call("emailgateway.addapi", UserID=user_id, DomainID=domain_id, Description="x")["APIKey"]["APIKey"]
    return user_id, domain_id, key, world.call("user.apikey.create", UserID=user_id, Note="x")["APIKey"]


def own(stranger, **changes):
    return message(From={"email": f"a@u{stranger[0]}.example.com"}, **changes)


@pytest.mark.parametrize("code", WRONG)
def test_a_wrong_message_has_its_code(world, code):
    reply = world.gateway.send(world.sender_key, {**message(), **WRONG[code]})
    assert codes(reply) == [code]
    assert reply.status == (413 if code == 44 else 400)


def test_missing_and_invalid_keys(world):
    assert codes(world.gateway.request("POST", "/api/v1/email", message())) == [1]
    assert codes(world.gateway.send("eg_live_wrong", message())) == [13]


def test_a_user_key_with_a_foreign_or_missing_domain(world, stranger):
    for parameters in ({"DomainID": world.domain_id}, {"DomainID": 987654}, {"DomainID": "x"}, {}):
        assert codes(world.gateway.send(stranger[3], {**message(), **parameters})) == [2]
    assert codes(world.gateway.send(stranger[3], own(stranger, DomainID=stranger[1]))) == []


@pytest.mark.parametrize("change, code, status", [
    ({"AccountStatus": "Disabled"}, 12, 403), ({"Verified": 0}, 34, 403), ({"MonthlySendLimit": 1}, 17, 403),
    ({"SendRatePerMinute": 1}, 429, 429)])
def test_the_users_limits(world, stranger, change, code, status):
    world.call("user.update", UserID=stranger[0], **change)
    two = own(stranger, To=many(1))
    replies = [world.gateway.send(stranger[2], two) for _ in range(2)]
    assert (codes(replies[1]), replies[1].status) == ([code], status)
    if code == 429:
        assert 0 < int(replies[1].headers["retry-after"]) <= 60
        assert codes(world.gateway.send(stranger[3], {**two, "DomainID": stranger[1]})) == [429]


def test_a_domain_that_is_not_active_and_a_suppressed_recipient(make_gateway):
    gateway = make_gateway({"dns_records": None}).start()
    domain_id, key = gateway.add_domain()
    assert codes(gateway.send(key, message())) == [32]
    gateway.stop()
    gateway.settings["dns_records"] = []
    gateway.start()
    other, key = gateway.add_domain("example.net")
    assert gateway.command("suppression.import", {"EmailAddresses": ["jane@example.org"]})["Success"]
    good = message(From={"email": "a@example.net"})
    assert codes(gateway.send(key, good)) == [14]
    partly = gateway.send(key, {**good, "CC": [{"email": "joe@example.org"}]})
    assert partly.json["Suppressed"] == ["jane@example.org"]


def test_each_code_of_smtprelay(world, stranger):
    user_id, domain_id, _, _ = stranger
    made = world.call("emailgateway.addsmtp", UserID=user_id, DomainID=domain_id)["SMTP"]
    login = {name: made[name] for name in ("SMTPUsername", "SMTPPassword")}
    good = {"RcptTo": "jane@example.org", "RawEmail": f"From: a@u{user_id}.example.com\r\n\r\nHello\r\n"}

    def refused(parameters, reply_code="5"):
        reply = relay(world.gateway, {}, **parameters)
        assert reply["Success"] is False and reply["ErrorText"], reply
        if reply["ErrorCode"] not in (1, 2):
            assert re.fullmatch(reply_code + r"\d\d \d\.\d\.\d .+", reply["SMTPResponse"]), reply
        return reply["ErrorCode"]

    assert refused({**login, "SMTPUsername": ""}) == 1
    assert refused({**login, "SMTPPassword": ""}) == 2
    assert refused({**login, "SMTPPassword": "wrong"}) == 3
    assert refused({**login, **good, "RawEmail": "From: a@example.com\r\n\r\n"}) == 4
    assert refused({**login, **good, "RcptTo": "nobody"}) == 19
    assert refused({**login, **good, "RcptTo": ""}) == 20
    assert refused({**login, **good, "RawEmail": "no message"}) == 99997
    assert refused({**login, **good, "RawEmail": good["RawEmail"] + "x" * 31_500_000}) == 44
    assert world.call("suppression.import", UserID=user_id, EmailAddresses=["jane@example.org"])
    assert refused({**login, **good}) == 8
    good["RcptTo"] = "joe@example.org"
    for change, code in (({"ReputationLevel": "Untrusted"}, 7), ({"AccountStatus": "Disabled"}, 7),
                         ({"Verified": 0}, 6)):
        world.call("user.update", UserID=user_id, **change)
        assert refused({**login, **good}) == code
        world.call("user.update", UserID=user_id, ReputationLevel="Trusted", AccountStatus="Enabled", Verified=1)
    world.call("user.update", UserID=user_id, SendRatePerMinute=1)
    assert relay(world.gateway, login, **good)["Success"]
    assert refused({**login, **good}, "4") == 429
    world.call("user.update", UserID=user_id, SendRatePerMinute=0, MonthlySendLimit=1)
    assert refused({**login, **good}, "4") == 17  # next month it would be taken


def test_smtprelay_of_an_inactive_domain(make_gateway):
    gateway = make_gateway({"dns_records": None}).start()
    domain_id, _ = gateway.add_domain()
    made = gateway.command("emailgateway.addsmtp", {"DomainID": domain_id})["SMTP"]
    login = {name: made[name] for name in ("SMTPUsername", "SMTPPassword")}
    assert relay(gateway, login)["ErrorCode"] == 5
