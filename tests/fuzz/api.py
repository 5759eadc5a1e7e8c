#!/usr/bin/env python3
"""Fuzzes the API of a real egd: every Command, every encoding, every type of JSON at every depth.

    EGD_BIN_DIR=build/asan/bin python3 tests/fuzz/api.py --seconds 3600

Each call starts from the Command's own example in a world where it makes sense; values, names, encoding, bytes and proof
of identity are then changed at random. Whatever is sent, the reply is a whole one and no failure of ours, nothing "threw",
no sanitizer reports, and egd drains and ends with 0. The calls at fault are printed, as many kinds as there are.
"""
import argparse
import collections
import http.client
import json
import pathlib
import random
import re
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from catalogue import World, as_text, commands  # noqa: E402
from gateway import Gateway  # noqa: E402
from process import free_port  # noqa: E402
from smtp_sink import Sink  # noqa: E402

ROUND_SECONDS = 120  # then a fresh egd: what calls before have deleted or disabled is there again
CLIENTS = 4          # enough for handlers to meet each other
PATIENCE = 300       # seconds for a start or a reply: a sanitizer on a busy machine
MANY = 1_000_000     # of what may be owned: no call fails for want of room

TEXTS = ["", " ", "x", "0", "1", "-1", "1.0", "true", "null", "[]", "{}", "a,b", ",,,", "a\nb", "a\r\nX: y", "a\0b", "\x7f",
         "\x1b[31m", "é", "ﬀ", "\u202e", "\u2028", "😀", "\ud800", "İ", "ß" * 70, "x" * 64, "x" * 1100, "x" * 70_000, "%s%n",
         "../../etc/passwd", "'; DROP TABLE users; --", "*", "NEAR(", '"', "a AND", "(" * 300, "{{", "{{X|'", "{{ X | \"y\" }}",
         "@", "a@b", "a@[127.0.0.1]", "a@xn--sw8hj0a.ws", "\"a b\"@example.com", "John <john@example.com>", "a@" + "b." * 130,
         "example.com", "http://127.0.0.1:1/", "https://[::1]/", "http://bücher.test/", "http://:0", "2026-02-30", "2026-11-26",
         "9999-12-31", "0000-01-01", "From: a@example.com\r\n\r\nx", "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--",
         "a,b\n\"1,2", "=cmd()", "aGVsbG8=", "aGVsbG8", "01890a5d-ac96-774b-bcce-b302099a8057", "123e4567"]
NUMBERS = [0, 1, -1, 2, 7, 100, 255, 256, 65535, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 2**64 - 1,
           2**64, 10**30, 0.0, -0.0, 1.0, 1.5, 1e-300, 1e300, 1_900_000_000, 1_900_000_000_000]
KEYS = ["", "a", "email", "name", "Email", "filename", "content", "type", "content_id", "disposition", "Name", "0", "X-Header",
        "To", "Command", "\u0000", "é", "a[b]", "[]", "x" * 300]


