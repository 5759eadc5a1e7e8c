"""egctl verifydomain --wait and its reports, against a real authoritative server."""
import json
import subprocess
import threading
import xml.etree.ElementTree as ElementTree

import pytest
from gateway import BIN, ROOT
from waiting import wait_for
from test_verify_domain import GATEWAY_ZONE, zone_records


@pytest.fixture
def house(make_knot, make_gateway):
    """(knot, gateway, records to publish by domain): two domains added, their zones still empty."""
    knot = make_knot({"example.com": [], "example.org": [], "example.net": GATEWAY_ZONE}).start()
    gateway = make_gateway({"dns_records": None, "dns": {"servers": [knot.address]}}).start()
    records = {}
    for domain in ("example.com", "example.org"):
        added = gateway.command("emailgateway.adddomain", {"DomainName": domain})
        records[domain] = added["Domain"]["VerificationMeta"]["DNSRecords"]
    return knot, gateway, records


def check_junit(path):
    """{test case: verdict} of a report, which must be valid by Jenkins' schema, its counts true."""
    judged = subprocess.run(["xmllint", "--noout", "--schema", ROOT / "tests/support/junit.xsd", path],
                            capture_output=True, timeout=60)
    assert judged.returncode == 0, judged.stderr
    root = ElementTree.parse(path).getroot()
    assert root.tag == "testsuites"
    verdicts, totals = {}, {"tests": 0, "failures": 0, "errors": 0}
    for suite in root:
        assert suite.tag == "testsuite" and suite.attrib["name"]
        counts = {"tests": 0, "failures": 0, "errors": 0}
        for case in suite:
            assert case.tag == "testcase" and set(case.attrib) == {"name", "classname", "time"}
            assert case.attrib["classname"] == suite.attrib["name"]
            problems = list(case)
            assert len(problems) <= 1
            counts["tests"] += 1
            verdict = problems[0].tag if problems else "pass"
            if problems:
                assert verdict in ("failure", "error") and set(problems[0].attrib) == {"type", "message"}
                assert problems[0].text.startswith("expected: ")
                counts[verdict + "s"] += 1
            verdicts[suite.attrib["name"], case.attrib["name"]] = verdict
        assert {name: int(suite.attrib[name]) for name in counts} == counts
        assert float(suite.attrib["time"]) >= 0
        totals = {name: totals[name] + counts[name] for name in totals}
    assert {name: int(root.attrib[name]) for name in totals} == totals
    return verdicts


