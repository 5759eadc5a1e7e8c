"""Submission over SMTP with Python's smtplib and raw sockets: log in, hand over, delivered; and every refusal with its
code."""
import base64
import email.message
import signal
import smtplib
import socket
import ssl
import time

import pytest

from process import free_port
from waiting import wait_for


def smtp_settings(**smtp):
    return {"smtp": {"listen": [f"127.0.0.1:{free_port()}"], "listen_tls": [f"127.0.0.1:{free_port()}"], **smtp}}


def port_of(gateway, option="listen"):
    return int(gateway.settings["smtp"][option][0].rsplit(":", 1)[1])


def trusting():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Account:
    """A domain with SMTP credentials."""

    def __init__(self, gateway, name="example.com"):
        self.domain_id, self.key = gateway.add_domain(name)
        made = gateway.command("emailgateway.addsmtp", {"DomainID": self.domain_id})
        assert made["Success"], made
        self.id = made["SMTP"]["SMTPID"]
        self.user, self.password = made["SMTP"]["SMTPUsername"], made["SMTP"]["SMTPPassword"]
        self.ports = made["SMTP"]["SMTPPorts"]


def starttls(gateway):
    client = smtplib.SMTP("127.0.0.1", port_of(gateway), timeout=30)
    client.starttls(context=trusting())
    return client


def logged_in(gateway, account):
    client = starttls(gateway)
    client.login(account.user, account.password)
    return client


def mail(subject="Hello", sender="john@example.com", to="jane@example.org", body="Hello, Jane.\n", **fields):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message


class Raw:
    """A dialogue by hand, octet by octet."""

    def __init__(self, port, tls=False, greeting=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        if tls:
            self.socket = trusting().wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")
        if greeting:
            assert self.reply().startswith("220 "), "greeting"

    def reply(self):
        """The lines of one reply, joined; empty at the end of the connection."""
        lines = []
        while True:
            line = self.file.readline().decode()
            lines.append(line.rstrip("\r\n"))
            if len(line) < 4 or line[3] != "-":
                return "\n".join(lines)

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def ask(self, command):
        self.send(command + "\r\n")
        return self.reply()

    def secure(self):
        assert self.ask("STARTTLS").startswith("220 ")
        self.socket = trusting().wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")
        return self

    def log_in(self, account):
        self.ask("EHLO client.example")
        self.secure()
        token = base64.b64encode(f"\0{account.user}\0{account.password}".encode()).decode()
        assert self.ask("AUTH PLAIN " + token).startswith("235 ")
        return self

    def submit(self, content, sender="john@example.com", to="jane@example.org"):
        """The reply to the end of content."""
        assert self.ask(f"MAIL FROM:<{sender}>").startswith("250 ")
        assert self.ask(f"RCPT TO:<{to}>").startswith("250 ")
        assert self.ask("DATA").startswith("354 ")
        self.send(content)
        return self.reply()

    def at_end(self):
        return self.file.read() == b""

    def close(self):
        self.file.close()
        self.socket.close()


@pytest.fixture(scope="module")
def world():
    """(gateway, account, sink): a gateway that delivers to a sink, for tests that need no other."""
    import gateway as gateway_module
    import smtp_sink as smtp_sink_module
    sink = smtp_sink_module.Sink()
    settings = smtp_settings()
    settings["delivery"] = {"smarthost": f"127.0.0.1:{sink.port}"}
    settings["limits"] = {"max_message_bytes": 1024 * 1024, "max_recipients": 5}
    gateway = gateway_module.Gateway(settings)
    try:
        gateway.start()
        yield gateway, Account(gateway), sink
    finally:
        gateway.remove()
        sink.remove()


def delivered(sink, subject, timeout=30):
    """The message with that subject, as the sink got it."""
    def arrived():
        return next((message for message in sink.messages() if f"Subject: {subject}\r\n".encode() in message.data), None)

    return wait_for(arrived, f"{subject} was not delivered", seconds=timeout)


def raw_mail(subject, body="Hello.\r\n", extra=""):
    return f"From: john@example.com\r\nTo: jane@example.org\r\nSubject: {subject}\r\n{extra}\r\n{body}.\r\n"


# Handing over

@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_a_submitted_mail_is_delivered(world, way):
    gateway, account, sink = world
    if way == "tls":
        client = smtplib.SMTP_SSL("127.0.0.1", port_of(gateway, "listen_tls"), context=trusting(), timeout=30)
    else:
        client = starttls(gateway)
    client.login(account.user, account.password)
    message = mail(f"by {way}")
    message["Bcc"] = "secret@example.org"
    assert client.sendmail("john@example.com", ["jane@example.org"], message.as_bytes()) == {}
    client.quit()
    got = delivered(sink, f"by {way}")
    assert got.recipients == ["jane@example.org"] and b"secret@" not in got.data
    assert b" with ESMTPSA" in got.data and b"\r\nDate: " in got.data and b"\r\nMessage-ID: <" in got.data
    assert b"DKIM-Signature:" in got.data


def test_the_reply_names_the_message(world):
    gateway, account, sink = world
    client = Raw(port_of(gateway)).log_in(account)
    reply = client.submit(raw_mail("named"))
    assert reply.startswith("250 2.0.0 Ok: queued as "), reply
    message_id = reply.rsplit(" ", 1)[1]
    events = gateway.events(account.domain_id, Query=message_id)
    assert [event["event"] for event in events][-1] == "accepted"
    client.close()


def test_the_ports_shown_are_those_that_listen(world):
    gateway, account, _ = world
    assert account.ports == [port_of(gateway), port_of(gateway, "listen_tls")]


def test_ehlo_offers_what_is_there(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway))
    plain = client.ask("EHLO [127.0.0.1]").splitlines()
    words = {line[4:] for line in plain[1:]}
    assert {"PIPELINING", "SIZE 1048576", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING",
            "STARTTLS"} == words
    client.secure()
    secured = {line[4:] for line in client.ask("EHLO what ever_it-is").splitlines()[1:]}
    assert "AUTH PLAIN LOGIN" in secured and "STARTTLS" not in secured
    client.close()


