"""kill -9 under SMTP load, again and again: every message that was answered 250 is delivered, also when its text was in a
file; and twice only when a reply was lost."""
import os
import random
import re
import smtplib
import ssl
import threading
import time

from test_smtp_submission import Account, mail, port_of, smtp_settings, trusting
from waiting import wait_for

ROUNDS = int(os.environ.get("EGD_CRASH_ROUNDS", "50")) // 5 or 1
CLIENTS = 4
LARGE = "x" * 70 + "\n"


class Load(threading.Thread):
    """Submits messages, one after the other, until told to stop; remembers the acknowledged ones and those whose answer
    it did not get."""

    def __init__(self, gateway, account, number):
        super().__init__(daemon=True)
        self.gateway, self.account, self.number = gateway, account, number
        self.acknowledged, self.unanswered, self.refused = [], set(), []
        self.stopping = threading.Event()

    def run(self):
        count, client = 0, None
        while not self.stopping.wait(0.01):
            try:
                if client is None:
                    client = smtplib.SMTP_SSL("127.0.0.1", port_of(self.gateway, "listen_tls"), context=trusting(),
                                              timeout=10)
                    client.login(self.account.user, self.account.password)
            except (OSError, smtplib.SMTPException):
                client = None
                continue
            count += 1
            mark = f"crash-{self.number}-{count}"
            body = LARGE * (2000 if count % 5 == 0 else 1)  # over 64 KiB: through a file
            try:
                client.send_message(mail(mark, body=body))
                self.acknowledged.append(mark)
            except (OSError, ssl.SSLError, smtplib.SMTPServerDisconnected):
                self.unanswered.add(mark)
                client = None
            except smtplib.SMTPResponseException as refusal:
                if refusal.smtp_code not in (421, 452):
                    self.refused.append((mark, refusal))
                client = None


def times_seen(sink):
    seen = {}
    for message in sink.messages():
        mark = re.search(rb"^Subject: (crash-\S+)", message.data, re.MULTILINE)[1].decode()
        seen[mark] = seen.get(mark, 0) + 1
    return seen


def test_kill_9_under_smtp_load_loses_nothing(make_gateway, make_sink):
    sink = make_sink()
    settings = smtp_settings()
    settings["delivery"] = {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1s"]}
    settings["log"] = {"level": "error"}
    gateway = make_gateway(settings).start()
    account = Account(gateway)
    clients = [Load(gateway, account, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for _ in range(ROUNDS):
        time.sleep(random.uniform(0.3, 1.0))
        gateway.kill()
        gateway.start()
    for client in clients:
        client.stopping.set()
    for client in clients:
        client.join()
    acknowledged = {mark for client in clients for mark in client.acknowledged}
    assert [refusal for client in clients for refusal in client.refused] == []
    assert len(acknowledged) > ROUNDS
    wait_for(lambda: acknowledged <= times_seen(sink).keys(), lambda: acknowledged - times_seen(sink).keys(),
             seconds=120)
    seen = times_seen(sink)
    unknown = seen.keys() - acknowledged - {mark for client in clients for mark in client.unanswered}
    print(f"\nkills {ROUNDS}, acknowledged {len(acknowledged)}, received {len(seen)}, "
          f"twice {sum(times > 1 for times in seen.values())}")
    assert unknown == set()
    gateway.stop()
