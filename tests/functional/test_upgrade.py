"""Upgrades from every schema there was, with the data directories that older egds left (tests/support/older_schemas.py)."""
import hashlib
import json
import sqlite3
import struct
import subprocess
import tarfile
import threading
import time

import pytest

from gateway import BIN, message
from older_schemas import MADE, NEWEST, OlderData
from waiting import wait_for

HOUR, DAY = 3600, 86400


def egd(*words):
    """(exit status, everything it said)"""
    run = subprocess.run([BIN / "egd", *map(str, words)], capture_output=True, timeout=60)
    return run.returncode, (run.stdout + run.stderr).decode()


def sound(data):
    status, said = egd("--check", "--data-dir", data)
    assert status == 0, said


class Upgraded:
    """A gateway on what an older egd left, at the time at which it did."""

    def __init__(self, make_gateway, sink, number, settings=None):
        self.gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1s"]},
                                     **(settings or {})})
        self.data = self.gateway.folder / "data"
        self.older = OlderData(self.data, number)
        self.facts, self.clock = self.older.facts, self.gateway.folder / "clock"
        self.then = self.facts["made_at"] - int(time.time())
        self.clock.write_bytes(struct.pack("q", self.then))

    def start(self):
        self.gateway.start({"LD_PRELOAD": str(BIN.parent / "lib/libwall_clock.so"), "WALL_CLOCK_OFFSET": str(self.clock)})

    def restart(self, later):
        """At a later time, by so many seconds."""
        self.gateway.stop()
        self.clock.write_bytes(struct.pack("q", self.then + later))
        self.start()


def holding(sink, mark):
    return [data for _, data in sink.received() if mark.encode() in data]


@pytest.mark.parametrize("number", range(1, NEWEST + 1))
def test_every_schema_would_become_sound(tmp_path, number):
    data = tmp_path / "data"
    OlderData(data, number)
    before = (data / "egd.db").read_bytes()
    status, said = egd("--check-upgrade", "--data-dir", data)
    assert status == 0, said
    if number == NEWEST:
        assert "nothing to upgrade" in said
    else:
        assert f"from schema {number} to {NEWEST}" in said and "then sound" in said, said
        assert f"{data}/egd-schema-{number}.db" in said
    assert (data / "egd.db").read_bytes() == before
    assert not [file for file in data.iterdir() if file.name.startswith(("egd-schema", "upgrade-check"))]


@pytest.mark.parametrize("number", sorted({2, *MADE}))
def test_what_an_older_egd_left_is_all_there_and_sent(make_gateway, make_sink, number):
    sink = make_sink()
    upgraded = Upgraded(make_gateway, sink, number)
    upgraded.start()
    gateway, facts, sent = upgraded.gateway, upgraded.facts, upgraded.facts["sent"]
    if number < NEWEST:
        with sqlite3.connect(upgraded.data / f"egd-schema-{number}.db") as copy:
            assert copy.execute("SELECT max(number) FROM migrations").fetchone() == (number,)
    sound(upgraded.data)
    told = {(event["event"], event["message"]["id"]) for event in gateway.events(facts["domain"])}
    for event, name in (("delivery", "delivered"), ("bounce", "bounced"), ("deferred", "deferred"), ("deferred", "large")):
        assert (event, sent[name]) in told
    assert gateway.command("user.current", key=facts["user_key"])["Success"]
    fresh = gateway.send(facts["key"], message(Subject="fresh"))
    assert fresh.status == 200, fresh.body
    wait_for(lambda: holding(sink, "Subject: fresh"), "new mail is not sent")
    upgraded.restart(2 * HOUR)
    for name in ("deferred", "large"):
        wait_for(lambda: holding(sink, sent[name]), f"{name} is not sent")
    [large] = holding(sink, sent["large"])
    assert b"3999 of a large content" in large
    assert b"d=example.com" in large  # signed with the key of then
    if "scheduled" in sent:
        assert not holding(sink, sent["scheduled"])
        upgraded.restart(2 * DAY + HOUR)
        wait_for(lambda: holding(sink, sent["scheduled"]), "scheduled mail is not sent")
    assert not holding(sink, sent["delivered"])  # not again
    gateway.stop()
    sound(upgraded.data)


