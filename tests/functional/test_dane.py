"""DANE (RFC 7672) with signed zones, a resolver that validates them, and mail servers that keep to their TLSA records or
not."""
import hashlib
import ssl
import subprocess

import pytest
from authority import Authority
from gateway import message
from smtp_sink import Sink
from unbound import Unbound, anchor

SERVERS = ["good", "other", "plain"]  # names below signed.test, on 127.0.0.2 and up


def digest(certificate, *, key=False):
    """SHA-256 of a certificate (PEM file), or of its public key."""
    form = ["-pubkey", "-noout"] if key else ["-outform", "DER"]
    data = subprocess.run(["openssl", "x509", "-in", certificate, *form], check=True, capture_output=True).stdout
    if key:
        data = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=data, check=True,
                              capture_output=True).stdout
    return hashlib.sha256(data).hexdigest()


def served(authority, *names):
    """The context of a server that sends its authority's certificate too, and the certificate's file."""
    chain, key = authority.certificate(*names)
    whole = chain.with_suffix(".chain")
    whole.write_text(chain.read_text() + authority.ca_file.read_text())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole, key)
    return context, chain


class House:
    def __init__(self, folder, make_knot, make_gateway):
        self.authority = Authority(folder)
        good, certificate = served(self.authority, "good.signed.test", "ta-host.signed.test")
        self.sinks = {"good": Sink("127.0.0.2", tls=good)}
        self.port = self.sinks["good"].port
        self.sinks["other"] = Sink("127.0.0.3", self.port)  # with a certificate of its own
        self.sinks["plain"] = Sink("127.0.0.4", self.port, without=["STARTTLS"])
        self.ee, self.ta = f"3 1 1 {digest(certificate, key=True)}", f"2 0 1 {digest(self.authority.ca_file)}"
        zones = {"signed.test": self.signed_zone(), "insecure.test": self.insecure_zone(),
                 "bogus.test": [("@", "MX", "10 mx"), ("mx", "A", "127.0.0.2")]}
        self.knot = make_knot(zones, signed=["signed.test", "bogus.test"]).start()
        anchors = [anchor("signed.test", self.knot.port),
                   anchor("signed.test", self.knot.port).replace("signed.test", "bogus.test", 1)]
        self.resolver = Unbound(self.knot.port, list(zones), anchors)
        self.gateway = make_gateway({
            "dns": {"servers": [self.resolver.address], "timeout_ms": 5000},
            "delivery": {"route": "mx", "smarthost": "", "mx_port": self.port, "dane": True, "mta_sts": False,
                         "retry_schedule": ["1h"]}}).start()
        self.domain_id, self.key = self.gateway.add_domain()

    def tlsa(self, host, record):
        return f"_{self.port}._tcp.{host}", "TLSA", record

    def signed_zone(self):
        wrong = "3 1 1 " + "00" * 32
        records = [(name, "A", f"127.0.0.{2 + at}") for at, name in enumerate(SERVERS)]
        records += [(f"{name}-host", "A", "127.0.0.2") for name in ("ta", "misnamed", "wrong", "away")]
        records += [
            self.tlsa("good", self.ee), self.tlsa("ta-host", self.ta), self.tlsa("misnamed-host", self.ta),
            self.tlsa("wrong-host", wrong),
            self.tlsa("other", "0 0 1 " + "00" * 32), self.tlsa("plain", self.ee),
            ("alias-host", "CNAME", "good"), ("away-host2", "CNAME", "host.insecure.test."),
            self.tlsa("away-host2", self.ee),
            ("ee", "MX", "10 good"), ("ta", "MX", "10 ta-host"), ("misnamed", "MX", "10 misnamed-host"), ("wrong", "MX", "10 wrong-host"),
            ("unusable", "MX", "10 other"), ("notls", "MX", "10 plain"), ("alias", "MX", "10 alias-host"),
            ("away", "MX", "10 away-host2"), ("none", "MX", "10 away-host"),
            ("second", "MX", "10 wrong-host"), ("second", "MX", "20 good"),
            ("insecure-host", "MX", "10 host.insecure.test."),
        ]
        return records

    def insecure_zone(self):
        return [("host", "A", "127.0.0.2"), self.tlsa("host", "3 1 1 " + "00" * 32), ("@", "MX", "10 good.signed.test."),
                ("wrong", "MX", "10 wrong-host.signed.test.")]

    def deliver(self, domain):
        sent = self.gateway.send(self.key, message(To=[{"email": f"jane@{domain}"}])).json["MessageID"]
        return self.gateway.tried(sent)

    def taken(self, domain):
        return [name for name, sink in self.sinks.items()
                for mail in sink.messages() if mail.recipients == [f"jane@{domain}"]]

    def remove(self):
        self.resolver.remove()
        for sink in self.sinks.values():
            sink.remove()


@pytest.fixture
def house(tmp_path, make_knot, make_gateway):
    made = House(tmp_path, make_knot, make_gateway)
    yield made
    made.remove()


def test_mail_goes_where_the_records_say_or_waits(house):
    for domain in ("ee.signed.test", "ta.signed.test", "alias.signed.test", "away.signed.test", "second.signed.test"):
        told = house.deliver(domain)
        assert told["State"] == "delivered", told
        assert told["TLS"].endswith(" verified, DANE: matched"), told
        assert told["Dialogue"][0] == "= DANE: matched"
        assert house.taken(domain) == ["good"]

    told = house.deliver("unusable.signed.test")
    assert told["State"] == "delivered", told
    assert told["TLS"].endswith("DANE: TLS required, no usable TLSA record")

    for domain, said in (("wrong.signed.test", "a valid certificate is required"),
                         ("misnamed.signed.test", "a valid certificate is required"),
                         ("notls.signed.test", "TLS is required and not offered")):
        told = house.deliver(domain)
        assert (told["State"], told["Rule"]) == ("deferred", "dane"), told
        assert told["SMTPResponse"].startswith("DANE: ") and said in told["SMTPResponse"]
        assert not any(line.startswith("> MAIL") for line in told["Dialogue"])
        assert house.taken(domain) == []


def test_what_is_not_secure_proves_nothing_and_what_is_bogus_is_not_used(house):
    for domain in ("none.signed.test", "insecure.test", "wrong.insecure.test", "insecure-host.signed.test"):
        told = house.deliver(domain)
        assert told["State"] == "delivered", told
        assert "DANE" not in told["TLS"]

    told = house.deliver("bogus.test")
    assert told["State"] == "deferred", told
    assert house.taken("bogus.test") == []

    seen = {row["Domain"]: row for row in house.gateway.egctl_json("reports", "--kind", "tls")["TLSSeen"]}
    assert seen["none.signed.test"]["Policy"] == "no-policy-found"


def test_connections_are_counted_by_destination(house):
    house.deliver("ee.signed.test")
    house.deliver("wrong.signed.test")
    house.deliver("notls.signed.test")

    def seen():
        rows = house.gateway.egctl_json("reports", "signed.test")["TLSSeen"]
        return {row["Domain"].split(".")[0]: (row["Policy"], row["Successful"], row["Failed"],
                                              [(one["Result"], one["Host"]) for one in row["Results"]]) for row in rows}
    assert seen() == {
        "ee": ("tlsa", 1, 0, []),
        "wrong": ("tlsa", 0, 1, [("validation-failure", "wrong-host.signed.test")]),
        "notls": ("tlsa", 0, 1, [("starttls-not-supported", "plain.signed.test")]),
    }