# Logging in

def encoded(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("form", ["plain", "plain-late", "login", "login-initial"])
def test_auth_in_every_form(world, form):
    gateway, account, _ = world
    client = Raw(port_of(gateway, "listen_tls"), tls=True)
    client.ask("EHLO x")
    token = encoded(f"\0{account.user}\0{account.password}")
    if form == "plain":
        assert client.ask("auth plain " + token).startswith("235 2.7.0")
    elif form == "plain-late":
        assert client.ask("AUTH PLAIN") == "334 "
        assert client.ask(token).startswith("235 2.7.0")
    else:
        if form == "login":
            assert client.ask("AUTH LOGIN") == "334 VXNlcm5hbWU6"
            assert client.ask(encoded(account.user)) == "334 UGFzc3dvcmQ6"
        else:
            assert client.ask("AUTH LOGIN " + encoded(account.user)) == "334 UGFzc3dvcmQ6"
        assert client.ask(encoded(account.password)).startswith("235 2.7.0")
    assert client.ask("AUTH PLAIN " + token).startswith("503 5.5.1")
    client.close()


def test_auth_refusals(world):
    gateway, account, _ = world
    client = Raw(port_of(gateway))
    client.ask("EHLO x")
    before = client.ask("AUTH PLAIN " + encoded(f"\0{account.user}\0{account.password}"))
    assert before.startswith("538 5.7.11") and "STARTTLS" in before
    client.secure()
    assert client.ask("AUTH CRAM-MD5").startswith("504 5.5.4")
    assert client.ask("AUTH LOGIN").startswith("334 ")
    assert client.ask("*").startswith("501 5.0.0")
    assert client.ask("AUTH PLAIN !!!").startswith("501 5.5.2")
    assert client.ask("AUTH PLAIN =").startswith("501 5.5.2")
    wrong = "AUTH PLAIN " + encoded(f"\0{account.user}\0wrong")
    assert client.ask(wrong).startswith("535 5.7.8")
    assert client.ask(wrong).startswith("535 5.7.8")
    assert client.ask(wrong).startswith("421 ")
    assert client.at_end()
    client.close()


def test_guessing_is_throttled_across_connections(make_gateway):
    gateway = make_gateway(smtp_settings()).start()
    account = Account(gateway)
    seen = []
    for _ in range(7):
        client = Raw(port_of(gateway, "listen_tls"), tls=True)
        client.ask("EHLO x")
        seen += [client.ask("AUTH PLAIN " + encoded(f"\0{account.user}\0wrong"))[:3] for _ in range(2)]
        client.close()
    assert seen[:10] == ["535"] * 10 and seen[10:] == ["454"] * 4
    client = Raw(port_of(gateway, "listen_tls"), tls=True)
    client.ask("EHLO x")
    right = client.ask("AUTH PLAIN " + encoded(f"\0{account.user}\0{account.password}"))
    assert right.startswith("454 4.7.0")
    client.close()


# Refusals

def test_a_stranger_reaches_nobody(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway))
    client.ask("EHLO x")
    assert client.ask("MAIL FROM:<someone@example.net>").startswith("250 ")
    assert client.ask("RCPT TO:<jane@example.org>").startswith("550 5.7.1")
    assert client.ask("DATA").startswith("554 5.5.1")
    client.close()


