"""Who may what: sessions and their keys, malformed proofs, proxies, and throttles that lock out nobody else."""
import http.client
import json
import socket

import pytest

BOUND = "198.51.100.7"
PASSWORD = "correct horse battery staple"


def ask(gateway, name, parameters=None, bearer=None, forwarded=None):
    headers = {"Authorization": "Bearer " + bearer} if bearer else {}
    if forwarded:
        headers["X-Forwarded-For"] = forwarded
    reply = gateway.request("POST", "/api.php", {"Command": name, **(parameters or {})}, headers)
    assert reply.status == 200, reply.body
    return reply.json


def code(reply):
    """The one code of a refusal; 0 for success."""
    code = reply["ErrorCode"]
    return code[0] if isinstance(code, list) and code else code or 0


def add_user(gateway, name):
    made = gateway.command("user.create", {"EmailAddress": f"{name}@example.com", "Username": name, "Password": PASSWORD})
    assert made["Success"], made
    return made["UserID"]


def log_in(gateway, name, password=PASSWORD):
    return ask(gateway, "user.login", {"Username": name, "Password": password})


@pytest.fixture
def proxied(make_gateway):
    """A gateway behind a proxy on 127.0.0.1, whose word it takes."""
    return make_gateway({"http": {"trusted_proxies": ["127.0.0.1/32"]}}).start()


def test_a_bound_key_its_session_and_their_keys_keep_to_the_address(proxied):
    user = add_user(proxied, "jane")
    made = proxied.command("user.apikey.create", {"UserID": user, "BoundIPAddress": BOUND})
    key = made["APIKey"]
    assert code(ask(proxied, "user.current", bearer=key)) == 99999
    assert code(ask(proxied, "user.current", bearer=key, forwarded=f"{BOUND}, 203.0.113.9")) == 99999
    assert code(ask(proxied, "user.current", bearer=key, forwarded=f"203.0.113.9, {BOUND}")) == 0

    session = ask(proxied, "user.login", {"APIKey": key}, forwarded=BOUND)["SessionID"]
    assert code(ask(proxied, "user.current", {"SessionID": session})) == 99999
    heir = ask(proxied, "user.apikey.create", {"SessionID": session, "Note": "heir"}, forwarded=BOUND)["APIKey"]
    assert code(ask(proxied, "user.current", bearer=heir)) == 99999
    assert code(ask(proxied, "user.current", bearer=heir, forwarded=BOUND)) == 0
    other = {"SessionID": session, "BoundIPAddress": "203.0.113.9"}
    assert code(ask(proxied, "user.apikey.create", other, forwarded=BOUND)) == 99999

    assert proxied.command("user.apikey.delete", {"UserID": user, "APIKeyID": made["APIKeyID"]})["Success"]
    assert code(ask(proxied, "user.current", {"SessionID": session}, forwarded=BOUND)) == 99998


def test_a_large_body_is_let_in_by_the_forwarded_address(proxied):
    key = proxied.command("user.apikey.create", {"BoundIPAddress": BOUND})["APIKey"]
    large = {"Filler": "x" * 100_000}  # beyond what is read before the key is known
    assert code(ask(proxied, "user.current", large, bearer=key, forwarded=BOUND)) == 0
    assert code(ask(proxied, "user.current", large, bearer=key, forwarded="203.0.113.9")) == 99999


def test_nobody_is_believed_to_be_another_client_unless_a_proxy_says_so(gateway):
    key = gateway.command("user.apikey.create", {"BoundIPAddress": BOUND})["APIKey"]
    assert code(ask(gateway, "user.current", bearer=key, forwarded=BOUND)) == 99999


