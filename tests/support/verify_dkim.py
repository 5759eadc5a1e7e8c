#!/usr/bin/python3
"""Verifies the DKIM signature of the message on standard input with dkimpy, asking the name server on
127.0.0.1:PORT. Prints pass or fail and exits accordingly. Usage: verify_dkim.py PORT < message"""
import sys

import dkim

from knot import txt_lookup


def verdict(message, port):
    return "pass" if dkim.verify(message, dnsfunc=txt_lookup(port)) else "fail"


def verdicts(message, port):
    """One for each DKIM-Signature, from the top: "pass" or "fail"."""
    verifier = dkim.DKIM(message)
    count = sum(name.lower() == b"dkim-signature" for name, _ in verifier.headers)
    return ["pass" if dkim.DKIM(message).verify(index, dnsfunc=txt_lookup(port)) else "fail"
            for index in range(count)]


if __name__ == "__main__":
    result = verdict(sys.stdin.buffer.read(), int(sys.argv[1]))
    print(result)
    sys.exit(0 if result == "pass" else 1)
