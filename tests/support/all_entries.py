"""A gateway with every entry point in use at once, and what became of all that it acknowledged.

    house = House(make_gateway, make_sink, make_receiver)   # started
    load = AllEntries(house).start()
    ...                                                     # faults
    load.stop()
    print(load.verdict())                                   # waits until all is settled; nothing may be lost

Acknowledged means: 200 to a message by HTTP, 250 to one by SMTP, 250 to a notification of a bounce, 302 to a click.
"""
import collections
import http.client
import json
import re
import smtplib
import sqlite3
import threading
import time

from browser import Mail, ask
from disk_shim import DiskShim
from gateway import message
from process import free_port
from waiting import wait_for

FRESH_SECONDS = 45  # younger mails are answered: what is older may be forgotten, where a test turns the clock
IN_FLIGHT_SECONDS = 5.0  # a delivery older than this at a kill has been recorded, on a busy machine too
HTML = '<html><body><a href="https://shop.example/{mark}">buy</a></body></html>'
DSN = """From: MAILER-DAEMON@mx.example.org
To: <{to}>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 mailbox full

--b--
"""
UNAVAILABLE = (421, 451, 452)  # refused for now, and said so


class House:
    """The gateway, the mail server it delivers to, and a receiver of its webhooks. `on_shim`: on a disk that
    can fail (disk_shim.py); `environment(gateway)`: what egd is started with instead."""

    def __init__(self, make_gateway, make_sink, make_receiver, on_shim=False, environment=None, **settings):
        self.sink, self.receiver, self.environment = make_sink(), make_receiver(), {}
        self.smtp, self.tracking = free_port(), free_port()
        self.gateway = make_gateway({
            "smtp": {"listen": [f"127.0.0.1:{self.smtp}"], "allow_plaintext_auth": True},
            "tracking": {"listen": [f"127.0.0.1:{self.tracking}"]},
            "webhooks": {"allow_networks": ["127.0.0.0/8"], "retry_schedule": ["1s"] * 20},
            "delivery": {"smarthost": f"127.0.0.1:{self.sink.port}", "retry_schedule": ["1s"] * 50},
            "log": {"level": "error"},
            **settings})
        if on_shim:
            self.shim = DiskShim(self.gateway.folder, self.gateway.folder / "data")
            self.environment = self.shim.environment
        if environment:
            self.environment = environment(self.gateway)
        self.start()
        self.domain_id, self.key = self.gateway.add_domain()
        made = self.gateway.command("emailgateway.addsmtp", {"DomainID": self.domain_id})["SMTP"]
        self.login = made["SMTPUsername"], made["SMTPPassword"]
        for event in ("accepted", "delivered", "bounced"):
            self.gateway.command("emailgateway.addwebhook", {"DomainID": self.domain_id, "Event": event,
                                                             "WebhookURL": self.receiver.url("/" + event)})

    def start(self):
        self.gateway.start(self.environment)

    def rows(self, sql):
        """From the database itself, beside egd."""
        database = sqlite3.connect(f"file:{self.gateway.folder}/data/egd.db?mode=ro", uri=True, timeout=30)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def queued(self):
        return self.rows("SELECT count(*) FROM recipients")[0][0]


class Worker(threading.Thread):
    """Does one thing again and again until told to stop; pause: seconds in between."""

    def __init__(self, house, pause):
        super().__init__(daemon=True)
        self.house, self.pause, self.stopping = house, pause, threading.Event()
        self.acknowledged, self.unanswered, self.refused, self.wrong = [], 0, 0, []

    def run(self):
        count = 0
        while not self.stopping.wait(self.pause):
            count += 1
            try:
                self.once(count)
            except (OSError, http.client.HTTPException, smtplib.SMTPServerDisconnected):
                self.unanswered += 1
                self.forget()
            except smtplib.SMTPResponseException as reply:
                self.judge(reply.smtp_code in UNAVAILABLE, reply)
                self.forget()
        self.forget()

    def judge(self, is_unavailable, reply):
        if is_unavailable:
            self.refused += 1
        else:
            self.wrong.append(str(reply))

    def forget(self):
        """The connection, if it has one."""


