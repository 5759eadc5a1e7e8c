"""egctl dnsrecords: each format is taken by the program it is for, or by a reader of its language."""
import json
import shutil
import subprocess

import dns.message
import dns.query
import pytest
import yaml
from gateway import ROOT, Gateway
from knot import Knot
from test_verify_domain import GATEWAY_ZONE


@pytest.fixture(scope="module")
def house():
    """(knot, gateway): example.com with a long DKIM key; its zone has an SPF record of its own."""
    knot = Knot({"example.com": [("@", "TXT", "v=spf1 mx ip4:192.0.2.1 -all"), ("@", "TXT", "other=1")],
                 "example.net": GATEWAY_ZONE}).start()
    gateway = Gateway({"dns_records": None, "dns": {"servers": [knot.address]}})
    try:
        gateway.start()
        assert gateway.command("emailgateway.adddomain", {"DomainName": "example.com"})["Success"]
        yield knot, gateway
    finally:
        gateway.remove()
        knot.remove()


def records(gateway, *words):
    return gateway.egctl("dnsrecords", "example.com", *words).stdout


def published(gateway):
    """{(host, type): value} as getdomain has them."""
    domain = gateway.egctl_json("getdomain", "example.com")["Domain"]
    return {(r["Host"], r["Type"]): r["Value"] for r in domain["VerificationMeta"]["DNSRecords"]}


def test_bind_output_is_served_by_a_real_name_server_and_verifies(house, make_gateway):
    knot, gateway = house
    lines = records(gateway, "--format", "bind", "--ttl", "1", "--dns-server", knot.address, "--merge-spf")
    text = Knot.zone_text("example.com", [("@", "TXT", "other=1")]) + lines

    class Loaded(Knot):
        @staticmethod
        def zone_text(zone, records):
            return text if zone == "example.com" else Knot.zone_text(zone, records)

    loaded = Loaded({"example.com": [], "example.net": GATEWAY_ZONE}).start()
    try:
        for (host, kind), value in published(gateway).items():
            reply = dns.query.tcp(dns.message.make_query(host, kind), "127.0.0.1", port=loaded.port, timeout=5)
            found = ["".join(part.decode() for part in record.strings) if kind == "TXT" else str(record)
                     for answer in reply.answer for record in answer]
            if value.startswith("v=spf1"):
                assert sorted(found) == ["other=1", "v=spf1 mx ip4:192.0.2.1 include:gw.example.net -all"]
            else:
                assert found == [value if kind == "TXT" else value + "."]
        judge = make_gateway({"dns_records": None, "dns": {"servers": [loaded.address]}}).start()
        judge.command("emailgateway.adddomain", {"DomainName": "example.com"})
        checked = judge.egctl("verifydomain", "example.com", "--field",
                              "Domain.VerificationMeta.DNSRecords[].Status", check=False).stdout.split()
        assert checked.count("pass") == 4 and checked.count("fail") == 1  # its own DKIM key is another
    finally:
        loaded.remove()


def test_json_and_table_name_every_record(house):
    _, gateway = house
    rows = json.loads(records(gateway))["Records"]
    assert {(r["Host"], r["Type"]): r["Value"] for r in rows} == published(gateway)
    for row in rows:
        if row["Type"] == "TXT":
            assert "".join(row["Strings"]) == row["Value"] and max(map(len, row["Strings"])) <= 255
    assert any(len(row.get("Strings", [])) > 1 for row in rows)
    table = records(gateway, "--format", "table")
    assert all(host in table and value in table for (host, _), value in published(gateway).items())


def test_octodns_is_yaml_in_its_order(house):
    _, gateway = house
    zone = yaml.safe_load(records(gateway, "--format", "octodns"))
    found = {}
    for name, record in zone.items():
        assert list(record) == sorted(record)
        host = f"{name}.example.com" if name else "example.com"
        value = record["value"].replace("\\;", ";") if record["type"] == "TXT" else record["value"].removesuffix(".")
        assert record["type"] != "CNAME" or record["value"].endswith(".")
        assert record["type"] != "TXT" or ";" not in record["value"].replace("\\;", "")
        found[host, record["type"]] = value
    assert found == published(gateway)
    assert list(zone) == sorted(zone)


def test_dnscontrol_is_javascript_that_says_the_same(house, tmp_path):
    _, gateway = house
    script = tmp_path / "dnsconfig.js"
    script.write_text("""
const found = [];
const text = value => Array.isArray(value) ? value.join("") : value;
function TTL(seconds) { return {ttl: seconds}; }
function TXT(name, value, ttl) { return {name, type: "TXT", value: text(value), ...ttl}; }
function CNAME(name, value, ttl) { return {name, type: "CNAME", value, ...ttl}; }
function D_EXTEND(zone, ...records) { found.push(...records.map(record => ({zone, ...record}))); }
""" + records(gateway, "--format", "dnscontrol") + "console.log(JSON.stringify(found));\n")
    done = subprocess.run(["node", script], check=True, capture_output=True, text=True)
    found = {}
    for record in json.loads(done.stdout):
        assert record["zone"] == "example.com" and record["ttl"] == 3600
        host = "example.com" if record["name"] == "@" else record["name"] + ".example.com"
        assert record["type"] != "CNAME" or record["value"].endswith(".")
        found[host, record["type"]] = record["value"].removesuffix(".")
    assert found == published(gateway)


