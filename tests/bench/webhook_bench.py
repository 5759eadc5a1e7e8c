#!/usr/bin/python3
"""Webhook deliveries: how many a second, beside wrk posting to the same receiver; and how long a healthy endpoint
waits among hanging ones.

Usage: webhook_bench.py BIN_DIR [--events 5000] [--rounds 3] [--domains 100] [--seconds 20] [--rate 500]
Needs the packages marked `bench`. Prints one JSON line a part.
Part 1: two endpoints on nginx that answer at once; the log's events are replayed to both.
Part 2: each domain has one healthy endpoint and nine that never answer; messages are sent at a steady rate, and the
lag is from posting a message to its `accepted` event at the healthy endpoint.
"""
import argparse
import asyncio
import concurrent.futures
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import gateway as gateway_module  # noqa: E402
from process import Process, free_port  # noqa: E402

NGINX = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr crit;
daemon off;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  server {{ listen 127.0.0.1:{port} backlog=4096; keepalive_requests 1000000; location / {{ return 200; }} }}
}}
"""
POST_LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = string.rep("x", 420)
"""


def start(settings=None):
    return gateway_module.Gateway(gateway_module.merged({
        "webhooks": {"allow_networks": ["127.0.0.0/8"]}, "log": {"level": "error"},
        "delivery": {"retry_schedule": ["1h"]}}, settings or {})).start()


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def pending(gateway, webhook):
    return gateway.command("webhook.deliveries", {"WebhookID": webhook, "RetrieveCount": 1})["PendingCount"]


def throughput(events, rounds):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="egd-bench-"))
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    (folder / "post.lua").write_text(POST_LUA)
    nginx = Process(["nginx", "-c", folder / "nginx.conf"], folder / "nginx.log")
    gateway = start()
    try:
        domain_id, key = gateway.add_domain()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: gateway.send(key, gateway_module.message()), range(events)))
        hooks = [gateway.command("emailgateway.addwebhook", {
            "DomainID": domain_id, "Event": "accepted", "WebhookURL": f"http://127.0.0.1:{port}/{name}"})["NewWebhookID"]
            for name in "ab"]
        ours, theirs = [], []
        for _ in range(rounds):
            began = time.monotonic()
            for hook in hooks:
                gateway.command("webhook.replay", {"WebhookID": hook, "SinceSequence": 0})
            while any(pending(gateway, hook) for hook in hooks):
                time.sleep(0.05)
            ours.append(len(hooks) * events / (time.monotonic() - began))
            wrk = subprocess.run(["wrk", "-t1", "-c32", "-d5s", "-s", folder / "post.lua", f"http://127.0.0.1:{port}/"],
                                 check=True, capture_output=True, text=True).stdout
            theirs.append(float(re.search(r"Requests/sec:\s+([\d.]+)", wrk)[1]))
        print(json.dumps({"bench": "webhook deliveries/s", "egd": round(statistics.median(ours)),
                          "wrk": round(statistics.median(theirs)), "rounds": rounds, "events": events,
                          "resident_mib": round(resident_mib(gateway.process.pid))}), flush=True)
    finally:
        gateway.remove()
        nginx.stop()


class Receivers:
    """One server for the healthy endpoints, which notes when each subject came, and one that never answers."""

    def __init__(self):
        self.came = {}
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.healthy = self.listen(self.answer)
        self.hanging = self.listen(self.hang)

    def listen(self, handle):
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(handle, "127.0.0.1", 0, backlog=4096),
                                                  self.loop).result()
        return server.sockets[0].getsockname()[1]

    async def answer(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
                self.came[re.search(rb'"subject":"(\d+)"', body)[1].decode()] = time.time()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def hang(self, reader, writer):
        while await reader.read(4096):
            pass
        writer.close()


def isolation(domains, seconds, rate):
    receivers, gateway = Receivers(), start()
    try:
        keys = []
        for number in range(domains):
            domain_id, key = gateway.add_domain(f"d{number}.example.com")
            keys.append(key)
            for path in range(10):
                port = receivers.healthy if path == 0 else receivers.hanging
                gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "accepted",
                                                            "WebhookURL": f"http://127.0.0.1:{port}/{number}/{path}"})
        sent, began = {}, time.monotonic()

        def send(number):
            time.sleep(max(0, began + number / rate - time.monotonic()))
            sent[str(number)] = time.time()
            domain = number % domains
            gateway.send(keys[domain], gateway_module.message(
                Subject=str(number), From={"email": f"a@d{domain}.example.com"}))

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            list(pool.map(send, range(seconds * rate)))
        took = time.monotonic() - began
        deadline = time.monotonic() + 30
        while len(receivers.came) < len(sent) and time.monotonic() < deadline:
            time.sleep(0.1)
        lags = sorted(receivers.came[mark] - at for mark, at in sent.items() if mark in receivers.came)
        print(json.dumps({"bench": "lag of healthy endpoints among hanging ones", "endpoints": domains * 10,
                          "hanging": domains * 9, "events_per_s": round(len(sent) / took),
                          "lost": len(sent) - len(lags), "p50_ms": round(lags[len(lags) // 2] * 1000),
                          "p99_ms": round(lags[len(lags) * 99 // 100] * 1000),
                          "resident_mib": round(resident_mib(gateway.process.pid))}), flush=True)
    finally:
        gateway.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--domains", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=500)
    options = parser.parse_args()
    gateway_module.BIN = options.bin_dir.resolve()
    throughput(options.events, options.rounds)
    isolation(options.domains, options.seconds, options.rate)


if __name__ == "__main__":
    main()
