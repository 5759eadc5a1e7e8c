"""Waiting for what another process will have done."""
import time


def wait_for(found, what="not in time", *, seconds=30):
    """The first true answer of `found()`; fails with `what` (a text, or a call that makes one) when none comes.

    Between two looks it sleeps: a loop that keeps the processor can starve a server in another thread of the test."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.02)
    return answer
