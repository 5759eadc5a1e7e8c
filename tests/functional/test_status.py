"""egctl status, on the real egd."""
from gateway import message
from waiting import wait_for


def test_what_waits_and_what_is_in_trouble_is_shown(gateway):
    domain, key = gateway.add_domain()
    quiet = gateway.egctl_json("status")
    assert quiet["Ready"] is True and quiet["NotReadyReason"] == ""
    assert quiet["Queue"]["Recipients"] == 0
    assert quiet["SinceStart"] == {"Accepted": 0, "Delivered": 0, "Deferred": 0, "Bounced": 0}
    assert quiet["Lanes"] == quiet["Webhooks"] == quiet["Domains"] == []
    assert 0 < quiet["Disk"]["FreeBytes"] <= quiet["Disk"]["SizeBytes"]

    gateway.egctl("queue", "pause", "example.org")
    assert gateway.send(key, message(To=[{"email": "jane@example.org"}])).status == 200
    gateway.egctl("updatedomain", domain, "--status", "Suspended")
    wait_for(lambda: gateway.egctl_json("status")["Queue"]["Recipients"] == 1, "one recipient")
    status = gateway.egctl_json("status")
    assert [(lane["Destination"], lane["State"], lane["Depth"]) for lane in status["Lanes"]] == [("example.org", "paused", 1)]
    assert status["SinceStart"]["Accepted"] == 1
    assert [(one["DomainName"], one["Status"]) for one in status["Domains"]] == [("example.com", "Suspended")]


def test_only_the_admin_sees_it(gateway):
    user = gateway.egctl_json("user.apikey.create", "--note", "n")["APIKey"]
    denied = gateway.egctl("--url", f"http://127.0.0.1:{gateway.port}", "status", check=False,
                           environment={"EGCTL_API_KEY": user})
    assert denied.returncode == 4