def test_somebody_elses_from_is_refused(world):
    gateway, account, _ = world
    client = Raw(port_of(gateway)).log_in(account)
    reply = client.submit(raw_mail("foreign").replace("john@example.com", "ceo@victim.example"))
    assert reply.startswith("550 5.7.1"), reply
    assert client.ask("NOOP").startswith("250 ")
    client.close()


def test_a_suppressed_recipient_is_refused_and_the_others_get_it(world):
    gateway, account, sink = world
    imported = gateway.command("suppression.import", {"EmailAddresses": ["gone@example.org"], "Reason": "test"})
    assert imported["Success"], imported
    client = logged_in(gateway, account)
    refused = client.sendmail("john@example.com", ["gone@example.org", "jane@example.org"],
                              mail("not to all").as_bytes())
    assert list(refused) == ["gone@example.org"] and refused["gone@example.org"][0] == 550
    assert refused["gone@example.org"][1].startswith(b"5.1.1 ")
    client.quit()
    assert delivered(sink, "not to all").recipients == ["jane@example.org"]
    kinds = {event["recipient"]: event["event"] for event in gateway.events(account.domain_id, Query="not to all")}
    assert kinds["gone@example.org"] == "rejected"


def test_limits(world):
    gateway, account, _ = world
    client = Raw(port_of(gateway)).log_in(account)
    assert client.ask("MAIL FROM:<john@example.com> SIZE=1048577").startswith("552 5.3.4")
    assert client.ask("MAIL FROM:<john@example.com> SIZE=1000 RET=HDRS X-OTHER=1 AUTH=<>").startswith("250 ")
    for number in range(5):
        assert client.ask(f"RCPT TO:<r{number}@example.org>").startswith("250 2.1.5")
    assert client.ask("RCPT TO:<r5@example.org>").startswith("452 4.5.3")
    assert client.ask("DATA").startswith("354 ")
    client.send(raw_mail("large", "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 16_000))
    assert client.reply().startswith("552 5.3.4")
    assert client.submit(raw_mail("after it")).startswith("250 2.0.0")
    client.close()


def test_deleted_credentials_stop_on_open_connections(world):
    gateway, _, _ = world
    account = Account(gateway, "deleted.example")
    client = Raw(port_of(gateway)).log_in(account)
    assert gateway.command("emailgateway.deletesmtp", {"SMTPID": account.id})["Success"]
    assert client.ask("MAIL FROM:<john@deleted.example>").startswith("550 5.7.1")
    client.close()


def test_the_month_is_a_temporary_refusal(make_gateway):
    gateway = make_gateway(smtp_settings()).start()
    account = Account(gateway)
    user = gateway.command("user.current")["UserInfo"]["UserID"]
    assert gateway.command("user.update", {"UserID": user, "MonthlySendLimit": 1})["Success"]
    client = Raw(port_of(gateway)).log_in(account)
    assert client.submit(raw_mail("first")).startswith("250 ")
    assert client.submit(raw_mail("second")).startswith("451 4.7.1")
    client.close()


# Leniency

def test_what_old_clients_send_is_taken(world):
    gateway, account, sink = world
    client = Raw(port_of(gateway)).log_in(account)
    assert client.ask("MAIL FROM: <john@example.com>").startswith("250 ")
    assert client.ask("RSET").startswith("250 ")
    assert client.ask("MAIL FROM:john@example.com BODY=8BITMIME").startswith("250 ")
    assert client.ask("RCPT TO: jane@example.org").startswith("250 ")
    assert client.ask("DATA").startswith("354 ")
    client.send(b"From: john@example.com\nSubject: old\n\nbare\n.\nfeeds\r.\rand returns\n\r\n.\r\n")
    assert client.reply().startswith("250 2.0.0")
    body = delivered(sink, "old").data.split(b"\r\n\r\n", 1)[1]
    assert body.startswith(b"bare\r\n.\r\nfeeds\r\n.\r\nand returns\r\n"), body
    client.close()


def test_a_long_line_is_encoded_anew(world):
    gateway, account, sink = world
    client = Raw(port_of(gateway)).log_in(account)
    assert client.submit(raw_mail("long", "x" * 3000 + "\r\n")).startswith("250 ")
    data = delivered(sink, "long").data
    assert b"Content-Transfer-Encoding: quoted-printable" in data
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert email.message_from_bytes(data).get_payload(decode=True).strip() == b"x" * 3000
    client.close()


def test_chunks(world):
    gateway, account, sink = world
    client = Raw(port_of(gateway)).log_in(account)
    content = raw_mail("chunks")[:-3].encode()
    assert client.ask("MAIL FROM:<john@example.com>").startswith("250 ")
    assert client.ask("RCPT TO:<jane@example.org>").startswith("250 ")
    client.send(b"BDAT 20\r\n" + content[:20] + b"BDAT %d LAST\r\n" % (len(content) - 20) + content[20:])
    assert client.reply().startswith("250 2.0.0 20 octets")
    assert client.reply().startswith("250 2.0.0 Ok: queued as ")
    client.send(b"BDAT 4\r\nQUITNOOP\r\n")
    assert client.reply().startswith("503 5.5.1")
    assert client.reply().startswith("250 ")
    client.close()
    delivered(sink, "chunks")


def test_headers_for_the_gateway(world):
    gateway, account, sink = world
    client = logged_in(gateway, account)
    message = mail("controls", X_Tags="welcome, spring", X_Track_Links="no", Idempotency_Key="order-4711")
    client.send_message(message)
    first = delivered(sink, "controls")
    for name in (b"X-Tags", b"X-Track", b"Idempotency-Key"):
        assert name not in first.data
    event = gateway.events(account.domain_id, Query="controls")[-1]
    assert event["tags"] == ["welcome", "spring"], event
    client.send_message(message)  # the same again: the first answer
    with pytest.raises(smtplib.SMTPDataError):
        client.send_message(mail("controls", body="Something else\n", Idempotency_Key="order-4711"))
    with pytest.raises(smtplib.SMTPDataError) as wrong:
        client.send_message(mail("controls", X_Send_At="tomorrow"))
    assert b"X-Send-At" in wrong.value.smtp_error
    later = mail("later", X_Send_At=str(int(time.time()) + 3600))
    client.send_message(later)
    client.quit()
    assert [e["event"] for e in gateway.events(account.domain_id, Query="later")] == ["accepted"]
    assert len([m for m in sink.messages() if b"Subject: controls\r\n" in m.data]) == 1


# Hostile clients

@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n"])
def test_only_one_sequence_ends_a_message(world, end):
    gateway, account, sink = world
    client = Raw(port_of(gateway)).log_in(account)
    subject = "smuggled-" + end.hex()
    smuggled = b"MAIL FROM:<ceo@victim.example>\r\nRCPT TO:<jane@example.org>\r\nDATA\r\nSubject: second\r\n"
    reply = client.submit(raw_mail(subject)[:-3].encode() + end + smuggled + b"\r\n.\r\n")
    assert reply.startswith("250 2.0.0"), reply
    assert client.ask("NOOP").startswith("250 ")
    got = delivered(sink, subject)
    assert b"MAIL FROM:<ceo@victim.example>" in got.data
    assert not [m for m in sink.messages() if m.sender == "ceo@victim.example"]
    client.close()


def test_http_is_cut(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway))
    assert client.ask("POST / HTTP/1.1").startswith("421 ")
    assert client.at_end()
    client.close()


def test_early_talkers_are_cut(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway), greeting=False)
    client.send("EHLO x\r\nMAIL FROM:<a@example.net>\r\n")
    assert client.reply().startswith("421 ")
    client.close()


