"""subject.export and subject.erase: everything about one address, shown whole and erased to the last byte, in the
database's files too, while others' mail and the statistics stay."""
import json
import smtplib
import threading

import pytest
from gateway import message
from process import free_port
from test_backup import sound
from tracking_house import House
from waiting import wait_for

VICTIM = "Jane.Victim@example.org"
# What must not be found any more: the address in any case, and its local part.
TRACES = [b"jane.victim", b"jane%2evictim"]
BACK = "From: robot@example.net\r\nSubject: Your mail to {0}\r\n\r\nThere is nobody of that name: {0}.\r\n"


def traces(gateway):
    """The files of the data directory in which there is something of the victim."""
    data = gateway.folder / "data"
    return sorted(path.name for path in data.rglob("*") if path.is_file()
                  and any(trace in path.read_bytes().lower() for trace in TRACES))


def export(gateway, address=VICTIM):
    """The lines of subject.export, without the first and the last."""
    reply = gateway.request("POST", "/api.php", {"Command": "subject.export", "EmailAddress": address},
                            {"Authorization": "Bearer " + gateway.admin_key()})
    assert reply.status == 200 and reply.headers["content-type"] == "application/x-ndjson", reply.body
    lines = [json.loads(line) for line in reply.body.decode().splitlines()]
    assert lines[0]["Kind"] == "subject" and lines[-1]["Kind"] == "end"
    counted = {}
    for line in lines[1:-1]:
        counted[line["Kind"]] = counted.get(line["Kind"], 0) + 1
    assert lines[-1]["Entries"] == counted
    return lines[1:-1]


def kinds(lines):
    return {line["Kind"] for line in lines}


def erase(gateway, address=VICTIM):
    reply = gateway.command("subject.erase", {"EmailAddress": address})
    assert reply["Success"], reply
    return reply


def finished(gateway, erasure_id):
    listed = gateway.command("subject.erasures")["Erasures"]
    return next(one for one in listed if one["ErasureID"] == erasure_id)["Finished"]


def statistics(gateway, domain_id):
    """Everything that counts events."""
    days = {"StartDate": "2020-01-01", "EndDate": "2099-12-31"}
    answers = [gateway.command(name, {"DomainID": domain_id, **days}) for name in (
        "emailgateway.domainstats", "emailgateway.dailyseries", "emailgateway.listrecipientdomains")]
    for field in ("event", "recipient-domain", "smtp-code", "mx-host", "day", "tag"):
        answers.append(gateway.command("emailgateway.aggrevents", {
            "DomainID": domain_id, "AggregatedField": field, "AggregateSize": 1000, **days}))
    return answers


@pytest.fixture
def house(make_gateway, make_sink):
    return House(make_gateway, make_sink, smtp={"listen": [f"127.0.0.1:{free_port()}"], "allow_plaintext_auth": True})


def send(house, to, **changes):
    reply = house.gateway.send(house.key, message(To=[{"email": one, "name": f"Name of {one}"} for one in to], **changes),
                               changes.pop("Headers_", None))
    assert reply.status == 200, reply.body
    return reply.json["MessageID"]


def fill(house):
    """Something of the victim in every place, and something of others beside it."""
    gateway = house.gateway
    link = f"https://shop.example/?e={VICTIM.replace('@', '%40')}&for={VICTIM}"
    html = f"<p>Hello {VICTIM}, <a href='{link}'>yours</a></p>"
    first = send(house, [VICTIM], ContentType="html", HTMLContent=html, Subject=f"For {VICTIM}", Tags=["welcome"])
    send(house, [VICTIM, "other@example.org"], PlainContent=f"{VICTIM} " * 2000)  # in a segment
    reply = gateway.send(house.key, message(To=[{"email": VICTIM.upper()}]), {"Idempotency-Key": "to " + VICTIM})
    assert reply.status == 200
    house.sink.refuse("someone@example.com", f"550 5.1.1 no such user, ask <{VICTIM.lower()}>")
    send(house, ["someone@example.com"])
    mails = house.mails(3)
    tracked = next(mail for mail in mails if mail.pixel)
    assert house.ask(tracked.pixel).status == 200 and house.ask(tracked.links[0]).status == 302
    house.events("open", 1)
    house.events("click", 1)

    made = gateway.command("list.create", {"SubscriberListName": "all"})
    for address in (VICTIM, "other@example.org"):
        assert gateway.command("subscriber.create", {"ListID": made["ListID"], "EmailAddress": address,
                                                     "CustomFields": {"Friend": VICTIM}})["Success"]
    user = gateway.command("user.create", {"EmailAddress": "second@example.net", "Username": "second",
                                           "Password": "correct horse battery staple"})["UserID"]
    for address in (VICTIM, "other@example.org"):
        assert gateway.command("suppression.import", {"UserID": user, "EmailAddresses": [address],
                                                      "Reason": f"asked by {VICTIM}"})["Success"]
    test_key = gateway.command("emailgateway.addapi", {"DomainID": house.domain_id, "Description": "ci", "Test": 1})
    gateway.send(test_key["APIKey"]["APIKey"], message(To=[{"email": VICTIM}]))
    wait_for(lambda: gateway.command("captured.list", {"DomainID": house.domain_id})["Captured"])
    host, port = gateway.settings["smtp"]["listen"][0].rsplit(":", 1)
    with smtplib.SMTP(host, int(port), timeout=20) as client:
        client.sendmail("", ["postmaster@gw.example.net"], BACK.format(VICTIM).encode())
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("", [VICTIM], b"x")
    gateway.command("queue.pause", {"Destination": "example.org"})
    send(house, [VICTIM, "other@example.org"], Subject="queued")
    return first, user


