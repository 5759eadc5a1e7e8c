#!/usr/bin/python3
"""The dialogues of tests/functional/smtp with egd, Postfix, Exim and OpenSMTPD, in the clear, for comparison.

Usage: conformance.py BIN_DIR PEERS [--verbose]
Needs root, the packages marked `bench`, and PEERS, made by `unpack-packages.sh PEERS unpack unpack-bench`. Prints one JSON line: how
many of the dialogues went as they should. A reply counts by its first digit, since texts, enhanced codes and the choice
between 500 and 502 are anybody's own. Left out are logins, whose accounts the peers do not have, and what only egd
promises (OURS); content by BDAT is in, though OpenSMTPD does not offer it. Who is a member has logged in to egd; to the
peers he comes from a network that may relay.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "functional"), str(TESTS / "bench")]
# Policy, not protocol: HTTP, counted errors, own header fields and limits, whose From, leniency, what is not offered.
OURS = re.compile(r"login:|hostile:|X-|From|twenty|six recipients|too large|absurd|may not s|a member may|HELP|VRFY|EXPN|"
                  r"ETRN|TURN|silent|bare LF|LF throughout|CR throughout|nothing|no empty line|broken header|header line|"
                  r"NUL|reaches nobody|b@localhost|postmaster|RCPT TO:<b>|192.0.2.1|SIZE=|AUTH=|SMTPUTF8|j.*rg@|b.*cher|"
                  r"my_host|a b c|u2603|win-pc|script|\(\)")


def run_dialogue(connect, who, steps, octets):
    """Whether every reply begins with the digit it should."""
    client = connect(who)
    try:
        for step in steps:
            kind, _, text = step.partition(":")
            text = text.removeprefix(" ")
            if step == "END":
                if not client.at_end():
                    return False
            elif kind == "S":
                if not client.reply().startswith(text[:1]):
                    return False
            else:
                client.send(octets(text + ("\\r\\n" if kind == "C" else ""), {}))
        return True
    except OSError:
        return False
    finally:
        client.close()


class Peer:
    """A mail server that relays for those at its port `member`, and takes nothing at `stranger`."""

    def connect(self, who):
        from test_smtp_submission import Raw
        client = Raw(self.member if who == "member" else self.stranger)
        client.socket.settimeout(10)
        if not who.startswith("silent"):
            client.ask("EHLO client.example")
        return client


class Postfix(Peer):
    def __init__(self, folder):
        from accept_bench import Postfix as Instance, free_port
        from delivery_bench import wait_for_port
        self.instance, self.stranger = Instance(folder / "postfix"), free_port()
        self.member = self.instance.port
        etc = folder / "postfix/etc"
        with open(etc / "main.cf", "a") as settings:
            settings.write("smtpd_error_sleep_time = 0\nsmtpd_helo_required = yes\n")
        with open(etc / "master.cf", "a") as services:
            services.write(f"127.0.0.1:{self.stranger} inet n - n - - smtpd -o mynetworks=192.0.2.1/32\n")
        subprocess.run(["postfix", "-c", etc, "reload"], check=True, capture_output=True)
        wait_for_port(self.stranger)

    def stop(self):
        self.instance.run("stop")


def write_accounts(folder, *accounts):
    """What nss_wrapper(1) needs for these accounts beside root's, as environment."""
    (folder / "passwd").write_text("".join(f"{account}::/:/bin/false\n" for account in ("root:x:0:0", *accounts)))
    groups = [account.split(":") for account in ("root:x:0:0", *accounts)]
    (folder / "group").write_text("".join(f"{name}:x:{number}:\n" for name, _, _, number in groups))
    return {"LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": str(folder / "passwd"),
            "NSS_WRAPPER_GROUP": str(folder / "group")}


