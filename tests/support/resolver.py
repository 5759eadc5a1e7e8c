"""A resolver as operators have one: asks a name server of the test for everything but the root, says that it validated
what it answers, and speaks EDNS; or leaves one of these out, as told."""
import socket
import threading

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rrset


class Resolver:
    def __init__(self, upstream_port):
        self.upstream_port = upstream_port
        self.validates = self.speaks_edns = True
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def answer(self, query):
        root = query.question[0].name == dns.name.root
        if root:
            reply = dns.message.make_response(query, recursion_available=True)
            reply.answer.append(dns.rrset.from_text(".", 60, "IN", "NS", "a.root.test."))
        else:
            reply = dns.query.udp(query, "127.0.0.1", timeout=5, port=self.upstream_port)
        reply.flags |= dns.flags.RA
        if self.validates:
            reply.flags |= dns.flags.AD
        if not self.speaks_edns:
            reply.use_edns(False)
        return reply.to_wire()

    def run(self):
        while True:
            data, peer = self.socket.recvfrom(4096)
            if not data:
                return
            try:
                self.socket.sendto(self.answer(dns.message.from_wire(data)), peer)
            except dns.exception.DNSException:
                continue  # the client's time-out says so

    def remove(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopper:
            stopper.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()
