"""Servers that egd has to talk to, and that are hostile: mail, name and web servers. Nothing counts as delivered that was not
taken, nobody else waits, memory stays small."""
import re
import socket
import struct
import threading

import dns.flags
import dns.rrset
import pytest

from gateway import message
from hook_receiver import HookReceiver
from name_server import NameServer
from process import free_port
from waiting import wait_for

MIB = 1024 * 1024
ENDLESS = 64 * MIB  # more than anybody has to read

GREETING, EHLO, OK = b"220 x ESMTP\r\n", b"250 x\r\n", b"250 2.0.0 ok\r\n"
# What the server says to the greeting and to each line that the client sends; a number: that many bytes without an end.
SMTP = {
    "an endless banner line": [b"220 " + b"x" * 100, ENDLESS],
    "an endless banner of many lines": [b"220-x\r\n" * (ENDLESS // 40)],
    "binary": [bytes(range(256)) * 40 + b"\r\n"],
    "NUL in the banner": [b"220 \0\0\r\n"],
    "bare LF": [b"220 x\n250 y\n354 z\n250 taken\n"],
    "codes that change": [b"220-x\r\n550 y\r\n"],
    "no number": [b"hello\r\n"],
    "a number beyond codes": [b"999 x\r\n"],
    "two digits": [b"22 x\r\n"],
    "talks ahead": [GREETING + EHLO + OK + OK + b"354 go\r\n" + OK],
    "HTTP": [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    "endless EHLO": [GREETING, b"250-A\r\n" * (ENDLESS // 40)],
    "refuses all": [GREETING, b"500 no\r\n", b"500 no\r\n"],
    "354 to RCPT": [GREETING, EHLO, OK, b"354 go\r\n"],
    "endless reply to RCPT": [GREETING, EHLO, OK, b"550-" + b"x" * 900 + b"\r\n", ENDLESS],
    "250 to DATA": [GREETING, EHLO, OK, OK, OK],
    "hangs up at the dot": [GREETING, EHLO, OK, OK, b"354 go\r\n", None],
    "half a reply at the dot": [GREETING, EHLO, OK, OK, b"354 go\r\n", b"25"],
    "STARTTLS then clear text": [GREETING, b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n", b"250 clear\r\n" * 10],
}


class Scripted:
    """A server on one address that says what it is told to, whatever it hears."""

    def __init__(self, host, port, script):
        self.script, self.said = script, 0  # the most steps that one connection came to
        self.listener = socket.create_server((host, port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        peer.settimeout(60)
        with peer:
            try:
                for at, said in enumerate(self.script):
                    if at and not isinstance(said, int):
                        self.hear(peer, self.script[at - 1])
                    self.said = max(self.said, at + 1)
                    if said is None:
                        return
                    if isinstance(said, int):
                        for _ in range(said // 65536):
                            peer.sendall(b"x" * 65536)
                    else:
                        peer.sendall(said)
                while peer.recv(65536):
                    pass
            except OSError:
                pass

    @staticmethod
    def hear(peer, said):
        """A command, or after 354 a whole content."""
        heard = peer.recv(65536)
        while said.startswith(b"354") and heard and not heard.endswith(b"\r\n.\r\n"):
            heard += peer.recv(65536)

    def remove(self):
        self.listener.close()


def mail_hosts(name, kind):
    """hN.example has its mail at 127.0.3.N."""
    host = re.fullmatch(r"(mx\.)?h(\d+)\.example\.", name)
    if host and kind == "MX" and not host[1]:
        return [f"10 mx.{name}"]
    return [f"127.0.3.{host[2]}"] if host and kind == "A" and host[1] else []


@pytest.fixture
def made():
    """What is in it is removed at the end."""
    removed = []
    yield removed
    for one in reversed(removed):
        one.remove()


def by_mx(make_gateway, names, port, **settings):
    gateway = make_gateway({"delivery": {"route": "mx", "mx_port": port, "mta_sts": False, "retry_schedule": ["1h"],
                                         "longest_wait": "10s"},
                            "dns": {"servers": [names.address]}, **settings}).start()
    return gateway, *gateway.add_domain()


def test_mail_servers(make_gateway, make_sink, made):
    port = free_port()
    names = NameServer(mail_hosts)
    made.append(names)
    servers = {name: Scripted(f"127.0.3.{at}", port, script) for at, (name, script) in enumerate(SMTP.items(), 1)}
    made.extend(servers.values())
    sink = make_sink("127.0.3.200", port)
    gateway, domain_id, key = by_mx(make_gateway, names, port)
    for at in range(1, len(SMTP) + 1):
        assert gateway.send(key, message(To=[{"email": f"a@h{at}.example"}])).status == 200
    gateway.send(key, message(To=[{"email": "good@h200.example"}]))
    wait_for(sink.messages, "the good server's mail waits", seconds=60)
    handled = ("deferred", "bounce", "delivered")
    events = wait_for(lambda: (found := [one for one in gateway.events(domain_id) if one["event"] in handled
                                         or one["event"] == "delivery"])
                      and len({one["recipient"] for one in found}) == len(SMTP) + 1 and found,
                      lambda: [(one["event"], one["recipient"]) for one in gateway.events(domain_id)], seconds=120)
    delivered = {one["recipient"] for one in events if one["event"].startswith("deliver")}
    assert delivered == {"good@h200.example"}, delivered
    assert {name: server.said for name, server in servers.items()} == {name: len(script) for name, script in SMTP.items()}
    print("resident:", gateway.memory() // MIB, "MiB")
    assert gateway.memory() < 200 * MIB
    for one in events:  # what others wrote is shown without what controls a terminal
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", one.get("smtp_response", "")), one


def twisted_id(query, reply):
    reply.id ^= 1
    return reply.to_wire()


def another_question(query, reply):
    reply.question[0] = dns.rrset.from_text("other.example.", 0, "IN", "A").copy()
    return reply.to_wire()


def a_question_back(query, reply):
    reply.flags &= ~dns.flags.QR
    return reply.to_wire()


def truncated(query, reply):
    reply.answer.clear()
    reply.flags |= dns.flags.TC
    return reply.to_wire()


DNS = {
    "another ID": twisted_id,
    "a question back": a_question_back,
    "truncated, and no TCP": truncated,
    "silent": lambda query, reply: None,
    "cut off": lambda query, reply: reply.to_wire()[:-13],  # within its answer, before the EDNS record
    "only a head": lambda query, reply: reply.to_wire()[:12],
    "empty": lambda query, reply: b"\0",
    "counts without records": lambda query, reply: reply.to_wire()[:6] + b"\xff\xff" * 3 + reply.to_wire()[12:],
    "a name that points at itself": lambda query, reply: struct.pack("!HHHHHH", query.id, 0x8180, 1, 1, 0, 0) + b"\xc0\x0c",
    "binary": lambda query, reply: struct.pack("!H", query.id) + bytes(range(256)),
    "SERVFAIL": lambda query, reply: (reply.set_rcode(2), reply.answer.clear(), reply.to_wire())[-1],
    "REFUSED": lambda query, reply: (reply.set_rcode(5), reply.answer.clear(), reply.to_wire())[-1],
}


def test_name_servers(make_gateway, made):
    """Whatever they answer, the mail waits: nobody has said that there is no such domain."""
    twists = list(DNS.values())

    def twist(query, reply):
        host = re.search(r"h(\d+)\.example", str(query.question[0].name))
        return twists[int(host[1]) - 1](query, reply) if host else reply.to_wire()

    names = NameServer(mail_hosts, twist)
    made.append(names)
    port = free_port()
    believed = [Scripted(f"127.0.3.{at}", port, [GREETING]) for at in range(1, len(DNS) + 1)]
    made.extend(believed)
    gateway, domain_id, key = by_mx(make_gateway, names, port)
    for at in range(1, len(DNS) + 1):
        assert gateway.send(key, message(To=[{"email": f"a@h{at}.example"}])).status == 200
    wait_for(lambda: len({one["recipient"] for one in gateway.events(domain_id, Event="deferred")}) == len(DNS),
             lambda: [(one["event"], one["recipient"], one.get("smtp_response")) for one in gateway.events(domain_id)], seconds=120)
    assert gateway.events(domain_id, Event="bounce") == []
    assert [server.said for server in believed] == [0] * len(DNS)


HTTP = {
    "an endless status line": [b"HTTP/1.1 200 ", ENDLESS],
    "an endless header": [b"HTTP/1.1 200 OK\r\nA: ", ENDLESS],
    "endless headers": [b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * (ENDLESS // 40)],
    "an endless body": [b"HTTP/1.1 200 OK\r\n\r\n", ENDLESS],
    "a bomb": [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99999999999\r\n\r\n\x1f\x8b\x08"],
    "no HTTP": [b"220 smtp\r\n"],
    "HTTP/0.9": [b"ok"],
    "cut in its headers": [b"HTTP/1.1 200 OK\r\nContent-Len"],
    "100 for ever": [b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000],
    "a way inside": [b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"],
    "a file": [b"HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"],
    "NUL in its headers": [b"HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n"],
    "binary": [bytes(range(256)) * 10],
}


class Web(Scripted):
    @staticmethod
    def hear(peer, said):
        pass

    def serve(self, peer):
        peer.recv(65536)
        threading.Timer(5, peer.close).start()
        super().serve(peer)


def test_web_servers(make_gateway, made):
    gateway = make_gateway({"webhooks": {"allow_networks": ["127.0.0.0/8"], "timeout_ms": 3000,
                                         "retry_schedule": ["1h"]}}).start()
    domain_id, key = gateway.add_domain()
    port = free_port()
    hooks = {}
    for at, (name, script) in enumerate(HTTP.items(), 1):
        made.append(Web(f"127.0.3.{at}", port, script))
        added = gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "accepted",
                                                            "WebhookURL": f"http://127.0.3.{at}:{port}/"})
        hooks[name] = added["NewWebhookID"]
    receiver = HookReceiver()
    made.append(receiver)
    gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "accepted",
                                                "WebhookURL": f"http://127.0.0.1:{receiver.port}/"})
    gateway.send(key, message())
    wait_for(lambda: receiver.taken, "the good server waits", seconds=60)

    def attempt(hook):
        return gateway.command("webhook.deliveries", {"WebhookID": hook, "RetrieveCount": 1})["Deliveries"]

    for name, hook in hooks.items():
        first = wait_for(lambda: attempt(hook), name, seconds=60)[0]
        taken = name in ("an endless body", "a bomb")  # its status and headers were whole; nobody reads the rest
        assert taken or first["Result"] != "delivered", (name, first)
        assert "root:" not in str(first), first
    print("resident:", gateway.memory() // MIB, "MiB")
    assert gateway.memory() < 200 * MIB
