"""egctl apply and export: a gateway as a file wants it, in three formats, as admin and as a user."""
import json
import os
import stat

import pytest

TOML = """
suppressions = ["gone@example.net", {address = "Left@example.net", reason = "asked to"}]

[[users]]
username = "jane"
email_address = "jane@example.com"
password_file = "jane.password"
max_sender_domains = 5
permissions = ["EmailGateway.ManageDomain", "EmailGateway.AddDomain"]

[[users]]
username = "joe"
email_address = "joe@example.com"

[[domains]]
name = "Example.com."
api_keys = [{description = "Shop"}, {description = "CRM / billing"}]
smtp_credentials = [{description = "Printer"}]
webhooks = [{event = "delivered", url = "https://hooks.example.com/mail"}]
[domains.options]
link_tracking = false
subdomain = "Outbound"

[[domains]]
name = "jane.example"
user = "Jane"
status = "Suspended"
status_reason = "unpaid"
api_keys = [{description = "Shop"}]

[[templates]]
name = "Welcome"
subject = "Hello"
html_file = "welcome.html"

[[lists]]
name = "Customers"
"""
PASSWORD = "correct horse battery staple"
HTML = '<p class="x">Hello,\n"you" \\ £</p>\n'


@pytest.fixture
def house(make_gateway):
    gateway = make_gateway().start()
    (gateway.folder / "jane.password").write_text(PASSWORD + "\n")
    (gateway.folder / "welcome.html").write_text(HTML)
    return gateway


def apply(gateway, text, *words, name="gateway.toml", check=True, **options):
    """The finished `egctl apply` of that text."""
    (gateway.folder / name).write_text(text)
    return gateway.egctl("apply", "-f", gateway.folder / name, *words, check=check, **options)


def plan_of(done):
    """[(action, kind, name)] of its JSON."""
    return [(change["Action"], change["Kind"], change.get("Name", change.get("Count")))
            for change in json.loads(done.stdout)["Changes"]]


def secrets(gateway, folder="secrets"):
    return {str(path.relative_to(gateway.folder / folder)): path.read_text()
            for path in (gateway.folder / folder).rglob("*") if path.is_file()}


def domain(gateway, name="example.com", **who):
    return gateway.command("emailgateway.getdomain", {"DomainName": name, **who})["Domain"]


def test_a_file_of_everything_is_made_and_then_nothing_changes(house):
    everything = {
        ("create", "user", "jane"), ("create", "user", "joe"), ("create", "domain", "example.com"),
        ("create", "domain", "jane.example"), ("create", "API key", "Shop"), ("create", "API key", "CRM / billing"),
        ("create", "SMTP credentials", "Printer"), ("create", "template", "Welcome"), ("create", "list", "Customers"),
        ("create", "webhook", "delivery https://hooks.example.com/mail"), ("create", "suppressions", 1)}
    planned = apply(house, TOML, "--plan")
    assert set(plan_of(planned)) == everything
    assert '+ domain example.com (user default)\n    name: "example.com"\n' in planned.stderr
    assert house.command("users.get")["TotalUsers"] == 1 and not (house.folder / "secrets").exists()

    done = apply(house, TOML)
    assert set(plan_of(done)) == everything and all(change["Done"] for change in json.loads(done.stdout)["Changes"])
    assert PASSWORD not in done.stdout + done.stderr

    again = apply(house, TOML, "--expect-no-changes", "--prune")
    assert plan_of(again) == []
    assert again.stderr == "  user default is not in the file, and stays\nNo changes.\n"
    assert plan_of(apply(house, TOML)) == []

    options = domain(house)["Options"]
    assert options["LinkTracking"] == 0 and options["OpenTracking"] == 1 and options["CustomSubdomain"] == "outbound"
    users = {user["Username"]: user for user in house.command("users.get")["Users"]}
    suspended = domain(house, "jane.example", UserID=users["jane"]["UserID"])
    assert (suspended["Status"], suspended["StatusReason"]) == ("Suspended", "unpaid")
    template = house.command("useremailtemplates.get")["Templates"][0]
    assert house.command("useremailtemplate.get", {"EmailID": template["EmailID"]})["Template"]["HTMLContent"] == HTML
    rows = {row["EmailAddress"]: row["Reason"] for row in house.command("suppression.browse")["Suppressions"]}
    assert rows == {"gone@example.net": "", "left@example.net": "asked to"}
    assert house.command("user.login", {"Username": "jane", "Password": PASSWORD})["Success"]


