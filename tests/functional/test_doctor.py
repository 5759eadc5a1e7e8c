"""egctl doctor on the real programs: a healthy set-up has nothing to find, each planted fault is found with its remedy,
and --fix mends what it says it mends."""
import json
import os
import re
import shutil
import socket
import time

import pytest
from authority import KEY, Authority
from gateway import ROOT, Gateway, message
from knot import Knot
from process import free_port
from resolver import Resolver
from waiting import wait_for

ADDRESS = "192.0.2.1"  # documentation's (RFC 5737): nothing is ever sent there
NET = [("gw", "A", ADDRESS), ("gw", "MX", "10 gw"), ("gw", "TXT", f"v=spf1 ip4:{ADDRESS} -all")]
REVERSE = [("1", "PTR", "gw.example.net.")]
# What needs an option, or depends on the machine the test runs on.
UNCHECKED = {"smtp-out", "blocklists", "clock"}


class House:
    """A gateway that doctor has nothing to say about, the zones around it, a certificate, a backup and a unit."""

    def __init__(self, folder):
        self.folder = folder
        self.knot = Knot({"example.net": NET, "2.0.192.in-addr.arpa": REVERSE}).start()
        self.resolver = Resolver(self.knot.port)
        self.chain, self.key = Authority(folder).certificate("gw.example.net")
        # Longer than the two weeks in which doctor wants a new one.
        Authority.openssl("req", "-x509", *KEY[:-2], "-days", "90", "-subj", "/CN=gw.example.net",
                          "-addext", "subjectAltName = DNS:gw.example.net", "-keyout", self.key, "-out", self.chain)
        os.chmod(self.key, 0o640)
        self.backup, self.unit = folder / "backup.tar.zst", folder / "egd.service"
        self.backup.write_text("of today")
        shutil.copy(ROOT / "config/egd.service", self.unit)
        self.gateway = Gateway({
            "dns": {"servers": [self.resolver.address]},
            "smtp": {"listen": [f"127.0.0.1:{free_port()}"], "tls_certificate": str(self.chain),
                     "tls_key": str(self.key)},
            "tracking": {"listen": [f"127.0.0.1:{free_port()}"]},
        })

    def start(self, **options):
        self.gateway.start(**options)
        return self

    def doctor(self, *words, format="json", config=None):
        """(exit code, {check: entry}, the whole answer or text)."""
        done = self.gateway.egctl("doctor", "--config", config or self.gateway.config, "--backup", self.backup,
                                  "--unit", self.unit, "--address", ADDRESS, "--skip", "clock", "-o", format, *words, check=False)
        assert done.returncode in (0, 10), done.stderr
        if format != "json":
            return done.returncode, {}, done.stdout
        answer = json.loads(done.stdout)
        return done.returncode, {check["Check"]: check for check in answer["Checks"]}, answer

    def findings(self, *words, **options):
        """{check: what it found}, each with its remedy and exit code 10."""
        code, checks, answer = self.doctor(*words, **options)
        found = {name: check["Found"] for name, check in checks.items() if check["Status"] == "problem"}
        assert (code == 10) == bool(found) and answer["Findings"] == len(found)
        assert all(checks[name]["Remedy"] for name in found)
        assert all(check["Found"] for check in checks.values() if check["Status"] == "not checked")
        return found

    def rewrite(self, **settings):
        """Another configuration file for doctor alone; the daemon goes on with its own."""
        changed = dict(self.gateway.settings)
        for section, values in settings.items():
            changed[section] = {**changed.get(section, {}), **values} if isinstance(values, dict) else values
        other = Gateway(folder=self.folder)
        other.settings, other.config = changed, self.folder / "other.toml"
        other.write_config()
        return other.config

    def remove(self):
        self.gateway.remove()
        self.resolver.remove()
        self.knot.remove()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("doctor"))
    try:
        yield house.start()
    finally:
        house.remove()


@pytest.fixture
def make_house(tmp_path):
    made = []

    def make():
        made.append(House(tmp_path))
        return made[-1]

    yield make
    for house in made:
        house.remove()


def test_a_healthy_set_up_has_nothing_to_find(shared):
    code, checks, answer = shared.doctor()
    assert {name: check["Found"] for name, check in checks.items() if check["Status"] == "problem"} == {}
    assert code == 0 and answer["Findings"] == 0 and answer["Fixed"] == []
    assert {name for name, check in checks.items() if check["Status"] == "not checked"} == UNCHECKED
    assert answer["Unchecked"] == len(UNCHECKED) and len(checks) >= 25
    assert checks["smtp-out"]["Found"] == "only with --online"


