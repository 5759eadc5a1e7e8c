"""The queued and scheduled mail of a domain that is not Enabled, and of a disabled user, waits, and goes on after."""
import time

import pytest
from gateway import message
from waiting import wait_for

PASSWORD = "correct horse battery staple"


@pytest.fixture
def house(make_gateway, make_sink):
    """(gateway, sink, user ID, key of that user, domain ID, sender key): a sink that takes nothing yet."""
    sink = make_sink(faults=["mail:450"])
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}", "retry_schedule": ["1s"]}}).start()
    user = gateway.command("user.create", {"EmailAddress": "jane@example.com", "Username": "jane", "Password": PASSWORD})
    key = gateway.command("user.apikey.create", {"UserID": user["UserID"]})["APIKey"]
    domain = gateway.command("emailgateway.adddomain", {"DomainName": "jane.example"}, key)["NewSenderDomainID"]
    sender = gateway.command("emailgateway.addapi", {"DomainID": domain, "Description": "x"}, key)["APIKey"]["APIKey"]
    return gateway, sink, user["UserID"], key, domain, sender


def change_domain(gateway, user, domain, status):
    return gateway.command("emailgateway.updatedomain", {"UserID": user, "DomainID": domain, "Status": status})


def change_user(gateway, user, status):
    assert gateway.command("user.update", {"UserID": user, "AccountStatus": status})["Success"]


def subjects(sink):
    return {line.split(": ", 1)[1] for mail in sink.messages() for line in mail.data.decode().splitlines()
            if line.startswith("Subject: ")}


@pytest.mark.parametrize("who, status", [("domain", "Disabled"), ("domain", "Suspended"), ("user", "Disabled")])
def test_mail_waits_and_goes_on(house, who, status):
    gateway, sink, user, _, domain, sender = house
    _, other = gateway.add_domain("other.example")

    def change(to):
        if who == "user":
            change_user(gateway, user, to)
        else:
            assert change_domain(gateway, user, domain, to)["Success"]

    theirs = {"From": {"email": "john@jane.example"}}
    assert gateway.send(sender, message(Subject="queued", **theirs)).status == 200
    assert gateway.send(sender, message(Subject="scheduled", SendAt=int(time.time()) + 2, **theirs)).status == 200
    change(status)
    assert gateway.send(sender, message(Subject="refused", **theirs)).status in (401, 403)
    sink.fail()  # from now on it takes everything
    started = time.monotonic()
    assert gateway.send(other, message(Subject="other", From={"email": "john@other.example"})).status == 200
    wait_for(lambda: "other" in subjects(sink) and time.monotonic() - started > 5, lambda: subjects(sink))
    assert subjects(sink) == {"other"}
    change("Enabled")
    wait_for(lambda: {"queued", "scheduled"} <= subjects(sink), lambda: subjects(sink), seconds=60)


def test_only_the_admin_sets_a_status(house):
    gateway, _, user, key, domain, _ = house
    refused = gateway.command("emailgateway.updatedomain", {"DomainID": domain, "Status": "Disabled"}, key)
    assert refused["ErrorCode"] == 99999
    refused = gateway.command("emailgateway.updatedomain", {"DomainID": domain, "StatusReason": "mine"}, key)
    assert refused["ErrorCode"] == 99999
    assert change_domain(gateway, user, domain, "Suspended")["Domain"]["Status"] == "Suspended"
    gateway.command("emailgateway.updatedomain", {"DomainID": domain, "Subdomain": "other"}, key)
    gateway.command("emailgateway.verifydomain", {"DomainID": domain}, key)
    assert gateway.command("emailgateway.getdomain", {"DomainID": domain}, key)["Domain"]["Status"] == "Suspended"


def test_the_user_reads_why_the_admin_set_the_status(house):
    gateway, _, user, key, domain, _ = house

    def reason():
        return gateway.command("emailgateway.getdomain", {"DomainID": domain}, key)["Domain"]["StatusReason"]

    def update(**settings):
        assert gateway.command("emailgateway.updatedomain", {"UserID": user, "DomainID": domain, **settings})["Success"]

    assert reason() == ""
    update(Status="Suspended", StatusReason="Spam reports of 12 May")
    gateway.command("emailgateway.updatedomain", {"DomainID": domain, "Subdomain": "other"}, key)
    gateway.stop()
    gateway.start()
    assert reason() == "Spam reports of 12 May"
    update(StatusReason="Spam reports of 12 May; call us")
    assert reason() == "Spam reports of 12 May; call us"
    update(Status="Enabled")
    assert reason() == ""


def test_a_name_is_enabled_once(house):
    gateway, _, user, _, domain, _ = house
    assert change_domain(gateway, user, domain, "Disabled")["Success"]
    gateway.add_domain("jane.example")  # of the user default
    assert change_domain(gateway, user, domain, "Enabled")["ErrorCode"] == 7