def test_logout_ends_the_session_and_no_other(gateway):
    add_user(gateway, "jane")
    first, second = (log_in(gateway, "jane")["SessionID"] for _ in range(2))
    assert code(ask(gateway, "user.logout", {"SessionID": first})) == 0
    assert code(ask(gateway, "user.current", {"SessionID": first})) == 99998
    assert code(ask(gateway, "user.logout", {"SessionID": first})) == 99998
    done = gateway.egctl("user.logout", environment={"EGCTL_API_KEY": second, "EGCTL_URL": f"http://127.0.0.1:{gateway.port}"})
    assert done.returncode == 0
    assert code(ask(gateway, "user.current", {"SessionID": second})) == 99998
    assert code(ask(gateway, "user.logout", bearer=gateway.admin_key())) == 1


def over_socket(gateway, parameters, header=None):
    """One call over the Unix socket, where no key makes the local admin."""
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(gateway.socket))
    try:
        headers = {"Content-Type": "application/json", **({"Authorization": header} if header else {})}
        connection.request("POST", "/api.php", json.dumps(parameters), headers)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_a_malformed_proof_makes_no_local_admin(gateway):
    ask_for_users = {"Command": "users.get", "RecordsFrom": 0, "RecordsPerRequest": 10}
    assert over_socket(gateway, ask_for_users)["Success"]
    for name in ("APIKey", "SessionID", "SenderAPIKey", "AdminAPIKey"):
        for value in ("", True, 1.5, [], {"a": 1}):
            assert code(over_socket(gateway, {**ask_for_users, name: value})) == 99997, (name, value)
    for header in ("Bearer", "Bearer ", "Basic eDp5", "x"):
        assert code(over_socket(gateway, ask_for_users, header)) == 99997, header


def test_a_malformed_user_id_acts_for_nobody(gateway):
    for value in ("", True, 2.0, [2], "two", {}):
        for name in ("user.current", "emailgateway.getdomains"):
            assert code(ask(gateway, name, {"UserID": value}, bearer=gateway.admin_key())) == 99997, value


def test_two_authorization_fields_are_refused(gateway):
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    connection.putrequest("POST", "/api.php?Command=user.current")
    connection.putheader("Authorization", "Bearer " + gateway.admin_key())
    connection.putheader("Authorization", "Bearer " + gateway.admin_key())
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_a_key_sent_as_command_is_not_echoed(gateway):
    for key in (gateway.admin_key(), "eg_live_" + "k" * 43):
        for reply in (gateway.request("POST", "/api.php", {"Command": key}), gateway.request("POST", f"/api.php/{key}")):
            assert key.encode() not in reply.body
        assert ask(gateway, key)["ErrorCode"] == 99996


def test_a_guesser_locks_out_nobody_else(gateway):
    for name in ("jane", "mallory"):
        add_user(gateway, name)
    for attempt in range(60):
        log_in(gateway, f"user{attempt}", "wrong")
        over_socket(gateway, {"Command": "user.login", "Username": f"user{attempt}", "Password": "wrong"})
    assert log_in(gateway, "jane")["Success"]
    login = {"Command": "user.login", "Username": "mallory", "Password": PASSWORD}
    assert over_socket(gateway, login)["Success"]


def test_a_guesser_is_slowed_and_its_victim_is_not(proxied):
    add_user(proxied, "jane")
    right = {"Username": "jane", "Password": PASSWORD}
    wrong = {"Username": "jane", "Password": "wrong"}
    codes = [code(ask(proxied, "user.login", wrong, forwarded="203.0.113.9")) for _ in range(11)]
    assert codes == [3] * 10 + [429]
    assert code(ask(proxied, "user.login", right, forwarded="203.0.113.9")) == 429
    assert code(ask(proxied, "user.login", right, forwarded=BOUND)) == 0


def test_permissions_given_as_an_empty_list_are_none(gateway):
    made = gateway.command("user.create", {"EmailAddress": "poor@example.com", "Username": "poor", "Password": PASSWORD,
                                           "Permissions": []})
    key = gateway.command("user.apikey.create", {"UserID": made["UserID"]})["APIKey"]
    assert code(ask(gateway, "emailgateway.adddomain", {"DomainName": "poor.example"}, bearer=key)) == 99999