EVERYWHERE = {"event", "message", "content", "attempt", "hit", "subscriber", "suppression", "captured", "inbound",
              "idempotency_answer", "queued", "smtp_session", "count"}


def test_everything_about_an_address_is_shown_and_erased_to_the_last_byte(house):
    gateway = house.gateway
    fill(house)
    before = export(gateway, VICTIM.upper())
    assert kinds(before) >= EVERYWHERE, EVERYWHERE - kinds(before)
    assert traces(gateway)
    counted = statistics(gateway, house.domain_id)
    cancelled = 1

    answer = erase(gateway, VICTIM.lower())
    assert answer["CancelledCount"] == cancelled
    assert not answer["Erasure"]["Finished"]  # the mail to the other one names the victim
    assert gateway.command("queue.resume", {"Destination": "example.org"})["Success"]
    wait_for(lambda: finished(gateway, answer["Erasure"]["ErasureID"]), "the end of it")
    assert any("other@example.org" in to and b"queued" in data for to, data in house.sink.received())
    assert not any(VICTIM.lower() in map(str.lower, to) and b"Subject: queued" in data
                   for to, data in house.sink.received())

    assert export(gateway) == []
    wait_for(lambda: traces(gateway) == [], "the journal of hits to go")
    after = statistics(gateway, house.domain_id)
    changed = [(one, other) for one, other in zip(counted[3:], after[3:]) if one != other]
    # the cancelled one's `rejected`, the other one's delivery, and nothing less
    for one, other in changed:
        less = {entry["key"]: entry["doc_count"] for entry in values(one)}
        more = {entry["key"]: entry["doc_count"] for entry in values(other)}
        assert all(more[key] >= count for key, count in less.items()), (one, other)
    gateway.stop()
    sound(gateway.folder / "data")
    assert traces(gateway) == []
    gateway.start()
    assert traces(gateway) == []


def values(answer):
    """The rows of aggrevents, whatever they are called."""
    rows = next(value for value in answer.values() if isinstance(value, list))
    return [{"key": next(value for value in row.values() if isinstance(value, str)),
             "doc_count": next(value for value in row.values() if isinstance(value, int))} for row in rows]


def test_statistics_stay_the_same(house):
    for _ in range(3):
        send(house, [VICTIM, "other@example.org"])
    house.events("delivery", 6)
    counted = statistics(house.gateway, house.domain_id)
    answer = erase(house.gateway)
    assert answer["Erasure"]["Finished"] and answer["CancelledCount"] == 0
    assert statistics(house.gateway, house.domain_id) == counted
    events = house.gateway.events(house.domain_id)
    assert len(events) == 12
    erased = {event["recipient"] for event in events} - {"other@example.org"}
    assert len(erased) == 1 and erased.pop().endswith("@example.org")
    assert all("Name of " + VICTIM not in event["message"]["headers"]["to"] for event in events)
    found = house.gateway.events(house.domain_id, Query=VICTIM)
    assert found == []


