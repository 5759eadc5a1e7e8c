#!/usr/bin/python3
"""egctl beside curl making the same request of the same egd, interleaved: what a command line costs to start.

Usage: egctl_bench.py BIN_DIR [--rounds 200] [--batch 10000] [--verify 1000]
Prints a JSON line: the median wall time of each in milliseconds, and the ratio to curl's. `getdomain` is one request
with an ID; `--version` is none, compared with curl's one request all the same, and with curl --version.

With --batch, that many `adddomain` by `egctl batch`, once with all DKIM keys made ahead and, for a tenth of them, once
with none; and what making the keys took. With --verify, `verifydomain --all` of that many domains against a local name
server, in turns with a bare client that asks the same server for the same names, as many at once as the gateway does for
a user.
"""
import argparse
import asyncio
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


def run_batch(egctl, gateway, names):
    """Seconds."""
    text = "".join(json.dumps({"Command": "emailgateway.adddomain", "DomainName": name}) + "\n" for name in names)
    env = {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}
    (gateway.folder / "batch.jsonl").write_text(text)
    start = time.perf_counter()
    done = subprocess.run([egctl, "batch", gateway.folder / "batch.jsonl"], env=env, check=True, capture_output=True)
    seconds = time.perf_counter() - start
    assert len(done.stdout.splitlines()) == len(names)
    return seconds


def bench_batch(egctl, count):
    from gateway import Gateway
    few = max(count // 10, 1)
    figures = {}
    for name, ready, number in (("ready", count, count), ("none_ready", 0, few)):
        gateway = Gateway({"dkim": {"ready_keys": ready}})
        try:
            start = time.perf_counter()
            gateway.start()
            while ready and "DKIM keys ready" not in gateway.log_text():
                time.sleep(0.1)
            making = time.perf_counter() - start
            seconds = run_batch(egctl, gateway, [f"d{i}.example.com" for i in range(number)])
        finally:
            gateway.remove()
        figures[name] = {"domains": number, "per_second": round(number / seconds)}
        if ready:
            figures["keys_made_per_second"] = round(count / making, 1)
    print(json.dumps({"bench": "egctl_batch", "adddomain": figures}), flush=True)


class BareClient(asyncio.DatagramProtocol):
    """Asks over one socket, so many questions at once, and takes whatever is answered."""

    def __init__(self, questions, at_once):
        self.waiting, self.left = list(enumerate(questions)), len(questions)
        self.at_once, self.done = at_once, asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        for _ in range(min(self.at_once, len(self.waiting))):
            self.ask()

    def ask(self):
        if self.waiting:
            number, question = self.waiting.pop()
            self.transport.sendto((number & 0xffff).to_bytes(2, "big") + question[2:])

    def datagram_received(self, data, _):
        self.left -= 1
        self.ask()
        if self.left == 0:
            self.done.set_result(None)


def bare_seconds(port, questions, at_once=24):
    async def run():
        start = time.perf_counter()
        transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: BareClient(questions, at_once), remote_addr=("127.0.0.1", port))
        await asyncio.wait_for(client.done, 120)
        transport.close()
        return time.perf_counter() - start
    return asyncio.run(run())


def bench_verify(egctl, count):
    import dns.message
    from gateway import Gateway
    from knot import Knot
    gateway_zone = [("gw", "A", "127.0.0.1"), ("gw", "TXT", "v=spf1 ip4:127.0.0.1 -all")]
    knot = Knot({"example.com": [], "example.net": gateway_zone}).start()
    gateway = Gateway({"dns_records": None, "dns": {"servers": [knot.address]}})
    env = {"PATH": os.environ["PATH"], "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}"}
    try:
        gateway.start()
        run_batch(egctl, gateway, [f"d{i}.example.com" for i in range(count)])
        listed = json.loads(gateway.egctl("getdomains", timeout=600).stdout)["Domains"]
        records = [record for domain in listed for record in domain["VerificationMeta"]["DNSRecords"]]
        knot.publish({"example.com": [
            (record["Host"] + ".", record["Type"], record["Value"] + ("." if record["Type"] == "CNAME" else ""))
            for record in records]})
        questions = [dns.message.make_query(record["Host"], record["Type"], use_edns=0, payload=4096).to_wire()
                     for record in records]
        times = {"bare_client": [], "verifydomain_all": []}
        for _ in range(3):
            times["bare_client"].append(bare_seconds(knot.port, questions))
            start = time.perf_counter()
            subprocess.run([egctl, "verifydomain", "--all"], env=env, check=True, stdout=subprocess.DEVNULL)
            times["verifydomain_all"].append(time.perf_counter() - start)
    finally:
        gateway.remove()
        knot.remove()
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(json.dumps({"bench": "egctl_verify", "domains": count, "questions": len(questions),
                      "seconds": {name: round(value, 3) for name, value in medians.items()},
                      "over_bare_client": round(medians["verifydomain_all"] / medians["bare_client"], 2)}), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin_dir")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--verify", type=int, default=0)
    parser.add_argument("--egctl", help="another egctl than that of BIN_DIR")
    arguments = parser.parse_args()
    os.environ["EGD_BIN_DIR"] = arguments.bin_dir
    from gateway import Gateway
    egctl = arguments.egctl or pathlib.Path(arguments.bin_dir, "egctl")
    if arguments.batch:
        bench_batch(egctl, arguments.batch)
    if arguments.verify:
        bench_verify(egctl, arguments.verify)
    if arguments.batch or arguments.verify:
        return
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
