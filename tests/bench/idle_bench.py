#!/usr/bin/python3
"""What idle authenticated SMTP connections cost: memory, and the API's speed beside them.

Usage: idle_bench.py BIN_DIR [--connections 5000] [--plain] [--seconds 6]
Needs the packages marked `bench`, and descriptors for all connections (ulimit -n). Prints one JSON line: egd's resident
memory with the connections, all of it and what they added, in MiB; and POST /api/v1/email, 50 at once, before and beside
them. --plain: without TLS.
"""
import argparse
import base64
import concurrent.futures
import json
import pathlib
import re
import resource
import socket
import ssl

from accept_bench import free_port
from submission_bench import SubmissionEgd, with_server


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


class Connector:
    """Makes connections that have logged in."""

    def __init__(self, port, login, tls):
        self.port = port
        self.token = base64.b64encode("\0".join(("", *login)).encode())
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if tls else None
        if tls:
            self.tls.check_hostname = False
            self.tls.verify_mode = ssl.CERT_NONE

    def __call__(self, _):
        connection = socket.create_connection(("127.0.0.1", self.port), 60)
        if self.tls:
            connection = self.tls.wrap_socket(connection)
        for command, code in ((b"", b"220"), (b"EHLO idle.example\r\n", b"250"),
                              (b"AUTH PLAIN " + self.token + b"\r\n", b"235")):
            connection.sendall(command)
            reply = connection.recv(4096)
            if not reply.startswith(code):
                raise SystemExit(f"{command} was answered {reply}")
        return connection


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--connections", type=int, default=5000)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    tls_port = free_port()

    def run(egd):
        before = egd.measure(options.seconds)
        empty = resident(egd.process)
        connect = Connector(egd.smtp_port if options.plain else tls_port, egd.login, not options.plain)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            connections = list(pool.map(connect, range(options.connections)))
        full = resident(egd.process)
        beside = egd.measure(options.seconds)
        answered = 0
        for connection in connections:
            connection.sendall(b"NOOP\r\n")
            answered += connection.recv(100).startswith(b"250")
        return {"bench": "idle", "tls": not options.plain, "connections": answered,
                "resident_mib": round(full), "added_mib": round(full - empty),
                "kib_each": round((full - empty) * 1024 / options.connections, 1),
                "api_rate_before": before["rate"], "api_rate_beside": beside["rate"],
                "api_p99_ms_before": before["p99_ms"], "api_p99_ms_beside": beside["p99_ms"]}

    print(json.dumps(with_server(lambda root: SubmissionEgd(
        options.bin_dir, root, smtp=f'listen_tls = ["127.0.0.1:{tls_port}"]'), run)))


if __name__ == "__main__":
    main()
