#!/usr/bin/python3
"""The published table: egd beside Postfix, Exim and Haraka, on one machine, in one run, in Markdown.

Usage: published_table.py BIN_DIR [--rounds 3] [--messages 20000] [--kills 10] [--haraka DIR] [--exim FILE]
Needs the packages marked `bench`, smtp_load in BIN_DIR, and root for Postfix and Exim. A server that is not there is left
out. DIR is where `npm install Haraka haraka-plugin-dkim haraka-plugin-relay` was run; FILE an exim4, by default that of
`sh config/unpack-packages.sh build/peers unpack`. Takes about 2 minutes a round, 2 for the kills, and 2 for the rest.

Rounds are interleaved; the median counts. 2 KiB messages, 50 sessions, full sync everywhere, DKIM with RSA-2048 where
mail is sent; the peers get a tenth of the messages. CPU is that of a server's own processes. kill -9 hits all of a
server's processes at random instants while mail comes in and goes out; lost is what was acknowledged and never arrived.
Power cuts are those of tests/faults/test_power_cut.py, which only egd can be put to: its every write is replayed.
"""
import argparse
import collections
import json
import os
import pathlib
import pwd
import random
import re
import shutil
import signal
import smtplib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from accept_bench import free_port
from delivery_bench import Child, Peer, SendingEgd, SendingHaraka, SendingPostfix, cpu_seconds, make_key, measure
from submission_bench import QueueingHaraka, QueueingPostfix, SubmissionEgd, load, wait_for_port, with_server

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from smtp_sink import Sink  # noqa: E402
from waiting import wait_for  # noqa: E402

BYTES = 2048
KILLED_UNDER_LOAD = (0.3, 1.5)  # seconds between two kills


class Exim(Peer):
    """Exim, its processes as nobody's. Without a sink it keeps all in its queue."""
    login = ()

    def __init__(self, binary, root, sink_port=None):
        self.root, self.port = root, free_port()
        self.smtp_port = self.port
        nobody = pwd.getpwnam("nobody")
        shutil.copy(binary, root / "exim4")
        (root / "exim4").chmod(0o755)  # not set-user-ID
        (root / "spool").mkdir()
        os.chown(root / "spool", nobody.pw_uid, nobody.pw_gid)
        (root / "passwd").write_text("root:x:0:0::/root:/bin/sh\n"
                                     f"Debian-exim:x:{nobody.pw_uid}:{nobody.pw_gid}::/:/bin/false\n")
        (root / "group").write_text(f"root:x:0:\nDebian-exim:x:{nobody.pw_gid}:\n")
        make_key(root / "key.pem")
        (root / "key.pem").chmod(0o644)
        (root / "exim.conf").write_text(f"""
primary_hostname = bench.example
keep_environment = *
exim_path = {root}/exim4
spool_directory = {root}/spool
log_file_path = {root}/spool/%slog
pid_file_path = {root}/spool/exim.pid
deliver_drop_privilege = true
local_interfaces = 127.0.0.1
daemon_smtp_ports = {self.port}
tls_advertise_hosts =
acl_smtp_rcpt = all
smtp_accept_max = 200
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
queue_run_max = 50
queue_only = {str(sink_port is None).lower()}
begin acl
all:
  accept
begin routers
relay:
  driver = manualroute
  route_list = * 127.0.0.1
  self = send
  transport = submit
begin transports
submit:
  driver = smtp
  port = {sink_port or 1}
  allow_localhost
  dkim_domain = bench.example
  dkim_selector = bench
  dkim_private_key = {root}/key.pem
begin retry
* * F,1h,1s
""")
        self.launch()

    def launch(self):
        self.child = Child(self.port, self.root / "exim4", "-C", self.root / "exim.conf", "-bdf", "-q2s",
                           env={**os.environ, "LD_PRELOAD": "libnss_wrapper.so",
                                "NSS_WRAPPER_PASSWD": str(self.root / "passwd"),
                                "NSS_WRAPPER_GROUP": str(self.root / "group")})

    def pids(self):
        return {self.child.process.pid}

    def stop(self):
        self.child.stop()


