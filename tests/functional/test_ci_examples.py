"""The pipelines of config/ci-examples, run here against a real gateway and a real name server: each change is tested with a
test key, the main branch applies and verifies, and each night drift is noticed."""
import pytest

from gateway import BIN, ROOT
from pipeline import run_github, run_gitlab
from process import free_port
from test_verify_domain import GATEWAY_ZONE, zone_records
from test_verify_wait import check_junit, check_sarif


@pytest.fixture
def house(make_knot, make_gateway, tmp_path, monkeypatch):
    """(knot, gateway, run): the gateway is the pipelines'; its domain's records are published. run("github", "push") → jobs."""
    monkeypatch.setenv("PATH", f"{BIN}:/usr/sbin:/usr/bin:/sbin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    knot = make_knot({"example.com": [], "example.net": GATEWAY_ZONE}).start()
    gateway = make_gateway({"dns_records": None, "dns": {"servers": [knot.address]}}).start()
    added = gateway.command("emailgateway.adddomain", {"DomainName": "example.com"})
    knot.publish({"example.com": zone_records(added["Domain"]["VerificationMeta"]["DNSRecords"])})
    secrets = {"EGCTL_URL": f"http://127.0.0.1:{gateway.port}", "EGCTL_API_KEY": gateway.admin_key()}
    runs = []

    def run(runner, event, **variables):
        variables = {"MAIL_PORT": str(free_port()), "DNS_TIMEOUT": "20s", **variables}
        folder = tmp_path / f"run{len(runs)}"
        runs.append(run_github(ROOT, folder, event, secrets, variables) if runner == "github"
                    else run_gitlab(ROOT, folder, event, {**secrets, **variables}))
        return runs[-1]

    yield knot, gateway, run
    for text in (job.output for jobs in runs for job in jobs.values()):
        assert secrets["EGCTL_API_KEY"] not in text


def outputs(jobs):
    return "\n".join(f"==== {name}: {job.codes}\n{job.output}" for name, job in jobs.items())


CHANGE = {"github": "pull_request", "gitlab": "merge_request_event"}


@pytest.mark.parametrize("runner", ["github", "gitlab"])
def test_a_change_is_tested_and_its_plan_shown(house, runner):
    _, gateway, run = house
    jobs = run(runner, CHANGE[runner])
    assert jobs.keys() == {"application", "plan"} and all(job.passed for job in jobs.values()), outputs(jobs)
    assert "an address that does not exist is noticed" in jobs["application"].output
    assert " started version=" in jobs["application"].output  # the gateway's log is kept
    assert "+ webhook bounce to https://hooks.example.com/mail" in jobs["plan"].output, jobs["plan"].output
    assert gateway.command("lists.get")["Lists"] == []  # it was a plan


@pytest.mark.parametrize("runner", ["github", "gitlab"])
def test_the_main_branch_applies_and_verifies(house, runner):
    _, gateway, run = house
    jobs = run(runner, "push")
    assert jobs.keys() == {"application", "gateway"} and all(job.passed for job in jobs.values()), outputs(jobs)
    assert len(gateway.command("lists.get")["Lists"]) == 1
    assert set(check_junit(jobs["gateway"].folder / "dns.xml").values()) == {"pass"}
    assert check_sarif(jobs["gateway"].folder / "dns.sarif") == []
    nightly = run(runner, "schedule")
    assert nightly.keys() == {"drift"} and nightly["drift"].passed, outputs(nightly)
    domain_id = gateway.command("emailgateway.getdomains")["Domains"][0]["DomainID"]
    gateway.command("emailgateway.updatedomain", {"DomainID": domain_id, "LinkTracking": 1})
    drifted = run(runner, "schedule")
    assert list(drifted["drift"].codes.values())[-1] == 10, outputs(drifted)


@pytest.mark.parametrize("runner", ["github", "gitlab"])
def test_missing_records_fail_the_pipeline_and_say_which(house, runner):
    knot, _, run = house
    knot.publish({"example.com": []})
    jobs = run(runner, "push", DNS_TIMEOUT="1s")
    assert jobs["application"].passed and not jobs["gateway"].passed, outputs(jobs)
    verdicts = check_junit(jobs["gateway"].folder / "dns.xml")
    assert "failure" in verdicts.values()
    assert len(check_sarif(jobs["gateway"].folder / "dns.sarif")) == len([one for one in verdicts.values() if one == "failure"])
    if runner == "github":
        assert "::error" in jobs["gateway"].output


@pytest.mark.parametrize("runner", ["github", "gitlab"])
def test_nothing_is_applied_when_the_application_fails(house, runner):
    _, gateway, run = house
    jobs = run(runner, "push", MAIL_PORT=str(gateway.port))  # where no other can listen
    assert jobs.keys() == {"application"} and not jobs["application"].passed, outputs(jobs)
    assert gateway.command("lists.get")["Lists"] == []
