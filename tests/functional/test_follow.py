"""egctl getevents --follow against a real egd: live, resumed, across a restart, stopped in each way."""
import json
import os
import selectors
import signal
import subprocess
import time

from gateway import BIN, message


class Follower:
    """A running `egctl getevents … --follow`."""

    def __init__(self, gateway, *words):
        env = {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}
        self.child = subprocess.Popen([BIN / "egctl", "getevents", "example.com", "--follow", *words], env=env,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.child.stdout, selectors.EVENT_READ)

    def events(self, count, seconds=20):
        """The next `count` events."""
        deadline, found = time.monotonic() + seconds, []
        while len(found) < count:
            assert self.selector.select(deadline - time.monotonic()), f"only {found}"
            line = self.child.stdout.readline()
            assert line, self.child.stderr.read()
            found.append(json.loads(line))
        return found

    def end(self, number=signal.SIGINT):
        """(exit code, standard error) after the signal."""
        self.child.send_signal(number)
        _, err = self.child.communicate(timeout=20)
        return self.child.returncode, err


def test_events_are_followed_resumed_and_survive_a_restart(gateway):
    _, key = gateway.add_domain("example.com")
    assert gateway.send(key, message()).status == 200
    follower = Follower(gateway)
    first = follower.events(1)[0]
    assert first["event"] == "accepted" and first["recipient"] == "jane@example.org"
    assert gateway.send(key, message(To=[{"email": "joe@example.org"}])).status == 200
    seen = {first["Sequence"]}
    while True:  # deliveries to nowhere are deferred in between
        event = follower.events(1)[0]
        assert event["Sequence"] not in seen
        seen.add(event["Sequence"])
        if event["event"] == "accepted":
            assert event["recipient"] == "joe@example.org"
            break
    gateway.stop()
    gateway.start()
    assert gateway.send(key, message(To=[{"email": "late@example.org"}])).status == 200
    while event["recipient"] != "late@example.org":
        event = follower.events(1)[0]
        assert event["Sequence"] not in seen
        seen.add(event["Sequence"])
    code, err = follower.end()
    assert code == 0
    assert "--after-sequence" in err
    again = Follower(gateway, "--after-sequence", str(first["Sequence"]))
    assert again.events(1)[0]["Sequence"] > first["Sequence"]
    assert again.end(signal.SIGTERM)[0] == 0


def test_a_reader_that_goes_away_ends_following_and_never_reads_as_done(gateway):
    _, key = gateway.add_domain("example.com")
    assert gateway.send(key, message()).status == 200
    follower = Follower(gateway)
    follower.events(1)
    follower.child.stdout.close()
    assert follower.child.wait(20) == 1
    assert "standard output" in follower.child.stderr.read()
