#!/usr/bin/python3
"""The HTTP edge with a trivial Command beside nginx answering a bare `return`, interleaved in the same minute.

Usage: edge_bench.py BIN_DIR [--rounds 5] [--seconds 3] [--connections 50 1000]
Needs wrk and nginx, the packages marked `bench`. Prints one JSON line: requests a second, their ratio, and the
processor time a request costs the server. No access log on either side.
"""
import argparse
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time

BODY = '{"Success":true,"ErrorCode":0,"Text":"hello"}'
NGINX = """
worker_processes auto;
daemon off;
pid %(root)s/nginx.pid;
error_log %(root)s/error.log;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000000;
  default_type application/json;
  server { listen 127.0.0.1:%(port)d backlog=4096; location / { return 200 '%(body)s'; } }
}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, port, *command):
        self.port = port
        self.process = subprocess.Popen(command)
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise

    def pids(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout
        return [self.process.pid] + [int(pid) for pid in children.split()]

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def measure(self, connections, seconds):
        cpu = self.cpu_seconds()
        url = f"http://127.0.0.1:{self.port}/api.php?Command=bench.echo&Text=hello"
        run = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", url], check=True,
                             capture_output=True, text=True)
        if "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
            raise SystemExit(run.stdout)
        requests = int(re.search(r"(\d+) requests in", run.stdout)[1])
        return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)[1]),
                "cpu_us": (self.cpu_seconds() - cpu) / requests * 1e6}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def median(runs, key):
    return round(statistics.median(run[key] for run in runs), 1)


def compare(edge, nginx, connections, options):
    runs = {"edge": [], "nginx": []}
    for _ in range(options.rounds):
        runs["edge"].append(edge.measure(connections, options.seconds))
        runs["nginx"].append(nginx.measure(connections, options.seconds))
    ratios = [ours["rate"] / theirs["rate"] for ours, theirs in zip(runs["edge"], runs["nginx"])]
    return {"edge_rate": round(median(runs["edge"], "rate")), "nginx_rate": round(median(runs["nginx"], "rate")),
            "ratio": round(statistics.median(ratios), 2), "edge_cpu_us": median(runs["edge"], "cpu_us"),
            "nginx_cpu_us": median(runs["nginx"], "cpu_us")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="+", default=[50, 1000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="egd-bench-") as root:
        ports = free_port(), free_port()
        config = pathlib.Path(root) / "nginx.conf"
        config.write_text(NGINX % {"root": root, "port": ports[1], "body": BODY})
        servers = [Server(ports[0], options.bin_dir / "edge_server", f"127.0.0.1:{ports[0]}")]
        try:
            servers.append(Server(ports[1], "nginx", "-e", f"{root}/error.log", "-c", config))
            result = {"bench": "edge"}
            for connections in options.connections:
                result[f"at_{connections}"] = compare(*servers, connections, options)
            print(json.dumps(result))
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
