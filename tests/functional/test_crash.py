"""kill -9 under load, again and again: every acknowledged message is delivered, and twice only when the kill came
between the receiver's answer and our record of it."""
import collections
import http.client
import os
import random
import re
import threading
import time

from gateway import message
from waiting import wait_for

ROUNDS = int(os.environ.get("EGD_CRASH_ROUNDS", "50"))
CLIENTS = 4
IN_FLIGHT_SECONDS = 1.0  # a delivery older than this at the kill must have been recorded


class Load(threading.Thread):
    """Posts messages, one after the other, until told to stop; remembers the acknowledged ones."""

    def __init__(self, gateway, key, number):
        super().__init__(daemon=True)
        self.gateway, self.key, self.number = gateway, key, number
        self.acknowledged, self.refused, self.cut_off, self.unreachable = [], [], 0, 0
        self.stopping = threading.Event()

    def run(self):
        count = 0
        while not self.stopping.wait(0.01):
            count += 1
            mark = f"crash-{self.number}-{count}"
            try:
                reply = self.gateway.send(self.key, message(Subject=mark), timeout=10)
            except ConnectionRefusedError:
                self.unreachable += 1
                continue
            except (OSError, http.client.HTTPException):
                self.cut_off += 1
                continue
            if reply.status == 200:
                self.acknowledged.append(mark)
            elif reply.status != 503:
                self.refused.append((mark, reply.status, reply.body))


def marks(sink):
    """{mark: times at which a copy was received}"""
    seen = collections.defaultdict(list)
    for at, data in sink.log():
        found = re.search(rb"^Subject: (crash-\S+)", data, re.MULTILINE)
        seen[found[1].decode()].append(at)
    return seen


def test_kill_9_under_load_loses_nothing(make_gateway, make_sink):
    sink = make_sink()
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1s"]},
                            "log": {"level": "warning"}})
    gateway.start()
    _, key = gateway.add_domain()
    clients = [Load(gateway, key, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    kills = []
    for _ in range(ROUNDS):
        time.sleep(random.uniform(0.1, 0.5))
        kills.append(time.time())
        gateway.kill()
        gateway.start()
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join()

    acknowledged = [mark for client in clients for mark in client.acknowledged]
    assert [refusal for client in clients for refusal in client.refused] == []
    missing = set(acknowledged)

    def all_delivered():
        missing.difference_update(marks(sink))
        return not missing

    wait_for(all_delivered, lambda: f"missing: {missing}", seconds=120)
    seen = marks(sink)
    twice = {mark: times for mark, times in seen.items() if len(times) > 1}
    print(f"\nkills {len(kills)}, acknowledged {len(acknowledged)}, requests cut off "
          f"{sum(client.cut_off for client in clients)}, messages received {len(seen)}, missing {len(missing)}, "
          f"received twice {len(twice)}")
    assert len(acknowledged) > ROUNDS
    for mark, times in twice.items():
        for earlier, later in zip(times, times[1:]):
            between = [kill for kill in kills if earlier - 0.05 <= kill <= later]
            assert between and between[0] - earlier < IN_FLIGHT_SECONDS, (mark, times)
    gateway.stop()
