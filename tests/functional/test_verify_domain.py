"""Domain verification against a real authoritative server: right, wrong, missing, down."""
import socket
import threading

import pytest
from gateway import message

GATEWAY_ZONE = [("gw", "A", "127.0.0.1"), ("gw", "TXT", "v=spf1 ip4:127.0.0.1 -all")]


def zone_records(records, domain="example.com"):
    """Zone-file records of what the gateway asks to publish."""
    published = []
    for record in records:
        host = record["Host"] + "."
        value = record["Value"] + "." if record["Type"] == "CNAME" else record["Value"]
        assert host.endswith(domain + "."), record
        published.append((host, record["Type"], value))
    return published


@pytest.fixture
def house(make_knot, make_gateway):
    """(knot, gateway, domain ID, records to publish): example.com added, its zone still empty."""
    knot = make_knot({"example.com": [], "example.net": GATEWAY_ZONE}).start()
    gateway = make_gateway({"dns_records": None, "dns": {"servers": [knot.address]}}).start()
    added = gateway.command("emailgateway.adddomain", {"DomainName": "example.com"})
    assert added["Domain"]["Status"] == "Approval Pending"
    return knot, gateway, added["NewSenderDomainID"], added["Domain"]["VerificationMeta"]["DNSRecords"]


def verify(gateway, domain_id):
    """(status of the domain, {purpose: status}) after verifydomain."""
    reply = gateway.command("emailgateway.verifydomain", {"DomainID": domain_id})
    assert reply["Success"], reply
    records = reply["Domain"]["VerificationMeta"]["DNSRecords"]
    for record in records:
        result = reply["DNSVerificationResults"][record["Host"]]
        assert result[0] == record["Type"] and isinstance(result[2], bool)
    return reply["Domain"]["Status"], {record["Purpose"]: record["Status"] for record in records}


def changed(records, purpose, value):
    """The same with another value of one record; None leaves it out."""
    return [{**record, "Value": value} if record["Purpose"] == purpose else record for record in records
            if record["Purpose"] != purpose or value is not None]


PURPOSES = ["MFROM", "DKIM", "SPF", "DMARC", "TRACKING"]


def test_the_template_is_the_documented_one(house):
    _, _, _, records = house
    found = {record["Purpose"]: (record["Host"], record["Type"], record["Value"]) for record in records}
    assert found["MFROM"] == ("sl.example.com", "CNAME", "gw.example.net")
    assert found["TRACKING"] == ("track-sl.example.com", "CNAME", "gw.example.net")
    assert found["SPF"] == ("example.com", "TXT", "v=spf1 include:gw.example.net ~all")
    assert found["DMARC"][:2] == ("_dmarc.example.com", "TXT")
    assert found["DKIM"][0].endswith("._domainkey.example.com")
    assert found["DKIM"][2].startswith("v=DKIM1; k=rsa; p=MII")
    assert all(record["Status"] == "unchecked" for record in records)


def test_right_records_pass_and_enable(house):
    knot, gateway, domain_id, records = house
    knot.publish({"example.com": zone_records(records)})
    assert verify(gateway, domain_id) == ("Enabled", dict.fromkeys(PURPOSES, "pass"))
    assert gateway.egctl("verifydomain", "example.com").returncode == 0


@pytest.mark.parametrize("purpose, wrong", [
    ("MFROM", "elsewhere.example.net"),
    ("DKIM", "v=DKIM1; k=rsa; p=" + "QUJD" * 60),
    ("SPF", "v=spf1 include:other.example.net ~all"),
    ("DMARC", "v=DMARC1; p=whatever"),
    ("TRACKING", "elsewhere.example.net"),
])
def test_one_wrong_record_fails_alone(house, purpose, wrong):
    knot, gateway, domain_id, records = house
    knot.publish({"example.com": zone_records(changed(records, purpose, wrong))})
    assert verify(gateway, domain_id) == ("Approval Pending", {**dict.fromkeys(PURPOSES, "pass"), purpose: "fail"})