class Exim(Peer):
    def __init__(self, folder, program):
        from process import Process, free_port
        from delivery_bench import wait_for_port
        folder = folder / "exim"
        (folder / "spool").mkdir(parents=True)
        os.chown(folder / "spool", 65534, 65534)
        self.member, self.stranger = free_port(), free_port()
        accounts = write_accounts(folder, "Debian-exim:x:65534:65534")
        (folder / "exim.conf").write_text(f"""
primary_hostname = exim.example
keep_environment = *
exim_path = {program}
spool_directory = {folder}/spool
log_file_path = {folder}/spool/%slog
local_interfaces = <; [127.0.0.1]:{self.member} ; [127.0.0.1]:{self.stranger}
queue_only = true
chunking_advertise_hosts = *
smtp_accept_max_per_host = 0
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  accept condition = ${{if eq{{$received_port}}{{{self.member}}}}}
  deny
data:
  accept
begin routers
begin transports
""")
        self.process = Process([program, "-C", folder / "exim.conf", "-bdf"], folder / "out",
                               accounts)
        wait_for_port(self.member)

    def stop(self):
        self.process.stop()


class OpenSmtpd(Peer):
    """With folders of its own in place of the system's, where it must have them."""
    START = """mount -t tmpfs none /var/spool && mount -t tmpfs none /var/lib && mount -t tmpfs none /run &&
               mkdir -p /var/lib/opensmtpd/empty /var/spool/smtpd && chmod 711 /var/spool/smtpd && exec "$@" """

    def __init__(self, folder, program):
        from process import Process, free_port
        from delivery_bench import wait_for_port
        folder = folder / "opensmtpd"
        folder.mkdir()
        self.member, self.stranger = free_port(), free_port()
        accounts = write_accounts(folder, "opensmtpd:x:64010:64010", "opensmtpq:x:64011:64011", "nobody:x:65534:65534")
        (folder / "smtpd.conf").write_text(f"""
listen on 127.0.0.1 port {self.member} tag member hostname opensmtpd.example
listen on 127.0.0.1 port {self.stranger} hostname opensmtpd.example
action "relay" relay host smtp://127.0.0.1:{free_port()}
match tag member from any for any action "relay"
""")
        preload = [f"{name}={value}" for name, value in accounts.items()]
        self.process = Process(["unshare", "-m", "sh", "-c", self.START, "sh", "env", *preload, program, "-d", "-f",
                                folder / "smtpd.conf"], folder / "out")
        wait_for_port(self.member)

    def stop(self):
        self.process.stop()


class Egd:
    def __init__(self, folder):
        from gateway import Gateway
        from test_smtp_submission import Account, smtp_settings
        settings = smtp_settings(allow_plaintext_auth=True)
        settings["limits"] = {"max_message_bytes": 1024 * 1024, "max_recipients": 5}
        self.gateway = Gateway(settings).start()
        self.account = Account(self.gateway)

    def connect(self, who):
        from test_smtp_dialogues import connected
        return connected((self.gateway, self.account), "plain", who)

    def stop(self):
        self.gateway.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("peers", type=pathlib.Path)
    parser.add_argument("--verbose", action="store_true", help="names what went otherwise")
    options = parser.parse_args()
    os.environ["EGD_BIN_DIR"] = str(options.bin_dir.resolve())
    programs = options.peers.resolve() / "usr/sbin"
    from submission_bench import with_server
    from test_smtp_dialogues import dialogues, octets
    given = [(case.id, *case.values) for case in dialogues() if not OURS.search(case.id)]
    given = [case for case in given if case[1] not in ("secured", "silent-plain")]
    result = {"bench": "conformance", "dialogues": len(given)}
    for name, start in {"egd": Egd, "postfix": Postfix,
                        "exim": lambda folder: Exim(folder, programs / "exim4"),
                        "opensmtpd": lambda folder: OpenSmtpd(folder, programs / "smtpd")}.items():
        def score(server):
            failed = [case for case, who, steps in given if not run_dialogue(server.connect, who, steps, octets)]
            if options.verbose:
                print(f"{name}:", *failed, sep="\n  ", file=sys.stderr)
            return len(given) - len(failed)
        result[name] = with_server(start, score)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