def test_secrets_are_in_files_for_their_owner_alone_and_only_when_made(house):
    done = apply(house, TOML)
    found = secrets(house)
    assert set(found) == {"joe/password", "default/example.com/api-key-Shop", "jane/jane.example/api-key-Shop",
                          "default/example.com/api-key-CRM%20%2f%20billing", "default/example.com/smtp-Printer"}
    for path in [house.folder / "secrets", *(house.folder / "secrets").rglob("*")]:
        assert stat.S_IMODE(os.stat(path).st_mode) == (0o700 if path.is_dir() else 0o600), path
    shown = done.stdout + done.stderr
    for name, text in found.items():
        assert f"secrets/{name}" in shown
        assert not any(line.partition("=")[2] in shown for line in text.split() if "PASSWORD" in line)
        assert text.strip() not in shown
    domain_id = domain(house)["DomainID"]
    keys = {key["Description"]: key["APIKey"]
            for key in house.command("emailgateway.getapis", {"DomainID": domain_id})["APIKeys"]}
    assert found["default/example.com/api-key-Shop"] == keys["Shop"] + "\n"
    smtp = dict(line.split("=", 1) for line in found["default/example.com/smtp-Printer"].split())
    listed = house.command("emailgateway.getsmtps", {"DomainID": domain_id})["SMTPs"][0]
    assert (listed["Description"], listed["SMTPUsername"]) == ("Printer", smtp["SMTP_USERNAME"])
    relayed = {"SMTPUsername": smtp["SMTP_USERNAME"], "SMTPPassword": smtp["SMTP_PASSWORD"], "To": ["a@example.org"],
               "From": "john@example.com", "RawEmail": "From: john@example.com\r\nTo: a@example.org\r\n\r\nx\r\n"}
    answer = house.command("emailgateway.smtprelay", relayed)
    assert answer.get("ErrorCode") != 99998 and "password" not in answer.get("ErrorText", "").lower(), answer
    assert house.command("user.login", {"Username": "joe", "Password": found["joe/password"].strip()})["Success"]

    apply(house, TOML)
    assert secrets(house) == found
    # A key that was deleted is made again, beside the file of the old one.
    key = next(key for key in house.command("emailgateway.getapis", {"DomainID": domain_id})["APIKeys"]
               if key["Description"] == "Shop")
    house.command("emailgateway.deleteapi", {"APIKeyID": key["APIKeyID"]})
    assert plan_of(apply(house, TOML)) == [("create", "API key", "Shop")]
    assert set(secrets(house)) - set(found) == {"default/example.com/api-key-Shop-2"}
    assert found.items() <= secrets(house).items()

    # None is made for which there is no place.
    (house.folder / "full").write_text("no folder")
    failed = apply(house, TOML.replace('"Printer"}', '"Printer"}, {description = "Scanner"}'), "--secrets-dir",
                   house.folder / "full", check=False)
    assert failed.returncode == 1 and "cannot write" in failed.stderr
    assert len(house.command("emailgateway.getsmtps", {"DomainID": domain_id})["SMTPs"]) == 1