class Mutator:
    """Values, requests and bytes at random, from one source."""

    def __init__(self, dice, texts):
        self.dice = dice
        self.texts = texts  # also what has a meaning in this world

    def scalar(self):
        kind = self.dice.randrange(6)
        if kind < 3:
            return self.dice.choice(self.texts)
        return [lambda: self.dice.choice(NUMBERS), lambda: self.dice.choice([None, True, False]),
                lambda: "".join(chr(self.dice.randrange(1, 0x300)) for _ in range(self.dice.randrange(40)))][kind - 3]()

    def value(self, depth=0):
        if depth > 5 or self.dice.random() < 0.5:
            return self.scalar()
        size = self.dice.choice([0, 1, 1, 2, 3, 40])
        if size == 40:
            depth = 5
        if self.dice.random() < 0.5:
            return [self.value(depth + 1) for _ in range(size)]
        return {self.dice.choice(KEYS) if self.dice.random() < 0.8 else str(self.scalar()): self.value(depth + 1)
                for _ in range(size)}

    def change(self, value):
        """Something else, or the same with a change somewhere inside."""
        if self.dice.random() < 0.6 or not value:
            return self.value()
        if isinstance(value, list):
            at = self.dice.randrange(len(value))
            return self.dice.choice([lambda: value[:at] + [self.change(value[at])] + value[at + 1:], lambda: value + value,
                                     lambda: value[:at], lambda: [value]])()
        if isinstance(value, dict):
            key = self.dice.choice(list(value))
            rest = {name: inner for name, inner in value.items() if name != key}
            return self.dice.choice([lambda: {**value, key: self.change(value[key])}, lambda: rest,
                                     lambda: {**value, self.dice.choice(KEYS): self.value()}])()
        if isinstance(value, str):
            at = self.dice.randrange(len(value))
            return self.dice.choice([value[:at], value[at:], value + value, value[:at] + str(self.scalar()) + value[at:],
                                     value.upper(), " " + value, value + "\0", [value], {"": value}])
        if isinstance(value, bool):
            return not value
        return self.dice.choice([value + 1, -value, value * 10**12, str(value), [value], {"": value}])

    def parameters(self, command, example):
        given = dict(example)
        names = [param["name"] for param in command["params"]] or ["DomainID"]
        for _ in range(self.dice.choice([0, 1, 1, 1, 2, 3])):
            name = self.dice.choice(names)
            if self.dice.random() < 0.1:
                given.pop(name, None)
            else:
                given[name] = self.change(given.get(name))
        if self.dice.random() < 0.05:
            given[self.dice.choice(KEYS)] = self.value()
        if self.dice.random() < 0.05:
            given = {self.dice.choice([name.lower(), name.upper()]): value for name, value in given.items()}
        return given

    def damage(self, data):
        """Bytes with some changed, left out, doubled or put in."""
        data = bytearray(data)
        for _ in range(self.dice.choice([1, 1, 2, 8])):
            at, to = sorted((self.dice.randrange(len(data) + 1), self.dice.randrange(len(data) + 1)))
            kind = self.dice.randrange(5)
            if kind == 0 and at < len(data):
                data[at] ^= 1 << self.dice.randrange(8)
            elif kind == 1:
                del data[at:min(to, at + 20)]
            elif kind == 2:
                data[at:at] = self.dice.choice([b"\0", b"\xff", b"[", b"{", b'"', b"\\u", b"\r\n", b"&", b"=", b"%", b"[]", b"--",
                                                b"\xed\xa0\x80", b"1e999", b"null", b"," * 50])
            elif kind == 3:
                data[at:at] = data[at:min(to, at + 200)]
            else:
                del data[at:]
        return bytes(data)

    # requests

    def fields(self, name, value):
        """As a form says it: brackets, or JSON in a text."""
        if self.dice.random() < 0.5 or not isinstance(value, (list, dict)) or not value:
            yield name, as_text(value)
        elif isinstance(value, list):
            for i, inner in enumerate(value[:50]):
                yield from self.fields(f"{name}[{self.dice.choice(['', i])}]", inner)
        else:
            for key, inner in value.items():
                yield from self.fields(f"{name}[{key}]", inner)

    def encode(self, parameters):
        """(encoding, query string, body, content type)."""
        encoding = self.dice.choice(["json", "json", "form", "multipart", "query", "mixed"])
        if encoding == "json":
            text = json.dumps(parameters, ensure_ascii=self.dice.random() < 0.5).encode(errors="surrogatepass")
            return encoding, "", text, self.dice.choice(["application/json"] * 8 + ["", "application/x+json; charset=utf8"])
        fields = [field for name, value in parameters.items() for field in self.fields(name, value)]
        half = {"query": len(fields), "mixed": len(fields) // 2}.get(encoding, 0)
        query = urllib.parse.urlencode(fields[:half], errors="surrogatepass")
        if len(query) > 15_000:  # the head has its limit
            query = query[:15_000]
        if encoding == "query":
            return encoding, query, b"", ""
        if encoding != "multipart":
            return (encoding, query, urllib.parse.urlencode(fields[half:], errors="surrogatepass").encode(),
                    "application/x-www-form-urlencoded")
        parts = "".join(f'--bound\r\nContent-Disposition: form-data; name="{name}"'
                        f'{self.dice.choice(["", "", "; filename=x"])}\r\n\r\n{value}\r\n' for name, value in fields)
        return encoding, "", f"{parts}--bound--\r\n".encode(errors="surrogatepass"), "multipart/form-data; boundary=bound"


class FuzzWorld(World):
    """Makes few domains: the key of each costs much."""

    def call(self, name, **parameters):
        reply = self.gateway.request("POST", "/api.php", {"Command": name, **parameters},
                                     {"Authorization": f"Bearer {self.own_key}"}, timeout=PATIENCE).json
        assert reply["Success"], (name, parameters, reply)
        return reply

    def domain(self):
        if not hasattr(self, "domains") or next(self.count) % 50 == 0:
            self.domains = [World.domain(self) for _ in range(2)]
        return self.domains[next(self.count) % 2]


class Client(threading.Thread):
    """Calls until the round's end, each connection as long as it lasts."""

    def __init__(self, round_, seed):
        super().__init__(daemon=True)
        self.round = round_
        self.gateway = round_.gateway
        self.dice = random.Random(seed)
        self.counts = collections.Counter()
        self.codes = collections.Counter()
        self.faults = {}
        self.connection = None

    def run(self):
        try:
            self.call_all()
        except Exception as error:  # a fault of this script must not look like a pass
            self.faults.setdefault("script", repr(error))
            raise

    def call_all(self):
        world = FuzzWorld(self.gateway, domain_name=f"d{self.dice.randrange(10**9)}.example.com")
        session = world.call("user.login", APIKey=world.call("user.apikey.create", Note="x")["APIKey"])["SessionID"]
        mutator = Mutator(self.dice, TEXTS + [world.sender_key, session, world.message_id, world.domain_name])
        self.round.all_settled.wait(PATIENCE)  # what one has just made, another's calls may delete
        proofs = [world.sender_key, session, self.gateway.admin_key(), "x", ""]
        examples = {}
        while time.monotonic() < self.round.deadline and self.gateway.process.running():
            command = self.dice.choice(commands())
            if command["name"] not in examples or self.dice.random() < 0.1:
                try:
                    examples[command["name"]] = world.example(command)
                except (AssertionError, KeyError, IndexError, OSError):  # calls before took what it needs
                    examples.setdefault(command["name"], dict(command["example"]))
            self.call(mutator, command, examples[command["name"]], proofs, world)

    def call(self, mutator, command, example, proofs, world):
        dice = self.dice
        parameters = mutator.parameters(command, example)
        method, path = "POST", "/api.php"
        if command["path"] and dice.random() < 0.5:
            method, path = command["method"], command["path"]
        elif dice.random() < 0.1:
            path += "/" + command["name"]
        else:
            parameters = {"Command": command["name"], **parameters}
        encoding, query, body, content_type = mutator.encode(parameters)
        if dice.random() < 0.15:
            body = mutator.damage(body)
        key = dice.choice(proofs) if dice.random() < 0.1 else \
            {"anyone": None, "sender_key": world.sender_key}.get(command["caller"], world.own_key)
        headers = {"Content-Type": content_type} if content_type else {}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        if dice.random() < 0.03:
            headers["Idempotency-Key"] = str(dice.randrange(10))
        if body and dice.random() < 0.05:
            headers["Transfer-Encoding"] = "chunked"
        self.counts[command["name"]] += 1
        self.send(command, encoding, method, f"{path}?{query}" if query else path, body, headers)

    def send(self, command, encoding, method, target, body, headers):
        shown = {"method": method, "target": target[:2000], "headers": headers, "body": body[:3000].decode("latin-1")}
        for fresh in (False, True):
            if self.connection is None:
                fresh = True
                self.connection = http.client.HTTPConnection("127.0.0.1", self.gateway.port, timeout=PATIENCE)
            try:
                chunks = [body[i:i + 1000] for i in range(0, len(body), 1000)] if "Transfer-Encoding" in headers else body
                self.connection.request(method, target, chunks or None, headers, encode_chunked=True)
                reply = self.connection.getresponse()
                text = reply.read()
                break
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                self.connection = None
                if fresh:  # the server may end an idle one; a new one it must answer
                    self.fault(f"{command['name']}: no reply: {type(error).__name__}", shown)
                    return
        self.codes[encoding, reply.status] += 1
        denied = command["envelope"] == "verdict" and text == b"{}"  # documented as a 500
        if (reply.status >= 500 and not denied) or re.search(rb'"(Error)?Code":\s*\[?\s*99995\b', text):
            self.fault(f"{command['name']}: {reply.status}", {**shown, "reply": text[:500].decode(errors="replace")})
        elif reply.getheader("Content-Type", "").startswith("application/json"):
            try:
                json.loads(text)
            except ValueError:
                self.fault(f"{command['name']}: a reply that is no JSON", {**shown, "reply": text[:500].decode("latin-1")})

    def fault(self, kind, request):
        self.faults.setdefault(kind, request)


class Round:
    """One egd from its start to its drained end."""

    def __init__(self, seconds, seed):
        self.sink = Sink()
        owned = dict.fromkeys(["webhooks", "keys", "credentials", "lists", "templates", "journeys", "scheduled_messages"], MANY)
        self.gateway = Gateway({
            "smtp": {"listen": [f"127.0.0.1:{free_port()}"]}, "limits": {"api_requests": 0, **owned},
            "delivery": {"route": "smarthost", "smarthost": f"127.0.0.1:{self.sink.port}"},
            "dns": {"timeout_ms": 100}, "log": {"level": "warning"}})
        try:
            self.gateway.start({"UBSAN_OPTIONS": "print_stacktrace=1"}, seconds=PATIENCE)
        except Exception:
            self.remove(keep_log=True)
            raise
        self.deadline = time.monotonic() + seconds
        self.all_settled = threading.Barrier(CLIENTS)
        self.clients = [Client(self, f"{seed}.{i}") for i in range(CLIENTS)]

    def run(self):
        for client in self.clients:
            client.start()
        for client in self.clients:
            client.join()
        faults = {kind: request for client in self.clients for kind, request in client.faults.items()}
        alive = self.gateway.process.running()
        try:
            if alive:
                self.gateway.command("user.current")
            self.gateway.stop()
        except Exception as error:
            faults["egd: does not live and end well"] = str(error)[-6000:]
        for line in re.findall(r".*(?:Sanitizer|runtime error:|handler threw|request failed|threw).*", self.gateway.log_text()):
            faults.setdefault("log: " + re.sub(r"[0-9a-f-]{36}|\d+", "#", line)[:200], line[:2000])
        return faults

    def remove(self, keep_log):
        if keep_log:
            print(self.gateway.log_text()[-20_000:], flush=True)
        self.gateway.remove()
        self.sink.remove()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=30)
    arguments.add_argument("--seed", default="1")
    given = arguments.parse_args()
    counts, codes, faults = collections.Counter(), collections.Counter(), {}
    end = time.monotonic() + given.seconds
    number = 0
    while (left := end - time.monotonic()) > 1:
        number += 1
        one = Round(min(left, ROUND_SECONDS), f"{given.seed}.{number}")
        found = one.run()
        for client in one.clients:
            counts += client.counts
            codes += client.codes
        for kind in found.keys() - faults.keys():
            print(f"FAULT {kind}\n{json.dumps(found[kind], indent=1)}", flush=True)
        one.remove(keep_log=bool(found.keys() - faults.keys()))
        faults |= found
        print(f"round {number}: {counts.total()} calls, {len(faults)} faults", flush=True)
    statuses = collections.Counter()
    for (_, status), count in codes.items():
        statuses[status] += count
    missing = sorted({command["name"] for command in commands()} - counts.keys())
    print(json.dumps({"calls": counts.total(), "rounds": number, "faults": len(faults), "not_called": missing,
                      "statuses": dict(sorted(statuses.items())),
                      "encodings": dict(collections.Counter(kind for kind, _ in codes.elements()))}))
    return 1 if faults or missing else 0


if __name__ == "__main__":
    sys.exit(main())
