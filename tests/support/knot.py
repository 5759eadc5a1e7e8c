"""A real authoritative name server (knot) on loopback, with zones that a test writes."""
import pathlib
import shutil
import tempfile

import dns.exception
import dns.message
import dns.query
import dns.rcode

from process import Process, free_port


def quoted(text):
    """A TXT value as zone-file strings of at most 255 bytes; what is not plain is escaped (RFC 1035 section 5.1)."""
    def escaped(byte):
        return chr(byte) if 32 <= byte < 127 and byte not in b'\\";' else f"\\{byte:03}"

    data = text.encode()
    chunks = [data[at:at + 255] for at in range(0, len(data), 255)] or [b""]
    return " ".join('"' + "".join(map(escaped, chunk)) + '"' for chunk in chunks)


class Knot:
    """`zones`: {"example.com": [("@", "TXT", "v=spf1 -all"), …]}; names relative or with the final dot.
    `signed`: the zones that it signs (DNSSEC)."""

    def __init__(self, zones, folder=None, signed=()):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="egd-knot-"))
        self.port = free_port()
        self.zones = {name: list(records) for name, records in zones.items()}
        self.signed = set(signed)
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        lines = ["server:", f"    rundir: {self.folder}", f"    listen: 127.0.0.1@{self.port}",
                 "    udp-workers: 1", "    tcp-workers: 1", "    background-workers: 1",
                 "database:", f"    storage: {self.folder}",
                 "log:", "  - target: stderr", "    any: warning", "zone:"]
        for zone, records in self.zones.items():
            (self.folder / f"{zone}.zone").write_text(self.zone_text(zone, records))
            lines += [f"  - domain: {zone}.", f"    storage: {self.folder}", f"    file: {zone}.zone",
                      "    zonefile-sync: -1", "    journal-content: none"]
            if zone in self.signed:
                lines.append("    dnssec-signing: on")
        (self.folder / "knot.conf").write_text("\n".join(lines) + "\n")
        self.process = Process(["knotd", "-c", self.folder / "knot.conf"], self.folder / "knot.log")
        self.process.wait_until(self.answers, "answering")
        return self

    @staticmethod
    def zone_text(zone, records):
        lines = [f"$ORIGIN {zone}.", "$TTL 1", "@ SOA ns hostmaster 1 3600 600 86400 1", "@ NS ns",
                 "ns A 127.0.0.1"]
        lines += [f"{name} {kind} {quoted(value) if kind == 'TXT' else value}" for name, kind, value in records]
        return "\n".join(lines) + "\n"

    def answers(self):
        """Whether every zone is served."""
        try:
            for zone in self.zones:
                query = dns.message.make_query(zone, "SOA")
                reply = dns.query.udp(query, "127.0.0.1", timeout=0.1, port=self.port)
                if reply.rcode() != dns.rcode.NOERROR or not reply.answer:
                    return False
            return True
        except (dns.exception.DNSException, OSError):
            return False

    def publish(self, zones):
        """Replaces these zones and serves them when it returns."""
        self.stop()
        self.zones.update({name: list(records) for name, records in zones.items()})
        self.start()

    def stop(self):
        if self.process is not None:
            self.process.stop()
            self.process = None

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def txt_lookup(port):
    """A look-up for dkimpy: name → the TXT record's bytes, or None."""
    def lookup(name, timeout=5):
        del timeout
        query = dns.message.make_query(name.decode() if isinstance(name, bytes) else name, "TXT")
        reply = dns.query.tcp(query, "127.0.0.1", timeout=5, port=port)
        for answer in reply.answer:
            for record in answer:
                return b"".join(record.strings)
        return None
    return lookup
