"""Messages by HTTP, again and again, and which of them a mail server has."""
import collections
import http.client
import re
import threading

from gateway import message


class Load(threading.Thread):
    """Posts messages, one after the other, until told to stop; remembers the acknowledged ones."""

    def __init__(self, gateway, key, number):
        super().__init__(daemon=True)
        self.gateway, self.key, self.number = gateway, key, number
        self.acknowledged, self.refused, self.cut_off, self.unreachable = [], [], 0, 0
        self.stopping = threading.Event()

    def run(self):
        count = 0
        while not self.stopping.wait(0.01):
            count += 1
            mark = f"crash-{self.number}-{count}"
            try:
                reply = self.gateway.send(self.key, message(Subject=mark), timeout=10)
            except ConnectionRefusedError:
                self.unreachable += 1
                continue
            except (OSError, http.client.HTTPException):
                self.cut_off += 1
                continue
            if reply.status == 200:
                self.acknowledged.append(mark)
            elif reply.status != 503:
                self.refused.append((mark, reply.status, reply.body))


def marks(sink):
    """{mark: times at which a copy was received}"""
    seen = collections.defaultdict(list)
    for at, data in sink.log():
        found = re.search(rb"^Subject: (crash-\S+)", data, re.MULTILINE)
        seen[found[1].decode()].append(at)
    return seen
