"""The reference, operation by operation: its example requests, sent by curl as printed but for host, keys, IDs and
dates, get every key of its example replies, of the same types; and each error code it documents is produced once, on
purpose. tests/support/reference_operations.json holds what it prints. Sending has tests of its own."""
import datetime
import json
import re
import subprocess

import pytest
from catalogue import World, commands, error_codes
from gateway import ROOT, Gateway, message
from process import free_port
from smtp_sink import Sink

OPERATIONS = json.loads((ROOT / "tests/support/reference_operations.json").read_text())
COMMANDS = {command["name"]: command for command in commands()}
FREE_KEYS = {"DNSVerificationResults"}  # its keys are hosts
NOBODYS = 987654321  # an ID
HOOK = "https://example.com/webhooks/email-events"


class JanesWorld(World):
    """Jane has a session and a domain of hers, from which mail to gmail.com was delivered and bounced; example.com is
    another user's."""

    user_id = None

    def __init__(self, gateway):
        super().__init__(gateway)
        self.user_id = self.user(Username="jane", EmailAddress="jane@example.com")
        self.session = gateway.command("user.login", {
            "Username": "jane", "Password": "correct horse battery staple"})["SessionID"]
        self.domain_id = self.call("emailgateway.adddomain", DomainName="jane.example.com")["NewSenderDomainID"]
        self.sender_key = self.call("emailgateway.addapi", DomainID=self.domain_id,
                                    Description="made")["APIKey"]["APIKey"]
        for n in range(3):
            reply = gateway.send(self.sender_key, message(
                From={"email": "a@jane.example.com"}, To=[{"email": f"r{n}@gmail.com"}], Tags=["campaign1"]))
            assert reply.status == 200, reply.body
        gateway.process.wait_until(self.all_are_done, "delivering")
        self.webhook(self.domain_id)

    def call(self, name, **parameters):
        return super().call(name, **({"UserID": self.user_id} if self.user_id else {}), **parameters)

    def all_are_done(self):
        buckets = self.call("emailgateway.aggrevents", DomainID=self.domain_id)["AggBuckets"]
        counts = {bucket["key"]: bucket["doc_count"] for bucket in buckets}
        return counts.get("delivery", 0) == 2 and counts.get("bounce", 0) == 1


@pytest.fixture(scope="module")
def world():
    sink = Sink(faults=["rcpt:550 5.1.1 no such user%3"])
    gateway = Gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"},
                       "smtp": {"listen": [f"127.0.0.1:{free_port()}"]}})
    try:
        yield JanesWorld(gateway.start())
    finally:
        gateway.remove()
        sink.remove()


def as_printed(world, operation):
    """The operation's curl, with this world's host, keys, IDs and today."""
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    name, text = operation["command"], "\n".join(operation["curl"])
    domain = world.domain() if name.split(".")[-1] in ("deletedomain", "updatedomain") else world.domain_id
    text = text.replace("your-session-id", world.session).replace("eg_live_" + 12 * "x", world.sender_key)
    text = text.replace("your-admin-api-key", world.gateway.admin_key())
    text = re.sub(r'"DomainID": \d+', f'"DomainID": {domain}', text)
    text = re.sub(r"20\d\d-\d\d-\d\d", today, text)
    for parameter, make in (("APIKeyID", world.domain_key), ("SMTPID", world.smtp),
                            ("WebhookID", lambda: world.webhook(domain))):
        text = re.sub(rf'"{parameter}": \d+', lambda _: f'"{parameter}": {make()}', text)
    if name == "sender.domains":  # printed without a key: on the machine itself none is needed
        text = text.replace("curl ", f"curl --unix-socket {world.gateway.socket} ")
    host = f"http://127.0.0.1:{world.gateway.port}"
    return text.replace("https://example.com/api", host + "/api").replace("curl ", "curl --silent --max-time 30 ", 1)


def differences(printed, given, path=""):
    """What of the printed value the given one lacks."""
    def kind(value):
        return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__

    if kind(printed) != kind(given) or (isinstance(printed, int) and isinstance(given, float)):
        yield f"{path}: {given!r} in place of {printed!r}"
    elif isinstance(printed, dict) and path.rpartition(".")[2] not in FREE_KEYS:
        for key, value in printed.items():
            if key in given:
                yield from differences(value, given[key], f"{path}.{key}")
            else:
                yield f"{path}.{key} is missing in {given}"
    elif isinstance(printed, list) and printed:
        if not given:
            yield f"{path} is empty"
        for entry in given:
            yield from differences(printed[0], entry, f"{path}[]")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation["command"])
