#!/usr/bin/python3
"""Clicks, what becomes of them when egd ends, and what tracking costs those who send.

Usage: clicks_bench.py BIN_DIR clicks|stop|kill|links|sending [--seconds 10] [--rounds 3] [--messages 10000]
clicks    answers a second with the generator beside egd, how long they take, and whether each became an event
stop      the same, ended by SIGTERM under load: answers without an event
kill      the same, ended by kill -9: answers without an event, and how many milliseconds of clicks that is
links     egd's memory under clicks on links too long for a token, with few of them stored and with a million
sending   newsletters with 20 links, tracked and not, interleaved: messages a second, from the first accept to the last 250
Needs the packages marked `bench` and `test`. Prints one JSON line.
"""
import argparse
import hashlib
import json
import os
import pathlib
import signal
import sqlite3
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import gateway
from accept_bench import post, read_result
from browser import Mail
from delivery_bench import Sink as CountingSink
from delivery_bench import cpu_seconds
from process import free_port
from smtp_sink import Sink
from waiting import wait_for

RECIPIENTS, LINKS, CONNECTIONS = 20, 100, 50
LONG = "?q=" + "x" * 2000


def newsletter(links, ending=""):
    rows = "".join(f'<tr><td style="padding: 0 24px"><a href="https://shop.example/products/{n}?utm_source=mail&amp;id='
                   f'{n * 7919}{ending}">{"Item " * 60}</a></td></tr>\n' for n in range(links))
    return f"<html><body><table>\n{rows}</table></body></html>\n"


def memory_mib(pid, what):
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().partition(what + ":")[2].split()[0]) // 1024


class Tracking:
    """egd with a tracking server, delivering to `smarthost`."""

    def __init__(self, bin_dir, smarthost_port):
        gateway.BIN = bin_dir
        self.port = free_port()
        self.gateway = gateway.Gateway({
            "tracking": {"listen": [f"127.0.0.1:{self.port}"]}, "log": {"level": "warning"},
            "delivery": {"smarthost": f"127.0.0.1:{smarthost_port}"}}).start()
        self.domain_id, self.key = self.gateway.add_domain()

    def message(self, html, recipients=1, **changes):
        to = [{"email": f"r{n}@example.org"} for n in range(recipients)]
        return gateway.message(ContentType="html", PlainContent=None, HTMLContent=html, To=to, **changes)

    def pid(self):
        return self.gateway.process.pid

    def clicks(self):
        return self.gateway.command("emailgateway.getevents", {
            "DomainID": self.domain_id, "Event": "click", "StartFrom": 0, "RetrieveCount": 1})["TotalRecords"]

    def settled_clicks(self):
        """Once no more of them are being written."""
        last = []

        def settled():
            last.append(self.clicks())
            time.sleep(0.5)
            return len(last) > 1 and last[-1] == last[-2]
        wait_for(settled, "all clicks written", seconds=120)
        return last[-1]


def tracked_paths(egd, sink, html):
    """A file of the links that its recipients got."""
    reply = egd.gateway.send(egd.key, egd.message(html, RECIPIENTS))
    assert reply.status == 200, reply.body
    wait_for(lambda: len(sink.received()) >= RECIPIENTS, "delivery", seconds=60)
    links = [link for _, data in sink.received() for link in Mail(data).links]
    assert len(links) % RECIPIENTS == 0 and links
    paths = egd.gateway.folder / "paths"
    paths.write_text("".join(link.partition("example.com")[2] + "\n" for link in links))
    return paths


def click(egd, paths, seconds):
    """The running generator."""
    return subprocess.Popen(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", HERE / "click.lua",
                             f"http://127.0.0.1:{egd.port}"], stdout=subprocess.PIPE, text=True,
                            env=dict(os.environ, PATHS=str(paths)))


def measure_clicks(egd, sink, options):
    paths = tracked_paths(egd, sink, newsletter(LINKS))
    runs = []
    for _ in range(options.rounds):
        before, cpu = egd.settled_clicks(), cpu_seconds({egd.pid()})
        result = read_result(click(egd, paths, options.seconds).communicate()[0])
        end = time.monotonic()
        wait_for(lambda: egd.clicks() - before >= result["answers"], "every click an event", seconds=120)
        result["written_after_s"] = round(time.monotonic() - end, 1)
        result["cpu_us"] = round((cpu_seconds({egd.pid()}) - cpu) / result["answers"] * 1e6, 1)
        runs.append(result)
    best = max(runs, key=lambda run: run["rate"])
    return {**best, "median_rate": statistics.median(run["rate"] for run in runs),
            "peak_mib": memory_mib(egd.pid(), "VmHWM")}


