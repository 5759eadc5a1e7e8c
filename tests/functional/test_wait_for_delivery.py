"""egctl sendemail --wait-for delivery: it exits by what became of the message."""
import json
import os
import pty
import re
import signal
import subprocess

import pytest
from gateway import BIN
from waiting import wait_for


@pytest.fixture
def sink(make_sink):
    return make_sink()


@pytest.fixture
def house(make_gateway, sink):
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1h"]}}).start()
    gateway.domain_id, gateway.key = gateway.add_domain()
    return gateway


WORDS = ["--subject", "Hello", "--from", "john@example.com", "--plain-content", "Hello", "--wait-for", "delivery",
         "--interval", "1s"]


def environment(house):
    return {"PATH": os.environ["PATH"], "HOME": str(house.folder), "EGCTL_URL": f"unix:{house.socket}",
            "EGCTL_API_KEY": house.key}


def send(house, *words, to=("jane@example.org",), check=None):
    recipients = [word for address in to for word in ("--to", address)]
    done = house.egctl("sendemail", *WORDS, *recipients, *words, check=False, environment={"EGCTL_API_KEY": house.key})
    if check is not None:
        assert done.returncode == check, done.stderr
    return done


def states(done):
    return {one["Recipient"]: one["State"] for one in json.loads(done.stdout)["Recipients"]}


def test_a_delivered_message_is_0_and_shown_as_getemail_does(house, sink):
    done = send(house, to=("jane@example.org", "bob@example.org"), check=0)
    assert states(done) == {"jane@example.org": "delivered", "bob@example.org": "delivered"} and done.stderr == ""
    assert len(sink.messages()) == 1 or len(sink.messages()) == 2
    one = send(house, "--field", "Recipients[].State", check=0)
    assert one.stdout == "delivered\n"


def test_one_that_bounces_among_others_is_10(house, sink):
    sink.refuse("gone@example.org", "550 5.1.1 No such user")
    done = send(house, to=("jane@example.org", "gone@example.org"), check=10)
    assert states(done) == {"jane@example.org": "delivered", "gone@example.org": "bounced"}
    assert "not all are delivered: 1 bounced, 1 delivered" in done.stderr
    # The address is in the suppression list now: it gets nothing, which is no delivery.
    again = send(house, to=("jane@example.org", "gone@example.org"), check=10)
    assert "1 suppressed" in again.stderr or "rejected" in again.stderr


def test_one_that_is_deferred_times_out_with_8_and_stays_queued(house, sink):
    sink.refuse("jane@example.org", "450 4.2.0 Greylisted")
    done = send(house, "--timeout", "3s", check=8)
    sent = re.search(r"timed out after 3s: 1 (?:deferred|queued); look again with egctl getemail (\S+)", done.stderr)
    assert sent and states(done) == {"jane@example.org": "deferred"}
    assert house.egctl_json("getemail", sent[1])["Recipients"][0]["State"] == "deferred"


def test_a_refused_message_is_not_waited_for(house):
    done = send(house, "--reply-to", "nobody", check=None)
    assert done.returncode in (1, 2) and done.stdout == ""
    assert send(house, "--timeout", "5x", check=2).stdout == ""
    for words in (["--wait-for", "opening"], ["--interval", "1s"]):
        wrong = house.egctl("sendemail", *WORDS[:6], "--to", "jane@example.org", *words, check=False,
                            environment={"EGCTL_API_KEY": house.key})
        assert wrong.returncode == 2 and words[0] in wrong.stderr
    assert house.events(house.domain_id) == []


def test_an_interrupt_ends_the_waiting_and_says_where_to_look(house):
    house.egctl("queue.pause", "example.org")
    child = subprocess.Popen([BIN / "egctl", "sendemail", *WORDS, "--to", "jane@example.org"], env=environment(house),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: house.events(house.domain_id), "the message is accepted")
        child.send_signal(signal.SIGINT)
        _, text = child.communicate(timeout=30)
    finally:
        child.kill()
        child.wait()
    # A signal that comes before egctl waits ends it as any program.
    assert child.returncode in (130, -signal.SIGINT)
    assert child.returncode != 130 or "look again with egctl getemail" in text


def all_from(terminal):
    """What was written to a terminal that nobody has open any more."""
    text = b""
    try:
        while piece := os.read(terminal, 4096):
            text += piece
    except OSError:  # EIO: that is its end
        pass
    return text.decode()


def test_progress_is_on_the_terminal_and_nowhere_else(house):
    house.egctl("queue.pause", "example.org")
    leader, follower = pty.openpty()
    try:
        done = subprocess.run([BIN / "egctl", "sendemail", *WORDS, "--to", "jane@example.org", "--timeout", "2s"],
                              env=environment(house), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower,
                              text=True, timeout=60, check=False)
        os.close(follower)
        shown = all_from(leader)
    finally:
        os.close(leader)
    assert done.returncode == 8 and json.loads(done.stdout)["TotalRecipients"] == 1
    assert re.search(r"\r\x1b\[K1 queued; [12]s left", shown), shown
    assert "timed out after 2s" in shown
