"""egctl dnsrecords --check: a zone file before it is published, judged as name servers and verifydomain judge it."""
import json
import subprocess

import pytest
from knot import Knot
from test_verify_domain import GATEWAY_ZONE


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """(gateway, knot, example.com's zone file as dnsrecords prints it)."""
    from gateway import Gateway
    knot = Knot({"example.com": [], "example.net": GATEWAY_ZONE}).start()
    gateway = Gateway({"dns_records": None, "dns": {"servers": [knot.address]}})
    try:
        gateway.start()
        assert gateway.command("emailgateway.adddomain", {"DomainName": "example.com"})["Success"]
        head = Knot.zone_text("example.com", []).replace("$ORIGIN example.com.\n", "")
        yield gateway, knot, head + gateway.egctl("dnsrecords", "example.com", "--format", "bind").stdout
    finally:
        gateway.remove()
        knot.remove()


def check(gateway, text, *words):
    return gateway.egctl("dnsrecords", "example.com", "--check", "-", *words, stdin=text, check=False)


def named_checkzone(text, tmp_path):
    """Whether BIND would load it."""
    (tmp_path / "zone").write_text(text)
    return subprocess.run(["named-checkzone", "-q", "example.com", tmp_path / "zone"]).returncode == 0


def test_what_dnsrecords_prints_passes_its_check_bind_and_the_gateway(house, tmp_path):
    gateway, knot, text = house
    done = check(gateway, text)
    assert done.returncode == 0
    assert {record["Status"] for record in json.loads(done.stdout)["DNSRecords"]} == {"pass"}
    assert named_checkzone(text, tmp_path)


def test_missing_and_wrong_records_are_named(house):
    gateway, _, text = house
    lines = text.splitlines()
    without = "\n".join(line for line in lines if not line.startswith("_dmarc.")) + "\n"
    done = check(gateway, without)
    assert done.returncode == 6
    failed = [record for record in json.loads(done.stdout)["DNSRecords"] if record["Status"] != "pass"]
    assert [(record["Purpose"], record["Host"]) for record in failed] == [("DMARC", "_dmarc.example.com")]
    assert "no such record" in failed[0]["Error"]
    table = check(gateway, without, "-o", "table").stdout
    assert "fail" in table and "_dmarc.example.com" in table
    doubled = text.replace("_dmarc.example.com.", "_dmarc.example.com")
    assert "lacks its final dot" in check(gateway, doubled).stdout
    assert check(gateway, text + '@ TXT "v=spf1 -all"\n').returncode == 6


@pytest.mark.parametrize("wrong", [
    'x TXT "no end', "x TXT ( a", "x TXXT a", "x CNAME a b", "x MX mx", "x TXT " + "a" * 256, "x 300 IN", "x A 192.0.2.1 )",
    "$TTL never", "x..y A 192.0.2.1"])
def test_what_bind_does_not_load_is_refused_with_its_line(house, tmp_path, wrong):
    gateway, _, text = house
    text += wrong + "\n"
    assert not named_checkzone(text, tmp_path)
    done = check(gateway, text)
    assert done.returncode == 2 and done.stdout == ""
    assert f"line {len(text.splitlines())} " in done.stderr


def test_a_file_written_by_hand_is_understood_as_bind_does(house, tmp_path):
    gateway, _, text = house
    records = json.loads(gateway.egctl("dnsrecords", "example.com").stdout)["Records"]
    value = {record["Purpose"]: record["Value"] for record in records}
    host = {record["Purpose"]: record["Name"] for record in records}
    key = value["DKIM"]
    text = f"""$TTL 1h
@\tIN SOA ns hostmaster (2026112601 ; serial
\t\t1h 10m 1w 5m)
\tNS ns
\tTXT ( "v=spf1 mx "   ; two strings
\t\t"include:gw.example.net -all" )
ns A 127.0.0.1
$ORIGIN _domainkey.example.com.
{host["DKIM"].split(".")[0]} 300 IN TXT "{key[:200]}" "{key[200:]}"
$ORIGIN example.com.
_dmarc IN 300 TXT v=DMARC1\\;p=none
{host["MFROM"]} CNAME GW.example.net.
{host["TRACKING"]} CNAME {host["MFROM"]}
"""
    assert named_checkzone(text, tmp_path)
    done = check(gateway, text)
    assert done.returncode == 0, done.stdout


def test_a_check_is_of_one_file_alone(house):
    gateway, _, text = house
    assert gateway.egctl("dnsrecords", "example.com", "--check", "nowhere", check=False).returncode == 2
    assert check(gateway, text, "--format", "bind").returncode == 2
