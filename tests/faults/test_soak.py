"""All entry points under load for a while, with faults: memory, descriptors and what is on the disk stay flat, and nothing
acknowledged is lost. EGD_SOAK_SECONDS: how long; 30 minutes by `sh tests/run.sh --long`.

The wall clock runs ahead, six hours each half minute, and events are kept for a day: so what is kept is two minutes' worth,
and upkeep has as much to delete as there comes in.
"""
import json
import os
import statistics
import subprocess
import time

from all_entries import AllEntries, House
from disk_shim import DiskShim
from gateway import BIN
from waiting import wait_for
from wall import Wall

SECONDS = int(os.environ.get("EGD_SOAK_SECONDS", "20"))
PAUSE = 0.2  # of each of eight senders
HOUR, HALF_MINUTE, FAULT_SECONDS = 3600, 30, 2
MIB = 1024 * 1024
IS_LONG = SECONDS >= 900  # else there is no time to warm up: clean-up runs once a minute


def environment(gateway):
    """What fails and jumps, for an egd on this gateway's directory."""
    gateway.wall = Wall(gateway.folder)
    gateway.shim = DiskShim(gateway.folder, gateway.folder / "data", logs=False)
    both = f"{gateway.wall.environment['LD_PRELOAD']}:{gateway.shim.environment['LD_PRELOAD']}"
    return {**gateway.wall.environment, **gateway.shim.environment, "LD_PRELOAD": both}


class Faults:
    """One after the other, each for a while and then mended."""

    def __init__(self, house, load):
        self.house, self.load, self.count = house, load, 0
        shim, server = house.gateway.shim, house.receiver
        healthy = server.answer
        self.kinds = [
            ("sync fails", lambda: shim.fail("sync"), lambda: shim.fail(None)),
            ("mail server down", lambda: house.sink.fail("banner:421"), house.sink.fail),
            ("disk full", lambda: shim.fail("full"), lambda: shim.fail(None)),
            ("webhooks fail", lambda: setattr(server, "answer", lambda handler, _: handler.reply(500)),
             lambda: setattr(server, "answer", healthy)),
            ("replies lost", lambda: house.sink.fail("drop-after-dot%20"), house.sink.fail),
            ("torn writes", lambda: shim.fail("torn"), lambda: shim.fail(None)),
            ("reload", lambda: house.gateway.process.signal(1), lambda: None),
            ("clock set back", lambda: self.turn(-HOUR), lambda: None),
        ]

    def turn(self, seconds):
        self.house.gateway.wall.jump(self.house.gateway.wall.offset + seconds)

    def next(self):
        _, begin, end = self.kinds[self.count % len(self.kinds)]
        self.count += 1
        begin()
        time.sleep(FAULT_SECONDS)
        end()


def sample(house):
    folder = house.gateway.folder / "data"
    files = [path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.exists()]
    return {"resident_mib": house.gateway.memory("VmRSS") / MIB,
            "descriptors": len(os.listdir(f"/proc/{house.gateway.process.pid}/fd")),
            "database_mib": (folder / "egd.db").stat().st_size / MIB, "data_mib": sum(files) / MIB}


def forget_contents(load):
    """Of mails that nobody answers any more."""
    mails = load.house.sink.server.messages
    for mail in mails[max(0, load.forgotten):min(load.bouncer.mailbox.done, load.reader.mailbox.done)]:
        mail.data = mail.data[:mail.data.index(b"\r\n\r\n")]
        load.forgotten += 1


def mean(samples, what):
    return round(statistics.mean(one[what] for one in samples), 1)


def told_bounces(house):
    return {json.loads(one.body)["message"]["id"] for one in list(house.receiver.taken) if one.path == "/bounced"}


def lost(load):
    """As AllEntries.missing, of a gateway that has forgotten most events. What was given up has a bounce, and its sender
    was told: mail that waits ten minutes is five days old here."""
    house = load.house
    clicks = house.rows("SELECT coalesce(sum(click), 0) FROM day_counts")[0][0]
    return {"messages": len(load.sent() - load.copies().keys() - told_bounces(house)),
            "bounces": len(set(load.bouncer.acknowledged) - told_bounces(house)),
            "clicks": max(0, len(load.reader.acknowledged) - clicks), "queued": house.queued()}


def test_all_stays_flat(make_gateway, make_sink, make_receiver):
    house = House(make_gateway, make_sink, make_receiver, environment=environment,
                  retention={"events_days": 1, "content_days": 0})
    load = AllEntries(house, http_senders=4, smtp_senders=4, pause=PAUSE).start()
    load.forgotten, faults, samples = 0, Faults(house, load), []
    began = time.monotonic()
    turned = killed = 0
    while (passed := time.monotonic() - began) < SECONDS:
        if passed // HALF_MINUTE > turned:
            turned = passed // HALF_MINUTE  # those that a busy machine missed are not caught up with
            faults.turn(6 * HOUR)
        if killed < 2 and passed > SECONDS * (killed + 1) / 12:  # in the time to warm up: memory begins again with it
            killed += 1
            load.kill()
            house.start()
        if faults.count < passed // (HALF_MINUTE if IS_LONG else 5):
            faults.next()
        samples.append({"at": round(passed), **sample(house)})
        forget_contents(load)
        if IS_LONG and len(samples) % 60 == 0:
            print(json.dumps({**samples[-1], "sent": len(load.sent())}), flush=True)
        time.sleep(1)
    load.stop()
    found = {}
    wait_for(lambda: not any((found.update(lost(load)), found)[1].values()), lambda: f"lost: {found}\n{house.gateway.log_text()[-5000:]}", seconds=120)
    assert load.wrong() == []
    after = [one for one in samples if one["at"] >= SECONDS / 4]
    first, last = after[:len(after) // 4], after[-(len(after) // 4):]
    figures = {what: [mean(first, what), mean(last, what)] for what in
               ("resident_mib", "descriptors", "database_mib", "data_mib")}
    print(json.dumps({"soak": SECONDS, "messages": len(load.sent()), "bounces": len(load.bouncer.acknowledged),
                      "clicks": len(load.reader.acknowledged), "webhooks": len(house.receiver.taken),
                      "egctl": len(load.operator.acknowledged), "kill -9": killed, "faults": faults.count,
                      "disk failures": house.gateway.shim.failures(), "clock turned": turned,
                      "delivered twice": len(load.twice()),
                      "given up": len((load.sent() - load.copies().keys()) & told_bounces(house)), "lost": sum(found.values()), **figures}), flush=True)
    assert figures["resident_mib"][1] < figures["resident_mib"][0] * (1.2 if IS_LONG else 2)
    assert figures["descriptors"][1] < figures["descriptors"][0] + (30 if IS_LONG else 100)  # connections to the mail server
    if IS_LONG:
        assert figures["database_mib"][1] < figures["database_mib"][0] * 1.3
    house.gateway.stop()
    subprocess.run([BIN / "egd", "--check", "--data-dir", house.gateway.folder / "data"], check=True)
