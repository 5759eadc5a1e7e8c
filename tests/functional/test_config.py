"""egd's flags, the configuration file, the environment, start-up errors, SIGHUP and SIGTERM."""
import os
import re
import signal
import socket
import ssl
import subprocess

import pytest
from gateway import BIN, ROOT, message, toml
from process import tail
from test_verify_domain import GATEWAY_ZONE, verify


def egd(*words, environment=None, timeout=30):
    env = {"PATH": os.environ["PATH"], **(environment or {})}
    return subprocess.run([BIN / "egd", *map(str, words)], env=env, capture_output=True, text=True,
                          timeout=timeout, cwd=ROOT)


def refused(*words, **options):
    """The complaint of an egd that must not start: on standard error, without its name."""
    done = egd(*words, **options)
    assert (done.returncode, done.stdout) == (1, ""), done
    return done.stderr.removeprefix("egd: ").rstrip("\n")


def wait_for_log(gateway, pattern):
    gateway.process.wait_until(lambda: re.search(pattern, gateway.log_text()), f"logging {pattern}")


def test_version_and_help_name_every_flag():
    assert re.fullmatch(r"egd \d+\.\d+\.\d+\n", egd("--version").stdout)
    done = egd("--help")
    assert done.returncode == 0
    manual = (ROOT / "man/egd.8").read_text()
    for flag in ("config", "check-config", "print-config", "check", "restore", "data-dir", "version", "help"):
        assert f"--{flag}" in done.stdout
        assert f"Fl -{flag}" in manual or f"| -{flag}" in manual


@pytest.mark.parametrize("words", [["--confg", "x"], ["--config"], ["stray"], ["--data-dir", "x"]])
def test_wrong_usage_is_exit_code_2(words):
    done = egd(*words)
    assert done.returncode == 2 and done.stderr


def test_the_sample_is_fine_as_it_is():
    done = egd("--config", "config/egd.toml", "--check-config")
    assert (done.returncode, done.stdout, done.stderr) == (0, "config/egd.toml is fine.\n", "")


def test_mistakes_name_file_line_column_and_the_nearest_name(tmp_path):
    file = tmp_path / "egd.toml"
    file.write_text('[http]\nlisen = []\nthreads = "many"\n')
    assert refused("--config", file, "--check-config") == (
        f'{file}:2:1: unknown option "http.lisen"; did you mean "http.listen"?\n'
        f"egd: {file}:3:11: http.threads must be an integer")


def test_a_missing_file_is_said_plainly():
    assert refused("--config", "/nonexistent.toml") == (
        "cannot read /nonexistent.toml: No such file or directory")


def test_print_config_shows_the_environment_and_loads_again(tmp_path):
    printed = egd("--config", "config/egd.toml", "--print-config",
                  environment={"EGD_HTTP_LISTEN": "127.0.0.1:1,127.0.0.1:2", "EGD_LOG_LEVEL": "debug"}).stdout
    assert 'listen = ["127.0.0.1:1", "127.0.0.1:2"]' in printed
    assert 'level = "debug"' in printed
    file = tmp_path / "printed.toml"
    file.write_text(printed)
    assert egd("--config", file, "--print-config").stdout == printed


def test_a_wrong_variable_is_refused_and_a_misspelt_one_warned_of():
    assert refused("--config", "config/egd.toml", "--check-config",
                   environment={"EGD_HTTP_THREADS": "many"}) == (
        "EGD_HTTP_THREADS: http.threads must be an integer")
    done = egd("--config", "config/egd.toml", "--check-config", environment={"EGD_LOG_LEVL": "debug"})
    assert done.returncode == 0
    assert "EGD_LOG_LEVL is not an option; did you mean EGD_LOG_LEVEL?" in done.stderr


def start_refused(gateway, **changes):
    gateway.settings.update(changes)
    gateway.write_config()
    return refused("--config", gateway.config)


def test_a_taken_port_is_said_plainly(gateway, make_gateway):
    other = make_gateway()
    other.settings["http"]["listen"] = [f"127.0.0.1:{gateway.port}"]
    assert f"127.0.0.1:{gateway.port}" in start_refused(other)


def test_a_second_egd_on_the_same_data_is_refused(gateway, make_gateway):
    other = make_gateway()
    assert "Another egd" in start_refused(other, data_dir=gateway.settings["data_dir"])


def test_a_damaged_database_is_refused(make_gateway):
    gateway = make_gateway().start()
    gateway.stop()
    database = gateway.folder / "data/egd.db"
    database.write_bytes(b"not a database" * 1000)
    assert "damaged" in start_refused(gateway)


def test_a_certificate_that_cannot_be_read_is_said_plainly(make_gateway):
    gateway = make_gateway()
    gateway.settings["http"].update(tls_certificate="/nonexistent.pem", tls_key="/nonexistent.key")
    assert "/nonexistent.pem" in start_refused(gateway)


def test_secrets_are_made_for_the_owner_only(gateway):
    data = gateway.folder / "data"
    assert data.stat().st_mode & 0o777 == 0o700
    for name in ("admin.key", "master.key", "egd.db"):
        assert (data / name).stat().st_mode & 0o777 == 0o600, name
    assert gateway.admin_key() not in gateway.log_text()


