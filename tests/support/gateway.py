"""A real egd, and its egctl, in a directory of its own."""
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from process import READY_SECONDS, Process, ReadySocket, free_port
from waiting import wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("EGD_BIN_DIR", ROOT / "build/release/bin"))


def toml(settings):
    """TOML of {"data_dir": …, "http": {"listen": […]}, "dns_records": […]}; None: the default."""
    def value(of):
        if isinstance(of, dict):
            return "{" + ", ".join(f"{key} = {value(entry)}" for key, entry in of.items()) + "}"
        if isinstance(of, list):
            return "[" + ", ".join(value(entry) for entry in of) + "]"
        return json.dumps(of)  # its scalars are TOML's

    lines = [f"{key} = {value(of)}" for key, of in settings.items()
             if of is not None and not isinstance(of, dict)]
    for section, options in settings.items():
        if isinstance(options, dict):
            lines += [f"[{section}]"] + [f"{key} = {value(of)}" for key, of in options.items()]
    return "\n".join(lines) + "\n"


def merged(base, extra):
    out = dict(base)
    for key, value in extra.items():
        out[key] = merged(out[key], value) if isinstance(value, dict) and isinstance(out.get(key), dict) else value
    return out


class Reply:
    """An HTTP reply, read to its end."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Gateway:
    """egd on loopback. `settings` are those of egd.toml, over defaults fit for tests: an empty record template,
    delivery to nowhere, no keys made ahead, no limit on requests."""

    def __init__(self, settings=None, folder=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="egd-test-"))
        self.port = free_port()
        self.socket = self.folder / "egd.sock"
        self.config = self.folder / "egd.toml"
        self.log = self.folder / "egd.log"
        self.settings = merged({
            "data_dir": str(self.folder / "data"),
            "dns_records": [],
            "gateway": {"hostname": "gw.example.net"},
            "http": {"listen": [f"127.0.0.1:{self.port}"], "unix_socket": str(self.socket)},
            "dns": {"servers": [f"127.0.0.1:{free_port()}"], "timeout_ms": 500, "tries": 1},
            "delivery": {"route": "smarthost", "smarthost": f"127.0.0.1:{free_port()}",
                         "allow_networks": ["127.0.0.0/8"]},
            "dkim": {"ready_keys": 0},  # that many gateways in one run take no CPU for nothing
            "limits": {"api_requests": 0},
        }, settings or {})
        self.process = None

    def write_config(self):
        self.config.write_text(toml(self.settings))

    def start(self, environment=None, under=(), seconds=READY_SECONDS):
        """`under`: the words of a command that runs egd, which follows them. `seconds`: it is ready within them."""
        self.write_config()
        ready = ReadySocket(self.folder / "notify.sock")
        try:
            self.process = Process([*under, BIN / "egd", "--config", self.config], self.log,
                                   {"NOTIFY_SOCKET": ready.path, **(environment or {})})
            self.process.wait_until(ready.said, "ready", seconds)
        finally:
            ready.close()
        return self

    def stop(self):
        """Drains; fails unless egd ends with 0."""
        if self.process is None:
            return
        process, self.process = self.process, None
        code = process.stop()
        if code != 0:
            raise RuntimeError(f"egd ended with {code}:\n{self.log_text()}")

    def memory(self, what="VmHWM"):
        """What is resident, in bytes: the most there ever was, or what there is now (VmRSS)."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(what + r":\s+(\d+) kB", status)[1]) * 1024

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process = None

    def remove(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # egctl, over the Unix socket as the local admin

    def egctl(self, *words, check=True, stdin="", environment=None, timeout=60):
        """The finished egctl; with `check` it must end with 0."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "EGCTL_URL": f"unix:{self.socket}",
               **(environment or {})}
        done = subprocess.run([BIN / "egctl", *map(str, words)], input=stdin, env=env, text=True,
                              capture_output=True, timeout=timeout)
        if check and done.returncode != 0:
            raise AssertionError(f"egctl {' '.join(map(str, words))}: exit {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}\n{self.log_text()[-2000:]}")
        return done

    def egctl_json(self, *words, **options):
        return json.loads(self.egctl("-o", "json", *words, **options).stdout)

    def tried(self, message_id):
        """What the explanation says of its first recipient once there was an attempt."""
        def tried():
            found = self.egctl_json("explain", message_id)["Recipients"][0]
            return found if found["State"] != "queued" else None
        return wait_for(tried)

    # HTTP

    def admin_key(self):
        return (self.folder / "data/admin.key").read_text().strip()

    def request(self, method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            headers = dict(headers or {})
            if isinstance(body, (dict, list)):
                body = json.dumps(body).encode()
                headers.setdefault("Content-Type", "application/json")
            connection.request(method, path, body, headers)
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def command(self, name, parameters=None, key=None):
        """One Command through /api.php, as the admin unless `key` (a user's) is given."""
        headers = {"Authorization": "Bearer " + (key or self.admin_key())}
        reply = self.request("POST", "/api.php", {"Command": name, **(parameters or {})}, headers)
        assert reply.status == 200, (reply.status, reply.body)
        return reply.json

    def send(self, sender_key, message, headers=None, timeout=30):
        return self.request("POST", "/api/v1/email", message,
                            {"Authorization": "Bearer " + sender_key, **(headers or {})}, timeout)

    # what most tests start with

    def add_domain(self, name="example.com"):
        """(domain ID, sender key) of a domain that is Enabled at once under the empty template."""
        domain = self.command("emailgateway.adddomain", {"DomainName": name})
        assert domain["Success"], domain
        domain_id = domain["NewSenderDomainID"]
        return domain_id, self.add_key(domain_id)

    def add_key(self, domain_id):
        made = self.command("emailgateway.addapi", {"DomainID": domain_id, "Description": "test"})
        assert made["Success"], made
        return made["APIKey"]["APIKey"]

    def events(self, domain_id, **filters):
        reply = self.command("emailgateway.getevents",
                             {"DomainID": domain_id, "StartFrom": 0, "RetrieveCount": 100, **filters})
        assert reply["Success"], reply
        return reply["Events"]


def message(**changes):
    """A small valid message of example.com."""
    return {"Subject": "Hello", "ContentType": "plain", "PlainContent": "Hello, Jane.",
            "From": {"email": "john@example.com"}, "To": [{"email": "jane@example.org"}], **changes}
