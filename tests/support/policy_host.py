"""The web server of MTA-STS policies: https://mta-sts.<domain>/.well-known/mta-sts.txt (RFC 8461)."""
import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        owner = self.server.owner
        name = self.headers["Host"].split(":")[0]
        owner.asked.append(name)
        if name.removeprefix("mta-sts.") in owner.hanging:
            owner.ended.wait()
            return
        policy = owner.policies.get(name.removeprefix("mta-sts."))
        found = policy is not None and self.path == "/.well-known/mta-sts.txt"
        self.send_response(owner.status if found else 404)
        self.send_header("Content-Type", owner.content_type)
        self.send_header("Location", "https://elsewhere.example/")
        self.end_headers()
        self.wfile.write(policy.encode() if found else b"")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that does not like the certificate


class PolicyHost:
    """`policies`: {"example.com": text}. `context`: TLS for every name asked. `hanging`: domains never answered."""

    def __init__(self, policies, context, port=0):
        self.policies, self.status, self.content_type = policies, 200, "text/plain"
        self.asked, self.hanging, self.ended = [], set(), threading.Event()
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.owner = self
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def remove(self):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def policy(mode, *patterns, max_age=86400):
    return "".join(f"{line}\r\n" for line in
                   ["version: STSv1", f"mode: {mode}", *(f"mx: {name}" for name in patterns), f"max_age: {max_age}"])