def test_drift_is_found_shown_as_a_difference_and_mended(house):
    apply(house, TOML)
    domain_id = domain(house)["DomainID"]
    house.command("emailgateway.updatedomain", {"DomainID": domain_id, "OpenTracking": 0, "LinkTracking": 1})
    drift = apply(house, TOML, "--expect-no-changes", check=False)
    assert drift.returncode == 10
    assert drift.stderr == ("~ domain example.com (user default)\n    options.link_tracking: true -> false\n"
                            "  user default is not in the file, and stays\nPlan: 1 to change.\n")
    assert domain(house)["Options"]["LinkTracking"] == 1  # nothing was changed
    on_terminal = apply(house, TOML, "--plan", "-o", "table")
    assert on_terminal.stdout == drift.stderr and on_terminal.stderr == ""
    assert plan_of(apply(house, TOML)) == [("change", "domain", "example.com")]
    moved = apply(house, TOML.replace("Outbound", "mail"))
    assert 'options.subdomain: "outbound" -> "mail"' in moved.stderr and "new DNS records to publish" in moved.stderr
    apply(house, TOML)
    assert domain(house)["Options"]["LinkTracking"] == 0
    assert domain(house)["Options"]["OpenTracking"] == 0  # what the file does not say stays
    assert apply(house, TOML, "--expect-no-changes").returncode == 0


def test_prune_deletes_what_the_file_has_lists_of_but_no_domain_and_no_user(house):
    apply(house, TOML)
    domain_id = domain(house)["DomainID"]
    house.command("emailgateway.addapi", {"DomainID": domain_id, "Description": "Old"})
    house.command("emailgateway.adddomain", {"DomainName": "other.example"})
    house.command("list.create", {"SubscriberListName": "Old"})
    house.command("suppression.import", {"EmailAddresses": ["hand@example.net"]})
    house.command("suppression.import", {"EmailAddresses": ["b@example.net"], "SuppressionSource": "bounce"})
    assert plan_of(apply(house, TOML)) == []
    small = """suppressions = ["gone@example.net"]
templates = []
[[domains]]
name = "example.com"
api_keys = [{description = "Shop"}]
"""
    planned = apply(house, small, "--prune", "--plan")
    assert "domain other.example (user default) is not in the file, and stays" in planned.stderr
    gone = {("delete", "API key", "Old"), ("delete", "API key", "CRM / billing"), ("delete", "template", "Welcome"),
            ("delete", "suppressions", 2)}
    assert set(plan_of(planned)) == gone
    assert set(plan_of(apply(house, small, "--prune"))) == gone
    assert apply(house, small, "--prune", "--expect-no-changes").returncode == 0
    assert len(house.command("emailgateway.getdomains")["Domains"]) == 2
    assert house.command("users.get")["TotalUsers"] == 3
    assert len(house.command("emailgateway.getwebhooks", {"DomainID": domain_id})["Webhooks"]) == 1
    assert house.command("lists.get")["TotalListCount"] == 2
    rows = [row["EmailAddress"] for row in house.command("suppression.browse")["Suppressions"]]
    assert rows == ["b@example.net", "gone@example.net"]


def test_an_error_in_the_middle_leaves_what_was_done_and_the_next_run_goes_on(house):
    text = """lists = [{name = "Customers"}]
[[domains]]
name = "first.example"
[[domains]]
name = "co.uk"
[[domains]]
name = "last.example"
"""
    failed = apply(house, text, check=False)
    assert failed.returncode == 1
    assert "DomainName is not a valid domain name" in failed.stderr
    assert f"this failed: + domain co.uk (user default) ({house.folder}/gateway.toml:4)" in failed.stderr
    assert "stopped: 1 of 4 changes are done; mend what was refused, then apply the file again" in failed.stderr
    assert [change.get("Done") for change in json.loads(failed.stdout)["Changes"]] == [True, False, None, None]
    assert [d["SenderDomain"] for d in house.command("emailgateway.getdomains")["Domains"]] == ["first.example"]
    going_on = apply(house, text.replace("co.uk", "second.example"))
    assert plan_of(going_on) == [("create", "domain", "second.example"), ("create", "domain", "last.example"),
                                 ("create", "list", "Customers")]


