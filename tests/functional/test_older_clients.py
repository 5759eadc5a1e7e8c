"""Requests as public clients of this vendor's API send them: a table, replayed byte for byte over a socket."""
import json
import socket
import urllib.parse

import pytest

SUBSCRIBED = {"Success": True, "ErrorCode": 0}


@pytest.fixture(scope="module")
def world(shared_gateway):
    """Keys and IDs that the requests name: {key}, {list}, {sender}."""
    gateway = shared_gateway
    gateway.egctl("user.create", "jane@example.com", "jane", "--password-file", "-",
                  stdin="correct horse battery staple\n")
    names = {
        "key": gateway.egctl("user.apikey.create", "--field", "APIKey").stdout.strip(),
        "list": gateway.egctl("list.create", "Customers", "--field", "ListID").stdout.strip(),
    }
    gateway.egctl("adddomain", "clients.example")
    names["domain"] = gateway.egctl("getdomain", "clients.example", "--field", "Domain.DomainID").stdout.strip()
    names["sender"] = gateway.egctl("addapi", "app", "clients.example", "--field", "APIKey.APIKey").stdout.strip()
    return gateway, names


def post(path, form="", version="1.1", kind="application/x-www-form-urlencoded"):
    body = form if isinstance(form, str) else json.dumps(form)
    return (f"POST {path} HTTP/{version}\r\nHost: gateway\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n{body}")


def get(path, version="1.1"):
    return f"GET {path} HTTP/{version}\r\n" + ("" if version == "1.0" else "Host: gateway\r\nConnection: close\r\n") + "\r\n"


MAIL = {"Subject": "s", "ContentType": "html", "HTMLContent": "<p>x</p>", "From": {"email": "a@clients.example"},
        "To": [{"email": "b@example.net"}], "TrackOpens": True}
SHAPES = {
    "GET over HTTP/1.0, key[] repeated": (
        get("/api.php?APIKey={key}&Command=lists.get&ids[]=1&ids[]=2", "1.0"), {"Success": True, "TotalListCount": 1}),
    "the Command in the path, the rest in the query, no body": (
        post("/api.php/Subscriber.Subscribe?APIKey={key}&Command=Subscriber.Subscribe&JSONPCallBack=true"
             "&UpdateIfExists=true&ListID={list}&EmailAddress=one%40example.org"), SUBSCRIBED),
    "the Command in the path alone": (
        post("/api.php/Subscriber.Subscribe", "ApiKey={key}&ListID={list}&EmailAddress=two@example.org"
             "&UpdateIfExists=true"), SUBSCRIBED),
    "empty values are missing ones": (
        post("/api.php", "APIKey={key}&Command=Subscriber.Subscribe&ListID=&EmailAddress=&IPAddress="),
        {"Success": False, "ErrorCode": 1}),
    "flat custom fields": (
        post("/api.php", "APIKey={key}&Command=Subscriber.Subscribe&ListID={list}&EmailAddress=three@example.org"
             "&IPAddress=192.0.2.10&CustomField1=Kim&UpdateIfExists=1"),
        {"Success": True, "Subscriber.CustomFields": {"CustomField1": "Kim", "SubscriptionIP": "192.0.2.10"}}),
    "custom fields in brackets": (
        post("/api.php", "APIKey={key}&Command=Subscriber.Subscribe&ListID={list}&EmailAddress=four@example.org"
             "&fields[CustomField1]=Kim&fields[CustomField2]=&UpdateIfExists=1"),
        {"Success": True, "Subscriber.CustomFields": {"CustomField1": "Kim", "CustomField2": ""}}),
    "ApiKey": (post("/api.php", "ApiKey={key}&Command=user.current"), {"Success": True, "ErrorCode": 0}),
    "lower-case names and an empty sessionid": (
        post("/api.php", "command=user.current&apikey={key}&sessionid=&responseformat=JSON"), {"Success": True}),
    "a login of a browser": (
        post("/api.php", "Command=User.Login&ResponseFormat=JSON&Username=jane&RememberMe=&DisableCaptcha=true"
             "&Password=correct+horse+battery+staple"), {"Success": True, "UserInfo.Username": "jane"}),
    "readers of ErrorCode[0]": (
        post("/api.php", "Command=User.Login&Username=jane&Password=wrong"), {"Success": False, "ErrorCode": [3]}),
    "EmailGateway.SendEmail in mixed case": (
        post("/api.php", {"Command": "EmailGateway.SendEmail", "SenderAPIKey": "{sender}", **MAIL},
             kind="application/json"), {"MessageID": str}),
    "JSON with SenderAPIKey and no Command on the alias": (
        post("/api/v1/email", {"SenderAPIKey": "{sender}", **MAIL}, kind="application/json; charset=utf8"),
        {"MessageID": str}),
}


def exchange(gateway, request):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
        connection.sendall(request.encode())
        reply = b""
        while block := connection.recv(65536):
            reply += block
    head, _, body = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def filled(request, names):
    for name, value in names.items():
        request = request.replace("{" + name + "}", value)
    head, _, body = request.partition("\r\n\r\n")
    lines = [f"Content-Length: {len(body.encode())}" if line.startswith("Content-Length") else line
             for line in head.split("\r\n")]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def at(body, path):
    for key in path.split("."):
        body = body[key]
    return body


@pytest.mark.parametrize("shape", SHAPES)
def test_a_client_in_the_wild_is_understood(world, shape):
    gateway, names = world
    request, expected = SHAPES[shape]
    status, body = exchange(gateway, filled(request, names))
    assert status == 200, body
    for path, value in expected.items():
        found = at(body, path)
        assert isinstance(found, value) if isinstance(value, type) else found == value, (path, body)


def test_the_path_names_any_command_in_any_case(world):
    gateway, names = world
    for name in ("user.current", "User.Current", "USER.CURRENT/", urllib.parse.quote("user.current", safe="")):
        for request in (get(f"/api.php/{name}?APIKey={names['key']}"), post(f"/api.php/{name}", f"APIKey={names['key']}")):
            assert exchange(gateway, request)[1]["Success"] is True
    assert exchange(gateway, get("/api.php/no.such.command"))[1]["ErrorCode"] == 99996
    assert exchange(gateway, get("/api.php/"))[1]["ErrorCode"] == 99996
