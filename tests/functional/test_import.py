"""Imports of files by egctl: in parts, wrong lines by number, memory bounded, stopped and resumed."""
import json
import os
import resource
import signal
import subprocess

import pytest
from gateway import BIN
from waiting import wait_for


@pytest.fixture
def house(gateway):
    return gateway, gateway.command("list.create", {"SubscriberListName": "l"})["ListID"]


def environment(gateway):
    return {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}


def test_wrong_lines_anywhere_are_reported_by_number_and_the_rest_imported(house, tmp_path):
    gateway, list_id = house
    lines = ["EmailAddress,FirstName"] + [f"u{n}@example.org,N{n}" for n in range(25_000)]
    wrong = {5: b"not an address,x", 9_000: b"caf\xe9@example.org,x", 15_001: b'"never,ends', 24_000: b"a\x01@example.org",
             24_002: b"many@example.org,a,b,c"}
    data = [line.encode() for line in lines]
    for number, line in wrong.items():
        data[number - 1] = line
    data[19_999] = b"U7@Example.org,twice"
    kept = 25_000 - len(wrong) - 1
    (tmp_path / "s.csv").write_bytes(b"\n".join(data) + b"\n")
    sum_ = gateway.egctl_json("subscribers.import", list_id, "--import-data-file", tmp_path / "s.csv")
    assert [row["Line"] for row in sum_["FailedLines"]] == sorted(wrong)
    assert (sum_["TotalImported"], sum_["TotalDuplicates"], sum_["TotalFailed"]) == (kept, 1, len(wrong))
    assert sum_["TotalData"] == 25_000
    again = gateway.egctl_json("subscribers.import", list_id, "--import-data-file", tmp_path / "s.csv")
    assert again["TotalImported"] == 0 and again["TotalDuplicates"] == kept + 1
    assert gateway.command("subscribers.get", {"ListID": list_id})["TotalSubscribers"] == kept


def test_suppressions_stream_from_standard_input_in_bounded_memory(house):
    gateway, _ = house
    child = subprocess.Popen([BIN / "egctl", "suppression.import", "--email-addresses-bulk-file", "-"],
                             env=environment(gateway), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for n in range(60_000):
        child.stdin.write(f"address-number-{n}@suppressed.example.org\n")
    child.stdin.write("wrong\n")
    out, _ = child.communicate(timeout=120)
    assert child.returncode == 0
    sum_ = json.loads(out)
    assert sum_["TotalImported"] == 60_000
    assert sum_["FailedLines"] == [{"Line": 60_001, "Error": "not a valid e-mail address"}]
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 200 * 1024  # KiB, of the largest child


def test_a_stopped_import_goes_on_where_it_says(house, tmp_path):
    gateway, list_id = house
    count = 60_000
    (tmp_path / "s.csv").write_text("".join(f"u{n}@example.org\n" for n in range(count)))
    words = [BIN / "egctl", "-o", "json", "subscribers.import", str(list_id), "--import-data-file", tmp_path / "s.csv"]
    child = subprocess.Popen(words, env=environment(gateway), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: gateway.command("subscribers.get", {"ListID": list_id})["TotalSubscribers"] > 0, seconds=60)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    line = int(err.split("--start-line ")[1])
    assert json.loads(out)["TotalImported"] == line - 1
    rest = gateway.egctl_json("subscribers.import", list_id, "--import-data-file", tmp_path / "s.csv", "--start-line",
                              line)
    assert rest["TotalImported"] == count - line + 1 and rest["TotalDuplicates"] == 0


def test_a_daemon_that_dies_half_way_says_where_to_go_on(house, tmp_path):
    gateway, list_id = house
    (tmp_path / "s.csv").write_text("".join(f"u{n}@example.org\n" for n in range(100_000)))
    words = [BIN / "egctl", "subscribers.import", str(list_id), "--import-data-file", tmp_path / "s.csv"]
    child = subprocess.Popen(words, env=environment(gateway), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: gateway.command("subscribers.get", {"ListID": list_id})["TotalSubscribers"] >= 10_000, seconds=60)
    gateway.kill()
    _, err = child.communicate(timeout=60)
    assert child.returncode == 3, err
    assert "continue with --start-line " in err
