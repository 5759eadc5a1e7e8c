#!/usr/bin/python3
"""egctl beside curl making the same request of the same egd, interleaved: what a command line costs to start.

Usage: egctl_bench.py BIN_DIR [--rounds 200]
Prints one JSON line: the median wall time of each in milliseconds, and the ratio to curl's. `getdomain` is one request
with an ID; `--version` is none, compared with curl's one request all the same, and with curl --version.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))


def milliseconds(words, env):
    start = time.perf_counter()
    subprocess.run(words, env=env, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin_dir")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--egctl", help="another egctl than that of BIN_DIR")
    arguments = parser.parse_args()
    os.environ["EGD_BIN_DIR"] = arguments.bin_dir
    from gateway import Gateway
    egctl = arguments.egctl or pathlib.Path(arguments.bin_dir, "egctl")
    gateway = Gateway()
    try:
        gateway.start()
        domain_id, _ = gateway.add_domain("example.com")
        env = {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}
        body = json.dumps({"Command": "emailgateway.getdomain", "DomainID": domain_id})
        commands = {
            "curl": ["curl", "-s", "--unix-socket", gateway.socket, "-H", "Content-Type: application/json",
                     "--data-binary", body, "http://localhost/api.php"],
            "curl_version": ["curl", "--version"],
            "egctl_getdomain": [egctl, "getdomain", str(domain_id)],
            "egctl_version": [egctl, "--version"],
        }
        times = {name: [] for name in commands}
        for _ in range(arguments.rounds):
            for name, words in commands.items():
                times[name].append(milliseconds(words, env))
    finally:
        gateway.remove()
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(json.dumps({"bench": "egctl", "rounds": arguments.rounds,
                      "median_ms": {name: round(value, 2) for name, value in medians.items()},
                      "getdomain_over_curl": round(medians["egctl_getdomain"] / medians["curl"], 2),
                      "version_over_curl": round(medians["egctl_version"] / medians["curl"], 2),
                      "version_over_curl_version": round(medians["egctl_version"] / medians["curl_version"], 2)}))


main()
