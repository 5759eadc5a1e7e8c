"""What is acknowledged has been synced before. A kill -9 cannot show it, for the kernel keeps what was written; so the
order of egd's own calls is looked at."""
import pathlib

import pytest
from gateway import message
from system_trace import SystemTrace, places

MARK = "the-marked-message"


@pytest.fixture
def traced(make_gateway):
    """(gateway, trace): an egd whose calls are noted from its first start on."""
    gateway = make_gateway()
    trace = SystemTrace(gateway.folder, MARK)
    gateway.start(trace.environment)
    return gateway, trace


def accept_marked(gateway, trace, **changes):
    """(calls, the place of the 200 to a message with the mark in it)."""
    _, key = gateway.add_domain()
    before = len(trace.calls())
    assert gateway.send(key, message(**changes)).status == 200
    calls = trace.calls()
    replies = places(calls, "send", "]", "HTTP/1.1 200", before)
    assert len(replies) == 1
    return calls, replies[0]


def check_synced_between(calls, path, first, last):
    """The file, or directory, was synced after the one call and before the other."""
    assert [at for at in places(calls, "sync", path) if first < at < last], (path, first, last, calls[first:last + 1])


def test_a_message_is_in_the_synced_log_before_its_acknowledgement(traced):
    calls, replied = accept_marked(*traced, Subject=MARK)
    written = places(calls, "write", "/egd.db-wal", "mark")
    assert written
    check_synced_between(calls, "/egd.db-wal", written[0], replied)


def test_a_large_content_is_synced_before_the_commit_that_names_it(traced):
    gateway, trace = traced
    calls, replied = accept_marked(gateway, trace, Subject=MARK, PlainContent=f"{MARK}\n" + "x" * 100_000)
    segment = "/segments/00000001"
    folder, made = places(calls, "mkdir", "/segments"), places(calls, "open", segment, "create")
    in_segment, in_log = places(calls, "write", segment, "mark"), places(calls, "write", "/egd.db-wal", "mark")
    assert folder and made and in_segment and in_log
    check_synced_between(calls, segment, in_segment[-1], in_log[0])
    check_synced_between(calls, "/segments", made[0], in_log[0])  # its name in the directory
    check_synced_between(calls, "/data", folder[0], in_log[0])  # and the directory's own
    check_synced_between(calls, "/egd.db-wal", in_log[0], replied)


@pytest.mark.parametrize("name", ["master.key", "admin.key"])
def test_a_secret_is_synced_before_it_gets_its_name(traced, name):
    calls = traced[1].calls()
    named = [call for call in calls if call.name in ("link", "rename") and call.what.endswith(f"/{name}")]
    assert len(named) == 1
    scratch, ready = named[0].path, places(calls, "send", "]", "READY=1")
    assert pathlib.Path(scratch).name.startswith(name) and ready
    written = places(calls, "write", scratch)
    assert written
    check_synced_between(calls, scratch, written[-1], named[0].at)
    check_synced_between(calls, "/data", named[0].at, ready[0])
