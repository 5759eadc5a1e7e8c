"""egctl batch FILE: many Commands over one connection."""
import json
import os
import re
import signal
import subprocess

from gateway import BIN
from waiting import wait_for


def lines(*requests):
    return "".join(json.dumps(request) + "\n" for request in requests)


def add(name):
    return {"Command": "emailgateway.adddomain", "DomainName": name}


def results(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_commands_of_many_kinds_run_in_order(shared_gateway, tmp_path):
    gateway = shared_gateway
    file = tmp_path / "commands.jsonl"
    file.write_text(lines(
        add("b1.example.com"),
        {"Command": "emailgateway.addapi", "DomainID": "b1.example.com", "Description": "batch"},
        {"Command": "emailgateway.updatedomain", "DomainID": "b1.example.com", "LinkTracking": False},
        {"Command": "suppression.import", "EmailAddresses": ["a@example.org", "b@example.org"], "Reason": "r"}))
    done = gateway.egctl("batch", file)
    found = results(done)
    assert [(one["Line"], one["Command"], one["ExitStatus"]) for one in found] == [
        (1, "emailgateway.adddomain", 0), (2, "emailgateway.addapi", 0), (3, "emailgateway.updatedomain", 0),
        (4, "suppression.import", 0)]
    assert found[1]["Answer"]["APIKey"]["APIKey"].startswith("eg_live_")
    assert found[2]["Answer"]["Domain"]["Options"]["LinkTracking"] == 0
    assert done.stderr == ""


def test_the_first_failure_decides_and_ends_it_unless_told_otherwise(shared_gateway):
    gateway = shared_gateway
    text = lines(add("b2.example.com"), add("localhost"), {"Command": "emailgateway.getdomain", "DomainID": 999999},
                 add("b3.example.com"))
    done = gateway.egctl("batch", "-", stdin=text, check=False)
    assert done.returncode == 1 and len(results(done)) == 2
    assert results(done)[1]["Errors"][0]["Code"] == 2
    assert "--start-line 2" in done.stderr
    done = gateway.egctl("batch", "-", "--keep-going", "--start-line", "2", stdin=text, check=False)
    assert done.returncode == 1
    assert [one["ExitStatus"] for one in results(done)] == [1, 5, 0]


def test_nothing_runs_when_a_line_is_no_object(shared_gateway):
    gateway = shared_gateway
    for wrong in ("[1, 2]", "no json", '"text"', '{"Command": "emailgateway.nothing"}'):
        done = gateway.egctl("batch", "-", stdin=lines(add("b4.example.com")) + wrong + "\n", check=False)
        assert done.returncode == 2 and "line 2" in done.stderr and done.stdout == ""
    assert gateway.egctl("getdomain", "b4.example.com", check=False).returncode == 5
    assert gateway.egctl("batch", "nowhere.jsonl", check=False).returncode == 2


def test_the_memory_is_bounded(shared_gateway, tmp_path):
    """100 MB of lines, of which none runs: a file and a pipe are read a line at a time."""
    line = json.dumps({**add("b5.example.com"), "Subdomain": "x" * 1_000_000}) + "\n"
    file = tmp_path / "large.jsonl"
    with file.open("w") as out:
        for _ in range(100):
            out.write(line)
        out.write("end\n")
    for name, before in ((file, []), ("-", ["sh", "-c", f"cat {file} | exec \"$@\"", "sh"])):
        with (tmp_path / "err").open("w+") as err:
            process = subprocess.Popen([*before, BIN / "egctl", "batch", name], stdin=subprocess.DEVNULL, stderr=err,
                                       env=environment(shared_gateway))
            _, status, usage = os.wait4(process.pid, 0)
            err.seek(0)
            assert os.waitstatus_to_exitcode(status) == 2 and "line 101" in err.read()
        assert usage.ru_maxrss < 90_000  # KiB; this process counts, from which it was forked


def environment(gateway):
    return {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}


def test_an_interrupted_batch_says_where_to_go_on(shared_gateway, tmp_path):
    gateway = shared_gateway
    file = tmp_path / "commands.jsonl"
    file.write_text(lines(*[{"Command": "emailgateway.getdomains"}] * 30_000))
    with subprocess.Popen([BIN / "egctl", "batch", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=environment(gateway)) as process:
        out = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = out + process.stdout.read(), process.stderr.read()
    assert process.returncode == 130
    last = json.loads(out.splitlines()[-1])["Line"]
    assert last == len(out.splitlines()) and int(re.search(r"--start-line (\d+)", err)[1]) == last + 1


def test_keys_are_made_ahead(make_gateway):
    gateway = make_gateway({"dns_records": None, "dkim": {"ready_keys": 4}}).start()
    wait_for(lambda: "DKIM keys ready" in gateway.log_text())
    found = results(gateway.egctl("batch", "-", stdin=lines(*[add(f"d{i}.example.com") for i in range(6)])))
    keys = {record["Value"] for one in found for record in one["Answer"]["Domain"]["VerificationMeta"]["DNSRecords"]
            if record["Purpose"] == "DKIM"}
    assert len(keys) == 6
