#!/usr/bin/python3
"""Includes point downward only, and each library's headers stay in the rooms that own it.

The two tables below are the whole policy; there is no list of exceptions. A room may include itself and every
room of a lower layer. Usage: layers.py [ROOT]
"""
import pathlib
import re
import sys

LAYERS = [
    ["shared/base"],
    ["shared/catalogue", "shared/config", "shared/spf", "shared/mailrecord"],
    ["daemon/core"],
    ["daemon/mime", "daemon/dkim", "daemon/tracking", "daemon/mailauth", "daemon/reports", "daemon/metrics"],
    ["daemon/net"],
    ["daemon/smtp", "daemon/http_server", "daemon/http_client", "daemon/store", "daemon/dns"],
    ["daemon/smtp_client", "daemon/hooks"],
    ["daemon/queue", "daemon/auth"],
    ["daemon/service"],
    ["daemon/api", "daemon/smtp_server", "daemon/tracking_server"],
    ["daemon"],
]
LAYER_OF = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
CLI_SEES = ["cli", "shared/base", "shared/catalogue", "shared/config", "shared/spf", "shared/mailrecord"]

# System header → the rooms that may include it.
CONFINED = {
    r"sqlite3\.h|SQLiteCpp/": ["daemon/store"],
    r"ares(_\w+)?\.h": ["daemon/dns"],
    r"toml\+\+/": ["shared/config", "cli"],
    r"yaml-cpp/": ["cli"],
    r"CLI/": ["cli", "daemon"],
    r"httplib\.h": ["daemon/api", "cli"],
    r"boost/(asio|beast)": [
        "daemon/net", "daemon/smtp", "daemon/http_server", "daemon/smtp_client", "daemon/smtp_server", "daemon/queue",
    ],
    r"curl/": ["daemon/http_client"],
    r"(gmime|gio)/": ["daemon/mime"],
    r"prometheus/": ["daemon/metrics"],
    r"archive(_entry)?\.h": ["daemon/service", "daemon/reports"],
    r"expat\.h": ["daemon/reports"],
    # cli: doctor reads certificates, also when no daemon runs.
    r"openssl/": ["shared/base", "daemon/net", "daemon/dkim", "daemon/auth", "cli"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def room_of(path):
    """The room a repository path belongs to, or None: 'daemon/api/handlers/x.h' → 'daemon/api'."""
    parts = pathlib.PurePosixPath(path).parts
    if parts[0] == "cli":
        return "cli"
    if len(parts) == 2:
        return parts[0] if parts[0] in LAYER_OF else None
    room = "/".join(parts[:2])
    return room if room in LAYER_OF else None


def problem_of(room, bracket, header):
    """What is wrong with `room` including `header`, or None."""
    if bracket == "<":
        for pattern, rooms in CONFINED.items():
            if re.match(pattern, header) and room not in rooms:
                return f"<{header}> belongs to {', '.join(rooms)}"
        return None
    target = room_of(header)
    if target is None:
        return f'"{header}" is in no known room (write the path from the root)'
    if room == "cli":
        return None if target in CLI_SEES else f'cli may not see "{header}"'
    if target == "cli":
        return f'{room} may not see "{header}"'
    if target == room or LAYER_OF[target] < LAYER_OF[room]:
        return None
    return f'{room} may not include "{header}": {target} is not below it'


def problems(root):
    for top in ("shared", "daemon", "cli"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            name = path.relative_to(root).as_posix()
            room = room_of(name)
            if room is None:
                yield f"{name}:1: in a room that tests/lint/layers.py does not know"
                continue
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                problem = found and problem_of(room, found[1], found[2])
                if problem:
                    yield f"{name}:{number}: {problem}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    found = list(problems(root))
    print("\n".join(found) if found else "includes point downward")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