class HttpSender(Worker):
    def once(self, count):
        mark = f"http-{id(self)}-{count}"
        large = {"PlainContent": "x" * 20_000} if count % 10 == 0 else {}
        reply = self.house.gateway.send(self.house.key, message(
            Subject=mark, ContentType="both", HTMLContent=HTML.format(mark=mark), To=[{"email": f"{mark}@example.org"}],
            **large), timeout=20)
        if reply.status == 200:
            self.acknowledged.append(reply.json["MessageID"])
        else:
            self.judge(reply.status == 503, (reply.status, reply.body))


class SmtpClient(Worker):
    client = None

    def connected(self):
        if self.client is None:
            self.client = smtplib.SMTP("127.0.0.1", self.house.smtp, timeout=20)
            self.client.ehlo("client.example")
            self.log_in()
        return self.client

    def log_in(self):
        pass

    def forget(self):
        client, self.client = self.client, None
        if client is not None:
            client.close()

    def submit(self, sender, recipient, text):
        """The text of the reply to the end of content."""
        client = self.connected()
        for code, reply in (client.mail(sender), client.rcpt(recipient)):
            if code != 250:
                raise smtplib.SMTPResponseException(code, reply)
        code, reply = client.data(text)
        if code != 250:
            raise smtplib.SMTPResponseException(code, reply)
        return reply.decode()


class SmtpSender(SmtpClient):
    def log_in(self):
        self.client.login(*self.house.login)

    def once(self, count):
        mark = f"smtp-{id(self)}-{count}"
        body = ("x" * 70 + "\n") * (1500 if count % 10 == 0 else 1)  # over 64 KiB: through a file
        reply = self.submit("john@example.com", f"{mark}@example.org",
                            f"From: john@example.com\nTo: {mark}@example.org\nSubject: {mark}\n\n{body}")
        self.acknowledged.append(re.search(r"queued as ([0-9a-f-]{36})", reply)[1])


def message_id(data):
    return re.search(rb"(?im)^Message-ID:\s*<([0-9a-f-]{36})@", data)[1].decode()


class Mailbox:
    """Looks at every so-many-th mail of the sink, while it is fresh."""

    def __init__(self, sink, period):
        self.mails, self.period, self.done = sink.server.messages, period, 0

    def next(self):
        while self.done + self.period <= len(self.mails):
            self.done += self.period
            mail = self.mails[self.done - 1]
            if time.time() - mail.at < FRESH_SECONDS:
                return mail
        return None


class Bouncer(SmtpClient):
    """Every third mail comes back as undeliverable."""

    def __init__(self, house, pause):
        super().__init__(house, pause)
        self.mailbox = Mailbox(house.sink, 3)

    def once(self, count):
        mail = self.mailbox.next()
        if mail is None:
            return
        self.submit("", mail.sender, DSN.format(to=mail.sender, recipient=mail.recipients[0]))
        self.acknowledged.append(message_id(mail.data))


class Reader(Worker):
    """Clicks the link of every second mail."""

    def __init__(self, house, pause):
        super().__init__(house, pause)
        self.mailbox = Mailbox(house.sink, 2)

    def once(self, count):
        mail = self.mailbox.next()
        if mail is None:
            return
        links = Mail(mail.data).links if b"multipart/alternative" in mail.data else []
        if links:
            answer = ask(self.house.tracking, links[0])
            self.judge(answer.status == 503, answer.status) if answer.status != 302 else \
                self.acknowledged.append(message_id(mail.data))


class Operator(Worker):
    """Looks on with egctl."""
    LOOKS = [("queue",), ("status",), ("getevents", "example.com", "0", "5"), ("domainstats", "example.com"),
             ("export",), ("webhook.deliveries", "1")]

    def once(self, count):
        words = self.LOOKS[count % len(self.LOOKS)]
        done = self.house.gateway.egctl("-o", "json", *words, check=False)
        if done.returncode == 0:
            self.acknowledged.append(words)
        else:
            self.judge(done.returncode in (1, 3) and "bug" not in done.stderr, (words, done.returncode, done.stderr))