@pytest.mark.parametrize("form", ["toml", "yaml", "json"])
def test_what_is_exported_is_no_change_and_makes_another_gateway_so(house, make_gateway, form):
    apply(house, TOML)
    house.command("list.create", {"SubscriberListName": "Customers"})  # a second of that name
    house.command("suppression.import", {"EmailAddresses": ["b@example.net"], "SuppressionSource": "bounce",
                                         "Reason": '550 "no" \\ such user'})
    text = house.egctl("export", *(["--format", form] if form != "json" else ["-o", form])).stdout
    secret = secrets(house)["default/example.com/api-key-Shop"].strip()
    assert secret not in text and PASSWORD not in text
    assert apply(house, text, "--expect-no-changes", "--prune", name="plain").returncode == 0

    other = make_gateway().start()
    assert apply(other, text, "--plan", name="plain").returncode == 0
    apply(other, text, name="plain")
    assert apply(other, text, "--expect-no-changes", "--prune", name="plain").returncode == 0
    assert other.egctl("export", "--format", form).stdout == text
    assert {"jane/password", "joe/password"} <= set(secrets(other))


def test_an_empty_gateway_exports_in_each_form(gateway):
    for form in ("toml", "yaml", "json"):
        text = gateway.egctl("export", "--format", form).stdout
        assert apply(gateway, text, "--expect-no-changes", name="plain").returncode == 0
    assert gateway.egctl("export", "-o", "csv", check=False).returncode == 2


def test_a_user_applies_what_is_theirs_and_nothing_else(house):
    apply(house, TOML)
    jane = next(user for user in house.command("users.get")["Users"] if user["Username"] == "jane")["UserID"]
    key = house.command("user.apikey.create", {"UserID": jane})["APIKey"]
    mine = {"environment": {"EGCTL_API_KEY": key}}
    text = """suppressions = ["a@example.net"]
lists = [{name = "Friends"}]
[[domains]]
name = "jane.org.example"
webhooks = [{event = "open", url = "https://hooks.example.com/mail"}]
"""
    done = apply(house, text, **mine)
    assert plan_of(done) == [("create", "domain", "jane.org.example"),
                             ("create", "webhook", "open https://hooks.example.com/mail"),
                             ("create", "list", "Friends"), ("create", "suppressions", 1)]
    assert apply(house, text, "--expect-no-changes", "--prune", **mine).returncode == 0
    exported = house.egctl("export", **mine).stdout
    assert "jane.org.example" in exported and "user" not in exported and "Customers" not in exported
    assert apply(house, exported, "--expect-no-changes", **mine).returncode == 0
    # The admin sees the same when acting for her.
    assert apply(house, text, "--expect-no-changes", "--as-user", jane).returncode == 0

    users = apply(house, '[[users]]\nusername = "eve"\n', check=False, **mine)
    assert users.returncode == 4 and "`users` is for the admin alone" in users.stderr
    others = apply(house, 'lists = [{name = "X", user = "joe"}]', check=False, **mine)
    assert others.returncode == 4 and "joe" in others.stderr
    status = apply(house, '[[domains]]\nname = "jane.example"\nstatus = "Enabled"\n', check=False, **mine)
    assert status.returncode == 4 and domain(house, "jane.example", UserID=jane)["Status"] == "Suspended"
    assert {user["Username"] for user in house.command("users.get")["Users"]} == {"default", "jane", "joe"}
    nobody = apply(house, 'lists = [{name = "X", user = "nobody"}]', check=False)
    assert nobody.returncode == 2 and "there is no user nobody" in nobody.stderr


def test_a_wrong_file_is_refused_before_anything_is_sent(house):
    def refused(text, *words):
        done = apply(house, text, *words, check=False)
        assert done.returncode == 2 and done.stdout == "", (done.stdout, done.stderr)
        return done.stderr

    name = house.folder / "gateway.toml"
    assert refused('[[domains]]\nname = "example.com"\nopitons = {}\n') == (
        f"egctl: {name}:3: unknown key `opitons` in domain example.com; did you mean `options`?\n")
    assert ":2: " in refused('lists = []\nlists = [')
    assert "listed twice" in refused('domains = [{name = "a.example"}, {name = "A.example"}]')
    assert "needs `email_address`" in refused('users = [{username = "x"}]')
    assert "cannot read" in refused(
        'users = [{username = "x", email_address = "x@example.com", password_file = "none"}]')
    assert house.egctl("apply", check=False).returncode == 2
    assert house.egctl("apply", "-f", house.folder / "none", check=False).returncode == 2
    assert house.command("emailgateway.getdomains")["Domains"] == []
    assert house.egctl("apply", "-f", name, check=False,
                       environment={"EGCTL_URL": f"unix:{house.folder}/none"}).returncode in (2, 3)


