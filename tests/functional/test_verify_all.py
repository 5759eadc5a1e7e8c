"""egctl verifydomain --all, and what the domains' own name servers say."""
import json
import xml.etree.ElementTree

import pytest
from name_server import NameServer
from test_verify_domain import GATEWAY_ZONE, zone_records

NAMES = [f"d{number}.example.com" for number in range(12)]


@pytest.fixture
def house(make_knot, make_gateway):
    """(knot, gateway, {domain: records to publish}): twelve domains in one zone, which is still empty."""
    knot = make_knot({"example.com": [], "example.net": GATEWAY_ZONE}).start()
    gateway = make_gateway({"dns_records": None, "dns": {"servers": [knot.address]}}).start()
    text = "".join(json.dumps({"Command": "emailgateway.adddomain", "DomainName": name}) + "\n" for name in NAMES)
    done = gateway.egctl("batch", "-", stdin=text)
    answers = [json.loads(line)["Answer"]["Domain"] for line in done.stdout.splitlines()]
    return knot, gateway, {one["SenderDomain"]: one["VerificationMeta"]["DNSRecords"] for one in answers}


def publish(knot, wanted, without=()):
    knot.publish({"example.com": [record for name, records in wanted.items() if name not in without
                                  for record in zone_records(records)]})


def test_all_domains_are_verified_and_the_worst_decides(house, tmp_path):
    knot, gateway, wanted = house
    publish(knot, wanted, NAMES[3:4])
    report = tmp_path / "dns.xml"
    done = gateway.egctl("verifydomain", "--all", "-o", "table", "--report", f"junit={report}", check=False)
    assert done.returncode == 6
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    assert [line[:2] for line in lines] == [["fail" if name == NAMES[3] else "pass", name] for name in NAMES]
    assert lines[3][2] == "MFROM, DKIM, SPF, DMARC, TRACKING"
    suites = xml.etree.ElementTree.parse(report).getroot()
    assert [int(suite.get("failures")) for suite in suites] == [5 * (name == NAMES[3]) for name in NAMES]
    publish(knot, wanted)
    done = gateway.egctl("verifydomain", "--all")
    assert [one["Domain"]["Status"] for one in json.loads(done.stdout)] == ["Enabled"] * len(NAMES)
    knot.stop()
    done = gateway.egctl("verifydomain", "--all", "--report", "github", check=False)
    assert done.returncode == 7 and done.stderr.count("::warning") == 5 * len(NAMES)


def test_waiting_for_all_domains(house):
    knot, gateway, wanted = house
    publish(knot, wanted, NAMES[3:4])
    done = gateway.egctl("verifydomain", "--all", "--wait", "--timeout", "2s", "--interval", "1s", check=False)
    assert done.returncode == 8 and "5 of 60 records do not pass" in done.stderr
    publish(knot, wanted)
    assert gateway.egctl("verifydomain", "--all", "--wait", "--timeout", "30s").returncode == 0


def test_all_takes_no_domain_and_none_is_done(make_gateway):
    gateway = make_gateway().start()
    assert json.loads(gateway.egctl("verifydomain", "--all").stdout) == []
    assert gateway.egctl("verifydomain", "--all", "example.com", check=False).returncode == 2
    assert gateway.egctl("verifydomain", "--all", "--dns-server", "127.0.0.1", check=False).returncode == 2


def test_a_new_record_that_resolvers_do_not_see_yet_is_told(make_knot, make_gateway):
    """The gateway's resolver has an old SPF record and nothing else; the domain's own server has the new ones."""
    old = "v=spf1 -all"
    stale = NameServer(lambda name, kind: [f'"{old}"'] if (name, kind) == ("example.com.", "TXT") else [])
    knot = make_knot({"example.com": []}).start()
    try:
        gateway = make_gateway({"dns_records": None, "dns": {"servers": [stale.address]}}).start()
        added = gateway.command("emailgateway.adddomain", {"DomainName": "example.com"})
        wanted = added["Domain"]["VerificationMeta"]["DNSRecords"]
        knot.publish({"example.com": [record for record in zone_records(wanted) if "track" not in record[0]]})
        done = gateway.egctl("verifydomain", "example.com", "--authoritative", "--dns-server", knot.address, check=False)
        assert done.returncode == 6
        found = {record["Purpose"]: record
                 for record in json.loads(done.stdout)["Domain"]["VerificationMeta"]["DNSRecords"]}
        spf = next(record["Value"] for record in wanted if record["Purpose"] == "SPF")
        assert (found["SPF"]["Found"], found["SPF"]["AuthoritativeValue"]) == (old, spf)
        assert found["SPF"]["AuthoritativeTTL"] == 1 and found["SPF"]["AuthoritativeServer"] == "ns.example.com"
        assert found["MFROM"]["AuthoritativeValue"] == "gw.example.net"
        assert "AuthoritativeValue" not in found["TRACKING"]
        assert "SPF TXT example.com: the domain's own server ns.example.com answers as expected; " \
               "resolvers may keep what they have for up to 1 s" in done.stderr
        table = gateway.egctl("verifydomain", "example.com", "-o", "table", "--authoritative", "--dns-server",
                              knot.address, check=False).stdout
        assert f"at ns.example.com: {spf}" in table
    finally:
        stale.remove()
