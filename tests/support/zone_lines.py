#!/usr/bin/python3
"""Turns egctl's JSON of a domain, on standard input, into zone-file lines: the records to publish."""
import json
import sys

from knot import quoted


def zone_lines(domain):
    for record in domain["VerificationMeta"]["DNSRecords"]:
        value = quoted(record["Value"]) if record["Type"] == "TXT" else record["Value"] + "."
        yield f"{record['Host']}. {record['Type']} {value}"


if __name__ == "__main__":
    print("\n".join(zone_lines(json.load(sys.stdin)["Domain"])))