def test_text_behind_starttls_is_discarded(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway))
    client.ask("EHLO x")
    client.send("STARTTLS\r\nMAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.net>\r\n")
    assert client.reply().startswith("220 ")
    client.socket = trusting().wrap_socket(client.socket)
    client.file = client.socket.makefile("rb")
    assert client.ask("RCPT TO:<b@example.net>").startswith("503 5.5.1")
    client.close()


def test_bare_newlines_of_strangers(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway))
    client.send("EHLO x\n")
    assert client.reply().startswith("550 5.5.2")
    client.ask("EHLO x")
    assert client.ask("MAIL FROM: <a@example.net>").startswith("501 5.5.4")
    client.close()


def test_endless_lines_and_bad_commands(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway))
    assert client.ask("NOOP " + "x" * 20_000).startswith("500 5.5.2")
    replies = [client.ask("NONSENSE") for _ in range(20)]
    assert replies[0].startswith("500 5.5.1") and replies[-1].startswith("421 ")
    client.close()
    client = Raw(port_of(gateway))
    client.send(b"x" * 300_000)
    assert client.reply().startswith("421 4.7.0")
    client.close()


def test_tls_where_none_is_expected(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway))
    client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert client.reply().startswith("421 ")
    client.close()


def test_silent_clients_make_room(make_gateway):
    gateway = make_gateway(smtp_settings(max_connections=10)).start()
    account = Account(gateway)
    silent = [Raw(port_of(gateway)) for _ in range(15)]
    assert silent[0].reply().startswith("421 4.7.0")
    client = logged_in(gateway, account)
    client.noop()
    assert silent[-1].ask("NOOP").startswith("250 ")
    for one in silent:
        one.close()
    client.quit()