@pytest.mark.parametrize("purpose", PURPOSES)
def test_one_missing_record_fails_alone(house, purpose):
    knot, gateway, domain_id, records = house
    knot.publish({"example.com": zone_records(changed(records, purpose, None))})
    assert verify(gateway, domain_id) == ("Approval Pending", {**dict.fromkeys(PURPOSES, "pass"), purpose: "fail"})
    done = gateway.egctl("verifydomain", "example.com", check=False)
    assert done.returncode == 6


def test_a_server_that_is_down_is_a_temporary_error_and_demotes_nobody(house):
    knot, gateway, domain_id, records = house
    knot.publish({"example.com": zone_records(records)})
    assert verify(gateway, domain_id)[0] == "Enabled"
    knot.stop()
    assert verify(gateway, domain_id) == ("Enabled", dict.fromkeys(PURPOSES, "temperror"))
    assert gateway.egctl("verifydomain", "example.com", check=False).returncode == 7


def test_records_are_judged_by_meaning(house):
    """Case and white space differ, the DKIM key is chunked otherwise, SPF and DMARC say more."""
    knot, gateway, domain_id, records = house
    by_purpose = {record["Purpose"]: record for record in records}
    dkim = by_purpose["DKIM"]["Value"].replace("v=DKIM1; k=rsa; p=", "v=DKIM1;k=rsa;t=s;p=")
    middle = len(dkim) // 2
    records = changed(records, "DKIM", dkim[:middle] + " " + dkim[middle:])
    records = changed(records, "SPF", "v=spf1 mx include:GW.example.net ip4:192.0.2.1 -all")
    records = changed(records, "DMARC", "v=DMARC1;p=reject; rua=mailto:dmarc@example.com")
    records = changed(records, "MFROM", "GW.Example.NET")
    knot.publish({"example.com": zone_records(records)})
    assert verify(gateway, domain_id) == ("Enabled", dict.fromkeys(PURPOSES, "pass"))


def test_two_spf_records_fail(house):
    knot, gateway, domain_id, records = house
    extra = [("@", "TXT", "v=spf1 -all")]
    knot.publish({"example.com": zone_records(records) + extra})
    assert verify(gateway, domain_id)[1]["SPF"] == "fail"
    knot.publish({"example.com": zone_records(records) + [("@", "TXT", "unrelated=1")]})
    assert verify(gateway, domain_id)[0] == "Enabled"


def test_a_changed_subdomain_makes_new_records(house):
    knot, gateway, domain_id, records = house
    knot.publish({"example.com": zone_records(records)})
    assert verify(gateway, domain_id)[0] == "Enabled"
    reply = gateway.command("emailgateway.updatedomain", {"DomainID": domain_id, "Subdomain": "out"})
    assert reply["SubdomainChanged"] is True
    assert reply["Domain"]["Status"] == "Approval Pending"
    hosts = {record["Purpose"]: record["Host"] for record in reply["Domain"]["VerificationMeta"]["DNSRecords"]}
    assert (hosts["MFROM"], hosts["TRACKING"]) == ("out.example.com", "track-out.example.com")


def record_of(gateway, domain_id, purpose):
    """The record of that purpose after verifydomain, and the warnings."""
    reply = gateway.command("emailgateway.verifydomain", {"DomainID": domain_id})
    return next(record for record in reply["Domain"]["VerificationMeta"]["DNSRecords"]
                if record["Purpose"] == purpose), reply["Warnings"]


@pytest.mark.parametrize("spf, status, says", [
    ("v=spf1 redirect=nested.example.com", "pass", ""),
    ("v=spf1 include:deep.example.com -all", "pass", ""),
    ("v=spf1 ?include:deep.example.com -all", "fail", "qualifier"),
    ("v=spf1 include:gw.example.net a/33 -all", "fail", "permerror"),
    ("v=spf1 include:gw.example.net include:nothing.example.com -all", "fail", "permerror"),
    ("v=spf1 include:gw.example.net include:loop.example.com -all", "fail", "more than 10"),
    ("v=spf1 include:gw.example.net a:x1.example.com a:x2.example.com a:x3.example.com", "fail", "find nothing"),
    ("v=spf1 include:gw.example.net mx:many.example.com", "fail", "more than 10 MX"),
    ("v=spf1\tinclude:gw.example.net", "fail", "no SPF record that receivers see"),
])
def test_spf_is_evaluated_as_receivers_do(house, spf, status, says):
    knot, gateway, domain_id, records = house
    extra = [("nested", "TXT", "v=spf1 include:gw.example.net -all"),
             ("deep", "TXT", "v=spf1 include:nested.example.com ?all"),
             ("loop", "TXT", "v=spf1 include:loop.example.com"),
             *[("many", "MX", f"{n} mx{n}.example.com.") for n in range(11)]]
    knot.publish({"example.com": zone_records(changed(records, "SPF", spf)) + extra})
    record, _ = record_of(gateway, domain_id, "SPF")
    assert (record["Status"], says in record["Error"]) == (status, True), record


