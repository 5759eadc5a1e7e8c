#!/usr/bin/python3
"""Durable accept over SMTP beside Postfix's and Haraka's, and end to end beside HTTP, on the same disk, interleaved.

Usage: submission_bench.py BIN_DIR [--rounds 3] [--bytes 2048] [--messages 20000] [--per-connection 1000] [--haraka DIR]
       submission_bench.py BIN_DIR --end-to-end [--rounds 3] [--bytes 2048] [--messages 20000]
Needs the packages marked `bench`, and smtp_load in BIN_DIR. Prints one JSON line. 50 sessions by smtp_load, the peers
get a tenth of the messages; who sends to egd logs in, which smtp-source(1) cannot. With --end-to-end: the same messages
by SMTP and by HTTP, signed with RSA-2048, to the last 250 of a local sink. DIR is where `npm install Haraka` was run.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

from accept_bench import Egd, Postfix, free_port, post
from delivery_bench import Child, cpu_seconds, measure, wait_for_port


def load(bin_dir, port, messages, size, per_connection, *login):
    done = subprocess.run([bin_dir / "smtp_load", *map(str, (port, 50, messages, size, per_connection)), *login],
                          check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


class SubmissionEgd(Egd):
    """Takes mail by SMTP, too, at smtp_port."""

    def __init__(self, bin_dir, root, smarthost="127.0.0.1:1", smtp=""):
        self.smtp_port = free_port()
        super().__init__(bin_dir, root, True, smarthost,
                         f'[smtp]\nlisten = ["127.0.0.1:{self.smtp_port}"]\nallow_plaintext_auth = true\n{smtp}')
        made = json.loads(self.egctl("-o", "json", "addsmtp", "bench.example.com"))["SMTP"]
        self.login = made["SMTPUsername"], made["SMTPPassword"]

    def pids(self):
        return {self.process.pid}


class QueueingPostfix(Postfix):
    login = ()

    def __init__(self, root):
        super().__init__(root)
        self.smtp_port = self.port
        wait_for_port(self.port)

    def pids(self):
        return {int((self.root / "queue/pid/master.pid").read_text())}

    def stop(self):
        self.run("stop")


class QueueingHaraka:
    """Haraka, which keeps all it takes in its queue."""
    login = ()

    def __init__(self, home, root):
        self.smtp_port = free_port()
        files = {"plugins": "relay\n", "loglevel": "LOGERROR", "me": "bench.example",
                 "smtp.ini": f"listen=127.0.0.1:{self.smtp_port}\nnodes=2\n",
                 "relay.ini": "[relay]\nacl=true\n", "relay_acl_allow": "127.0.0.0/8",
                 "outbound.ini": "disabled=true\n"}
        for name, content in files.items():
            path = root / "config" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        shutil.copy(home / "node_modules/Haraka/config/connection.ini", root / "config")
        (root / "queue").mkdir()
        (root / "node_modules").symlink_to(home / "node_modules")
        self.child = Child(self.smtp_port, "node", home / "node_modules/Haraka/bin/haraka", "-c", root, cwd=root)

    def pids(self):
        return {self.child.process.pid}

    def stop(self):
        self.child.stop()


def with_server(start, use):
    with tempfile.TemporaryDirectory(prefix="egd-bench-") as root:
        os.chmod(root, 0o755)
        server = start(pathlib.Path(root))
        try:
            return use(server)
        finally:
            server.stop()


def accept(options):
    servers = {"egd": lambda root: SubmissionEgd(options.bin_dir, root), "postfix": QueueingPostfix}
    if options.haraka:
        servers["haraka"] = lambda root: QueueingHaraka(options.haraka.resolve(), root)
    runs = {name: [] for name in servers}

    def submit(server):
        messages = options.messages // (1 if isinstance(server, Egd) else 10)
        later = [f"X-Send-At: {int(time.time()) + 86400}"] if isinstance(server, Egd) else []  # it stays in the queue
        used = cpu_seconds(server.pids())
        result = load(options.bin_dir, server.smtp_port, messages, options.bytes, options.per_connection,
                      *server.login, *later)
        return {**result, "cpu": 1000 * (cpu_seconds(server.pids()) - used) / messages}

    for _ in range(options.rounds):
        for name, start in servers.items():
            runs[name].append(with_server(start, submit))
    median = lambda name, what: statistics.median(run[what] for run in runs[name])
    result = {"bench": "submission", "bytes": options.bytes, "per_connection": options.per_connection}
    for name in servers:
        result |= {f"{name}_rate": median(name, "rate"), f"{name}_p50_ms": median(name, "p50_ms"),
                   f"{name}_p99_ms": median(name, "p99_ms"), f"{name}_cpu_s_per_1000": round(median(name, "cpu"), 3)}
        if name != "egd":
            result |= {f"over_{name}": round(median("egd", "rate") / median(name, "rate"), 1),
                       f"{name}_cpu_over_egd": round(median(name, "cpu") / median("egd", "cpu"), 1)}
    return result


def end_to_end(options):
    sink = free_port()

    class BySmtp(SubmissionEgd):
        def send(self, messages, size):
            load(options.bin_dir, self.smtp_port, messages, size, options.per_connection, *self.login)

    class ByHttp(SubmissionEgd):
        def send(self, messages, size):
            post(self.port, self.key, messages, BYTES=size, DELAY=0)

    runs = {BySmtp: [], ByHttp: []}
    for _ in range(options.rounds):
        for way in runs:
            runs[way].append(with_server(lambda root: way(options.bin_dir, root, f"127.0.0.1:{sink}"),
                                         lambda server: measure(server, sink, options.messages, options.bytes)))
    median = lambda way, what: statistics.median(run[what] for run in runs[way])
    return {"bench": "submission_delivery", "bytes": options.bytes, "smtp_rate": round(median(BySmtp, "rate")),
            "http_rate": round(median(ByHttp, "rate")), "smtp_cpu_s_per_1000": round(median(BySmtp, "cpu"), 3),
            "http_cpu_s_per_1000": round(median(ByHttp, "cpu"), 3),
            "smtp_over_http": round(median(BySmtp, "rate") / median(ByHttp, "rate"), 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=2048)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--per-connection", type=int, default=1000)
    parser.add_argument("--end-to-end", action="store_true")
    parser.add_argument("--haraka", type=pathlib.Path)
    options = parser.parse_args()
    print(json.dumps((end_to_end if options.end_to_end else accept)(options)))


if __name__ == "__main__":
    main()
