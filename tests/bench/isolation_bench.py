#!/usr/bin/python3
"""What one poisonous tenant costs the 99 others, for each kind of trouble.

Usage: isolation_bench.py BIN_DIR [--rounds 3] [--seconds 8] [--rate 200] [--events 100000] [--trouble NAME]…
Needs the packages marked `bench` and `test`. Prints one JSON line a trouble: the others' throughput and p99, from the
request to the mail's arrival, beside those without it. Goals: at least 95 %, at most 2 times.

100 tenants send at a steady rate to 100 destinations, each a lane with an address and mail server of its own. Each round
starts egd on a copy of one data directory: first --seconds without the trouble, then as many with it. Medians of the
rounds. Mail that has not arrived when a part ends does not count for its throughput; what never does in as long again
counts for p99 as both together.
"""
import argparse
import asyncio
import collections
import concurrent.futures
import contextlib
import http.client
import json
import multiprocessing
import os
import pathlib
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import dns.message
import dns.rdatatype
import dns.rrset
import gateway as gateway_module
from process import free_port

TENANTS = DESTINATIONS = 100
MUTE, SLOW, BULK = "127.0.2.1", "127.0.2.2", "127.0.2.3"
WEBHOOKS, SUBSCRIBERS = 8000, 100_000
LARGE = json.dumps({"Subject": "poison", "ContentType": "plain", "From": {"email": "a@poison.example"},
                    "To": [{"email": "r@slow.example.net"}],
                    "PlainContent": "The quick brown fox jumps over the lazy dog 123\n" * (28_000_000 // 48)}).encode()


# Processes of their own, so that Python's lock is none of the measurement.

def name_server(port):
    """Answers for A and MX below example.net; is silent below silent.example; poison's SPF includes such names."""
    at = {"mute0": MUTE, "mute1": MUTE, "mute2": MUTE, "slow": SLOW, "bulk": BULK}
    at.update({f"d{n}": f"127.0.1.{n + 1}" for n in range(DESTINATIONS)})
    spf = '"v=spf1 ' + " ".join(f"include:s{n}.silent.example" for n in range(9)) + ' -all"'

    def answer(data):
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        if name.endswith("silent.example"):
            return None
        reply = dns.message.make_response(query)
        label, kind = name.partition(".")[0].removeprefix("mx-"), dns.rdatatype.to_text(question.rdtype)
        if name.endswith(".example.net") and kind == "A" and label in at:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", at[label]))
        elif name.endswith(".example.net") and kind == "MX" and label in at:
            reply.answer.append(dns.rrset.from_text(question.name, 60, "IN", "MX", f"10 mx-{label}.example.net."))
        elif name.endswith("poison.example") and kind == "TXT":
            reply.answer.append(dns.rrset.from_text(question.name, 1, "IN", "TXT", spf))
        return reply.to_wire()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        while True:
            data, peer = server.recvfrom(4096)
            if wire := answer(data):
                server.sendto(wire, peer)


class Mail(asyncio.Protocol):
    """A connection to a mail server; notes when the mail in `arrived` came, by its number."""

    arrived = None

    def connection_made(self, transport):
        self.transport, self.buffer, self.in_data = transport, b"", False
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data):
        self.buffer += data
        replies = b""
        while True:
            head, end, rest = self.buffer.partition(b"\r\n.\r\n" if self.in_data else b"\r\n")
            if not end:
                break
            self.buffer = rest
            replies += self.content(head) if self.in_data else self.command(head)
        if replies:
            self.transport.write(replies)

    def command(self, line):
        verb = line[:4].upper()
        if verb == b"EHLO":
            return b"250-sink.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        if verb == b"DATA":
            self.in_data = True
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"

    def content(self, data):
        self.in_data = False
        at = data.find(b"Subject: n=")
        if at >= 0:
            self.arrived.append((int(data[at + 11:].split(b"\r\n", 1)[0]), time.time()))
        return b"250 taken\r\n"


class Mute(asyncio.Protocol):
    """Accepts and says nothing."""


async def read_slowly(reader, writer):
    """Takes 512 bytes a second of the content, promptly all before."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        writer.write(b"220 slow.example ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            writer.write(b"250 slow.example\r\n" if verb == b"EHLO" else b"354 go on\r\n" if verb == b"DATA" else b"250 ok\r\n")
            while verb == b"DATA":
                await reader.readexactly(512)
                await asyncio.sleep(1)


def mail_servers(port, pipe):
    """Sends what arrived whenever it is asked for."""
    async def serve():
        loop = asyncio.get_running_loop()
        Mail.arrived = collections.deque()
        hosts = [f"127.0.1.{n + 1}" for n in range(DESTINATIONS)] + [BULK]
        await loop.create_server(Mail, hosts, port, backlog=1024)
        await loop.create_server(Mute, MUTE, port, backlog=1024)
        await asyncio.start_server(read_slowly, SLOW, port, limit=1024)
        while await loop.run_in_executor(None, pipe.recv):
            pipe.send(list(Mail.arrived))
            Mail.arrived.clear()

    asyncio.run(serve())


def generator(port, keys, rate, pipe):
    """For each (first number, seconds) it is told: sends at that rate and answers when it ended and [(number, due,
    answered)], with what is answered in as long again."""
    async def post(connections, number, due, done):
        reader, writer = connections.pop() if connections else await asyncio.open_connection("127.0.0.1", port)
        tenant = number % len(keys)
        body = json.dumps({"Subject": f"n={number}", "ContentType": "plain", "PlainContent": "Hello. " * 200,
                           "From": {"email": f"a@t{tenant}.example"},
                           "To": [{"email": f"b@d{number % DESTINATIONS}.example.net"}]}).encode()
        writer.write(b"POST /api/v1/email HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                     + keys[tenant].encode() + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]))
        if head.startswith(b"HTTP/1.1 200"):
            done.append((number, due, time.time()))
        connections.append((reader, writer))

    async def run(first, seconds):
        connections, done, tasks, begin = [], [], set(), time.time()
        for i in range(int(rate * seconds)):
            due = begin + i / rate
            await asyncio.sleep(max(0, due - time.time()))
            tasks.add(asyncio.ensure_future(post(connections, first + i, due, done)))
        end = begin + seconds
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        return end, done

    while job := pipe.recv():
        pipe.send(asyncio.run(run(*job)))


# The world that each round copies

def settings(dns_port, mx_port, folder):
    return {"data_dir": str(folder / "data"), "dns": {"servers": [f"127.0.0.1:{dns_port}"], "timeout_ms": 3000, "tries": 2},
            "delivery": {"route": "mx", "mx_port": mx_port, "allow_networks": ["127.0.0.0/8"]},
            "webhooks": {"allow_networks": ["127.0.0.0/8"]},
            "limits": {"api_requests": 0, "webhooks": 0, "scheduled_messages": 0}, "log": {"level": "error"}}


class Poison:
    """The tenant whose trouble it is, through the API."""

    def __init__(self, gateway, made):
        self.gateway, self.made = gateway, made

    def call(self, name, **parameters):
        return self.gateway.command(name, parameters)

    def send(self, timeout=60, **changes):
        base = {"Subject": "poison", "ContentType": "plain", "PlainContent": "Hello there",
                "From": {"email": "a@poison.example"}}
        return self.gateway.send(self.made["poison_key"], {**base, **changes}, timeout=timeout)

    def to(self, count, address):
        return [{"email": address(n)} for n in range(count)]


def make_world(gateway, events):
    made = {"keys": []}
    for n in range(1, TENANTS):
        user = gateway.command("user.create", {"EmailAddress": f"u{n}@t{n}.example", "Username": f"u{n}", "FirstName": "U",
                                               "Password": "a password that is long",
                                               "Permissions": ["EmailGateway.AddDomain", "EmailGateway.ManageDomain"]})
        own = gateway.command("user.apikey.create", {"UserID": user["UserID"], "Note": "bench"})["APIKey"]
        domain = gateway.command("emailgateway.adddomain", {"DomainName": f"t{n - 1}.example"}, own)["NewSenderDomainID"]
        made["keys"].append(gateway.command("emailgateway.addapi", {"DomainID": domain, "Description": "bench"}, own)
                            ["APIKey"]["APIKey"])
    made["poison"], made["poison_key"] = gateway.add_domain("poison.example")
    made["hooked"], made["hooked_key"] = gateway.add_domain("hooked.poison.example")
    made["verified"] = [gateway.add_domain(f"v{n}.poison.example")[0] for n in range(40)]
    made["list"] = gateway.command("list.create", {"SubscriberListName": "bulk"})["ListID"]
    for first in range(0, SUBSCRIBERS, 10_000):
        text = "EmailAddress\r\n" + "".join(f"s{n}@bulk.example.net\r\n" for n in range(first, first + 10_000))
        imported = gateway.command("subscribers.import", {"ListID": made["list"], "ImportData": text})
        assert imported["Success"], imported
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: gateway.command("emailgateway.addwebhook", {
            "DomainID": made["hooked"], "Event": "accepted", "WebhookURL": f"http://127.0.2.4:9/{n}"}), range(WEBHOOKS)))
    poison = Poison(gateway, made)
    for _ in range(events // 1000):
        reply = poison.send(To=poison.to(1000, lambda n: f"r{n}@bulk.example.net"), SendAt=int(time.time()) + 86400)
        assert reply.status == 200, reply.body
    return made


# The troubles: each begins at once, and goes on in threads until `stop` is set. Whoever makes trouble computes elsewhere:
# these threads have the lowest priority, so that what they cost themselves is not taken for what they cost the gateway.

def yield_to_all():
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def repeat(stop, threads, action):
    def loop():
        yield_to_all()
        while not stop.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
                action()
    for _ in range(threads):
        threading.Thread(target=loop, daemon=True).start()


def once(actions):
    def run(action):
        yield_to_all()
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
            action()
    for action in actions:
        threading.Thread(target=run, args=[action], daemon=True).start()


def slow_reader(poison, stop):
    """six messages of 28 MB to a server that reads 512 bytes a second"""
    once([lambda: poison.gateway.request("POST", "/api/v1/email", LARGE, {
        "Content-Type": "application/json", "Authorization": "Bearer " + poison.made["poison_key"]})] * 6)


def verify(poison, stop):
    """forty verifydomain whose SPF includes names on silent name servers"""
    once([lambda id=id: poison.call("emailgateway.verifydomain", DomainID=id) for id in poison.made["verified"]])


def mute_hosts(poison, stop):
    """9,000 recipients at three mail hosts that accept and say nothing"""
    once([lambda n=n: poison.send(To=poison.to(1000, lambda r: f"r{r}@mute{n % 3}.example.net")) for n in range(9)])


def silent_dns(poison, stop):
    """5,000 recipients at domains whose name servers are silent"""
    once([lambda n=n: poison.send(To=poison.to(1000, lambda r: f"r@{n}-{r}.silent.example")) for n in range(5)])


def webhooks(poison, stop):
    """a message to 1,000 recipients of a domain with 8,000 webhooks"""
    once([lambda: poison.gateway.send(poison.made["hooked_key"], {
        "Subject": "poison", "ContentType": "plain", "PlainContent": "Hello", "From": {"email": "a@hooked.poison.example"},
        "To": poison.to(1000, lambda n: f"r{n}@bulk.example.net"), "SendAt": int(time.time()) + 86400})])


def searches(poison, stop):
    """searches that find every event, one after the other, by eight clients"""
    repeat(stop, 8, lambda: poison.call("emailgateway.getevents", DomainID=poison.made["poison"], StartFrom=50_000,
                                        RetrieveCount=100, Query="poison"))


def list_send(poison, stop):
    """a message to a list of 100,000"""
    once([lambda: poison.send(To=[], TargetListID=poison.made["list"])])


def export(poison, stop):
    """exports of all events, one after the other, by four clients"""
    repeat(stop, 4, lambda: poison.gateway.request(
        "POST", "/api.php", {"Command": "emailgateway.exportevents", "DomainID": poison.made["poison"], "Limit": 0},
        {"Authorization": "Bearer " + poison.gateway.admin_key()}))


TROUBLES = {trouble.__name__: trouble for trouble in (
    slow_reader, verify, mute_hosts, silent_dns, webhooks, searches, list_send, export)}


class Load:
    """The other tenants' load, and what came of it."""

    def __init__(self, port, keys, rate, sink):
        self.sink, self.rate, (self.pipe, end), self.count = sink, rate, multiprocessing.Pipe(), 0
        self.process = multiprocessing.Process(target=generator, args=(port, keys, rate, end), daemon=True)
        self.process.start()

    def measure(self, seconds):
        self.take()
        first = self.count
        self.pipe.send((first, seconds))
        end, answered = self.pipe.recv()
        own = lambda: {number: at for number, at in self.take() if number >= first}
        arrived = own()
        while len(arrived) < len(answered) and time.time() < end + seconds:
            time.sleep(0.1)
            arrived.update(own())
        self.count += 1_000_000
        never = [2 * seconds] * (int(self.rate * seconds) - len(answered))
        took = sorted([arrived.get(number, due + 2 * seconds) - due for number, due, _ in answered] + never)
        waited = sorted([at - due for _, due, at in answered] + never)
        return {"rate": sum(at <= end for at in arrived.values()) / seconds,
                "p99_ms": 1000 * took[int(0.99 * len(took))], "accept_p99_ms": 1000 * waited[int(0.99 * len(waited))]}

    def take(self):
        self.sink.send(True)
        return self.sink.recv()

    def stop(self):
        self.process.kill()
        self.process.join()


def one_round(world, made, trouble, options, dns_port, mx_port, sink):
    with tempfile.TemporaryDirectory(prefix="egd-bench-") as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(world / "data", folder / "data")
        gateway = gateway_module.Gateway(settings(dns_port, mx_port, folder), folder=folder).start()
        load, stop = Load(gateway.port, made["keys"], options.rate, sink), threading.Event()
        try:
            load.measure(2)  # lanes and caches
            calm = load.measure(options.seconds)
            trouble(Poison(gateway, made), stop)
            return calm, load.measure(options.seconds)
        finally:
            stop.set()
            load.stop()
            gateway.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--events", type=int, default=100_000, help="of the tenant whose searches and exports cost")
    parser.add_argument("--trouble", action="append", choices=TROUBLES, help="only these; repeatable")
    options = parser.parse_args()
    gateway_module.BIN = options.bin_dir.resolve()
    dns_port, mx_port = free_port(), free_port()
    sink, end = multiprocessing.Pipe()
    for target, arguments in ((name_server, (dns_port,)), (mail_servers, (mx_port, end))):
        multiprocessing.Process(target=target, args=arguments, daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="egd-bench-") as world:
        world = pathlib.Path(world)
        gateway = gateway_module.Gateway(settings(dns_port, mx_port, world), folder=world).start()
        made = make_world(gateway, options.events)
        gateway.stop()
        for name in options.trouble or TROUBLES:
            rounds = [one_round(world, made, TROUBLES[name], options, dns_port, mx_port, sink)
                      for _ in range(options.rounds)]
            middle = lambda part, what: statistics.median(one[part][what] for one in rounds)
            result = {"bench": "isolation", "trouble": name, "what": TROUBLES[name].__doc__}
            for what in ("rate", "p99_ms", "accept_p99_ms"):
                result[what], result[what + "_beside"] = round(middle(0, what), 1), round(middle(1, what), 1)
            result["kept_percent"] = round(100 * middle(1, "rate") / middle(0, "rate"), 1)
            result["p99_times"] = round(statistics.median(
                poisoned["p99_ms"] / calm["p99_ms"] for calm, poisoned in rounds), 1)
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