def descendants(roots):
    """These processes and all that came of them, while their parents live."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended just now
    found, before = set(roots), 0
    while len(found) > before:
        before = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found


def kill_all(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class KilledEgd(SubmissionEgd):
    def __init__(self, bin_dir, root, sink_port):
        self.bin_dir, self.root = bin_dir, root
        super().__init__(bin_dir, root, f"127.0.0.1:{sink_port}")

    def again(self):
        self.process.wait()
        self.process = subprocess.Popen([self.bin_dir / "egd", "--config", self.root / "egd.toml"])
        wait_for_port(self.smtp_port)


class KilledPostfix(SendingPostfix):
    login = ()

    def __init__(self, root, sink_port):
        super().__init__(root, sink_port)
        self.smtp_port = self.port

    def pids(self):
        return {int((self.root / "postfix/queue/pid/master.pid").read_text())}

    def again(self):
        subprocess.run(["postfix", "-c", self.root / "postfix/etc", "start"], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        wait_for_port(self.port)


class KilledExim(Exim):
    def again(self):
        self.child.process.wait()
        self.launch()


class KilledHaraka(SendingHaraka):
    login = ()

    def __init__(self, home, root, sink_port):
        self.home, self.root = home, root
        super().__init__(home, root, sink_port)
        self.smtp_port = self.port

    def again(self):
        self.child.process.wait()
        self.child = Child(self.port, "node", self.home / "node_modules/Haraka/bin/haraka", "-c", self.root, cwd=self.root)


class Submitter(threading.Thread):
    """Submits marked messages, one after the other, and remembers those that were acknowledged."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number = server, number
        self.acknowledged, self.stopping = [], threading.Event()

    def run(self):
        client, count = None, 0
        while not self.stopping.wait(0.005):
            count += 1
            mark = f"mark-{self.number}-{count}"
            try:
                if client is None:
                    client = smtplib.SMTP("127.0.0.1", self.server.smtp_port, timeout=20)
                    if self.server.login:
                        client.login(*self.server.login)
                client.sendmail("a@bench.example.com", [f"{mark}@example.net"],
                                f"From: a@bench.example.com\nTo: b@example.net\nSubject: {mark}\n\n" + "x" * 70 + "\n")
                self.acknowledged.append(mark)
            except (OSError, smtplib.SMTPException):
                client = None


def kills(start, count):
    """{acknowledged, lost, twice}"""
    sink = Sink(without=["STARTTLS"])

    def seen():
        return collections.Counter(re.search(rb"(?m)^Subject: (\S+)", mail.data)[1].decode() for mail in sink.messages())

    def use(server):
        submitters = [Submitter(server, number) for number in range(4)]
        for one in submitters:
            one.start()
        for _ in range(count):
            time.sleep(random.uniform(*KILLED_UNDER_LOAD))
            kill_all(descendants(server.pids()))
            server.again()
        time.sleep(1)
        for one in submitters:
            one.stopping.set()
        for one in submitters:
            one.join()
        acknowledged = {mark for one in submitters for mark in one.acknowledged}
        try:
            wait_for(lambda: not acknowledged - seen().keys(), seconds=60)
        except AssertionError:
            pass  # they are lost
        result = {"acknowledged": len(acknowledged), "lost": len(acknowledged - seen().keys()),
                  "twice": sum(times > 1 for times in seen().values())}
        say(type(server).__name__, result)
        return result

    try:
        return with_server(lambda root: start(root, sink.port), use)
    finally:
        sink.remove()


def accept(server, messages, bin_dir, *later):
    used = cpu_seconds(server.pids())
    result = load(bin_dir, server.smtp_port, messages, BYTES, 1000, *server.login, *later)
    return {**result, "cpu": 1000 * (cpu_seconds(server.pids()) - used) / messages}


def accept_http(server, messages):
    used, seconds = cpu_seconds({server.process.pid}), 8
    result = server.measure(seconds)
    return {**result, "cpu": 1000 * (cpu_seconds({server.process.pid}) - used) / (result["rate"] * seconds)}


def power_cuts(bin_dir):
    """(cuts, messages acknowledged): the test fails when one is lost."""
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-k", "under_load",
                           HERE.parent / "faults/test_power_cut.py"], capture_output=True, text=True,
                          env={**os.environ, "EGD_BIN_DIR": str(bin_dir), "EGD_FAULT_CUTS": "40"})
    if done.returncode != 0:
        raise SystemExit(done.stdout)
    return [int(re.search(rf"'{word}': (\d+)", done.stdout)[1]) for word in ("cuts", "acknowledged")]


