"""Domain verification against a real authoritative server: right, wrong, missing, down."""
import pytest

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