class AllEntries:
    def __init__(self, house, http_senders=2, smtp_senders=2, pause=0.01):
        self.house = house
        self.http = [HttpSender(house, pause) for _ in range(http_senders)]
        self.smtp = [SmtpSender(house, pause) for _ in range(smtp_senders)]
        self.bouncer, self.reader, self.operator = Bouncer(house, pause), Reader(house, pause), Operator(house, 0.5)
        self.workers = [*self.http, *self.smtp, self.bouncer, self.reader, self.operator]
        self.faults = []  # when egd was killed

    def start(self):
        for worker in self.workers:
            worker.start()
        return self

    def stop(self):
        for worker in self.workers:
            worker.stopping.set()
        for worker in self.workers:
            worker.join()

    def kill(self):
        self.faults.append(time.time())
        self.house.gateway.kill()

    def sent(self):
        return {one for worker in (*self.http, *self.smtp) for one in worker.acknowledged}

    def wrong(self):
        return [text for worker in self.workers for text in worker.wrong]

    def copies(self):
        """{message ID: times at which a copy was taken}"""
        times = collections.defaultdict(list)
        for mail in self.house.sink.messages():
            times[message_id(mail.data)].append(mail.at)
        return times

    def with_event(self, condition):
        rows = self.house.rows(f"SELECT DISTINCT lower(hex(m.id)) FROM events e JOIN messages m ON m.number = e.message "
                               f"WHERE {condition}")
        return {f"{it[:8]}-{it[8:12]}-{it[12:16]}-{it[16:20]}-{it[20:]}" for (it,) in rows}

    def missing(self):
        """{what: how many acknowledged ones of it have not had their effect}"""
        told = {json.loads(one.body)["Sequence"] for one in list(self.house.receiver.taken)}
        events = {row[0] for row in self.house.rows("SELECT sequence FROM events WHERE type IN (0, 3, 4)")}
        return {"messages": len(self.sent() - self.copies().keys()),
                "bounces": len(set(self.bouncer.acknowledged) - self.with_event("e.type = 4 AND e.source = 'dsn'")),
                "clicks": len(set(self.reader.acknowledged) - self.with_event("e.type = 6")),
                "webhooks": len(events - told), "queued": self.house.queued()}

    def twice(self):
        return {one: times for one, times in self.copies().items() if len(times) > 1}

    def verdict(self, seconds=120, lost_clicks=False):
        """The figures, once nothing is missing any more; fails when something stays so, was answered wrongly, was sent
        without having been acknowledged or cut off, or twice without a kill in between."""
        found = {}

        def settled():
            found.update(self.missing())
            return not any(count for what, count in found.items() if what != "clicks" or not lost_clicks)
        wait_for(settled, lambda: f"lost: {found}", seconds=seconds)
        assert self.wrong() == []
        unknown = self.copies().keys() - self.sent()
        assert len(unknown) <= sum(worker.unanswered for worker in (*self.http, *self.smtp))
        for one, times in self.twice().items():
            for earlier, later in zip(times, times[1:]):
                between = [at for at in self.faults if earlier - 0.05 <= at <= later]
                assert between and between[0] - earlier < IN_FLIGHT_SECONDS, (one, times)
        hooks = collections.Counter(json.loads(one.body)["Sequence"] for one in list(self.house.receiver.taken))
        return {"faults": len(self.faults), "http": sum(len(one.acknowledged) for one in self.http),
                "smtp": sum(len(one.acknowledged) for one in self.smtp), "bounces": len(self.bouncer.acknowledged),
                "clicks": len(self.reader.acknowledged), "egctl": len(self.operator.acknowledged),
                "unanswered": sum(one.unanswered for one in self.workers),
                "refused": sum(one.refused for one in self.workers), "lost": sum(found.values()),
                "delivered twice": len(self.twice()), "webhooks": len(hooks),
                "told twice": sum(count > 1 for count in hooks.values())}
