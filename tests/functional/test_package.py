"""The Debian packages: their parts in short, and, where there are minutes, built, judged by lintian, installed on a machine
with systemd, upgraded under load, removed and purged."""
import configparser
import email
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

import pytest

from gateway import BIN, ROOT, message
from machine import Machine
from privilege import needs_mounts
from waiting import wait_for

DEBIAN = ROOT / "config/debian"
MOST_EXPOSURE = 1.5  # of `systemd-analyze security`, from 0 to 10
NEWER = "0.1.1"
long = pytest.mark.skipif("EGD_LONG" not in os.environ, reason="takes minutes: sh tests/run.sh --long")


def finished(*words, seconds=60, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=seconds, **options)


# In short


def test_the_units_are_valid_and_expose_little(tmp_path):
    for name in ("egd.service", "egd.socket"):
        text = (ROOT / "config" / name).read_text().replace("/usr/local/sbin/egd", str(BIN / "egd"))
        (tmp_path / name).write_text(text)
    verified = finished("systemd-analyze", "verify", "--man=no", tmp_path / "egd.service", tmp_path / "egd.socket")
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = finished("systemd-analyze", "security", "--offline=yes", f"--threshold={int(MOST_EXPOSURE * 10)}",
                      tmp_path / "egd.service")
    assert judged.returncode == 0, judged.stdout[-300:]


def test_the_apparmor_profile_is_one():
    compiled = finished("apparmor_parser", "--skip-kernel-load", "--skip-cache", DEBIAN / "apparmor/usr.sbin.egd")
    said = [line for line in compiled.stderr.splitlines() if not line.startswith("Cache read/write disabled")]
    assert (compiled.returncode, said) == (0, [])


def test_user_and_directories_can_be_made(tmp_path):
    users = finished("systemd-sysusers", "--dry-run", f"--root={tmp_path}", "--inline", (DEBIAN / "egd.sysusers").read_text().strip())
    assert users.returncode == 0 and "Creating user 'egd'" in users.stdout + users.stderr, users
    for line in (DEBIAN / "egd.tmpfiles").read_text().splitlines():
        assert re.fullmatch(r"d /\S+ +0[0-7]{3} egd egd -", line)


def test_the_firewall_profiles_name_the_ports():
    profiles = configparser.ConfigParser()
    profiles.read(DEBIAN / "ufw/egd")
    assert {name: profile["ports"] for name, profile in profiles.items() if profile} == {
        "egd SMTP": "25,465,587/tcp", "egd Links": "80,443/tcp", "egd API": "8025/tcp"}
    assert all(profile["title"] and profile["description"] for profile in profiles.values() if profile)


