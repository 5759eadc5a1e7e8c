#!/usr/bin/python3
"""End to end: from the first accept to the last 250 of a local sink, DKIM-signed RSA-2048, durable at every step.

Usage: delivery_bench.py BIN_DIR [--rounds 3] [--bytes 2000] [--messages 20000] [--haraka DIR]
Needs the packages marked `bench`. Prints one JSON line. egd takes mail by HTTP; Postfix with OpenDKIM as its milter, and
Haraka with its DKIM plugin, by SMTP. All send to smtp-sink, on the same disk, interleaved in the same minutes; the peers
get a tenth of the messages. CPU is that of the server's own processes; generator and sink run beside all of them alike.
So are the bytes written to the disk, by the kernel's own count; egd's are counted to its end, with its last checkpoint.
DIR is where `npm install Haraka haraka-plugin-dkim haraka-plugin-relay` was run.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time

from accept_bench import HERE, Egd, free_port, post


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


def written_bytes(pids):
    """By these processes and their children, ended ones too; not by what runs as another user, for lack of root."""
    total = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            if int(stat.parent.name) in pids or parent in pids:
                total += int(stat.with_name("io").read_text().partition("\nwrite_bytes: ")[2].split()[0])
        except OSError:  # it ended just now; its parent has its bytes
            continue
    return total


def cpu_seconds(pids):
    """Of these processes and their children, ended ones too."""
    ticks = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended just now; its parent has its time
            continue
        if int(stat.parent.name) in pids:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) in pids:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Child:
    """A program that ends with the bench."""

    def __init__(self, port, *words, **options):
        self.process = subprocess.Popen([*map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        **options)
        wait_for_port(port)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Sink:
    """Ends when it has taken so many messages."""

    def __init__(self, port, messages):
        self.process = subprocess.Popen(["smtp-sink", "-u", "nobody", "-M", str(messages), f"127.0.0.1:{port}", "1000"])

    def wait(self):
        if self.process.wait(900) != 0:
            raise SystemExit("smtp-sink failed")


class SendingEgd(Egd):
    def __init__(self, bin_dir, root, sink_port):
        super().__init__(bin_dir, root, True, f"127.0.0.1:{sink_port}")

    def pids(self):
        return {self.process.pid}

    def send(self, messages, size):
        post(self.port, self.key, messages, BYTES=size, DELAY=0)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        self.written = written_bytes(self.pids())
        self.process.wait()


class Peer:
    """Takes mail by SMTP at self.port."""

    def send(self, messages, size):
        subprocess.run(["smtp-source", "-s", "50", "-m", str(messages), "-l", str(size), "-f", "a@bench.example",
                        "-t", "b@example.net", f"127.0.0.1:{self.port}"], check=True)


def make_key(path):
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    path.chmod(0o600)


class SendingPostfix(Peer):
    """Postfix and OpenDKIM, relaying to the sink."""

    def __init__(self, root, sink_port):
        self.root, self.port, milter = root, free_port(), free_port()
        key = root / "bench.private"
        make_key(key)
        settings = root / "opendkim.conf"
        settings.write_text("RequireSafeKeys no\n")  # they are below /tmp
        self.dkim = Child(milter, "opendkim", "-f", "-x", settings, "-p", f"inet:{milter}@127.0.0.1",
                          "-d", "bench.example", "-s", "bench", "-k", key, "-c", "relaxed/relaxed")
        self.run("start", str(self.port), str(sink_port), str(milter))
        wait_for_port(self.port)

    def run(self, action, *words):
        subprocess.run(["sh", HERE / "postfix_instance.sh", action, self.root / "postfix", *words], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def pids(self):
        return {self.dkim.process.pid, int((self.root / "postfix/queue/pid/master.pid").read_text())}

    def stop(self):
        self.written = written_bytes(self.pids())
        self.run("stop")
        self.dkim.stop()


class SendingHaraka(Peer):
    """Haraka, which asks a plugin of ours for the sink's address."""

    def __init__(self, home, root, sink_port):
        self.port = free_port()
        files = {
            "plugins": "relay\ndkim\nsink\n", "loglevel": "LOGERROR", "me": "bench.example",
            "smtp.ini": f"listen=127.0.0.1:{self.port}\nnodes=2\n",
            "relay.ini": "[relay]\nacl=true\n", "relay_acl_allow": "127.0.0.0/8",
            "outbound.ini": "local_mx_ok=true\nenable_tls=false\nconcurrency_max=100\n",
            "dkim.ini": "[sign]\nenabled=true\nselector=bench\ndomain=bench.example\n"
                        "headers=From,Sender,Reply-To,Subject,Date,Message-ID,To,Cc,MIME-Version\n",
            "dkim/bench.example/selector": "bench"}
        for name, content in files.items():
            path = root / "config" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        shutil.copy(home / "node_modules/Haraka/config/connection.ini", root / "config")
        make_key(root / "config/dkim/bench.example/private")
        (root / "queue").mkdir()
        (root / "plugins").mkdir()
        (root / "plugins/sink.js").write_text(
            f"exports.hook_get_mx = (next) => next(OK, {{priority: 0, exchange: '127.0.0.1', port: {sink_port}}})\n")
        (root / "node_modules").symlink_to(home / "node_modules")
        self.child = Child(self.port, "node", home / "node_modules/Haraka/bin/haraka", "-c", root, cwd=root)

    def pids(self):
        return {self.child.process.pid}

    def stop(self):
        self.written = written_bytes(self.pids())
        self.child.stop()


def measure(server, sink_port, messages, size):
    sink = Sink(sink_port, messages)
    begin, used = time.monotonic(), cpu_seconds(server.pids())
    server.send(messages, size)
    sink.wait()
    seconds = time.monotonic() - begin
    return {"rate": messages / seconds, "cpu": 1000 * (cpu_seconds(server.pids()) - used) / messages}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bytes", type=int, default=2000)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--haraka", type=pathlib.Path)
    options = parser.parse_args()
    port = free_port()
    servers = {"egd": lambda root: SendingEgd(options.bin_dir.resolve(), root, port),
               "postfix": lambda root: SendingPostfix(root, port)}
    if options.haraka:
        servers["haraka"] = lambda root: SendingHaraka(options.haraka.resolve(), root, port)
    runs = {name: [] for name in servers}
    for _ in range(options.rounds):
        for name, start in servers.items():
            with tempfile.TemporaryDirectory(prefix="egd-bench-") as root:
                os.chmod(root, 0o755)
                server = start(pathlib.Path(root))
                messages = options.messages // (1 if name == "egd" else 10)
                try:
                    run = measure(server, port, messages, options.bytes)
                finally:
                    server.stop()
                runs[name].append({**run, "written": server.written / messages / 1024})
    result = {"bench": "delivery", "bytes": options.bytes}
    median = lambda name, what: statistics.median(run[what] for run in runs[name])
    for name in servers:
        result[f"{name}_rate"] = round(median(name, "rate"))
        result[f"{name}_cpu_s_per_1000"] = round(median(name, "cpu"), 2)
        result[f"{name}_written_kib"] = round(median(name, "written"), 1)  # a message
        if name != "egd":
            result[f"over_{name}"] = round(median("egd", "rate") / median(name, "rate"), 1)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
