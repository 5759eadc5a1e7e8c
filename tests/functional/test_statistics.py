"""Statistics and exports against the events they are made of, over the real daemon."""
import collections
import csv
import io

from gateway import message

FIELDS = {
    "event": lambda event: event["event"],
    "recipient-domain": lambda event: event["recipient"].split("@")[1],
    "smtp-code": lambda event: str(event.get("smtp_code", "")),
    "mx-host": lambda event: event.get("mx_host", ""),
    "message-id": lambda event: event["message"]["id"],
}


def rows_of(text):
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_statistics_agree_with_the_events(make_sink, make_gateway):
    sink = make_sink()
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"}}).start()
    domain_id, key = gateway.add_domain()
    for n in range(6):
        to = [{"email": f"r{i}@host{i}.example"} for i in range(n + 1)]
        assert gateway.send(key, message(To=to, Tags=["all", f"n{n % 2}"])).status == 200
    gateway.process.wait_until(lambda: len(gateway.events(domain_id, Event="delivery")) == 21, "delivering")

    events = gateway.events(domain_id)
    counted = collections.Counter(event["event"] for event in events)
    stats = gateway.command("emailgateway.domainstats", {"DomainID": domain_id})
    assert stats["Stats"] == {"Sent": counted["accepted"], "Delivered": counted["delivery"], "Bounced": 0,
                              "Opened": 0, "Clicked": 0, "OpenedAutomated": 0,
                              "ClickedAutomated": 0, "Complained": 0, "ComplaintRate": 0.0, "ComplaintLevel": "ok"}
    assert stats["TagStats"]["all"] == stats["Stats"]
    assert stats["TagStats"]["n0"]["Sent"] + stats["TagStats"]["n1"]["Sent"] == counted["accepted"]
    totals = gateway.command("emailgateway.accountstats")["Totals"]
    assert (totals["Sent"], totals["DeliveredRate"]) == (21, 100.0)
    series = gateway.command("emailgateway.dailyseries", {"DomainID": domain_id})["Series"]
    assert sum(day["Sent"] for day in series.values()) == 21
    for field, value_of in FIELDS.items():
        expected = collections.Counter(value for value in map(value_of, events) if value)
        buckets = gateway.command("emailgateway.aggrevents", {"DomainID": domain_id, "AggregatedField": field,
                                                              "AggregateSize": 100})["AggBuckets"]
        assert {bucket["key"]: bucket["doc_count"] for bucket in buckets} == expected, field
    domains = gateway.command("emailgateway.listrecipientdomains", {"DomainID": domain_id})["RecipientDomains"]
    assert [(row["Domain"], row["Sent"], row["Sending"]) for row in domains] == [
        (f"host{i}.example", 6 - i, 0) for i in range(6)]
    speed = gateway.command("emailgateway.recipientdomainstats",
                            {"DomainID": domain_id, "RecipientToDomain": "host0.example"})
    assert speed["SummaryStats"][0]["TotalEmails"] == 6
    assert sum(row["EmailCount"] for row in speed["DeliverySpeedHistogram"]["Sent"]) == 6


def test_an_export_holds_every_event_however_many(gateway):
    domain_id, key = gateway.add_domain()
    for batch in range(13):
        to = [{"email": f"r{batch}.{i}@example.org"} for i in range(1000)]
        assert gateway.send(key, message(To=to, Subject="=1+1, \"quoted\"")).status == 200
    parameters = {"DomainID": domain_id, "Event": "accepted"}
    authorization = {"Authorization": "Bearer " + gateway.admin_key()}

    def export(**more):
        body = {"Command": "emailgateway.exportevents", **parameters, **more}
        return gateway.request("POST", "/api.php", body, authorization)

    reply = export(Limit=0)
    assert reply.status == 200 and reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.headers["transfer-encoding"] == "chunked"
    rows = rows_of(reply.body.decode())
    assert len(rows) == 13_000
    assert {row["To"] for row in rows} == {f"r{b}.{i}@example.org" for b in range(13) for i in range(1000)}
    assert {(row["Event"], row["Subject"], row["Domain"]) for row in rows} == {
        ("accepted", "'=1+1, \"quoted\"", "example.com")}
    assert [row["Time"] for row in rows] == sorted((row["Time"] for row in rows), reverse=True)
    assert len(rows_of(export().body.decode())) == 10_000
    printed = gateway.egctl("exportevents", "example.com", "--event", "accepted", "--limit", "0").stdout
    assert len(rows_of(printed)) == 13_000


def test_a_refused_export_is_an_ordinary_refusal(gateway):
    reply = gateway.command("emailgateway.exportevents", {"DomainID": 999})
    assert (reply["Success"], reply["ErrorCode"]) == (False, 2)
    assert gateway.egctl("exportevents", "999", check=False).returncode == 5