def test_mail_posted_while_it_upgrades_is_refused_or_kept(make_gateway, make_sink):
    """And killed and started in between: none that was acknowledged is lost."""
    sink = make_sink()
    upgraded = Upgraded(make_gateway, sink, MADE[0])
    gateway, key = upgraded.gateway, upgraded.facts["key"]
    acknowledged, stop = [], threading.Event()

    def load(number):
        count = 0
        while not stop.is_set():
            count += 1
            try:
                reply = gateway.send(key, message(Subject=f"load-{number}-{count}."), timeout=10)
            except OSError:
                stop.wait(0.01)
                continue
            assert reply.status in (200, 503), reply.body
            if reply.status == 200:
                acknowledged.append(f"load-{number}-{count}.")

    threads = [threading.Thread(target=load, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        before = len(acknowledged)
        upgraded.start()
        wait_for(lambda: len(acknowledged) > before + 20, "nothing is accepted")
        gateway.kill()
    stop.set()
    for thread in threads:
        thread.join()
    upgraded.start()
    upgraded.restart(2 * HOUR)
    missing = set(acknowledged)

    def all_there():
        texts = b"".join(data for _, data in sink.received())
        missing.difference_update([mark for mark in missing if mark.encode() in texts])
        return not missing
    wait_for(all_there, lambda: f"lost: {missing}", seconds=60)
    for name in ("deferred", "large"):
        wait_for(lambda: holding(sink, upgraded.facts["sent"][name]), f"{name} is lost")
    print(f"\nacknowledged {len(acknowledged)}, lost {len(missing)}")
    gateway.stop()
    sound(upgraded.data)


def test_a_newer_database_is_refused_in_plain_words(make_gateway):
    gateway = make_gateway().start()
    gateway.stop()
    data = gateway.folder / "data"
    with sqlite3.connect(data / "egd.db") as database:
        database.execute("INSERT INTO migrations VALUES (9000, 'from_the_future', 'abc')")
    with pytest.raises(RuntimeError) as failure:
        gateway.start()
    assert "written by a newer egd" in str(failure.value)
    for words in (["--check"], ["--check-upgrade"]):
        status, said = egd(*words, "--data-dir", data)
        assert status == 1 and "written by a newer egd" in said


def test_a_backup_of_an_older_egd_is_restored(tmp_path, make_gateway, make_sink):
    """As its egctl backup made it: the files of its directory."""
    older = OlderData(tmp_path / "older", MADE[-1])
    with sqlite3.connect(older.folder / "egd.db") as database:
        database.execute("PRAGMA journal_mode = DELETE")  # a backup holds no log
    status, said = egd("--check", "--data-dir", older.folder)
    if MADE[-1] < NEWEST:
        assert status == 1 and "of an older egd" in said
    gateway = make_gateway()
    gateway.start()
    gateway.egctl("backup", tmp_path / "now.tar.zst")
    gateway.stop()
    file = repack(tmp_path, older.folder)
    status, said = egd("--restore", file, "--data-dir", tmp_path / "restored")
    assert status == 0, said
    sound(tmp_path / "restored")


def repack(tmp_path, folder):
    """The backup now.tar.zst with these files in the place of its own."""
    plain, made = tmp_path / "now.tar", tmp_path / "older.tar"
    subprocess.run(["zstd", "-dqf", tmp_path / "now.tar.zst", "-o", plain], check=True)
    with tarfile.open(plain) as archive:
        last = archive.getmembers()[-1]
        facts = json.load(archive.extractfile(last))
    digest = hashlib.sha256()
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and
             (path.name in ("egd.db", "admin.key", "master.key") or path.parent.name == "segments")]
    with tarfile.open(made, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in files:
            name = str(path.relative_to(folder))
            archive.add(path, name)
            digest.update(name.encode() + path.read_bytes())
        facts.update(Files=len(files), SHA256=digest.hexdigest())
        text = tmp_path / "facts"
        text.write_text(json.dumps(facts))
        archive.add(text, last.name)
    file = tmp_path / "older.tar.zst"
    subprocess.run(["zstd", "-qf", made, "-o", file], check=True)
    return file
