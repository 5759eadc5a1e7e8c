"""Reports of others: they come by mail over a real SMTP session, and egctl reports shows them."""
import gzip
import io
import json
import smtplib
import time
import zipfile
from email.message import EmailMessage

import pytest
from process import free_port

ADDRESS = "reports@gw.example.net"
DAY = time.strftime("%Y-%m-%d", time.gmtime())


def dmarc(report_id, records, domain="example.com"):
    begin = int(time.time()) // 86400 * 86400
    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <report_metadata><org_name>receiver.example</org_name><email>noreply@receiver.example</email>
    <report_id>{report_id}</report_id><date_range><begin>{begin}</begin><end>{begin + 86399}</end></date_range>
  </report_metadata>
  <policy_published><domain>{domain}</domain><p>reject</p><pct>100</pct></policy_published>
  {"".join(records)}
</feedback>""".encode()


def record(source, count, disposition="none", dkim="pass", spf="pass", header_from="example.com"):
    return (f"<record><row><source_ip>{source}</source_ip><count>{count}</count><policy_evaluated><disposition>"
            f"{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row><identifiers>"
            f"<header_from>{header_from}</header_from></identifiers></record>")


def tls(report_id, domain):
    return json.dumps({
        "organization-name": "receiver.example", "report-id": report_id,
        "date-range": {"start-datetime": f"{DAY}T00:00:00Z", "end-datetime": f"{DAY}T23:59:59Z"},
        "policies": [{
            "policy": {"policy-type": "sts", "policy-domain": domain},
            "summary": {"total-successful-session-count": 40, "total-failure-session-count": 2},
            "failure-details": [{"result-type": "starttls-not-supported", "receiving-mx-hostname": "mx.example.com",
                                 "failed-session-count": 2}],
        }]}).encode()


def zipped(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.xml", content)
    return packed.getvalue()


class Receiver:
    def __init__(self, make_gateway):
        self.port = free_port()
        self.gateway = make_gateway({
            "smtp": {"listen": [f"127.0.0.1:{self.port}"]},
            "inbound": {"reports": [ADDRESS]},
            "gateway": {"outbound_networks": ["192.0.2.0/24"]},
        }).start()
        self.gateway.add_domain()

    def bring(self, content, subtype):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "noreply@receiver.example", ADDRESS, "Report domain: example.com"
        mail.set_content("A report.")
        mail.add_attachment(content, "application", subtype, filename="report")
        with smtplib.SMTP("127.0.0.1", self.port, timeout=20) as client:
            client.sendmail("noreply@receiver.example", [ADDRESS], mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))
        return self.gateway.egctl_json("inbound.list")["Inbound"][0]


@pytest.fixture
def receiver(make_gateway):
    return Receiver(make_gateway)


def test_what_receivers_saw_is_told_by_domain_and_day(receiver):
    content = dmarc("1", [record("192.0.2.1", 10), record("203.0.113.9", 3, "reject", "fail", "fail")])
    assert receiver.bring(gzip.compress(content), "gzip")["Kind"] == "dmarc"
    assert receiver.bring(zipped(content), "zip")["Result"].startswith("already known")
    assert receiver.bring(gzip.compress(tls("2", "sl.example.com")), "tlsrpt+gzip")["Kind"] == "tlsrpt"

    told = receiver.gateway.egctl_json("reports")
    assert told["DMARC"] == [{
        "Domain": "example.com", "Day": DAY, "Reports": 1, "Delivered": 0, "Messages": 13, "Passed": 10, "Failed": 3,
        "DKIMAligned": 10, "SPFAligned": 10, "Quarantined": 0, "Rejected": 3, "FromUs": 10, "FromOthers": 3}]
    assert [(row["Source"], row["Ours"]) for row in told["Sources"]] == [("192.0.2.1", True), ("203.0.113.9", False)]
    assert told["TLS"] == [{
        "Domain": "sl.example.com", "Day": DAY, "Policy": "sts", "Reports": 1, "Successful": 40, "Failed": 2,
        "Results": [{"Result": "starttls-not-supported", "Host": "mx.example.com", "Sessions": 2}]}]
    assert [row["Kind"] for row in told["Received"]] == ["tls", "dmarc"]

    assert receiver.gateway.egctl_json("reports", "example.com", "--kind", "dmarc")["TLS"] == []
    assert receiver.gateway.egctl_json("reports", "--domain", "example.com", "--kind", "tls")["DMARC"] == []
    assert receiver.gateway.egctl_json("reports", "other.example")["Received"] == []
    assert receiver.gateway.egctl_json("reports", "--since", "2999-01-01")["DMARC"] == []
    assert receiver.gateway.command("reports", {"Domain": "a b"}, receiver.gateway.admin_key())["ErrorCode"] == 99997


def test_a_report_about_others_is_ignored_and_hostile_ones_cost_nothing(receiver):
    foreign = receiver.bring(gzip.compress(dmarc("1", [record("192.0.2.1", 1, header_from="x.example")], "x.example")),
                             "gzip")
    assert not foreign["Understood"]
    shown = receiver.gateway.egctl_json("inbound.show", str(foreign["InboundID"]))["Inbound"]
    assert shown["Result"] == "ignored: about x.example, which is no domain of ours"

    entities = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><feedback>&x;</feedback>'
    before = receiver.gateway.memory()
    for content, subtype in ((gzip.compress(bytes(100 << 20)), "gzip"), (zipped(bytes(100 << 20)), "zip"),
                             (entities, "xml"), (b"[" * 500_000, "json"), (b"<a>" * 200_000, "xml")):
        mail = receiver.bring(content, subtype)
        assert (mail["Kind"], mail["Understood"]) == ("other", False)
        assert mail["Result"].startswith("not understood: the report ")
    assert receiver.gateway.memory() - before < 100 << 20
    assert receiver.gateway.egctl_json("reports")["Received"] == []