def test_the_control_files_are_valid():
    control = [email.message_from_string(part) for part in (DEBIAN / "control").read_text().split("\n\n")]
    assert [part["Package"] for part in control] == [None, "egd", "egctl"]
    parsed = finished("dpkg-parsechangelog", "--file", DEBIAN / "changelog", "--show-field", "Version")
    version = re.search(r"^project\(egd VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
    assert parsed.stdout.strip() == version, parsed.stderr
    for listed in [*DEBIAN.glob("*.install"), *DEBIAN.glob("*.manpages")]:
        for line in listed.read_text().splitlines():
            pattern = line.split()[0]
            base = DEBIAN.parent if pattern.startswith("debian/") else ROOT
            assert pattern.startswith("bin/") or list(base.glob(pattern)), f"{listed.name}: {pattern}"


# With minutes to spend


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """{version: [the files of egd and egctl]}, and the .changes of the last, which is the real one."""
    for tool in ("dh", "dh_apparmor", "lintian", "debootstrap"):
        assert shutil.which(tool), f"{tool} is missing: sh config/install-packages.sh test-long"
    version = finished("dpkg-parsechangelog", "--file", DEBIAN / "changelog", "--show-field", "Version").stdout.strip()
    built, made = ROOT / "build/packages", {}
    for words, name in (([NEWER], NEWER), ([], version)):
        options = {**os.environ, "DEB_BUILD_OPTIONS": "noautodbgsym"} if words else None  # compressing them takes a minute
        done = finished("sh", ROOT / "config/package.sh", *words, seconds=3000, env=options)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        folder = tmp_path_factory.mktemp(name)
        made[name] = [shutil.copy(built / f"{package}_{name}_amd64.deb", folder) for package in ("egd", "egctl")]
    return version, made, built / f"egd_{version}_amd64.changes"


@pytest.fixture(scope="module")
def machine(packages, tmp_path_factory):
    version, made, _ = packages
    machine = Machine(tmp_path_factory.mktemp("machine") / "root", made[version])
    yield machine.boot()
    machine.remove()


@long
def test_lintian_finds_nothing(packages):
    judged = finished("lintian", "--fail-on", "error,warning", packages[2], seconds=600)
    assert judged.returncode == 0 and judged.stdout == "", judged.stdout + judged.stderr


@long
@needs_mounts
def test_it_installs_and_works(packages, machine):
    version, made, _ = packages
    before = machine.tree()
    said = machine.install(*made[version])
    assert "rror" not in said.stdout + said.stderr, said.stdout + said.stderr
    assert machine.property("egd.service", "ActiveState") == machine.property("egd.socket", "ActiveState") == "active"
    assert machine.property("egd.service", "UnitFileState") == machine.property("egd.socket", "UnitFileState") == "enabled"
    exposure = machine.run("systemd-analyze", "security", "--no-pager", "egd.service").stdout.splitlines()[-1]
    assert float(re.search(r"exposure level for egd.service: ([0-9.]+)", exposure)[1]) <= MOST_EXPOSURE
    status = machine.run("cat", f"/proc/{machine.property('egd.service', 'MainPID')}/status").stdout
    assert re.search(r"^Seccomp:\s+2$", status, re.M) and re.search(r"^CapBnd:\s+0*400$", status, re.M), status
    assert (machine.root / "var/lib/egd").lstat().st_mode & 0o777 == 0o700
    for path in ("usr/share/man/man1/egctl-adddomain.1.gz", "usr/share/man/man7/egd-api.7.gz", "usr/share/man/man8/egd.8.gz",
                 "usr/share/bash-completion/completions/egctl", "usr/share/zsh/vendor-completions/_egctl",
                 "usr/share/fish/vendor_completions.d/egctl.fish", "etc/ufw/applications.d/egd", "etc/apparmor.d/usr.sbin.egd"):
        assert (machine.root / path).exists(), path
    assert json.loads(machine.run("egctl", "status", "-o", "json").stdout)["Ready"]
    assert "egd" in machine.run("journalctl", "-u", "egd", "--no-pager", "--grep", "started").stdout
    machine.before = before


@long
@needs_mounts
def test_apparmor_enforces_the_profile(machine):
    if not pathlib.Path("/sys/module/apparmor/parameters/enabled").exists():
        pytest.skip("this kernel has no AppArmor: the profile was compiled, not enforced")
    pid = machine.property("egd.service", "MainPID")
    assert machine.run("cat", f"/proc/{pid}/attr/current").stdout.strip() == "egd (enforce)"


@long
@needs_mounts
def test_the_tour_on_it(machine):
    config = machine.root / "etc/egd/egd.toml"
    config.write_text("dns_records = []\n" + config.read_text())  # domains are enabled at once
    machine.run("systemctl", "restart", "egd.service")
    machine.run("egctl", "adddomain", "example.com")
    key = machine.run("egctl", "addapi", "ci", "example.com", "--test", "--field", "APIKey.APIKey").stdout.strip()
    (machine.root / "root/test.key").write_text(key)
    words = ["egctl", "sendemail", "--api-key-file", "/root/test.key", "--subject", "Hello", "--content-type", "plain",
             "--plain-content", "It works.", "--from", "me@example.com", "--wait-for", "delivery", "--timeout", "60s"]
    machine.run(*words, "--to", "you@example.net")
    assert machine.run(*words, "--to", "bounced@example.net", check=False).returncode == 10
    assert json.loads(machine.run("egctl", "captured.list", "example.com", "-o", "json").stdout)["Captured"]
    checks = {check["Check"]: check for check in json.loads(machine.run("egctl", "doctor", "-o", "json", check=False).stdout)["Checks"]}
    for check in ("config", "config-mode", "data-mode", "data-owner", "key-files", "listeners", "daemon", "ready", "version", "unit"):
        assert checks[check]["Status"] == "ok", checks[check]
    machine.run("systemctl", "reload", "egd.service")
    wait_for(lambda: "reloaded" in machine.run("journalctl", "-u", "egd", "--no-pager").stdout)


@long
@needs_mounts
def test_the_watchdog_starts_it_again(machine):
    drop_in = machine.root / "etc/systemd/system/egd.service.d"
    drop_in.mkdir(parents=True)
    (drop_in / "test.conf").write_text("[Service]\nWatchdogSec=2\nTimeoutAbortSec=1\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "egd.service")
    pid = machine.property("egd.service", "MainPID")
    machine.run("kill", "-STOP", pid)
    wait_for(lambda: machine.property("egd.service", "MainPID") not in ("0", pid) and
             machine.property("egd.service", "ActiveState") == "active",
             lambda: machine.run("journalctl", "-u", "egd", "--no-pager").stdout[-3000:], seconds=60)
    assert "Watchdog timeout" in machine.run("journalctl", "-u", "egd", "--no-pager").stdout
    shutil.rmtree(drop_in)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "egd.service")


class Load:
    """Applications that send, one request after another, each over a connection of its own."""

    def __init__(self, machine, key):
        self.accepted, self.failed, self.longest, self.stopping = [], [], 0.0, False
        self.body = json.dumps(message(To=[{"email": "jane@customer.example"}]))
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.threads = [machine.thread(self.send) for _ in range(2)]

    def send(self):
        while not self.stopping:
            started = time.monotonic()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", 8025, timeout=60)
                connection.request("POST", "/api/v1/email", self.body, self.headers)
                reply = connection.getresponse()
                text = reply.read()
                if reply.status == 200:
                    self.accepted.append(json.loads(text)["MessageID"])
                else:
                    self.failed.append((reply.status, text))
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(repr(error))
            self.longest = max(self.longest, time.monotonic() - started)

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(120)


@long
@needs_mounts
def test_an_upgrade_under_load_refuses_nobody_and_loses_nothing(packages, machine):
    config = machine.root / "etc/egd/egd.toml"
    config.write_text(config.read_text().replace("#api_requests = 100", "api_requests = 0"))
    machine.run("systemctl", "restart", "egd.service")
    key = machine.run("egctl", "addapi", "load", "example.com", "--field", "APIKey.APIKey").stdout.strip()
    edited, pid = config.read_text(), machine.property("egd.service", "MainPID")
    load = Load(machine, key)
    try:
        wait_for(lambda: len(load.accepted) > 100, lambda: load.failed)
        machine.install(*packages[1][NEWER])
        upgraded_at = len(load.accepted)
        wait_for(lambda: len(load.accepted) > upgraded_at + 100, lambda: load.failed)
    finally:
        load.stop()
    assert not load.failed, load.failed
    assert machine.property("egd.service", "MainPID") != pid
    assert config.read_text() == edited
    queued = json.loads(machine.run("egctl", "status", "-o", "json").stdout)["Queue"]["Recipients"]
    assert queued == len(load.accepted)
    machine.run("systemctl", "stop", "egd.service", "egd.socket")
    sound = machine.run("setpriv", "--reuid=egd", "--regid=egd", "--clear-groups", "egd", "--check", "--data-dir", "/var/lib/egd")
    assert f"{queued} queued recipients" in sound.stdout
    machine.run("systemctl", "start", "egd.socket", "egd.service")
    print(f"{queued} accepted during the upgrade, none refused, none lost; the longest request took {load.longest:.2f} s")


@long
@needs_mounts
def test_it_is_removed_and_purged_without_a_trace(machine):
    machine.run("apt-get", "remove", "-y", "-q", "egd", "egctl", seconds=300)
    assert machine.property("egd.service", "ActiveState") in ("inactive", "failed")
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(OSError):
        client.connect(f"/proc/{machine.first}/root/run/egd/egd.sock")
    assert (machine.root / "var/lib/egd/egd.db").exists() and (machine.root / "etc/egd/egd.toml").exists()
    machine.run("apt-get", "purge", "-y", "-q", "egd", "egctl", seconds=300)
    before, after = machine.before, machine.tree()
    assert {path: what for path, what in after.items() if before.get(path) != what} == {}
    # dh_apparmor removes the directory where it is empty; it is the package apparmor's
    assert before.keys() - after.keys() <= {"etc/apparmor.d/disable"}
