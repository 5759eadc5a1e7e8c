"""Who may what: malformed proofs, empty values, and throttles that lock out nobody else."""
import http.client
import json
import socket

PASSWORD = "correct horse battery staple"


def ask(gateway, name, parameters=None, bearer=None):
    headers = {"Authorization": "Bearer " + bearer} if bearer else {}
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


def test_permissions_given_as_an_empty_list_are_none(gateway):
    made = gateway.command("user.create", {"EmailAddress": "poor@example.com", "Username": "poor", "Password": PASSWORD,
                                           "Permissions": []})
    key = gateway.command("user.apikey.create", {"UserID": made["UserID"]})["APIKey"]
    assert code(ask(gateway, "emailgateway.adddomain", {"DomainName": "poor.example"}, bearer=key)) == 99999
