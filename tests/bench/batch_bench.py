#!/usr/bin/python3
"""Messages accepted a second in batches beside single requests, on the same egd, interleaved in the same minutes.

Usage: batch_bench.py BIN_DIR [--rounds 3] [--seconds 5] [--batch 100]
Needs wrk. Prints one JSON line. 2 KiB messages, full sync; from one connection, and from 50 for single requests, 4 for
batches.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

from accept_bench import HERE, Egd, read_result


def rate(egd, path, connections, seconds, batch):
    """Messages a second."""
    settings = {"BATCH": str(batch)} if batch else {}
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", HERE / "accept.lua",
                           f"http://127.0.0.1:{egd.port}{path}"], stdout=subprocess.PIPE, text=True, check=True,
                          env=dict(os.environ, SENDER_KEY=egd.key, **settings))
    result = read_result(done.stdout)
    if result["errors"]:
        raise SystemExit(f"{result['errors']} requests failed")
    return result["rate"] * max(batch, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=100)
    options = parser.parse_args()
    runs = {"single_1": [], "batch_1": [], "single_50": [], "batch_4": []}
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="egd-bench-") as root:
            egd = Egd(options.bin_dir.resolve(), pathlib.Path(root), True)
            try:
                for name, taken in runs.items():
                    kind, connections = name.split("_")
                    path, batch = ("/api/v1/email/batch", options.batch) if kind == "batch" else ("/api/v1/email", 0)
                    taken.append(rate(egd, path, connections, options.seconds, batch))
            finally:
                egd.stop()
    medians = {name: round(statistics.median(taken)) for name, taken in runs.items()}
    print(json.dumps({"bench": "batch", **medians, "one_connection": round(medians["batch_1"] / medians["single_1"], 1),
                      "many_connections": round(medians["batch_4"] / medians["single_50"], 1)}))


if __name__ == "__main__":
    main()
