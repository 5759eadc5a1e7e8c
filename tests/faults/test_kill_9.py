"""kill -9 at random instants, with all entry points in use: nothing acknowledged is lost, and only what was under way is
delivered twice."""
import os
import random
import subprocess
import time

from all_entries import AllEntries, House
from gateway import BIN

ROUNDS = int(os.environ.get("EGD_FAULT_ROUNDS", "8"))


def test_kill_9_loses_nothing(make_gateway, make_sink, make_receiver):
    house = House(make_gateway, make_sink, make_receiver)
    load = AllEntries(house).start()
    for _ in range(ROUNDS):
        time.sleep(random.uniform(0.2, 1.0))
        load.kill()
        house.start()
    load.stop()
    verdict = load.verdict()
    print("\nkill -9:", verdict)
    assert verdict["http"] > ROUNDS and verdict["smtp"] > ROUNDS and verdict["bounces"] and verdict["clicks"]
    house.gateway.stop()
    subprocess.run([BIN / "egd", "--check", "--data-dir", house.gateway.folder / "data"], check=True)
