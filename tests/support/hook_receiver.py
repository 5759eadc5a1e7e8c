"""A receiver of webhooks that answers as the test says, and remembers what it was sent."""
import collections
import http.server
import json
import socket
import ssl
import threading
import time

Delivery = collections.namedtuple("Delivery", "at path headers body")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        delivery = Delivery(time.time(), self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.owner.taken.append(delivery)
        self.server.owner.answer(self, delivery)

    def reply(self, status, body=b"", headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def cut(self):
        """Half a reply, then a reset."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, *_):
        pass  # a client that goes away


class HookReceiver:
    """answer(handler, delivery) replies; without it everything is answered with 200."""

    def __init__(self, answer=None, host="127.0.0.1", certificate=None):
        self.answer = answer or (lambda handler, delivery: handler.reply(200, b"ok"))
        self.taken = []
        self.server = Server((host, 0), Handler)
        self.server.owner = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.scheme = "https" if certificate else "http"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def url(self, path="/", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def events(self, path=None):
        return [json.loads(one.body) for one in list(self.taken) if path in (None, one.path)]

    def remove(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
