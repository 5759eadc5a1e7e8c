#!/usr/bin/python3
"""Durable HTTP accept beside Postfix's durable accept, on the same disk, interleaved in the same minutes.

Usage: accept_bench.py BIN_DIR [--rounds 3] [--seconds 8]
Needs the packages marked `bench`. Prints one JSON line. 2 KiB messages, 50 connections, full sync everywhere:
A is egd, B is Postfix under smtp-source, C is the same egd with one commit a message.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wrk(port, key, seconds, **settings):
    """The running generator of accept.lua, with these of its settings."""
    return subprocess.Popen(["wrk", "-t1", "-c50", f"-d{seconds}s", "-s", HERE / "accept.lua",
                             f"http://127.0.0.1:{port}/api/v1/email"], stdout=subprocess.PIPE, text=True,
                            env=dict(os.environ, SENDER_KEY=key, **{name: str(of) for name, of in settings.items()}))


def post(port, key, messages, **settings):
    """Returns when so many are accepted; a few more may be."""
    generator = wrk(port, key, 600, MESSAGES=messages, **settings)
    while generator.stdout.readline() != "ENOUGH\n":
        if generator.poll() is not None:
            raise SystemExit("wrk ended early")
    generator.send_signal(signal.SIGINT)
    generator.communicate()


def read_result(output):
    return json.loads(re.search(r"RESULT (.*)", output)[1])


class Egd:
    """egd on a directory of its own, delivering nowhere unless a smarthost is given; knows its sender key. `more` ends
    its configuration."""

    def __init__(self, bin_dir, root, group_commit, smarthost="127.0.0.1:1", more=""):
        self.port, sock = free_port(), root / "egd.sock"
        config = root / "egd.toml"
        config.write_text(f"""
data_dir = "{root}/data"
dns_records = []
[http]
listen = ["127.0.0.1:{self.port}"]
unix_socket = "{sock}"
[delivery]
route = "smarthost"
smarthost = "{smarthost}"
allow_networks = ["127.0.0.0/8"]
[limits]
api_requests = 0
scheduled_messages = 0
[store]
group_commit = {str(group_commit).lower()}
[log]
level = "error"
{more}
""")
        self.process = subprocess.Popen([bin_dir / "egd", "--config", config])
        env = dict(os.environ, EGCTL_URL=f"unix:{sock}")
        self.egctl = lambda *words: subprocess.run([bin_dir / "egctl", *words], env=env, check=True,
                                                   capture_output=True, text=True).stdout.strip()
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
        self.egctl("adddomain", "bench.example.com")
        self.key = self.egctl("addapi", "bench", "bench.example.com", "--field", "APIKey.APIKey")

    def measure(self, seconds):
        result = read_result(wrk(self.port, self.key, seconds).communicate()[0])
        if result["errors"]:
            raise SystemExit(f"egd refused {result['errors']} messages")
        return result

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Postfix:
    def __init__(self, root):
        self.root, self.port = root, free_port()
        self.run("start", str(self.port))

    def run(self, action, *words):
        subprocess.run(["sh", HERE / "postfix_instance.sh", action, self.root, *words], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def measure(self, messages=4000):
        start = time.monotonic()
        subprocess.run(["smtp-source", "-s", "50", "-m", str(messages), "-l", "2048", "-f", "a@bench.example",
                        "-t", "b@example.net", f"127.0.0.1:{self.port}"], check=True)
        return messages / (time.monotonic() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    options = parser.parse_args()
    grouped, postfix, single = [], [], []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="egd-bench-") as root:
            root = pathlib.Path(root)
            root.chmod(0o755)
            for runs, group_commit in ((grouped, True), (single, False)):
                home = root / f"egd-{group_commit}"
                home.mkdir()
                egd = Egd(options.bin_dir.resolve(), home, group_commit)
                try:
                    runs.append(egd.measure(options.seconds))
                finally:
                    egd.stop()
            peer = Postfix(root / "postfix")
            try:
                postfix.append(peer.measure())
            finally:
                peer.run("stop")
    median = lambda runs: statistics.median(run["rate"] for run in runs)
    print(json.dumps({
        "bench": "accept", "rate": median(grouped), "p50_ms": statistics.median(r["p50_ms"] for r in grouped),
        "p99_ms": statistics.median(r["p99_ms"] for r in grouped),
        "postfix_rate": round(statistics.median(postfix)), "single_commit_rate": median(single),
        "over_postfix": round(median(grouped) / statistics.median(postfix), 1),
        "over_single_commit": round(median(grouped) / median(single), 1)}))


if __name__ == "__main__":
    main()