def end_under_load(egd, sink, options, end):
    """(what the generator counted until egd ended, clicks that egd has after another start)."""
    paths = tracked_paths(egd, sink, newsletter(LINKS))
    generator = click(egd, paths, 600)
    wait_for(lambda: egd.clicks() > 1000, "clicking", seconds=60)
    time.sleep(min(options.seconds, 5))
    end()
    generator.send_signal(signal.SIGINT)
    counted = read_result(generator.communicate()[0])
    egd.gateway.start()
    return counted, egd.settled_clicks()


def measure_stop(egd, sink, options):
    counted, events = end_under_load(egd, sink, options, egd.gateway.stop)
    return {"answers": counted["answers"], "events": events, "lost": max(0, counted["answers"] - events)}


def measure_kill(egd, sink, options):
    counted, events = end_under_load(egd, sink, options, egd.gateway.kill)
    lost = max(0, counted["answers"] - events)
    return {"answers": counted["answers"], "rate": counted["rate"], "events": events, "lost": lost,
            "lost_ms": round(lost / counted["rate"] * 1000, 1)}


def store_links(database, count):
    """As many more long links of the first message, none of which is in a mail."""
    with sqlite3.connect(database) as connection:
        number, = connection.execute("SELECT min(message) FROM tracked_links").fetchone()
        rows = ((number, hashlib.sha256(str(n).encode()).digest()[:16], f"https://shop.example/{n}{LONG}")
                for n in range(count))
        connection.executemany("INSERT INTO tracked_links (message, digest, url) VALUES (?, ?, ?)", rows)
    connection.close()


def measure_links(egd, sink, options):
    paths = tracked_paths(egd, sink, newsletter(LINKS, LONG))
    result = {}
    for name, more in (("few", 0), ("million", 1_000_000)):
        egd.gateway.stop()
        if more:
            store_links(egd.gateway.folder / "data/egd.db", more)
        egd.gateway.start()
        run = read_result(click(egd, paths, options.seconds).communicate()[0])
        egd.settled_clicks()
        result[name] = {"rate": run["rate"], "p99_ms": run["p99_ms"], "refused": run["refused"],
                        "rss_mib": memory_mib(egd.pid(), "VmRSS"), "peak_mib": memory_mib(egd.pid(), "VmHWM")}
    return result


def send_newsletters(egd, sink_port, options, tracked):
    body = egd.gateway.folder / "message.json"
    body.write_text(json.dumps(egd.message(newsletter(20), TrackLinks=tracked, TrackOpens=tracked)))
    sink = CountingSink(sink_port, options.messages)
    begin, used = time.monotonic(), cpu_seconds({egd.pid()})
    post(egd.gateway.port, egd.key, options.messages, MESSAGE=body)
    sink.wait()
    return {"rate": options.messages / (time.monotonic() - begin),
            "cpu_ms": 1000 * (cpu_seconds({egd.pid()}) - used) / options.messages}


def measure_sending(bin_dir, options):
    sink_port = free_port()
    egd = Tracking(bin_dir, sink_port)
    try:
        pairs = [[send_newsletters(egd, sink_port, options, tracked) for tracked in (True, False)]
                 for _ in range(options.rounds)]
    finally:
        egd.gateway.remove()
    ratio = lambda what: round(statistics.median(tracked[what] / plain[what] for tracked, plain in pairs), 3)
    best = lambda index: round(max(pair[index]["rate"] for pair in pairs))
    return {"tracked_rate": best(0), "plain_rate": best(1), "best_ratio": round(best(0) / best(1), 3),
            "median_ratio": ratio("rate"), "cpu_ratio": ratio("cpu_ms")}


def main():
    measures = {"clicks": measure_clicks, "stop": measure_stop, "kill": measure_kill, "links": measure_links}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("what", choices=[*measures, "sending"])
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=10000)
    options = parser.parse_args()
    bin_dir = options.bin_dir.resolve()
    if options.what == "sending":
        result = measure_sending(bin_dir, options)
    else:
        sink = Sink()
        egd = Tracking(bin_dir, sink.port)
        try:
            result = measures[options.what](egd, sink, options)
        finally:
            egd.gateway.remove()
            sink.remove()
    print(json.dumps({"bench": options.what, **result}))


if __name__ == "__main__":
    main()
