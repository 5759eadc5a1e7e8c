"""No key, session or password that egd is given gets into its log, at any level."""
import base64

from gateway import message

PASSWORD = "correct horse battery staple"


def test_what_callers_prove_themselves_with_is_never_logged(make_gateway):
    gateway = make_gateway({"log": {"level": "debug"}}).start()
    domain_id, sender_key = gateway.add_domain()
    made = gateway.command("user.create", {"EmailAddress": "jane@example.com", "Username": "jane", "Password": PASSWORD})
    assert made["Success"], made
    user_key = gateway.command("user.apikey.create", {"UserID": made["UserID"], "Note": "n"})["APIKey"]
    smtp = gateway.command("emailgateway.addsmtp", {"DomainID": domain_id})["SMTP"]

    def post(name, parameters=None, bearer=None):
        headers = {"Authorization": "Bearer " + bearer} if bearer else {}
        return gateway.request("POST", "/api.php", {"Command": name, **(parameters or {})}, headers).json

    by_password = post("user.login", {"Username": "jane", "Password": PASSWORD})
    by_key = post("user.login", {"APIKey": user_key})
    sessions = [by_password["SessionID"], by_key["SessionID"]]
    wrong = {"APIKey": "eg_user_" + "w" * 43, "SessionID": "eg_sess_" + "w" * 43, "SenderAPIKey": "eg_live_" + "w" * 43,
             "AdminAPIKey": "eg_admin_" + "w" * 43}
    right = {"APIKey": user_key, "SessionID": sessions[0], "SenderAPIKey": sender_key,
             "AdminAPIKey": gateway.admin_key()}
    for keys in (right, wrong):
        for parameter, key in keys.items():
            for name in ("user.current", "emailgateway.getdomains", "users.get"):
                post(name, {parameter: key})
                post(name, bearer=key)
                gateway.request("GET", f"/api.php?Command={name}&{parameter}={key}")
            gateway.send(key, message())
            gateway.request("POST", "/api/v1/email", {**message(), parameter: key})
            gateway.request("GET", f"/api/v1/email/{key}")
            gateway.request("GET", f"/{key}")
            gateway.request("POST", f"/api.php/{key}", {})
            post(key)
    assert not post("user.login", {"Username": "jane", "Password": "the wrong one"})["Success"]
    assert not post("user.login", {"APIKey": wrong["APIKey"]})["Success"]
    relayed = {"SMTPUsername": smtp["SMTPUsername"], "From": "john@example.com", "To": ["jane@example.org"],
               "RawEmail": "From: john@example.com\r\nTo: jane@example.org\r\nSubject: x\r\n\r\nx\r\n"}
    for password in (smtp["SMTPPassword"], "a wrong password"):
        post("emailgateway.smtprelay", {**relayed, "SMTPPassword": password})

    secrets = {PASSWORD, "the wrong one", "a wrong password", smtp["SMTPPassword"], *sessions, *wrong.values(),
               *right.values()}
    gateway.stop()
    log = gateway.log_text()
    assert log.count("/api.php") > 50 and "user-key:" in log  # requests are logged, with whose they are
    for secret in secrets:
        assert secret not in log, secret
        assert base64.b64encode(secret.encode()).decode() not in log, secret


def test_the_log_names_every_command(gateway):
    long = "emailgateway.listrecipientdomains"  # as long as a key
    for path in (f"/api.php/{long}", "/api.php/" + "k" * len(long)):
        gateway.request("GET", path)
    log = gateway.log_text()
    assert f'path="/api.php/{long}"' in log and 'path="/api.php/(long)"' in log
