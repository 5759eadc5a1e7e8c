"""Runs a command with listening sockets as systemd hands them over (sd_listen_fds(3)):
socket_activation.py DESCRIPTOR… -- COMMAND…"""
import fcntl
import os
import sys

FIRST = 3  # SD_LISTEN_FDS_START


def main():
    split = sys.argv.index("--")
    given, command = [int(word) for word in sys.argv[1:split]], sys.argv[split + 1:]
    apart = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, FIRST + len(given)) for descriptor in given]  # out of the way
    for place, descriptor in enumerate(apart, FIRST):
        os.dup2(descriptor, place)
    os.closerange(FIRST + len(given), max(apart, default=FIRST) + 1)
    environment = {**os.environ, "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(given))}
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    main()
