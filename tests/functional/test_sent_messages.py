"""What comes after acceptance: the state of each recipient, cancelling, another time. Two tenants see and change nothing
of each other's."""
import time

from test_batch import alice, bearer, house, mail, send_batch  # noqa: F401 (fixtures)
from test_isolation import Tenant
from waiting import wait_for


def send(tenant, *to, **changes):
    reply = tenant.gateway.send(tenant.sender, mail(tenant, *to, **changes))
    assert reply.status == 200, reply.body
    return reply.json["MessageID"]


def states(tenant, message_id):
    reply = tenant.gateway.request("GET", f"/api/v1/email/{message_id}", headers=bearer(tenant.sender))
    assert reply.status == 200, reply.body
    return {one["Recipient"]: one["State"] for one in reply.json["Recipients"]}


def test_a_scheduled_message_is_cancelled_and_never_sent(house, alice):
    gateway, sink = house
    soon = int(time.time()) + 3600
    message_id = send(alice, "a@example.org", "b@example.org", SendAt=soon)
    assert states(alice, message_id) == {"a@example.org": "scheduled", "b@example.org": "scheduled"}
    reply = gateway.command("emailgateway.cancelemail", {"MessageID": message_id}, alice.sender)
    assert reply == {"Success": True, "ErrorCode": 0, "MessageID": message_id, "CancelledCount": 2}
    assert gateway.command("emailgateway.cancelemail", {"MessageID": message_id}, alice.key)["CancelledCount"] == 0
    assert states(alice, message_id) == {"a@example.org": "cancelled", "b@example.org": "cancelled"}
    rejected = alice.events(Event="rejected")
    assert [(event["message"]["id"], event["reason"]) for event in rejected] == 2 * [(message_id, "cancelled")]
    assert gateway.command("emailgateway.rescheduleemail", {"MessageID": message_id, "SendAt": 1},
                           alice.key)["RescheduledCount"] == 0
    assert sink.received() == []


def test_a_deferred_message_shows_its_reply_and_is_cancelled(house, alice):
    gateway, sink = house
    sink.fail("rcpt:450 4.2.0 greylisted")
    message_id = send(alice, "a@example.org")
    wait_for(lambda: states(alice, message_id) == {"a@example.org": "deferred"})
    shown = gateway.command("emailgateway.getemail", {"MessageID": message_id}, alice.key)
    one = shown["Recipients"][0]
    assert one["SMTPResponse"].startswith("450 4.2.0") and one["SMTPCode"] == 450 and one["Attempts"] == 1
    assert one["NextAttemptAt"] > time.time() + 600
    assert shown["Message"]["Headers"] == {"From": "shop@tenant-a.example", "To": "a@example.org", "Subject": "Hello"}
    wait_for(lambda: gateway.command("emailgateway.cancelemail", {"MessageID": message_id},
                                     alice.key)["CancelledCount"] == 1)
    assert states(alice, message_id) == {"a@example.org": "cancelled"}


def test_a_message_goes_out_at_its_new_time(house, alice):
    gateway, sink = house
    message_id = send(alice, "a@example.org", SendAt=int(time.time()) + 3600)
    later = int(time.time()) + 7200
    moved = gateway.command("emailgateway.rescheduleemail", {"MessageID": message_id, "SendAt": later}, alice.sender)
    assert moved["RescheduledCount"] == 1
    assert gateway.command("emailgateway.getemail", {"MessageID": message_id}, alice.sender)["SendAt"] == later
    done = gateway.egctl("rescheduleemail", message_id, "--send-at", "1", "--field", "RescheduledCount")
    assert done.stdout.strip() == "1"
    wait_for(lambda: states(alice, message_id) == {"a@example.org": "delivered"})
    assert gateway.command("emailgateway.cancelemail", {"MessageID": message_id}, alice.key)["CancelledCount"] == 0
    too_late = gateway.command("emailgateway.rescheduleemail",
                               {"MessageID": message_id, "SendAt": int(time.time()) + 31 * 86400}, alice.key)
    assert too_late["ErrorCode"] == 4


def test_another_tenants_message_answers_as_a_missing_one(house, alice):
    gateway, _ = house
    bob = Tenant(gateway, "bob", "tenant-b.example")
    message_id = send(alice, "a@example.org", SendAt=int(time.time()) + 3600)
    for theirs in (message_id, "01890a5d-ac96-774b-bcce-b302099a8057", "x"):
        for key in (bob.sender, bob.key):
            for name in ("cancelemail", "rescheduleemail"):
                reply = gateway.command("emailgateway." + name, {"MessageID": theirs, "SendAt": 1}, key)
                assert reply == {"Success": False, "ErrorCode": 2, "ErrorText": "Message not found or access denied"}
            reply = gateway.request("GET", f"/api/v1/email/{theirs}", headers=bearer(key))
            assert reply.status == 404
            assert reply.json == {"Errors": [{"Code": 2, "Message": "Message not found or access denied"}]}
    assert states(alice, message_id) == {"a@example.org": "scheduled"}
    foreign = send_batch(bob, [mail(alice, "a@example.org")]).json["Results"]
    assert foreign[0]["Errors"][0]["Code"] == 3


def test_the_paths_beside_email(house, alice):
    gateway, _ = house
    message_id = send(alice, "a@example.org")
    key = bearer(alice.sender)
    named = gateway.request("GET", f"/api/v1/email/{message_id}?messageid=x", headers=key)
    assert named.status == 200 and named.json["Message"]["ID"] == message_id
    assert gateway.request("GET", "/api/v1/email/", headers=key).status == 404
    assert gateway.request("GET", f"/api/v1/email/{message_id}/x", headers=key).status == 404
    for method, path, allowed in (("GET", "/api/v1/email/batch", "POST"), ("POST", f"/api/v1/email/{message_id}", "GET")):
        reply = gateway.request(method, path, {}, key)
        assert reply.status == 405 and reply.headers["allow"] == allowed
    assert gateway.request("GET", f"/api/v1/email/{message_id}", headers=bearer("wrong")).status == 401