def webhook_lag(bin_dir):
    done = subprocess.run([sys.executable, HERE / "webhook_bench.py", bin_dir, "--events", "2000", "--rounds", "1",
                           "--domains", "20", "--seconds", "15", "--rate", "200"], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def servers_of(options):
    """{name: (how it starts to keep mail, how to send it, how to be killed)}, each called with its folder."""
    found = {"egd": (lambda root: SubmissionEgd(options.bin_dir, root),
                     lambda root, sink: SendingEgd(options.bin_dir, root, sink),
                     lambda root, sink: KilledEgd(options.bin_dir, root, sink))}
    if shutil.which("postfix") and os.geteuid() == 0:
        found["Postfix"] = QueueingPostfix, SendingPostfix, KilledPostfix
    if options.exim.exists() and os.geteuid() == 0:
        found["Exim"] = ((lambda root: Exim(options.exim, root)), (lambda root, sink: Exim(options.exim, root, sink)),
                         lambda root, sink: KilledExim(options.exim, root, sink))
    if options.haraka:
        found["Haraka"] = ((lambda root: QueueingHaraka(options.haraka, root)),
                           (lambda root, sink: SendingHaraka(options.haraka, root, sink)),
                           lambda root, sink: KilledHaraka(options.haraka, root, sink))
    return found


def measured(options, servers):
    """({name: [accept …]}, {name: [end to end …]})"""
    accepts, ends = collections.defaultdict(list), collections.defaultdict(list)
    for _ in range(options.rounds):
        for name, (keep, send, _) in servers.items():
            ours = name == "egd"
            messages = options.messages // (1 if ours else 10)
            later = [f"X-Send-At: {int(time.time()) + 86400}"] if ours else []
            accepts[name].append(with_server(keep, lambda server: accept(server, messages, options.bin_dir, *later)))
            say(name, "accept", accepts[name][-1])
            if ours:
                accepts["egd by HTTP"].append(with_server(keep, lambda server: accept_http(server, messages)))
            sink = free_port()
            ends[name].append(with_server(lambda root: send(root, sink),
                                          lambda server: measure(server, sink, messages, BYTES)))
            say(name, "end to end", ends[name][-1])
    return accepts, ends


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def rounded(value, digits):
    return f"{value:.{digits}f}"


def print_table(options, accepts, ends, killed, cuts, hooks):
    median = lambda runs, what: statistics.median(run[what] for run in runs)
    print(row("", "durable accept/s", "p50 ms", "p99 ms", "CPU s/1,000", "end to end/s", "CPU s/1,000",
              f"kill -9 ×{options.kills}: acknowledged", "lost", "twice"))
    print(row(*["---"] + ["---:"] * 9))
    for name, runs in accepts.items():
        cells = [name, rounded(median(runs, "rate"), 0), rounded(median(runs, "p50_ms"), 1),
                 rounded(median(runs, "p99_ms"), 1), rounded(median(runs, "cpu"), 2)]
        sent = ends.get(name)
        cells += [rounded(median(sent, "rate"), 0), rounded(median(sent, "cpu"), 2)] if sent else ["", ""]
        counts = killed.get(name, {})
        cells += [counts.get(what, "") for what in ("acknowledged", "lost", "twice")]
        print(row(*cells))
    posts, lag = hooks
    print(f"\negd, power cut at {cuts[0]} instants of {cuts[1]} acknowledged messages: 0 lost. Webhooks: {posts['egd']} "
          f"posts/s; lag of a healthy endpoint among {lag['hanging']} hanging ones, at {lag['events_per_s']} events/s: "
          f"p50 {lag['p50_ms']} ms, p99 {lag['p99_ms']} ms, lost {lag['lost']}.")
    print(f"\n{os.cpu_count()} processors, {options.rounds} rounds, {BYTES} bytes a message, "
          f"{options.messages} messages (the peers a tenth).")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--haraka", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--exim", type=lambda path: pathlib.Path(path).resolve(),
                        default=HERE.parents[1] / "build/peers/usr/sbin/exim4")
    options = parser.parse_args()
    servers = servers_of(options)
    accepts, ends = measured(options, servers)
    killed = {name: kills(kill, options.kills) for name, (_, _, kill) in servers.items()}
    print_table(options, accepts, ends, killed, power_cuts(options.bin_dir), webhook_lag(options.bin_dir))


if __name__ == "__main__":
    main()
