"""A DNS server that changes its mind: each question for A is answered with the next address of a list, the last one
for ever. What an attack by rebinding needs."""
import socket
import threading

import dns.message
import dns.rrset


class FlipDns:
    def __init__(self, addresses):
        self.addresses = list(addresses)
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(4096)
            if not data:
                return
            query = dns.message.from_wire(data)
            reply = dns.message.make_response(query)
            question = query.question[0]
            if question.rdtype == dns.rdatatype.A:
                address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
                self.asked.append((str(question.name), address))
                reply.answer.append(dns.rrset.from_text(question.name, 0, "IN", "A", address))
            self.socket.sendto(reply.to_wire(), peer)

    def remove(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()