def test_slow_commands_end(make_gateway):
    gateway = make_gateway(smtp_settings(command_timeout="2s")).start()
    client = Raw(port_of(gateway))
    began = time.monotonic()
    reply = ""
    while not reply and time.monotonic() < began + 20:
        client.send("N")
        client.socket.settimeout(0.5)
        try:
            reply = client.file.readline().decode()
        except TimeoutError:
            client.file = client.socket.makefile("rb")
    assert reply.startswith("421 4.4.2")
    client.close()


# What the operator sees

def test_smtpsessions_says_why(world):
    gateway, account, _ = world
    client = Raw(port_of(gateway, "listen_tls"), tls=True)
    client.ask("EHLO printer.example")
    secret = encoded(f"\0{account.user}\0my-secret-password")
    client.ask("AUTH PLAIN " + secret)
    shown = gateway.egctl_json("smtpsessions", "example.com")["Sessions"]
    latest = shown[0]
    assert latest["Reason"].startswith("535 5.7.8") and latest["ClientName"] == "printer.example"
    assert latest["Username"] == account.user and "egctl resetsmtppassword" in latest["Remedy"]
    assert "> AUTH PLAIN ***" in latest["Dialogue"]
    assert secret not in str(shown) and "my-secret-password" not in str(shown) + gateway.log_text()
    client.ask("AUTH PLAIN " + encoded("\0another-tenant\0x"))  # is no business of the domain tried before
    shown = gateway.egctl_json("smtpsessions", "example.com")["Sessions"]
    assert shown[0]["Username"] == account.user and "another-tenant" not in str(shown)
    client.close()


