"""egctl as people and scripts use it: output forms, exit codes, help and suggestions."""
import csv
import io
import json
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from catalogue import as_options, commands
from gateway import BIN, ROOT
from process import free_port


@pytest.fixture(scope="module")
def house(shared_gateway):
    """(gateway, ID of example.com)."""
    domain_id, _ = shared_gateway.add_domain("example.com")
    return shared_gateway, domain_id


def exit_code(gateway, *words, **options):
    return gateway.egctl(*words, check=False, **options).returncode


def test_the_local_socket_needs_no_set_up(house):
    gateway, _ = house
    assert gateway.egctl_json("adddomain", "fresh.example.com")["Domain"]["SenderDomain"] == "fresh.example.com"
    gateway.egctl("deletedomain", "fresh.example.com")


def test_output_is_json_when_piped(house):
    gateway, domain_id = house
    assert json.loads(gateway.egctl("getdomain", domain_id).stdout)["Domain"]["DomainID"] == domain_id


def test_a_domain_is_named_by_id_or_name(house):
    gateway, domain_id = house
    assert gateway.egctl_json("getdomain", "example.com") == gateway.egctl_json("getdomain", domain_id)


def test_field_prints_one_value(house):
    gateway, domain_id = house
    assert gateway.egctl("getdomain", "example.com", "--field", "Domain.DomainID").stdout == f"{domain_id}\n"
    assert exit_code(gateway, "getdomain", "example.com", "--field", "Domain.Nothing") == 1


def test_yaml_holds_the_same_as_json(house):
    gateway, _ = house
    as_yaml = yaml.safe_load(gateway.egctl("getdomain", "example.com", "-o", "yaml").stdout)
    assert as_yaml == gateway.egctl_json("getdomain", "example.com")


def test_csv_has_a_head_and_a_line_an_entry(house):
    gateway, domain_id = house
    rows = list(csv.DictReader(io.StringIO(gateway.egctl("getdomains", "-o", "csv").stdout)))
    assert [(row["DomainID"], row["SenderDomain"]) for row in rows] == [(str(domain_id), "example.com")]


def test_table_shows_the_name(house):
    gateway, _ = house
    table = gateway.egctl("getdomains", "-o", "table").stdout
    assert "example.com" in table and "{" not in table


def test_raw_is_the_reply_as_it_came(house):
    gateway, _ = house
    raw = gateway.egctl("getdomain", "example.com", "-o", "raw").stdout
    assert json.loads(raw)["Success"] is True


def test_results_on_stdout_and_all_else_on_stderr(house):
    gateway, _ = house
    done = gateway.egctl("adddomain", "localhost", check=False)
    assert done.returncode == 1
    assert done.stdout == "" and "2" in done.stderr and "DomainName" in done.stderr


def test_exit_codes(house):
    gateway, _ = house
    assert exit_code(gateway, "adddomain", "localhost") == 1
    assert exit_code(gateway, "adddomain") == 2
    assert exit_code(gateway, "adddomain", "example.org", "--colour", "red") == 2
    assert exit_code(gateway, "getdomain", "999999") == 5
    assert exit_code(gateway, "getdomain", "nowhere.example.org") == 5
    nobody = {"EGCTL_URL": f"http://127.0.0.1:{free_port()}", "EGCTL_API_KEY": "x"}
    assert exit_code(gateway, "getdomains", environment=nobody) == 3
    stranger = {"EGCTL_URL": f"http://127.0.0.1:{gateway.port}", "EGCTL_API_KEY": "eg_user_wrong"}
    assert exit_code(gateway, "getdomains", environment=stranger) == 4


def test_a_key_opens_the_api_over_tcp(house):
    gateway, _ = house
    admin = {"EGCTL_URL": f"http://127.0.0.1:{gateway.port}", "EGCTL_API_KEY": gateway.admin_key()}
    assert gateway.egctl("getdomain", "example.com", environment=admin).returncode == 0


