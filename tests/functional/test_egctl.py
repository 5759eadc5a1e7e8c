"""egctl as people and scripts use it: output forms, exit codes, help and suggestions."""
import csv
import io
import json

import pytest
import yaml
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