def test_smtpsessions_of_all_is_for_admins(world):
    gateway, _, _ = world
    client = Raw(port_of(gateway))
    client.ask("GET / HTTP/1.1")
    client.close()
    everything = gateway.egctl_json("smtpsessions", "--all")["Sessions"]
    assert any("web server" in session["Reason"] for session in everything)
    key = gateway.command("user.apikey.create", {"Note": "test"})["APIKey"]
    refused = gateway.command("smtpsessions", {"All": True}, key=key)
    assert not refused["Success"] and refused["ErrorCode"] == 99999


def test_an_old_client_is_named(world):
    gateway, _, _ = world
    context = trusting()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, OSError)):
        smtplib.SMTP_SSL("127.0.0.1", port_of(gateway, "listen_tls"), context=context, timeout=30)
    everything = gateway.egctl_json("smtpsessions", "--all")["Sessions"]
    assert any(session["Reason"] == "offered TLS 1.0 only" for session in everything), everything[:3]


def test_old_devices_may_be_let_in(make_gateway):
    gateway = make_gateway(smtp_settings(tls_min="1.0")).start()
    context = trusting()
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    client = smtplib.SMTP_SSL("127.0.0.1", port_of(gateway, "listen_tls"), context=context, timeout=30)
    assert client.sock.version() == "TLSv1"
    client.quit()


# Running it

def test_a_port_in_use_stops_the_start(make_gateway):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        gateway = make_gateway(smtp_settings(listen=[f"127.0.0.1:{port}"]))
        with pytest.raises(Exception):
            gateway.start()
        assert f"cannot listen on 127.0.0.1:{port}" in gateway.log_text()


def test_the_first_start_makes_a_certificate(world):
    gateway, _, _ = world
    data = gateway.folder / "data"
    assert (data / "smtp.key").stat().st_mode & 0o777 == 0o600
    assert "self-signed" in gateway.log_text()


def test_a_certificate_is_read_again_on_sighup(make_gateway):
    gateway = make_gateway(smtp_settings()).start()

    def shown():
        with socket.create_connection(("127.0.0.1", port_of(gateway, "listen_tls")), timeout=30) as plain:
            with trusting().wrap_socket(plain) as secured:
                return secured.getpeercert(binary_form=True)
    first = shown()
    other = make_gateway(smtp_settings()).start()
    for name in ("smtp.crt", "smtp.key"):
        (gateway.folder / "data" / name).write_bytes((other.folder / "data" / name).read_bytes())
    gateway.process.signal(signal.SIGHUP)
    wait_for(lambda: shown() != first, "the old certificate is still shown")


def test_a_stop_says_goodbye(make_gateway):
    gateway = make_gateway(smtp_settings()).start()
    client = Raw(port_of(gateway))
    client.ask("EHLO x")
    gateway.stop()
    assert client.reply().startswith("421 4.3.2")
    client.close()