def test_the_help_lists_every_check(shared):
    text = shared.gateway.egctl("doctor", "--help").stdout
    for name, check in shared.doctor()[1].items():
        assert re.search(rf"^  {name} ", text, re.M), name
        assert check["LooksAt"] in " ".join(text.split())


def test_the_table_is_for_people(shared):
    code, _, text = shared.doctor("--skip", "ptr", format="table", config=shared.rewrite(
        gateway={"hostname": "localhost", "mfrom_host": "gw.example.net", "tracking_host": "gw.example.net",
                 "spf_host": "gw.example.net"}, smtp={"advertised_host": "gw.example.net"}))
    assert code == 10
    lines = text.splitlines()
    assert lines[0].startswith("problem      hello-name: gateway.hostname is \"localhost\"")
    assert lines[1].startswith("             remedy: Set gateway.hostname to a name that this machine has in the DNS")
    assert "not checked  ptr: --skip" in lines
    assert re.fullmatch(r"\d+ checks: \d+ problems, \d+ not checked", lines[-1])


def zone_faults():
    """(zones, check, what is found)."""
    without = lambda kind: [record for record in NET if record[:2] != ("gw", kind)]  # noqa: E731
    return [
        ({"example.net": without("TXT")}, "spf", "gw.example.net has no SPF record"),
        ({"example.net": NET + [("gw", "TXT", "v=spf1 -all")]}, "spf",
         "gw.example.net has 2 SPF records, which receivers refuse"),
        ({"2.0.192.in-addr.arpa": []}, "ptr", "192.0.2.1 has no PTR record"),
        ({"2.0.192.in-addr.arpa": [("1", "PTR", "gone.example.net.")]}, "ptr-forward",
         "192.0.2.1 is named gone.example.net, which does not resolve back to it"),
        ({"example.net": without("MX") + [("gw", "MX", "0 .")]}, "mfrom-host",
         "gw.example.net has a null MX record: it takes no mail"),
    ]


