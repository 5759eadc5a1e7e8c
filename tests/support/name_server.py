"""A DNS server over UDP on loopback that answers as a test tells it to."""
import socket
import threading

import dns.message
import dns.rdatatype
import dns.rrset


class NameServer:
    """`records(name, kind)` gives the data of a question's records: name with its dot, in lower case; kind like "A".
    `twist(query, reply)` may make something else of the reply: bytes, or None for silence."""

    def __init__(self, records, twist=lambda query, reply: reply.to_wire(), port=0):
        self.records, self.twist = records, twist
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            wire = self.twist(query, self.reply(query))
            if wire:
                self.socket.sendto(wire, peer)

    def reply(self, query):
        reply = dns.message.make_response(query)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        data = self.records(str(question.name).lower(), kind)
        if data:
            reply.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *data))
        return reply

    def remove(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()


class FlippingNames(NameServer):
    """Changes its mind: each question for A is answered with the next address of a list, the last one for ever. What an
    attack by rebinding needs."""

    def __init__(self, addresses):
        self.addresses = list(addresses)
        self.asked = []
        super().__init__(self.next_address)

    def next_address(self, name, kind):
        if kind != "A":
            return []
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        self.asked.append((name, address))
        return [address]