def test_aliases_and_usual_mistakes_are_understood(house):
    knot, gateway, domain_id, records = house
    zone = zone_records(changed(changed(records, "MFROM", "alias.example.com"), "TRACKING", None))
    knot.publish({"example.com": zone + [("alias", "CNAME", "gw.example.net."), ("track-sl", "A", "192.0.2.7"),
                                         ("example.com.example.com.", "TXT", "unrelated=1")]})
    assert record_of(gateway, domain_id, "MFROM")[0]["Status"] == "pass"
    tracking = record_of(gateway, domain_id, "TRACKING")[0]
    assert tracking["Status"] == "fail" and "192.0.2.7" in tracking["Error"]
    zone = zone_records(changed(records, "MFROM", None))
    knot.publish({"example.com": zone + [("sl.example.com", "CNAME", "gw.example.net.")]})
    assert "added twice" in record_of(gateway, domain_id, "MFROM")[0]["Error"]
    dkim = next(record["Value"] for record in records if record["Purpose"] == "DKIM")
    knot.publish({"example.com": zone_records(changed(records, "DKIM", f'"{dkim}"'))})
    assert "quotation marks" in record_of(gateway, domain_id, "DKIM")[0]["Error"]
    knot.publish({"example.com": zone_records(changed(records, "DKIM", dkim[:250]))})
    assert "cut short" in record_of(gateway, domain_id, "DKIM")[0]["Error"]


def test_the_policy_of_the_organisational_domain_counts(house):
    knot, gateway, _, _ = house
    added = gateway.command("emailgateway.adddomain", {"DomainName": "mail.example.com"})
    knot.publish({"example.com": [("_dmarc", "TXT", "v=DMARC1; p=reject")]})
    record, _ = record_of(gateway, added["NewSenderDomainID"], "DMARC")
    assert record["Status"] == "pass" and record["Found"].endswith("(at _dmarc.example.com)")


def test_the_operators_own_records_are_warned_about(house):
    knot, gateway, domain_id, records = house
    knot.publish({"example.com": zone_records(records)})
    assert record_of(gateway, domain_id, "SPF")[1] == []
    knot.publish({"example.net": []})
    record, warnings = record_of(gateway, domain_id, "SPF")
    assert record["Status"] == "pass"
    assert len(warnings) == 2 and "gw.example.net has no SPF record" in warnings[0], warnings
    done = gateway.egctl("verifydomain", "example.com")
    assert "gw.example.net has no SPF record" in done.stderr


def test_a_silent_name_server_keeps_nobody_else_waiting(house):
    """Verifications end together with temperror; meanwhile mail is taken and the gateway is alive."""
    knot, gateway, domain_id, records = house
    knot.publish({"example.com": zone_records(records)})
    assert verify(gateway, domain_id)[0] == "Enabled"
    key = gateway.add_key(domain_id)
    knot.stop()
    found = []
    threads = [threading.Thread(target=lambda: found.append(verify(gateway, domain_id)), daemon=True)
               for _ in range(40)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", knot.port))
        for thread in threads:
            thread.start()
        silent.recv(512)  # the first question: rounds have begun
        for _ in range(20):
            assert gateway.request("GET", "/healthz").status == 200
            assert gateway.send(key, message()).status == 200
        assert found == [] and all(thread.is_alive() for thread in threads)
        for thread in threads:
            thread.join(60)
    assert found == [("Enabled", dict.fromkeys(PURPOSES, "temperror"))] * 40
