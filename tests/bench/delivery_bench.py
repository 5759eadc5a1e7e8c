#!/usr/bin/python3
"""End to end: from accept to the last 250 of a local sink, DKIM-signed RSA-2048, 2 KiB, durable at every step.

Usage: delivery_bench.py BIN_DIR [--rounds 3] [--seconds 6]
Needs the packages marked `bench`. Prints one JSON line. egd takes mail by HTTP, Postfix with OpenDKIM as milter by
SMTP; both send to smtp-sink, on the same disk, interleaved in the same minutes. CPU is the whole machine's, so it
counts generator and sink too, for both alike: run it on a quiet machine.
"""
import argparse
import json
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import tempfile
import time

from accept_bench import HERE, Egd, free_port


def busy_seconds():
    user, nice, system, *_, = map(int, pathlib.Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def wait_for_port(port, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Child:
    """A program that ends with the bench."""

    def __init__(self, port, *words):
        self.process = subprocess.Popen([*map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(port)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class SendingEgd(Egd):
    def waiting(self):
        lanes = json.loads(self.egctl("-o", "json", "queue"))["Lanes"]
        return sum(lane["Depth"] for lane in lanes)

    def send(self, seconds):
        return round(self.measure(seconds)["rate"] * seconds)


class SendingPostfix:
    """Postfix and OpenDKIM, relaying to the sink."""

    def __init__(self, root, sink_port):
        self.root, self.port, milter = root, free_port(), free_port()
        root.mkdir()
        key = root / "bench.private"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        key.chmod(0o600)
        self.dkim = Child(milter, "opendkim", "-f", "-x", "/dev/null", "-p", f"inet:{milter}@127.0.0.1",
                          "-d", "bench.example", "-s", "bench", "-k", key, "-c", "relaxed/relaxed")
        self.run("start", str(self.port), str(sink_port), str(milter))

    def run(self, action, *words):
        subprocess.run(["sh", HERE / "postfix_instance.sh", action, self.root / "postfix", *words], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def waiting(self):
        queue = self.root / "postfix/queue"
        return sum(1 for name in ("incoming", "active", "deferred", "maildrop")
                   for entry in (queue / name).rglob("*") if entry.is_file())

    def send(self, seconds):
        messages = 400 * seconds
        subprocess.run(["smtp-source", "-s", "50", "-m", str(messages), "-l", "2048", "-f", "a@bench.example",
                        "-t", "b@example.net", f"127.0.0.1:{self.port}"], check=True)
        return messages

    def stop(self):
        self.run("stop")
        self.dkim.stop()


def measure(server, seconds):
    begin, busy = time.monotonic(), busy_seconds()
    messages = server.send(seconds)
    while server.waiting() > 0:
        time.sleep(0.05)
    return {"rate": messages / (time.monotonic() - begin), "cpu": 1000 * (busy_seconds() - busy) / messages}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    sink_port = free_port()
    sink = Child(sink_port, "smtp-sink", "-u", "nobody", f"127.0.0.1:{sink_port}", "1000")
    runs = {"egd": [], "postfix": []}
    try:
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory(prefix="egd-bench-") as root:
                root = pathlib.Path(root)
                root.chmod(0o755)
                (root / "egd").mkdir()
                servers = {
                    "egd": lambda: SendingEgd(options.bin_dir.resolve(), root / "egd", True, f"127.0.0.1:{sink_port}"),
                    "postfix": lambda: SendingPostfix(root / "peer", sink_port)}
                for name, start in servers.items():
                    server = start()
                    try:
                        runs[name].append(measure(server, options.seconds))
                    finally:
                        server.stop()
    finally:
        sink.stop()
    median = lambda name, what: statistics.median(run[what] for run in runs[name])
    print(json.dumps({
        "bench": "delivery", "rate": round(median("egd", "rate")), "postfix_rate": round(median("postfix", "rate")),
        "over_postfix": round(median("egd", "rate") / median("postfix", "rate"), 1),
        "cpu_s_per_1000": round(median("egd", "cpu"), 2), "postfix_cpu_s_per_1000": round(median("postfix", "cpu"), 2)}))


if __name__ == "__main__":
    main()