def test_thousands_of_suppressions_go_in_parts_and_are_compared_without_a_list(house):
    addresses = [f"u{number:05}@example.net" for number in range(25_000)]
    text = "suppressions:\n" + "".join(f"- {address}\n" for address in addresses)
    done = apply(house, text, "-o", "table", name="all.yaml", timeout=120)
    assert "+ 25000 suppressions (user default)\n    u00000@example.net\n" in done.stdout
    assert "    and 24990 more\n" in done.stdout and done.stdout.endswith("Done: 1 of 1 changes are done.\n")
    assert done.stderr.endswith("suppressions: 25000 of 25000 sent\n")
    assert apply(house, text, "--expect-no-changes", "--prune", name="all.yaml", timeout=120).returncode == 0
    # A few wanted addresses are asked for one by one.
    few = apply(house, 'suppressions = ["u00007@example.net", "new@example.net"]', "--plan", "--verbose")
    assert json.loads(few.stdout)["Changes"][0]["Addresses"] == ["new@example.net"]
    assert few.stderr.count("Command=suppression.browse") == 3


def test_a_test_key_stays_one(make_gateway, tmp_path):
    """What an export says is made again is what it was: a key of a test system never becomes one that sends."""
    gateway = make_gateway().start()
    domain_id, _ = gateway.add_domain()
    for command, description in (("addapi", "shop"), ("addapi", "test"), ("addsmtp", "shop"), ("addsmtp", "test")):
        gateway.command(f"emailgateway.{command}", {"DomainID": domain_id, "Description": description,
                                                    "Test": int(description == "test")})
    exported = gateway.egctl("export").stdout
    (tmp_path / "g.toml").write_text(exported)
    assert gateway.egctl("apply", "-f", tmp_path / "g.toml", "--expect-no-changes").returncode == 0
    other = make_gateway().start()
    other.egctl("apply", "-f", tmp_path / "g.toml", "--secrets-dir", tmp_path / "secrets")
    keys = {path.name: path.read_text() for path in (tmp_path / "secrets").rglob("*api-key*")}
    assert keys["test-api-key-test"].startswith("eg_test_") and keys["api-key-shop"].startswith("eg_live_")
    assert other.egctl("export").stdout == exported


@pytest.mark.parametrize("text", ["", "# nothing\n\n", "---\n"])
def test_an_empty_file_asks_for_nothing_by_mistake(make_gateway, tmp_path, text):
    gateway = make_gateway().start()
    for name in ("g.toml", "g.yaml", "g.json"):
        (tmp_path / name).write_text(text)
        done = gateway.egctl("apply", "-f", tmp_path / name, "--expect-no-changes", check=False)
        assert done.returncode == 2 and "g." in done.stderr, (name, done.stderr)


def test_an_export_as_a_user_is_that_users(make_gateway, tmp_path):
    gateway = make_gateway().start()
    alice = gateway.command("user.create", {"EmailAddress": "a@example.com", "Username": "alice",
                                            "Password": "correct horse battery"})["UserID"]
    gateway.command("list.create", {"SubscriberListName": "the admin's"})
    gateway.command("list.create", {"SubscriberListName": "hers", "UserID": alice})
    (tmp_path / "a.toml").write_text(gateway.egctl("export", "--as-user", alice).stdout)
    plan = gateway.egctl("apply", "-f", tmp_path / "a.toml", "--plan", "--prune")
    assert json.loads(plan.stdout)["Changes"] == [], plan.stdout
