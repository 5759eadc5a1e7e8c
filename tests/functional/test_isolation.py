"""Two tenants behind one gateway: whatever happens to one's mail, the other's is delivered and shows nothing of it.

Tenant A fails in one way after the other at a destination that both send to; then everything that tenant B can see
(events, explanations, webhooks, the log lines of its mail) is searched for A's words."""
import json
import time

import pytest
import smtp_sink
from gateway import message
from hook_receiver import HookReceiver
from waiting import wait_for

A_DOMAIN, B_DOMAIN = "tenant-a.example", "tenant-b.example"
# What of A's must never be seen by B.
OF_A = ["tenant-a", "alice", "secret-of-a", "very low reputation", "listed by spamhaus", "sender verify failed"]

WAYS = {
    # name: what the server says, at which stage, to A's mail alone
    "content refused": ("dot", "550 5.7.1 a link in secret-of-a is listed by Spamhaus DBL"),
    "content deferred": ("dot", "421 4.7.0 secret-of-a: listed by Spamhaus DBL, try again"),
    "reputation of its domain": ("dot", "421 4.7.0 very low reputation of the sending domain tenant-a.example"),
    "return-path refused": ("rcpt", "550 Sender verify failed for secret-of-a"),
    "return-path deferred": ("mail", "450 4.1.8 sender address rejected: tenant-a.example not found"),
}


@pytest.fixture
def sink(make_sink):
    return make_sink()


class Tenant:
    def __init__(self, gateway, name, domain):
        made = gateway.command("user.create", {"EmailAddress": f"{name}@{domain}", "Username": name,
                                               "Password": "a long password of " + name, "FirstName": name,
                                               "Permissions": ["EmailGateway.AddDomain", "EmailGateway.ManageDomain"]})
        assert made["Success"], made
        self.gateway, self.domain = gateway, domain
        self.key = gateway.command("user.apikey.create", {"UserID": made["UserID"], "Note": "test"})["APIKey"]
        added = gateway.command("emailgateway.adddomain", {"DomainName": domain}, self.key)
        assert added["Success"], added
        self.domain_id = added["NewSenderDomainID"]
        self.sender = gateway.command("emailgateway.addapi", {"DomainID": self.domain_id, "Description": "test"},
                                      self.key)["APIKey"]["APIKey"]

    def send(self, local, to, subject):
        reply = self.gateway.send(self.sender, message(From={"email": f"{local}@{self.domain}"}, Subject=subject,
                                                       To=[{"email": to}]))
        assert reply.status == 200, reply.body
        return reply.json["MessageID"]

    def events(self, **filters):
        reply = self.gateway.command("emailgateway.getevents", {"DomainID": self.domain_id, "StartFrom": 0,
                                                                "RetrieveCount": 100, **filters}, self.key)
        assert reply["Success"], reply
        return reply["Events"]

    def explain(self, message_id):
        return self.gateway.command("explain", {"MessageID": message_id}, self.key)


@pytest.fixture
def picky_sink(make_sink, monkeypatch):
    """A sink whose server answers so to A's mail alone, by the sender that MAIL named: server.picky = (stage, reply);
    without a reply it says nothing."""
    sink = make_sink()
    sink.server.picky = None
    usual_answer, usual_take = smtp_sink.Session.answer, smtp_sink.Session.take

    def is_of_a(session, text=""):
        return "tenant-a" in (session.sender or "") or "tenant-a" in text

    async def refuse(session):
        reply = session.server.picky[1]
        if reply is not None:
            return await session.say(reply)
        while await session.reader.read(65536):
            pass
        raise smtp_sink.HangUp

    async def on_mail(self, text, usual=smtp_sink.Session.on_mail):
        picky = self.server.picky
        if picky and picky[0] == "mail" and is_of_a(self, text):
            self.forget()
            return await refuse(self)
        return await usual(self, text)

    async def answer(self, stage, reply):
        picky = self.server.picky
        if picky and picky[0] == stage and stage != "mail" and is_of_a(self):
            await refuse(self)
            return False
        return await usual_answer(self, stage, reply)

    async def take(self, data):
        picky = self.server.picky
        if picky and picky[0] == "dot" and is_of_a(self):
            self.forget()
            return await refuse(self)
        return await usual_take(self, data)

    monkeypatch.setattr(smtp_sink.Session, "on_mail", on_mail)
    monkeypatch.setattr(smtp_sink.Session, "answer", answer)
    monkeypatch.setattr(smtp_sink.Session, "take", take)
    return sink