@pytest.mark.parametrize("zones, check, found", zone_faults(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_fault_in_the_dns_is_found(shared, zones, check, found):
    shared.knot.publish(zones)
    try:
        assert shared.findings() == {check: found}
    finally:
        shared.knot.publish({"example.net": NET, "2.0.192.in-addr.arpa": REVERSE})


def test_a_resolver_that_leaves_something_out_is_found(shared):
    address = shared.resolver.address
    shared.resolver.validates = False
    assert shared.findings() == {"resolver-dnssec": f"{address} does not validate DNSSEC"}
    shared.resolver.validates, shared.resolver.speaks_edns = True, False
    assert shared.findings() == {"resolver-edns": f"{address} does not answer EDNS"}
    shared.resolver.speaks_edns = True
    dead = f"127.0.0.1:{free_port()}"
    assert shared.findings(config=shared.rewrite(dns={"servers": [dead, address]})) == {
        "resolvers": f"{dead} does not answer"}


def test_without_a_resolver_nothing_about_the_dns_is_said(shared):
    _, checks, _ = shared.doctor(config=shared.rewrite(dns={"servers": [f"127.0.0.1:{free_port()}"]}))
    for name in ("ptr", "spf", "mfrom-host", "hello-address", "tracking-host", "resolver-edns"):
        assert (checks[name]["Status"], checks[name]["Found"]) == ("not checked", "no resolver answers"), name
    assert checks["resolvers"]["Status"] == "problem"


def test_a_configuration_that_is_not_valid_is_found_with_its_line(shared):
    bad = shared.folder / "bad.toml"
    bad.write_text("[http]\nlisn = []\n")
    found = shared.findings(config=bad)
    assert list(found)[0] == "config" and f"{bad}:2:1: unknown option" in found["config"]
    _, checks, _ = shared.doctor(config=bad)
    assert checks["data-dir"]["Status"] == "not checked" and "not valid" in checks["data-dir"]["Found"]


@pytest.mark.parametrize("settings, check, found", [
    ({"gateway": {"hostname": "mail"}}, "hello-name", 'gateway.hostname is "mail", without a domain'),
    ({"smtp": {"allow_plaintext_auth": True, "listen": ["0.0.0.0:2525"]}}, "plaintext-auth", "smtp.listen has 0.0.0.0:2525"),
    ({"http": {"listen": ["0.0.0.0:8025"]}}, "api-exposed", "without TLS and without a proxy"),
    ({"limits": {"memory_bytes": 2**40}}, "memory", "the machine has"),
    ({"delivery": {"ca_file": "/nonexistent.pem"}}, "ca-bundle", "/nonexistent.pem is not there"),
    ({"data_dir": "/nonexistent/data"}, "data-dir", "/nonexistent/data is not there"),
    ({"gateway": {"tracking_host": "ns.example.net"}}, "tracking-host", "resolves to 127.0.0.1"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_a_fault_in_the_configuration_is_found(shared, settings, check, found):
    assert found in shared.findings(config=shared.rewrite(**settings))[check]


def test_faults_of_certificates_are_found(shared):
    def made(name, *words, days="90"):
        chain, key = shared.folder / f"{name}-{days}.pem", shared.folder / f"{name}-{days}.key"
        Authority.openssl("req", "-x509", *KEY[:-2], "-days", days, "-subj", f"/CN={name}", *words, "-keyout", key,
                          "-out", chain)
        os.chmod(key, 0o600)
        return str(chain), str(key)

    other, other_key = made("other.example.net")
    soon, soon_key = made("gw.example.net", days="3")
    for chain, key, check, found in ((other, other_key, "certificate-names", "does not name gw.example.net"),
                                     (soon, soon_key, "certificate-dates", "expires at"),
                                     (str(shared.chain), other_key, "certificate-key", "does not fit the key"),
                                     (str(shared.key), other_key, "certificate-files", "holds no certificate in PEM"),
                                     ("/nonexistent.pem", other_key, "certificate-files", "No such file")):
        found_now = shared.findings(config=shared.rewrite(smtp={"tls_certificate": chain, "tls_key": key}))
        assert list(found_now) == [check] and found in found_now[check], found_now


def test_an_old_backup_and_a_soft_unit_are_found(shared):
    os.utime(shared.backup, (time.time() - 30 * 3600,) * 2)
    shared.unit.write_text(shared.unit.read_text().replace("NoNewPrivileges=yes\n", ""))
    drop_in = shared.unit.with_name("egd.service.d")
    drop_in.mkdir()
    (drop_in / "local.conf").write_text("[Service]\nProtectSystem=false\n")
    try:
        found = shared.findings()
        assert found == {"backup": "the newest backup is 30 hours old",
                         "unit": "the installed unit lacks NoNewPrivileges=yes, ProtectSystem=strict"}
    finally:
        shutil.rmtree(drop_in)
        shutil.copy(ROOT / "config/egd.service", shared.unit)
        os.utime(shared.backup)


def test_a_listed_address_is_found_only_when_asked(shared):
    shared.knot.publish({"zen.spamhaus.org": [("1.2.0.192", "A", "127.0.0.2")]})
    assert shared.findings() == {}
    assert shared.findings("--blocklists") == {"blocklists": f"{ADDRESS} is listed by zen.spamhaus.org: 127.0.0.2"}
    shared.knot.publish({"zen.spamhaus.org": [("1.2.0.192", "A", "127.255.255.254")]})
    _, checks, _ = shared.doctor("--blocklists")
    assert checks["blocklists"]["Status"] == "not checked"


def test_a_mail_server_is_contacted_only_when_asked(shared, make_sink):
    closed = free_port()
    config = shared.rewrite(delivery={"smarthost": f"127.0.0.1:{closed}"})
    assert shared.findings(config=config) == {}
    assert shared.findings("--online", config=config) == {
        "smtp-out": f"127.0.0.1 port {closed}: Connection refused"}
    sink = make_sink()
    code, checks, _ = shared.doctor("--online", config=shared.rewrite(delivery={"smarthost": f"127.0.0.1:{sink.port}"}))
    assert code == 0 and checks["smtp-out"]["Status"] == "ok"


def test_what_the_daemon_says_is_found(make_house):
    house = make_house().start()
    house.gateway.egctl("queue", "pause", "example.org")
    _, key = house.gateway.add_domain()
    assert house.gateway.send(key, message()).status == 200
    house.gateway.egctl("updatedomain", "example.com", "--status", "Suspended")
    wait_for(lambda: house.gateway.egctl_json("status")["Lanes"], "a lane in trouble")
    assert house.findings() == {"queue": "example.org is paused", "domains": "example.com is Suspended"}


def test_modes_and_owners_are_fixed_and_then_clean(shared):
    data = shared.gateway.folder / "data"
    os.chmod(data, 0o755)
    os.chmod(data / "admin.key", 0o644)
    os.chmod(shared.gateway.config, 0o666)
    os.chmod(shared.key, 0o644)
    stray = data / "stray"
    stray.write_text("")
    expected = {"config-mode", "data-mode", "key-files"}
    if os.geteuid() == 0:
        os.chown(stray, 65534, 65534)
        expected.add("data-owner")
    assert set(shared.findings()) == expected
    code, checks, answer = shared.doctor("--fix")
    assert code == 0 and answer["Findings"] == 0
    assert f"chmod 0700 {data}" in answer["Fixed"] and f"chmod 0640 {shared.key}" in answer["Fixed"]
    modes = [path.stat().st_mode & 0o777 for path in (data, data / "admin.key", shared.gateway.config, shared.key)]
    assert modes == [0o700, 0o600, 0o644, 0o640] and stray.stat().st_uid == data.stat().st_uid
    code, _, answer = shared.doctor("--fix")
    assert code == 0 and answer["Fixed"] == []
    stray.unlink()


def test_fix_follows_no_link_out_of_the_data_directory(shared, tmp_path):
    data, outside = shared.gateway.folder / "data", tmp_path / "outside"
    outside.write_text("")
    os.chmod(outside, 0o644)
    (data / "link").symlink_to(outside)
    if os.geteuid() == 0:
        os.chown(data / "link", 65534, 65534, follow_symlinks=False)
    try:
        shared.doctor("--fix")
        assert outside.stat().st_mode & 0o777 == 0o644 and outside.stat().st_uid == os.geteuid()
    finally:
        (data / "link").unlink()


def test_a_daemon_that_is_away_is_found_and_ports_that_others_have(make_house):
    house = make_house()
    house.gateway.write_config()
    (house.gateway.folder / "data").mkdir(mode=0o700)
    port = int(house.gateway.settings["smtp"]["listen"][0].split(":")[1])
    with socket.create_server(("127.0.0.1", port)):
        found = house.findings()
    assert set(found) == {"daemon", "listeners"}
    assert found["listeners"].startswith(f"smtp.listen 127.0.0.1:{port} is taken by another process: python3")
    _, checks, _ = house.doctor()
    for name in ("queue", "schema", "version", "domains", "webhooks", "ready"):
        assert (checks[name]["Status"], checks[name]["Found"]) == ("not checked", "egd does not answer")


def test_too_few_descriptors_and_an_unbound_port_are_found(make_house):
    house = make_house()
    house.start(under=("prlimit", "--nofile=1024:1024"))
    assert house.findings() == {"open-files": "egd may open 1024 files"}
    more = house.gateway.settings["smtp"]["listen"] + [f"127.0.0.2:{free_port()}"]
    assert house.findings(config=house.rewrite(smtp={"listen": more})) == {
        "open-files": "egd may open 1024 files", "listeners": f"egd runs, but does not listen on smtp.listen {more[1]}"}


def test_a_key_that_may_not_ask_is_no_finding(shared):
    user = shared.gateway.egctl_json("user.apikey.create", "--note", "n")["APIKey"]
    done = shared.gateway.egctl("doctor", "--config", shared.gateway.config, "--address", ADDRESS, "--skip", "clock",
                                "--url", f"http://127.0.0.1:{shared.gateway.port}", check=False,
                                environment={"EGCTL_API_KEY": user})
    checks = {check["Check"]: check for check in json.loads(done.stdout)["Checks"]}
    assert checks["daemon"]["Status"] == "not checked" and checks["daemon"]["Found"].startswith("egd refuses to say")
    assert checks["queue"]["Status"] == "not checked" and done.returncode == 0


def test_wrong_usage_is_said(shared):
    for words, text in ((["--skip", "ptrs"], "there is no check ptrs; did you mean ptr?"),
                        (["--address", "gw.example.net"], "--address must be an IP address"),
                        (["extra"], "unexpected argument extra")):
        done = shared.gateway.egctl("doctor", *words, check=False)
        assert done.returncode == 2 and text in done.stderr