def test_sighup_applies_the_log_level_and_names_what_needs_a_restart(gateway):
    gateway.settings["log"] = {"level": "debug"}
    gateway.settings["http"]["threads"] = 3
    gateway.write_config()
    gateway.process.signal(signal.SIGHUP)
    wait_for_log(gateway, r"needs a restart.*http\.threads")
    assert gateway.request("GET", "/healthz").status == 200


def reload(gateway, **changes):
    """SIGHUP with these sections changed."""
    gateway.settings.update(changes)
    gateway.write_config()
    gateway.process.signal(signal.SIGHUP)


def test_sighup_applies_the_log_level_and_format(make_gateway):
    gateway = make_gateway({"log": {"level": "error"}}).start()
    _, key = gateway.add_domain()
    reload(gateway, log={"level": "info", "format": "json"})
    wait_for_log(gateway, r'{"time":.*"reloaded"')
    reload(gateway, log={"level": "info", "format": "text"})
    wait_for_log(gateway, r"\n[^{].*reloaded")
    # A change that needs a restart is a warning; the request limit shows when the signal has been handled.
    reload(gateway, log={"level": "error"}, limits={"api_requests": 9}, http={**gateway.settings["http"], "threads": 3})
    wait_for_limit(gateway, key, 9)
    assert "needs a restart" not in gateway.log_text()


def wait_for_limit(gateway, key, limit):
    """Until a request by alias is told of this limit."""
    def told():
        reply = gateway.request("GET", "/api/v1/webhooks", headers={"Authorization": "Bearer " + key})
        return reply.headers.get("ratelimit-limit") == str(limit)

    gateway.process.wait_until(told, f"limiting requests to {limit}")


def test_sighup_applies_the_request_limit(gateway):
    _, key = gateway.add_domain()
    assert "ratelimit-limit" not in gateway.send(key, message()).headers
    reload(gateway, limits={"api_requests": 3})
    wait_for_log(gateway, "reloaded")
    assert [gateway.send(key, message()).status for _ in range(4)] == [200, 200, 200, 429]


def test_sighup_applies_the_name_servers(make_gateway, make_knot):
    knot = make_knot({"example.com": [], "example.net": GATEWAY_ZONE}).start()
    gateway = make_gateway({"dns_records": None}).start()
    added = gateway.command("emailgateway.adddomain", {"DomainName": "example.com"})
    _, statuses = verify(gateway, added["NewSenderDomainID"])
    assert set(statuses.values()) == {"temperror"}  # nobody answers at the first address
    reload(gateway, dns={**gateway.settings["dns"], "servers": [knot.address]})
    wait_for_log(gateway, "reloaded")
    _, statuses = verify(gateway, added["NewSenderDomainID"])
    assert set(statuses.values()) == {"fail"}  # the zone is empty


def test_sighup_with_a_mistake_changes_nothing(gateway):
    gateway.config.write_text("[http\n")
    gateway.process.signal(signal.SIGHUP)
    wait_for_log(gateway, "not reloaded")
    assert gateway.request("GET", "/healthz").status == 200


def certificate(folder, name):
    """(certificate, key): PEM files of a fresh self-signed certificate for `name`."""
    files = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "1", "-subj", f"/CN={name}", "-out", files[0], "-keyout", files[1]],
                   check=True, capture_output=True)
    return files


def served_name(gateway):
    """The common name of the certificate that the API shows."""
    with socket.create_connection(("127.0.0.1", gateway.port), 10) as plain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(plain) as tls:
            tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert tls.recv(12) == b"HTTP/1.1 200"
            pem = ssl.DER_cert_to_PEM_cert(tls.getpeercert(True))
    return subprocess.run(["openssl", "x509", "-noout", "-subject", "-nameopt", "multiline"], input=pem, text=True,
                          capture_output=True, check=True).stdout.split("= ")[-1].strip()


def test_https_and_its_certificate_reloaded(make_gateway, tmp_path):
    first, second = certificate(tmp_path, "first"), certificate(tmp_path, "second")
    gateway = make_gateway()
    gateway.settings["http"].update(tls_certificate=str(first[0]), tls_key=str(first[1]))
    gateway.start()
    assert served_name(gateway) == "first"
    for new, old in zip(second, first):
        new.rename(old)
    gateway.process.signal(signal.SIGHUP)
    wait_for_log(gateway, "reloaded")
    assert served_name(gateway) == "second"


def test_sigterm_ends_with_0_and_the_next_start_goes_on(gateway):
    domain_id, _ = gateway.add_domain()
    gateway.stop()
    gateway.start()
    assert gateway.command("emailgateway.getdomain", {"DomainID": domain_id})["Success"]


def test_the_log_can_be_json(make_gateway):
    gateway = make_gateway({"log": {"format": "json"}}).start()
    gateway.stop()
    assert tail(gateway.log, 1).startswith('{"time":')


def test_toml_of_the_harness():
    assert toml({"a": 1, "s": {"b": ["x"]}}) == 'a = 1\n[s]\nb = ["x"]\n'