def test_the_example_as_printed(world, operation):
    done = subprocess.run(["sh", "-c", as_printed(world, operation)], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    given = json.loads(done.stdout)
    assert list(differences(operation["reply"], given)) == [], given


def test_a_difference_is_seen():
    printed = {"A": 1, "B": [{"C": "x"}], "D": 0.5, "E": True}
    assert list(differences(printed, {"A": 2, "B": [{"C": "y", "more": 1}], "D": 1, "E": False})) == []
    for wrong in ({"A": "1"}, {"A": True}, {"A": 1.0}, {"B": []}, {"B": [{}]}, {"D": None}, {"E": 1}):
        assert len(list(differences(printed, {**printed, **wrong}))) == 1, wrong


# One request for each documented code: what is given beside, or in place of, the Command's own example.

DOMAIN_1_2 = {1: {"DomainID": None}, 2: {"DomainID": NOBODYS}}
CREDENTIALS_1_2 = {1: {"SMTPID": None}, 2: {"SMTPID": NOBODYS}}
CASES = {
    "emailgateway.adddomain": {1: {"DomainName": ""}, 2: {"DomainName": "no domain"},
                               3: lambda world: full_user(world), 4: {"Subdomain": "a_b"}},
    "emailgateway.getdomain": DOMAIN_1_2,
    "emailgateway.updatedomain": {1: {"DomainID": None}, 5: {"DomainID": NOBODYS}, 6: {"TrackPrefix": "-"}},
    "emailgateway.verifydomain": DOMAIN_1_2,
    "emailgateway.getdomains": {},
    "emailgateway.deletedomain": DOMAIN_1_2,
    "emailgateway.cleardomainqueue": DOMAIN_1_2,
    "emailgateway.domainstats": DOMAIN_1_2,
    "emailgateway.addapi": {1: {"Description": None}, 2: {"DomainID": None}, 3: {"DomainID": NOBODYS}},
    "emailgateway.getapis": DOMAIN_1_2,
    "emailgateway.deleteapi": {1: {"APIKeyID": None}, 2: {"APIKeyID": NOBODYS}},
    "emailgateway.addsmtp": DOMAIN_1_2,
    "emailgateway.getsmtps": DOMAIN_1_2,
    "emailgateway.deletesmtp": CREDENTIALS_1_2,
    "emailgateway.resetsmtppassword": CREDENTIALS_1_2,
    "emailgateway.addwebhook": {1: {"DomainID": None}, 2: {"Event": None}, 3: {"Event": "sneeze"},
                                4: {"DomainID": NOBODYS}, 5: {"WebhookURL": None}},
    "emailgateway.getwebhooks": DOMAIN_1_2,
    "emailgateway.deletewebhook": {1: {"WebhookID": None}, 2: {"DomainID": None}, 3: {"DomainID": NOBODYS},
                                   4: {"WebhookID": NOBODYS}},
    "emailgateway.addwebhook.public": {2: {"Event": None}, 3: {"WebhookURL": "gopher://example.com/"},
                                       5: {"WebhookURL": None}, 13: {"SenderAPIKey": "eg_live_wrong"}},
    "emailgateway.getwebhooks.public": {2: lambda world: disabled_user(world),
                                        13: {"SenderAPIKey": "eg_live_wrong"}},
    "emailgateway.deletewebhook.public": {1: {"WebhookID": None}, 2: lambda world: disabled_user(world),
                                          4: {"WebhookID": NOBODYS}, 13: {"SenderAPIKey": "eg_live_wrong"}},
    "emailgateway.getevents": {**DOMAIN_1_2, 4: {"StartFrom": None}, 5: {"RetrieveCount": None}},
    "emailgateway.getevents.public": {1: lambda world: {"bearer": ""}, 4: {"StartFrom": "first"},
                                      5: {"RetrieveCount": "all"}, 13: {"SenderAPIKey": "eg_live_wrong"},
                                      2: lambda world: {"bearer": world.gateway.admin_key(),
                                                        "DomainID": NOBODYS}},
    "emailgateway.aggrevents": DOMAIN_1_2,
    "sender.domains": {1: {"DomainsResponseFormat": "xml"}},
    "inbound-relay-domain-check": {1: {"AdminAPIKey": "wrong"}},
    "emailgateway.recipientdomainstats": {1: {"RecipientToDomain": None}, 2: {"DomainID": NOBODYS}},
}


def new_user(world, **changes):
    """(UserID, user key)"""
    user_id = world.user(**changes)
    made = world.gateway.command("user.apikey.create", {"UserID": user_id, "Note": "made"})
    return user_id, made["APIKey"]


def full_user(world):
    """One who has all the domains it may have."""
    _, key = new_user(world, MaxSenderDomains=1)
    name = f"d{next(world.count)}.example.com"
    assert world.gateway.command("emailgateway.adddomain", {"DomainName": name}, key)["Success"]
    return {"bearer": key}


def disabled_user(world):
    """A sender key whose user was disabled."""
    user_id, key = new_user(world)
    name = f"d{next(world.count)}.example.com"
    domain_id = world.gateway.command("emailgateway.adddomain", {"DomainName": name}, key)["NewSenderDomainID"]
    made = world.gateway.command("emailgateway.addapi", {"DomainID": domain_id, "Description": "made"}, key)
    assert world.gateway.command("user.update", {"UserID": user_id, "AccountStatus": "Disabled"})["Success"]
    return {"bearer": made["APIKey"]["APIKey"]}


def test_every_documented_code_has_a_case():
    for operation in OPERATIONS:
        documented = set(operation["codes"]) - {429}
        assert set(CASES[operation["command"]]) == documented, operation["command"]


@pytest.mark.parametrize("name, code", [(name, code) for name, cases in CASES.items() for code in cases])
def test_each_documented_code(world, name, code):
    command, case = COMMANDS[name], CASES[name][code]
    case = dict(case(world) if callable(case) else case)
    bearer = case.pop("bearer", None)
    example = world.example(command)
    if command["caller"] == "user" and bearer is None:
        example["UserID"] = world.user_id
    headers = world.authorization(command) if bearer is None else {"Authorization": "Bearer " + bearer}
    parameters = {**example, **case}
    reply = world.gateway.request("POST", "/api.php", {"Command": name, **parameters}, headers)
    assert reply.status == 200 and code in error_codes(command, reply), reply.body
    if command["path"]:
        alias = world.gateway.request(command["method"], command["path"], parameters, headers)
        assert alias.status >= 400 and code in error_codes(command, alias), alias.body


def test_the_rate_limit_of_every_alias_but_the_relay_check(make_gateway):
    gateway = make_gateway({"limits": {"api_requests": 1}}).start()
    domain_id, _ = gateway.add_domain("example.com")
    for command in COMMANDS.values():
        if not command["path"] or command["name"] == "emailgateway.sendemail":
            continue
        key = gateway.admin_key() if command["caller"] == "admin" else gateway.add_key(domain_id)
        replies = [gateway.request(command["method"], command["path"], command["example"],
                                   {"Authorization": "Bearer " + key}) for _ in range(2)]
        if command["envelope"] == "verdict":
            assert [reply.status for reply in replies] == [200, 200]
        else:
            assert replies[1].status == 429 and error_codes(command, replies[1]) == [429], replies[1].body
            assert int(replies[1].headers["retry-after"]) <= 60


@pytest.mark.parametrize("errors_as_200", [False, True])
def test_the_relay_check_answers_by_status_whatever_the_mode(make_gateway, errors_as_200):
    gateway = make_gateway({"api": {"v1_errors_as_200": errors_as_200}}).start()
    gateway.add_domain("example.com")

    def check(domain, key):
        reply = gateway.request("GET", f"/api/v1/inbound-relay-domain-check?domain={domain}",
                                headers={"Authorization": f"Bearer {key}"} if key else {})
        return reply.status, reply.json

    admin, user = gateway.admin_key(), gateway.command("user.apikey.create", {"Note": "made"})["APIKey"]
    assert check("example.com", admin)[0] == 200
    assert check("example.com", admin)[1]["RelayDomain"] == "example.com"
    assert check("bounces@SL.example.com", admin)[1]["RelayDomain"] == "sl.example.com"
    assert check("example.net", admin) == (500, {})
    for key in ("", "wrong", user):
        assert check("example.com", key) == (403, {"Errors": [
            {"Code": 1, "Message": "Authentication failed. Invalid admin API key."}]})
    assert gateway.egctl("inbound-relay-domain-check", "example.com").returncode == 0
    assert gateway.egctl("inbound-relay-domain-check", "example.net", check=False).returncode == 1


def test_powermta_includes_lines_of_text(gateway):
    gateway.add_domain("example.com")
    gateway.add_domain("another.com")
    for name, directive in (("bounce", "domain"), ("relay", "relay-domain")):
        reply = gateway.request("POST", "/api/v1/sender.domains",
                                {"DomainsResponseFormat": f"powermta-{name}-domains"},
                                {"Authorization": "Bearer " + gateway.admin_key()})
        assert (reply.status, reply.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert reply.body.decode().splitlines() == [f"{directive} {host}" for host in (
            "another.com", "sl.another.com", "example.com", "sl.example.com")]
        assert gateway.egctl("sender.domains", "--domains-response-format",
                             f"powermta-{name}-domains").stdout == reply.body.decode()
    assert gateway.egctl_json("sender.domains")["Domains"] == ["another.com", "example.com"]