def check_sarif(path):
    """The results of a report, which must be valid by SARIF's schema, and have what GitHub demands of a result."""
    judged = subprocess.run(["node", "validate_sarif.mjs"], cwd=ROOT / "tests/support", input=path.read_bytes(),
                            capture_output=True, timeout=60)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    log = json.loads(path.read_text())
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "egctl"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids) and all(rule["shortDescription"]["text"] for rule in driver["rules"])
    assert all(call["executionSuccessful"] in (True, False) for call in run["invocations"])
    fingerprints = set()
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert ids[result["ruleIndex"]] == result["ruleId"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        fingerprints.add(tuple(result["partialFingerprints"].values()))
    assert len(fingerprints) == len(run["results"])
    return run["results"]


def test_waiting_ends_when_the_records_are_published(house):
    knot, gateway, records = house
    domain_ids = {one["SenderDomain"]: one["DomainID"]
                  for one in gateway.command("emailgateway.getdomains")["Domains"]}

    def looked_at(domain):
        found = gateway.command("emailgateway.getdomain", {"DomainID": domain_ids[domain]})["Domain"]
        return all(record["Status"] != "unchecked" for record in found["VerificationMeta"]["DNSRecords"])

    def publish():
        wait_for(lambda: all(map(looked_at, records)), "the first look was not taken")
        knot.publish({domain: zone_records(records[domain], domain) for domain in records})

    publisher = threading.Thread(target=publish)
    publisher.start()
    done = gateway.egctl("verifydomain", "example.com", "example.org", "--wait", "--interval", "1s", "--timeout",
                         "50s", check=False)
    publisher.join()
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert [answer["Domain"]["Status"] for answer in answers] == ["Enabled", "Enabled"]
    assert "0 of 10 records pass; looking again in 1s" in done.stderr
    assert "fail       SPF TXT example.com: expected \"v=spf1 include:gw.example.net ~all\", found " in done.stderr
    assert "pass       SPF TXT example.com\n" in done.stderr
    assert "\x1b" not in done.stderr


def test_each_exit_code_and_its_reports(house, tmp_path):
    knot, gateway, records = house
    junit, sarif = tmp_path / "dns.xml", tmp_path / "dns.sarif"
    reports = ["--report", f"junit={junit}", "--report", f"sarif={sarif}", "--report", "github"]

    done = gateway.egctl("verifydomain", "example.com", "example.org", "--wait", "--timeout", "2s", "--interval", "1s",
                         *reports, check=False)
    assert done.returncode == 8 and "timed out after 2s: 10 of 10 records do not pass" in done.stderr
    verdicts = check_junit(junit)
    assert set(verdicts.values()) == {"failure"} and len(verdicts) == 10
    assert ("example.org", "SPF TXT example.org") in verdicts
    assert len(check_sarif(sarif)) == 10
    annotations = [line for line in done.stderr.splitlines() if line.startswith("::error title=DNS of example.")]
    assert len(annotations) == 10

    knot.publish({"example.com": zone_records([r for r in records["example.com"] if r["Purpose"] != "SPF"])})
    assert gateway.egctl("verifydomain", "example.com", *reports, check=False).returncode == 6
    assert check_junit(junit)["example.com", "SPF TXT example.com"] == "failure"
    assert [result["properties"]["purpose"] for result in check_sarif(sarif)] == ["SPF"]

    knot.publish({"example.com": zone_records(records["example.com"])})
    done = gateway.egctl("verifydomain", "example.com", *reports)
    assert "::notice" in done.stderr and check_sarif(sarif) == []
    assert set(check_junit(junit).values()) == {"pass"}

    knot.stop()
    done = gateway.egctl("verifydomain", "example.com", *reports, check=False)
    assert done.returncode == 7 and "::warning title=DNS of example.com::" in done.stderr
    assert set(check_junit(junit).values()) == {"error"}
    assert {result["level"] for result in check_sarif(sarif)} == {"warning"}

    assert gateway.egctl("verifydomain", "example.com", "nowhere.example", check=False).returncode == 5


def test_reports_are_valid_whatever_the_dns_holds(house, tmp_path):
    knot, gateway, _ = house
    junit, sarif = tmp_path / "dns.xml", tmp_path / "dns.sarif"
    odd = "v=spf1 <a b=\"c'\">&amp; ]]> \x01\x7f\ud7ff\ue000\ufffe\uffff\U0001f600 %0A::error::x"
    knot.publish({"example.com": [("example.com.", "TXT", odd)]})
    done = gateway.egctl("verifydomain", "example.com", "--report", f"junit={junit}", "--report", f"sarif={sarif}",
                         "--report", "github", check=False)
    assert done.returncode == 6
    assert check_junit(junit)["example.com", "SPF TXT example.com"] == "failure"
    found = {result["properties"]["purpose"]: result["properties"]["found"] for result in check_sarif(sarif)}
    assert found["SPF"].startswith("v=spf1 <a b=\"c'\">&amp; ]]> \\x01\\x7f")
    assert "%250A::error::x" in done.stderr


def test_a_terminal_sees_the_state_redrawn(house):
    _, gateway, _ = house
    words = [BIN / "egctl", "verifydomain", "example.com", "--wait", "--timeout", "2s", "--interval", "1s"]
    command = " ".join(map(str, words))
    env = {"PATH": "/usr/bin:/bin", "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}",
           "TERM": "xterm", "SHELL": "/bin/sh"}
    done = subprocess.run(["script", "-qec", command, "/dev/null"], env=env, capture_output=True, timeout=60)
    assert done.returncode == 8
    assert b"\x1b[6A\x1b[J" in done.stdout, done.stdout  # five records and a line of status
    env["NO_COLOR"] = "1"
    done = subprocess.run(["script", "-qec", command.replace("--wait --timeout 2s --interval 1s", ""), "/dev/null"],
                          env=env, capture_output=True, timeout=60)
    assert done.returncode == 6 and b"\x1b" not in done.stdout and b"found" not in done.stderr
