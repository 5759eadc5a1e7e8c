#!/usr/bin/python3
"""Memory with a long queue: millions of recipients due, on a mail server that takes 100 ms for each reply.

Usage: backlog_bench.py BIN_DIR [--recipients 5000000] [--seconds 60]
Prints one JSON line: egd's largest resident size, how many it delivered meanwhile, and how long `egctl queue` took.
"""
import argparse
import json
import pathlib
import sqlite3
import subprocess
import time

from lanes_bench import gateway, free_port, peak_mib

PER_MESSAGE = 100_000


def fill(database, domain_id, recipients):
    """As many rows as accepting that much mail makes, ten thousand destinations in turn."""
    with sqlite3.connect(database) as db:
        number, = db.execute("SELECT max(number) FROM messages").fetchone()
        content, = db.execute("SELECT content FROM contents WHERE message = ?", (number,)).fetchone()
        columns = [name for _, name, *_ in db.execute("PRAGMA table_info(messages)") if name not in ("number", "id")]
        now = int(time.time() * 1000)
        queue, = db.execute("INSERT INTO queues (domain_id, first_due_at) VALUES (?, ?) "
                            "ON CONFLICT (domain_id) DO UPDATE SET first_due_at = excluded.first_due_at RETURNING id",
                            (domain_id, now)).fetchone()
        for first in range(0, recipients, PER_MESSAGE):
            copied = db.execute(f"INSERT INTO messages (id, {', '.join(columns)}) SELECT randomblob(16), "
                                f"{', '.join(columns)} FROM messages WHERE number = ?", (number,)).lastrowid
            db.execute("INSERT INTO contents (message, content) VALUES (?, ?)", (copied, content))
            db.executemany("INSERT INTO recipients (message, queue, next_attempt_at, subscriber_id, address, destination) "
                           "VALUES (?, ?, ?, 0, ?, ?)",
                           ((copied, queue, now, f"jane.{n}@d{n % 10_000}.example.net", f"d{n % 10_000}.example.net")
                            for n in range(first, min(first + PER_MESSAGE, recipients))))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("--recipients", type=int, default=5_000_000)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    gateway.BIN = options.bin_dir.resolve()
    port = free_port()
    egd = gateway.Gateway({"delivery": {"smarthost": f"127.0.0.1:{port}"}, "log": {"level": "error"}})
    sink = subprocess.Popen([gateway.BIN / "sink_server", "127.0.0.1", str(port), "100", "0"])
    try:
        egd.start()
        domain_id, key = egd.add_domain()
        assert egd.send(key, gateway.message(SendAt=int(time.time()) + 86400)).status == 200
        egd.stop()
        fill(egd.folder / "data/egd.db", domain_id, options.recipients)
        egd.start()
        time.sleep(options.seconds)
        asked = time.monotonic()
        lanes = egd.egctl_json("queue")["Lanes"]
        answered = time.monotonic() - asked
        with sqlite3.connect(egd.folder / "data/egd.db") as db:
            left, = db.execute("SELECT count(*) FROM recipients").fetchone()
        print(json.dumps({"bench": "backlog", "recipients": options.recipients, "peak_mib": peak_mib(egd.process.pid),
                          "finished": options.recipients + 1 - left, "queue_s": round(answered, 2),
                          "lanes_listed": len(lanes)}))
    finally:
        egd.remove()
        sink.kill()
        sink.wait()


if __name__ == "__main__":
    main()
