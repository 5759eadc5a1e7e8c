"""A real validating resolver (unbound, unpacked) on loopback, over a name server of the test. Nothing leaves loopback:
what is below no zone of the test is asked of that name server too."""
import pathlib
import shutil
import tempfile

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rdatatype

from gateway import ROOT
from process import Process, free_port

PROGRAM = ROOT / "build/peers/usr/sbin/unbound"
KEY_SIGNING = 257


def anchor(zone, port):
    """The zone's key-signing key, as a trust anchor."""
    query = dns.message.make_query(zone, "DNSKEY", want_dnssec=True)
    reply = dns.query.tcp(query, "127.0.0.1", timeout=5, port=port)
    for records in reply.answer:
        for record in records if records.rdtype == dns.rdatatype.DNSKEY else []:
            if record.flags == KEY_SIGNING:
                return f"{zone}. DNSKEY {record.to_text()}"
    raise AssertionError(f"{zone} has no key:\n{reply}")


class Unbound:
    """`anchors`: a trust anchor a signed zone; every other zone is insecure."""

    def __init__(self, upstream_port, zones, anchors):
        assert PROGRAM.exists(), f"{PROGRAM} is missing; config/packages.txt lists it"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="egd-unbound-"))
        self.port = free_port()
        self.zone = zones[0]
        lines = ["server:", f"  interface: 127.0.0.1@{self.port}", "  outgoing-interface: 127.0.0.1",
                 "  do-daemonize: no", '  username: ""', '  chroot: ""', f'  directory: "{self.folder}"',
                 f'  pidfile: "{self.folder}/pid"', "  use-syslog: no", '  logfile: ""', "  do-ip6: no",
                 "  do-not-query-localhost: no", "  num-threads: 1", '  module-config: "validator iterator"',
                 '  local-zone: "test." nodefault', "  cache-max-ttl: 1", "  cache-max-negative-ttl: 1"]
        lines += [f'  trust-anchor: "{text}"' for text in anchors]
        for zone in zones:
            lines += ["stub-zone:", f'  name: "{zone}"', f"  stub-addr: 127.0.0.1@{upstream_port}"]
        lines += ["forward-zone:", '  name: "."', f"  forward-addr: 127.0.0.1@{upstream_port}"]
        lines += ["remote-control:", "  control-enable: no"]
        (self.folder / "unbound.conf").write_text("\n".join(lines) + "\n")
        self.process = Process([PROGRAM, "-c", self.folder / "unbound.conf"], self.folder / "log")
        self.process.wait_until(self.answers, "answering")

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def ask(self, name, kind):
        query = dns.message.make_query(name, kind)
        query.flags |= dns.flags.AD
        return dns.query.udp(query, "127.0.0.1", timeout=2, port=self.port)

    def answers(self):
        try:
            return bool(self.ask(self.zone, "SOA").answer)
        except (dns.exception.DNSException, OSError):
            return False

    def remove(self):
        if self.process is not None:
            self.process.stop()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)