def test_nobody_sends_to_an_erased_address_until_it_is_let_again(house):
    gateway = house.gateway
    send(house, ["jane@b\u00fccher.example"])
    house.events("delivery", 1)
    answer = erase(gateway, "JANE@xn--bcher-kva.example")
    assert answer["Erasure"]["Finished"]
    listed = gateway.command("suppression.browse")["Suppressions"]
    assert [(one["EmailAddress"], one["Erased"], one["SuppressionSource"]) for one in listed] == [("", True, "erased")]
    for address in ("jane@b\u00fccher.example", "Jane@XN--BCHER-KVA.example"):
        refused = gateway.send(house.key, message(To=[{"email": address}]))
        assert refused.json["Errors"][0]["Code"] == 14, refused.body
    assert gateway.egctl("export").stdout.count("suppressions") == 0
    imported = gateway.command("suppression.import", {"EmailAddresses": ["jane@b\u00fccher.example"]})
    assert imported["TotalDuplicates"] == 1
    assert gateway.command("suppression.delete", {"EmailAddresses": ["jane@xn--bcher-kva.example"]})["TotalDeleted"] == 1
    send(house, ["jane@b\u00fccher.example"])


def test_hits_of_an_erased_address_leave_nothing(house):
    mail = house.mail(To=[{"email": VICTIM}])
    assert erase(house.gateway)["Erasure"]["Finished"]
    assert house.ask(mail.pixel).status == 200 and house.ask(mail.links[0]).status == 302
    other = house.mail(To=[{"email": "other@example.org"}])
    assert house.ask(other.pixel).status == 200
    house.events("open", 1)  # and so the ones before it were recorded, or not
    assert house.gateway.events(house.domain_id, Event="click") == []
    wait_for(lambda: traces(house.gateway) == [], "the journal of hits to go")


def test_an_erasure_goes_on_after_kill_9(make_gateway):
    gateway = make_gateway({"delivery": {"retry_schedule": ["1h"]}}).start()
    domain_id, key = gateway.add_domain()
    for destination in ("example.org", "example.net"):
        gateway.command("queue.pause", {"Destination": destination})
    many = [message(To=[{"email": VICTIM}, {"email": f"other{n}@example.net"}]) for n in range(500)]
    for _ in range(4):
        made = gateway.request("POST", "/api/v1/email/batch", {"Messages": many}, {"Authorization": "Bearer " + key})
        assert made.status == 200
    eraser = threading.Thread(target=lambda: quietly(lambda: erase(gateway)))
    eraser.start()
    wait_for(lambda: any(one["Erased"] for one in gateway.command("subject.erasures")["Erasures"]), "its beginning")
    gateway.kill()
    eraser.join()
    gateway.start()
    [listed] = gateway.command("subject.erasures")["Erasures"]
    wait_for(lambda: not kinds(export(gateway)) & {"event", "queued", "attempt"}, "the rest of it")
    # Each was cancelled by the erasure, or by the delivery that found it suppressed; mail to the others waits.
    rejected = gateway.command("emailgateway.getevents", {"DomainID": domain_id, "StartFrom": 0, "RetrieveCount": 1,
                                                          "Event": "rejected"})["TotalRecords"]
    assert rejected == 2000
    assert sum(row["Depth"] for row in gateway.command("queue")["Lanes"]) == 2000
    gateway.command("emailgateway.cleardomainqueue", {"DomainID": domain_id})
    wait_for(lambda: finished(gateway, listed["ErasureID"]), "the end")
    erased = {one["Kind"]: one["Entries"] for one in gateway.command("subject.erasures")["Erasures"][0]["Erased"]}
    assert 0 < erased["queued"] <= 2000 and erased["content"] == 2000
    wait_for(lambda: traces(gateway) == [], "its log to be cut")
    refused = gateway.send(key, message(To=[{"email": VICTIM}]))
    assert refused.json["Errors"][0]["Code"] == 14
    gateway.stop()
    sound(gateway.folder / "data")


def quietly(call):
    try:
        call()
    except (OSError, AssertionError, json.JSONDecodeError):
        pass  # it was killed


def test_it_is_the_admins_and_takes_addresses_only(house):
    gateway = house.gateway
    key = gateway.command("user.apikey.create", {"Note": "user"})["APIKey"]
    for name in ("subject.export", "subject.erase", "subject.erasures"):
        assert gateway.command(name, {"EmailAddress": VICTIM}, key)["ErrorCode"] == 99999
    for name in ("subject.export", "subject.erase"):
        assert gateway.command(name)["ErrorCode"] == 1
        assert gateway.command(name, {"EmailAddress": "jane"})["ErrorCode"] == 2
    done = gateway.egctl("subject", "erase", VICTIM, "-o", "json")
    assert json.loads(done.stdout)["Erasure"]["Finished"] is True
    assert '"Kind":"end"' in gateway.egctl("subject", "export", VICTIM).stdout