def test_a_misspelt_command_or_option_gets_a_suggestion(house):
    gateway, _ = house
    done = gateway.egctl("adddomian", "example.org", check=False)
    assert done.returncode == 2 and "adddomain" in done.stderr
    done = gateway.egctl("adddomain", "example.org", "--sudomain", "x", check=False)
    assert done.returncode == 2 and "--subdomain" in done.stderr


def test_help_needs_no_daemon_and_shows_an_example(house):
    gateway, _ = house
    nobody = {"EGCTL_URL": f"http://127.0.0.1:{free_port()}"}
    done = gateway.egctl("adddomain", "--help", environment=nobody)
    assert "egctl adddomain example.com" in done.stdout and "--subdomain" in done.stdout
    overview = gateway.egctl("--help", environment=nobody).stdout
    for command in ("adddomain", "sendemail", "getevents", "user.create"):
        assert command in overview
    assert gateway.egctl("--version", environment=nobody).stdout.startswith("egctl ")


def test_secrets_do_not_show_in_verbose_output(house):
    gateway, _ = house
    admin = {"EGCTL_URL": f"http://127.0.0.1:{gateway.port}", "EGCTL_API_KEY": gateway.admin_key()}
    done = gateway.egctl("-v", "getdomain", "example.com", environment=admin)
    assert gateway.admin_key() not in done.stdout + done.stderr


def test_sendemail_takes_mailboxes_headers_and_files(house, tmp_path):
    gateway, _ = house
    (tmp_path / "page.html").write_text("<p>Grüße</p>")
    (tmp_path / "note.txt").write_text("attached")
    key = gateway.egctl("addapi", "--domain-id", "example.com", "--description", "t", "--field",
                        "APIKey.APIKey").stdout.strip()
    sent = gateway.egctl_json(
        "sendemail", "--from", "John <john@example.com>", "--to", "Jane <jane@example.org>",
        "--to", "joe@example.org", "--subject", "Grüße", "--content-type", "html", "--html-file",
        tmp_path / "page.html", "--header", "X-Order: 7", "--attach", tmp_path / "note.txt",
        environment={"EGCTL_API_KEY": key})
    assert len(sent["MessageID"]) == 36


# where the gateway is, and with what key

