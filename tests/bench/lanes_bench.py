#!/usr/bin/python3
"""Many destinations at once, each with a mail server of its own address in a real name server.

Usage: lanes_bench.py BIN_DIR neighbours|connections|cold
neighbours   100 destinations, of which one never answers and one answers a byte a second: what the other 98 keep of the
             throughput that they have when all are well
connections  1,000 destinations that take 100 ms for each reply: connections at once, and egd's memory
cold         6,000 domains that nobody has asked for, behind a name server that takes 100 ms for each answer: how long
             their mail takes, and how much of it was deferred
Needs the packages marked `bench` and `test`. Prints one JSON line. The mail is queued first, all due at one second.
"""
import argparse
import asyncio
import json
import multiprocessing
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SUPPORT = HERE.parent / "support"
sys.path.insert(0, str(SUPPORT))

import dns.message
import dns.rdatatype
import dns.rrset
import gateway
from accept_bench import post
from knot import Knot
from process import free_port

GOOD, DEAD, SLOW = "127.0.0.1", "127.0.0.2", "127.0.0.3"
QUEUEING_SECONDS = 20


def peak_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


class Run:
    """egd, a name server, and mail servers on one port of several addresses."""

    def __init__(self, bin_dir, addresses, connections):
        self.bin_dir, self.addresses, self.children = bin_dir, addresses, []
        self.port = free_port()
        self.knot = Knot({"example.net": [(f"d{n}", "A", address) for n, address in enumerate(addresses)]})
        self.gateway = gateway.Gateway({
            "dns": {"servers": [self.knot.address], "timeout_ms": 3000},
            "delivery": {"route": "mx", "mx_port": self.port, "connections_per_destination": connections},
            "log": {"level": "error"}})

    def __enter__(self):
        self.knot.start()
        self.gateway.start()
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.kill()
            child.wait()
        self.gateway.remove()
        self.knot.remove()

    def sink(self, address, delay_ms, messages=0):
        words = [self.bin_dir / "sink_server", address, self.port, delay_ms, messages]
        return self.start(words)

    def faulty(self, address, fault):
        return self.start(["/usr/bin/python3", SUPPORT / "smtp_sink.py", "--host", address, "--port", self.port,
                           "--fault", fault])

    def start(self, words):
        self.children.append(subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True))
        return self.children[-1]

    def queue(self, messages):
        """Due at the second returned."""
        _, key = self.gateway.add_domain("bench.example.com")
        due = int(time.time()) + QUEUEING_SECONDS
        post(self.gateway.port, key, messages, DELAY=QUEUEING_SECONDS, DESTINATIONS=len(self.addresses))
        if time.time() > due:
            raise SystemExit("queueing took too long")
        return due


def neighbours(bin_dir):
    each = 200
    addresses = [GOOD] * 98 + [DEAD, SLOW]
    rates = {}
    for trouble in (False, True, False, True):
        with Run(bin_dir, addresses, 10) as run:
            sink = run.sink(GOOD, 20, 98 * each)
            if trouble:
                run.faulty(DEAD, "hang:banner")
                run.faulty(SLOW, "slow:banner")
            else:
                run.sink(DEAD, 20)
                run.sink(SLOW, 20)
            due = run.queue(100 * (each + 1))  # of the last ones some may be for others
            sink.wait(120)
            rates.setdefault(trouble, []).append(98 * each / (time.time() - due))
    well, beside = (sum(rates[trouble]) / len(rates[trouble]) for trouble in (False, True))
    return {"bench": "neighbours", "rate_when_all_are_well": round(well), "rate_beside_a_dead_and_a_slow_one":
            round(beside), "kept_percent": round(100 * beside / well)}


def connections(bin_dir):
    each, destinations, most = 60, 1000, 4
    with Run(bin_dir, [GOOD] * destinations, most) as run:
        sink = run.sink(GOOD, 100, each * destinations)
        due = run.queue(each * destinations)
        said = json.loads(sink.communicate(timeout=600)[0])
        return {"bench": "connections", "destinations": destinations, "connections_each": most,
                "most_connections": said["most_connections"], "rate": round(each * destinations / (time.time() - due)),
                "egd_peak_mib": peak_mib(run.gateway.process.pid)}


class SlowNames(asyncio.DatagramProtocol):
    """Answers for every name below example.net, each after 100 ms: mail hosts of its own on GOOD."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        query = dns.message.from_wire(data)
        name, kind = query.question[0].name, query.question[0].rdtype
        reply = dns.message.make_response(query)
        if kind == dns.rdatatype.A:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "A", GOOD))
        elif kind == dns.rdatatype.MX:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", "MX", f"10 mx.{name}"))
        asyncio.get_running_loop().call_later(0.1, self.transport.sendto, reply.to_wire(), peer)


def serve_slow_names(port):
    async def serve():
        await asyncio.get_running_loop().create_datagram_endpoint(SlowNames, ("127.0.0.1", port))
        await asyncio.Event().wait()
    asyncio.run(serve())


def cold(bin_dir):
    domains, each = 6000, 1000
    port, dns_port = free_port(), free_port()
    names = multiprocessing.Process(target=serve_slow_names, args=(dns_port,), daemon=True)
    names.start()
    sink = subprocess.Popen([bin_dir / "sink_server", GOOD, str(port), "0", str(domains)], stdout=subprocess.DEVNULL)
    egd = gateway.Gateway({"dns": {"servers": [f"127.0.0.1:{dns_port}"], "timeout_ms": 3000},
                           "delivery": {"route": "mx", "mx_port": port}, "log": {"level": "error"}}).start()
    try:
        domain, key = egd.add_domain()
        began = time.time()
        for first in range(0, domains, each):
            to = [{"email": f"a@c{n}.example.net"} for n in range(first, first + each)]
            if egd.send(key, gateway.message(To=to)).status != 200:
                raise SystemExit("not accepted")
        sink.wait(300)
        took = time.time() - began
        deferred = egd.command("emailgateway.getevents", {"DomainID": domain, "StartFrom": 0, "RetrieveCount": 100,
                                                          "Event": "deferred"})
        return {"bench": "cold", "domains": domains, "seconds": round(took, 1), "deferred": len(deferred["Events"])}
    finally:
        sink.kill()
        egd.remove()
        names.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("what", choices=["neighbours", "connections", "cold"])
    options = parser.parse_args()
    gateway.BIN = options.bin_dir.resolve()
    print(json.dumps({"neighbours": neighbours, "connections": connections, "cold": cold}[options.what](gateway.BIN)))


if __name__ == "__main__":
    main()