def hcl_resources(text, kind, tmp_path):
    """The resources of a kind, as HashiCorp's parser reads them; terraform itself has nothing to reformat."""
    done = subprocess.run(["node", ROOT / "tests/support/hcl_json.mjs"], input=text, check=True, capture_output=True,
                          text=True)
    (tmp_path / "dns.tf").write_text(text)
    if shutil.which("terraform"):
        subprocess.run(["terraform", "fmt", "-check", "-diff", tmp_path / "dns.tf"], check=True)
    found = json.loads(done.stdout)
    assert all(one["zone_id"] == "${var.example_com_zone_id}" for (one,) in found["resource"][kind].values())
    assert "example_com_zone_id" in found["variable"]
    return [one for (one,) in found["resource"][kind].values()]


def joined(text, between):
    """A TXT value whose strings are of at most 255 bytes."""
    strings = text.split(between)
    assert max(map(len, strings)) <= 255
    return "".join(strings)


@pytest.mark.parametrize("name", ["terraform", "terraform-route53"])
def test_terraform_is_hcl_for_route_53(house, tmp_path, name):
    _, gateway = house
    found = {(one["name"], one["type"]): one
             for one in hcl_resources(records(gateway, "--format", name, "--ttl", "300"), "aws_route53_record", tmp_path)}
    assert len(found) == len(published(gateway))
    for (host, kind), value in published(gateway).items():
        one = found[host, kind]
        (made,) = one["records"]
        # The provider puts one pair of quotes around a TXT value; "" between two strings ends and begins one.
        assert (joined(made, '""') if kind == "TXT" else made.removesuffix(".")) == value
        assert one["ttl"] == 300


def test_terraform_is_hcl_for_cloudflare(house, tmp_path):
    _, gateway = house
    text = records(gateway, "--format", "terraform-cloudflare")
    found = {(one["name"], one["type"]): one for one in hcl_resources(text, "cloudflare_dns_record", tmp_path)}
    assert len(found) == len(published(gateway))
    for (host, kind), value in published(gateway).items():
        one = found[host, kind]
        assert (joined(one["content"][1:-1], '" "') if kind == "TXT" else one["content"]) == value
        assert one["proxied"] is False and one["ttl"] == 3600


def test_spf_is_merged_with_what_is_there_or_refused(house):
    knot, gateway = house
    index = [r["Purpose"] for r in json.loads(records(gateway))["Records"]].index("SPF")
    spf = ["--field", f"Records[{index}].Value"]
    assert records(gateway, *spf) == "v=spf1 include:gw.example.net ~all\n"
    assert records(gateway, *spf, "--merge-spf", "--dns-server", knot.address) == \
        "v=spf1 mx ip4:192.0.2.1 include:gw.example.net -all\n"
    assert records(gateway, *spf, "--existing-spf", "v=spf1 a ~all") == "v=spf1 a include:gw.example.net ~all\n"
    many = "v=spf1 " + " ".join(f"include:i{n}.example" for n in range(10)) + " -all"
    done = gateway.egctl("dnsrecords", "example.com", "--existing-spf", many)
    assert "more than ten DNS look-ups" in done.stderr

    def exit_code(*words):
        return gateway.egctl("dnsrecords", "example.com", "--merge-spf", *words, check=False).returncode

    zone = knot.zones["example.com"]
    knot.publish({"example.com": zone + [("@", "TXT", "v=spf1 -all")]})
    assert exit_code("--dns-server", knot.address) == 6
    knot.publish({"example.com": []})
    assert records(gateway, *spf, "--merge-spf", "--dns-server", knot.address) == \
        "v=spf1 include:gw.example.net ~all\n"
    knot.publish({"example.com": zone})
    assert exit_code("--dns-server", "127.0.0.1:9") == 7
    assert exit_code("--dns-server", "ns.example.com") == 2
    assert gateway.egctl("dnsrecords", "nowhere.example", check=False).returncode == 5


def test_it_has_help_a_manual_and_completions(house):
    _, gateway = house
    text = gateway.egctl("dnsrecords", "--help").stdout
    manual = (ROOT / "man/egctl-dnsrecords.1").read_text()
    bash = (ROOT / "completions/egctl.bash").read_text()
    for option in ("--format", "--merge-spf", "--existing-spf", "--dns-server", "--zone", "--ttl"):
        assert option in text and option in bash
        assert option[2:].replace("-", "\\-") in manual