def profile(gateway, name="default", **values):
    """Writes ~/.config/egctl/config.toml with one profile."""
    folder = gateway.folder / ".config/egctl"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.toml"
    path.write_text(f"[profiles.{name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in values.items()))
    path.chmod(0o600)
    return path


def test_the_url_is_the_option_then_the_environment_then_the_profile(house):
    gateway, _ = house
    tcp, nobody = f"http://127.0.0.1:{gateway.port}", f"http://127.0.0.1:{free_port()}"
    (gateway.folder / "admin").write_text(gateway.admin_key() + "\n")
    key = ["--api-key-file", gateway.folder / "admin"]
    path = profile(gateway, url=nobody)
    try:
        assert exit_code(gateway, "getdomains", environment={"EGCTL_URL": ""}) == 3
        assert exit_code(gateway, "getdomains", *key, environment={"EGCTL_URL": tcp}) == 0
        assert exit_code(gateway, "getdomains", *key, "--url", nobody, environment={"EGCTL_URL": tcp}) == 3
        assert exit_code(gateway, "getdomains", *key, "--url", tcp, environment={"EGCTL_URL": nobody}) == 0
        assert exit_code(gateway, "getdomains", "--profile", "other") == 2
    finally:
        path.unlink()


def test_the_key_is_the_option_then_the_environment_then_the_profile(house):
    gateway, _ = house
    tcp, right = f"http://127.0.0.1:{gateway.port}", gateway.admin_key()
    (gateway.folder / "wrong").write_text("eg_user_wrong\n")
    (gateway.folder / "admin").write_text(right)
    path = profile(gateway, url=tcp, api_key=right)
    try:
        here = {"EGCTL_URL": ""}
        assert exit_code(gateway, "getdomains", environment=here) == 0
        assert exit_code(gateway, "getdomains", environment={**here, "EGCTL_API_KEY": "eg_user_wrong"}) == 4
        assert exit_code(gateway, "getdomains", "--api-key-file", gateway.folder / "wrong",
                         environment={**here, "EGCTL_API_KEY": right}) == 4
        assert exit_code(gateway, "getdomains", "--api-key-file", gateway.folder / "admin",
                         environment={**here, "EGCTL_API_KEY": "eg_user_wrong"}) == 0
        elsewhere = f"http://localhost:{gateway.port}"  # a profile's key goes to the profile's URL only
        assert exit_code(gateway, "getdomains", "--url", elsewhere, environment=here) == 4
        path.chmod(0o644)
        assert exit_code(gateway, "getdomains", environment=here) == 2
    finally:
        path.unlink()


def test_login_keeps_a_session_that_the_next_call_uses(house):
    gateway, _ = house
    gateway.command("user.create", {"EmailAddress": "li@example.com", "Username": "li",
                                    "Password": "correct horse battery"})
    (gateway.folder / "password").write_text("correct horse battery\n")
    here = {"EGCTL_URL": ""}
    done = gateway.egctl("login", "--url", f"http://127.0.0.1:{gateway.port}", "--username", "li", "--password-file",
                         gateway.folder / "password", "-v", environment=here)
    path = gateway.folder / ".config/egctl/config.toml"
    try:
        assert "logged in as li" in done.stderr and "correct horse" not in done.stderr
        assert path.stat().st_mode & 0o777 == 0o600 and "session_id" in path.read_text()
        assert gateway.egctl("user.current", "--field", "UserInfo.Username", environment=here).stdout == "li\n"
        (gateway.folder / "password").write_text("wrong horse\n")
        assert exit_code(gateway, "login", "--username", "li", "--password-file", gateway.folder / "password",
                         environment=here) == 4
    finally:
        path.unlink()


def test_too_many_logins_exit_with_9(house):
    gateway, _ = house
    (gateway.folder / "password").write_text("wrong")
    codes = [exit_code(gateway, "user.login", "--username", "nobody", "--password-file", gateway.folder / "password")
             for _ in range(30)]
    assert codes[0] == 4 and codes[-1] == 9


# domains by name, structured parameters

@pytest.mark.parametrize("command", [c for c in commands() if any(p["name"] == "DomainID" for p in c["params"])],
                         ids=lambda command: command["name"])
def test_every_domain_id_may_be_a_name(house, command):
    gateway, _ = house
    name = command["name"].removeprefix("emailgateway.")
    example = {key: value for key, value in command["example"].items() if key != "DomainID"}
    done = gateway.egctl(name, *as_options(command, example, gateway.folder), "--domain-id", "nowhere.example", check=False)
    assert (done.returncode, done.stderr) == (5, "egctl: there is no sender domain nowhere.example\n")


def test_names_in_a_list_of_domains(house):
    gateway, domain_id = house
    by_name = gateway.egctl_json("accountstats", "--domain-ids", "example.com")
    assert [row["DomainID"] for row in by_name["PerDomain"]] == [domain_id]


def test_a_body_comes_from_standard_input(house):
    gateway, _ = house
    key = gateway.egctl("addapi", "t", "example.com", "--field", "APIKey.APIKey").stdout.strip()
    words = ["sendemail", "Piped", "--from", "john@example.com", "--to", '"Smith, Jane" <jane@example.org>',
             "--body-file", "-", "-v"]
    done = gateway.egctl(*words, stdin="Hello, pipe.\n", environment={"EGCTL_API_KEY": key})
    assert key not in done.stderr
    event = gateway.egctl_json("getevents", "example.com", "0", "1", "--query", "Piped")["Events"][0]
    assert event["message"]["headers"]["to"].endswith("<jane@example.org>")
    done = gateway.egctl(*words, "--html-file", "-", stdin="x", check=False, environment={"EGCTL_API_KEY": key})
    assert done.returncode == 2 and "only once" in done.stderr


# what a terminal sees

def on_a_terminal(gateway, *words, **environment):
    env = {"PATH": "/usr/bin:/bin", "HOME": str(gateway.folder), "EGCTL_URL": f"unix:{gateway.socket}", "TERM": "xterm",
           "SHELL": "/bin/sh", **environment}
    command = " ".join(shlex.quote(str(word)) for word in (BIN / "egctl", *words))
    return subprocess.run(["script", "-qec", command, "/dev/null"], env=env, capture_output=True, text=True,
                          timeout=60).stdout


def test_a_terminal_gets_a_table_unless_told_otherwise(house):
    gateway, domain_id = house
    assert on_a_terminal(gateway, "getdomains").startswith("\x1b[2mDomain")
    assert on_a_terminal(gateway, "getdomains", "-o", "json").startswith("{")
    assert on_a_terminal(gateway, "getdomain", "example.com", "--field", "Domain.DomainID").strip() == str(domain_id)


# completions

def completed(*words):
    """What bash would offer for the last word."""
    script = (f"source {ROOT}/completions/egctl.bash\nCOMP_WORDS=({' '.join(shlex.quote(w) for w in words)})\n"
              f"COMP_CWORD={len(words) - 1}\ncompopt() {{ :; }}\n_egctl\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout.split()


def test_bash_completes_commands_options_and_choices():
    assert "verifydomain" in completed("egctl", "verify")
    assert completed("egctl", "--url", "u", "dnsrec") == ["dnsrecords"]
    assert set(completed("egctl", "verifydomain", "example.com", "--w")) == {"--wait", "--wide"}
    assert set(completed("egctl", "dnsrecords", "--format", "")) == {
        "table", "bind", "json", "terraform", "terraform-cloudflare", "terraform-route53", "octodns", "dnscontrol"}
    assert "--follow" in completed("egctl", "getevents", "--f")
    assert set(completed("egctl", "getdomain", "-o", "")) == {"table", "json", "yaml", "csv", "raw"}


def test_bash_completes_names_written_as_words():
    assert completed("egctl", "queue", "p") == ["pause"]
    assert {"pause", "resume", "retry"} <= set(completed("egctl", "queue", ""))
    assert completed("egctl", "--url", "u", "journey", "a") == ["actions"]
    assert completed("egctl", "journey", "actions", "u") == ["update"]
    assert "--destination" in completed("egctl", "queue", "pause", "--d")
    assert "--limit" not in completed("egctl", "queue", "pause", "--l")
    assert "pause" not in completed("egctl", "queue", "x", "p")


def test_a_name_may_be_written_as_words(house):
    gateway, _ = house
    gateway.egctl("queue", "pause", "slow.example")
    (lane,) = gateway.egctl_json("queue", "--destination", "slow.example")["Lanes"]
    assert lane["State"] == "paused"
    gateway.egctl("queue", "resume", "slow.example")


@pytest.mark.parametrize("shell, file", [("bash", "egctl.bash"), ("zsh", "_egctl"), ("fish", "egctl.fish")])
def test_completions_are_of_their_shell(shell, file):
    assert shutil.which(shell), f"{shell} is not installed; config/packages.txt lists it"
    subprocess.run([shell, "-n", ROOT / "completions" / file], check=True)


def test_help_openapi_and_manual_name_the_same_parameters(house):
    gateway, _ = house
    schemas = gateway.request("GET", "/openapi.json").json["components"]["schemas"]
    for command in commands():
        name = command["name"].removeprefix("emailgateway.")
        text = gateway.egctl(name, "--help").stdout
        manual = (ROOT / f"man/egctl-{name}.1").read_text().replace("\\-", "-")
        assert [code for code in command["errors"] if f"\n  {code} " not in text] == []
        for parameter in command["params"]:
            schema = schemas.get(f"{name}_request", {"properties": {parameter["name"]: 0}})
            assert parameter["name"] in schema["properties"], (name, parameter)
        for option in re.findall(r"^  (?:-\w, )?--(?:\[no-\])?([\w-]+)", text, re.MULTILINE):
            assert option in manual, (name, option)