def nothing_of_a(what, text):
    found = [word for word in OF_A if word in text.lower()]
    assert not found, f"{what} shows {found} of the other tenant: {text[:2000]}"


def test_nothing_of_a_tenants_trouble_reaches_another(make_gateway, picky_sink):
    sink = picky_sink
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["2s"],
                                         "connections_per_destination": 1},
                            "webhooks": {"allow_networks": ["127.0.0.0/8"]}})
    gateway.start()
    a, b = Tenant(gateway, "alice", A_DOMAIN), Tenant(gateway, "bob", B_DOMAIN)
    hooks = HookReceiver()
    try:
        for event in ("delivery", "deferred", "bounce"):
            made = gateway.command("emailgateway.addwebhook",
                                   {"DomainID": b.domain_id, "Event": event, "WebhookURL": hooks.url()}, b.key)
            assert made["Success"], made
        sent = []
        for way, (stage, reply) in WAYS.items():
            sink.server.picky = (stage, reply)
            for i in range(4):
                a.send("alice", f"jane{i}@example.org", "secret-of-a")
                sent.append(b.send("bob", f"jane{i}@example.org", f"of b: {way}"))
            begin = time.monotonic()
            wait_for(lambda: len(b.events(Event="delivery")) == len(sent), seconds=15)
            assert time.monotonic() - begin < 10, way
        assert a.events(Event="deferred") and a.events(Event="bounce")
        assert b.events(Event="deferred") == [] and b.events(Event="bounce") == []
        wait_for(lambda: len(hooks.taken) >= len(sent), seconds=20)
        nothing_of_a("an event", json.dumps(b.events()))
        for message_id in sent:
            told = b.explain(message_id)
            nothing_of_a("an explanation", json.dumps(told))
            assert told["Recipients"][0]["State"] == "delivered" and told["Recipients"][0]["Attempts"] == 1, told
        nothing_of_a("a webhook", json.dumps([str(delivery) for delivery in hooks.taken]))
        for line in gateway.log_text().splitlines():
            if any(message_id in line for message_id in sent):
                nothing_of_a("a log line", line)
    finally:
        hooks.remove()


def test_a_resting_destination_costs_one_attempt_and_says_what_mail_waits_for(make_gateway, sink):
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["2s", "3s", "4s"]}})
    gateway.start()
    a, b = Tenant(gateway, "alice", A_DOMAIN), Tenant(gateway, "bob", B_DOMAIN)
    sink.fail("banner:421 4.3.2 too busy")
    of_a = a.send("alice", "jane@example.org", "secret-of-a")
    wait_for(lambda: a.events(Event="deferred"))
    of_b = b.send("bob", "jane@example.org", "of b")
    told = b.explain(of_b)
    nothing_of_a("an explanation", json.dumps(told))
    sink.fail()
    for tenant, message_id in ((a, of_a), (b, of_b)):
        wait_for(lambda: tenant.explain(message_id)["Recipients"][0]["State"] == "delivered", seconds=15)
    assert len(a.events(Event="deferred")) == 1
    assert len(b.events(Event="deferred")) <= 1
    nothing_of_a("an event", json.dumps(b.events()))


def test_a_server_that_never_answers_one_tenant_delays_no_other(make_gateway, picky_sink):
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{picky_sink.port}"}})
    gateway.start()
    a, b = Tenant(gateway, "alice", A_DOMAIN), Tenant(gateway, "bob", B_DOMAIN)
    picky_sink.server.picky = ("dot", None)
    for i in range(6):
        a.send("alice", f"jane{i}@example.org", "secret-of-a")
    for i in range(20):
        b.send("bob", f"jane{i}@example.org", "of b")
    wait_for(lambda: len(b.events(Event="delivery")) == 20, seconds=15)
    assert a.events(Event="delivery") == [] and b.events(Event="deferred") == []
