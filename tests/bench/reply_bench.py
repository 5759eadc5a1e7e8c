#!/usr/bin/python3
"""Scores ClassifyReply against replies of real servers with known verdicts.

Usage: reply_bench.py TABLE [--program build/release/bin/bench_core]

TABLE is tab-separated with a head line: stage, code, enhanced, text, verdict, also (other right verdicts, by comma).
Prints what was judged otherwise, then one JSON line. Exit code 1 when fewer than 97 % agree, a live mailbox would be
suppressed, or what concerns a message or a sender's domain is taken for the gateway's own fault.
"""
import argparse
import csv
import json
import subprocess
import sys

LEAST = 0.97
OTHERS_FAULTS = ("content", "sender-domain")


def classify(program, rows):
    lines = ["\t".join((row["stage"], row["code"], row["enhanced"], row["text"])) for row in rows]
    done = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("--program", default="build/release/bin/bench_core")
    options = parser.parse_args()
    with open(options.table, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    agreed = suppressed = taken_for_ours = 0
    for row, (verdict, cause, rule, words) in zip(rows, classify(options.program, rows), strict=True):
        right = verdict == row["verdict"] or verdict in row["also"].split(",")
        agreed += right
        suppressed += verdict == "mailbox" != row["verdict"]
        taken_for_ours += verdict == "sender-reputation" and row["verdict"] in OTHERS_FAULTS and not right
        if not right:
            print(f"{row['verdict']} judged {verdict} by {rule} ({words}): {row['code']} {row['text']}")
    share = agreed / len(rows)
    print(json.dumps({"bench": "replies", "rows": len(rows), "agreement": round(share, 4),
                      "live_mailboxes_suppressed": suppressed, "taken_for_ours": taken_for_ours}))
    sys.exit(share < LEAST or suppressed > 0 or taken_for_ours > 0)


if __name__ == "__main__":
    main()
