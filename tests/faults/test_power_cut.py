"""A power cut at any instant: what egd asked of the disk is logged, and at each sync, and torn in between, the directory
is made again as a disk could have it then. Every one must be sound, and hold every mail acknowledged before."""
import os
import random
import re
import subprocess
import sqlite3
import struct
import time

import pytest

from all_entries import AllEntries, House
from disk_shim import SEND, SYNC, Disk, DiskShim, lay_out
from gateway import BIN, Gateway
from older_schemas import MADE, OlderData
from waiting import wait_for

CUTS = int(os.environ.get("EGD_FAULT_CUTS", "8"))  # of all that there are; 0: every one
SHARES = (0.0, 0.5, 1.0)  # of what was not synced, on the disk all the same


def acknowledged_in(call):
    """The IDs of messages that this, sent into a socket, acknowledges."""
    text = call.bytes.decode(errors="replace")
    if text.startswith("HTTP/1.1 200") and '"MessageID":"' in text:
        return re.findall(r'"MessageID":"([0-9a-f-]{36})"', text)
    return re.findall(r"^250 2\.0\.0 Ok: queued as ([0-9a-f-]{36})", text)


def check(data):
    run = subprocess.run([BIN / "egd", "--check", "--data-dir", data], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def known(data):
    """Messages that are queued or finished."""
    database = sqlite3.connect(data / "egd.db")
    rows = database.execute(
        "SELECT lower(hex(id)) FROM messages WHERE number IN (SELECT message FROM recipients UNION ALL "
        "SELECT message FROM events WHERE type IN (1, 3, 4))").fetchall()
    database.close()
    return {f"{it[:8]}-{it[8:12]}-{it[12:16]}-{it[16:20]}-{it[20:]}" for (it,) in rows}


class Cuts:
    """Replays a log and looks at some of its instants, each before and after a sync, for each share."""

    def __init__(self, shim, tmp_path, judge, files=None):
        self.files = files  # there to begin with
        self.shim, self.folder, self.judge = shim, tmp_path / "cut", judge
        self.random, self.figures = random.Random(4711), {"syncs": 0, "cuts": 0, "torn": 0, "acknowledged": 0}

    def run(self):
        calls = list(self.shim.calls())
        syncs = [at for at, call in enumerate(calls) if call.operation == SYNC]
        self.figures["syncs"] = len(syncs)
        chosen = set(syncs if CUTS == 0 else self.random.sample(syncs, min(CUTS, len(syncs))))
        disk, acknowledged = Disk(self.files), set()
        for at, call in enumerate(calls):
            if at in chosen:
                for share in SHARES:
                    self.look(disk, share, acknowledged, f"before call {at}")
            if call.operation == SEND:
                acknowledged.update(acknowledged_in(call))
            else:
                disk.take(call)
            if at in chosen:
                self.look(disk, 0.0, acknowledged, f"after call {at}")
        self.figures["acknowledged"] = len(acknowledged)
        return self.figures

    def look(self, disk, share, acknowledged, where):
        lay_out(disk.after_power_cut(self.random, share), self.shim.data, self.folder)
        self.judge(self.folder, set(acknowledged), f"{where}, share {share}, {self.folder}")
        subprocess.run(["rm", "-rf", self.folder], check=True)
        self.figures["cuts"] += 1
        self.figures["torn"] += 0 < share < 1


def begin(data):
    """egd starts on it."""
    gateway = Gateway({"data_dir": str(data)})
    try:
        gateway.start()
        gateway.stop()
    finally:
        gateway.remove()


def sound_with_all(data, acknowledged, where):
    status, said = check(data)
    if status != 0 and not acknowledged:  # the first start has not ended: the next one begins again
        begin(data)
        status, said = check(data)
    assert status == 0, (where, said)
    lost = acknowledged - known(data)
    assert not lost, (where, lost)


@pytest.fixture
def loaded(make_gateway, make_sink, make_receiver):
    """run(faults) → the shim, whose log has a load with faults in it."""
    def run(faults):
        house = House(make_gateway, make_sink, make_receiver, on_shim=True)
        load = AllEntries(house, pause=0.05).start()
        faults(house.shim, load)
        load.stop()
        house.gateway.kill()
        return house.shim
    return run


def test_at_any_instant_under_load(loaded, tmp_path):
    shim = loaded(lambda shim, load: wait_for(lambda: len(load.sent()) >= 60, "no load", seconds=60))
    figures = Cuts(shim, tmp_path, sound_with_all).run()
    print("\npower cut:", figures)
    assert figures["acknowledged"] >= 60


def test_after_syncs_that_failed(loaded, tmp_path):
    """What a failed sync was to write is gone for good, and nobody may have been told that it is there."""
    def fail_at_times(shim, load):
        for _ in range(6):
            before = len(load.sent())
            wait_for(lambda: len(load.sent()) >= before + 5, "it did not recover", seconds=60)
            shim.fail("sync")
            failures = shim.failures()
            wait_for(lambda: shim.failures() > failures + 2, "nothing failed")
            shim.fail(None)
    shim = loaded(fail_at_times)
    figures = Cuts(shim, tmp_path, sound_with_all).run()
    print("\npower cut after failed syncs:", {**figures, "failed": shim.failures()})


def test_while_it_upgrades(tmp_path):
    """The old schema, or the new one, and never one in between."""
    older, shim = OlderData(tmp_path / "data", MADE[0]), DiskShim(tmp_path, tmp_path / "data")
    (tmp_path / "clock").write_bytes(struct.pack("q", older.facts["made_at"] - int(time.time())))
    gateway = Gateway({"data_dir": str(shim.data)}, tmp_path)
    first = {str(path): path.read_bytes() if path.is_file() else None for path in sorted(shim.data.rglob("*"))
             if not path.name.endswith("-shm")}
    clock = str(BIN.parent / "lib/libwall_clock.so")
    gateway.start({**shim.environment, "LD_PRELOAD": f"{shim.environment['LD_PRELOAD']}:{clock}",
                   "WALL_CLOCK_OFFSET": str(tmp_path / "clock")})
    gateway.kill()
    seen = {"old": 0, "new": 0}

    def old_or_new(folder, acknowledged, where):
        status, said = check(folder)
        if "of an older egd" in said:
            seen["old"] += 1
            tried = subprocess.run([BIN / "egd", "--check-upgrade", "--data-dir", folder], capture_output=True, text=True)
            assert tried.returncode == 0, (where, tried.stderr)
            return
        assert status == 0, (where, said)
        seen["new"] += 1
        assert (folder / f"egd-schema-{MADE[0]}.db").exists(), where

    figures = Cuts(shim, tmp_path, old_or_new, first).run()
    print("\npower cut while it upgrades:", {**figures, **seen})
    assert seen["old"] and seen["new"]
    assert set(older.facts["sent"].values()) - {older.facts["sent"]["delivered"]} <= known(tmp_path / "data")
