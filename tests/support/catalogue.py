"""The catalogue as data, and a world in which every Command's own example makes sense."""
import copy
import functools
import itertools
import json
import re
import smtplib
import subprocess

from gateway import BIN, message
from waiting import wait_for


@functools.cache
def commands():
    """Every Command of the catalogue, as tests/functional/catalogue_json.cpp prints it."""
    return json.loads(subprocess.run([BIN / "catalogue_json"], check=True, capture_output=True).stdout)


class World:
    """A running gateway whose user `default` holds example.com; every call gets objects of its own, so that the
    Commands do not get in each other's way."""

    def __init__(self, gateway, user_key=None, domain_name="example.com"):
        self.gateway = gateway
        self.count = itertools.count(1)
        self.own_key = user_key or gateway.admin_key()
        self.domain_name = domain_name
        self.domain_id = self.call("emailgateway.adddomain", DomainName=domain_name)["NewSenderDomainID"]
        self.sender_key = self.call("emailgateway.addapi", DomainID=self.domain_id,
                                    Description="made")["APIKey"]["APIKey"]
        sent = gateway.send(self.sender_key, message(From={"email": f"john@{domain_name}"}))
        self.message_id = sent.json["MessageID"]

    def stranger(self):
        """The world of another user, with a domain of their own."""
        key = self.call("user.apikey.create", UserID=self.user(), Note="stranger")["APIKey"]
        return World(self.gateway, key, "stranger.example.org")

    def call(self, name, **parameters):
        reply = self.gateway.command(name, parameters, self.own_key)
        assert reply["Success"], (name, parameters, reply)
        return reply

    # one fresh object each; the name is the parameter that takes its ID

    def domain(self):
        return self.call("emailgateway.adddomain", DomainName=self.new_domain_name())["NewSenderDomainID"]

    def new_domain_name(self):
        return f"d{next(self.count)}.{self.domain_name}"

    def domain_key(self):
        return self.call("emailgateway.addapi", DomainID=self.domain_id, Description="made")["NewAPIKeyID"]

    def user_key(self):
        return self.call("user.apikey.create", Note="made")["APIKeyID"]

    def user(self, **changes):
        name = f"user{next(self.count)}"
        return self.call("user.create", **{"EmailAddress": f"{name}@example.com", "Username": name,
                                           "Password": "correct horse battery staple", **changes})["UserID"]

    def template(self):
        return self.call("useremailtemplate.create", EmailName="made", Subject="s", ContentType="Plain",
                         PlainContent="x")["EmailID"]

    def list(self):
        return self.call("list.create", SubscriberListName="made")["ListID"]

    def subscriber(self, list_id):
        return self.call("subscriber.create", ListID=list_id,
                         EmailAddress=f"s{next(self.count)}@example.org")["SubscriberID"]

    def smtp(self):
        return self.call("emailgateway.addsmtp", DomainID=self.domain_id)["NewSMTPID"]

    def captured(self, domain_id):
        key = self.call("emailgateway.addapi", DomainID=domain_id, Description="made", Test=1)["APIKey"]["APIKey"]
        name = self.call("emailgateway.getdomain", DomainID=domain_id)["Domain"]["SenderDomain"]
        assert self.gateway.send(key, message(From={"email": f"john@{name}"})).status == 200
        return wait_for(lambda: self.call("captured.list", DomainID=domain_id)["Captured"])[0]["CapturedID"]

    def inbound(self):
        """A mail that came back and is kept, in the words of the Commands' examples; 1 where nothing listens for mail."""
        listen = self.gateway.settings.get("smtp", {}).get("listen")
        if not listen:
            return 1
        host, port = listen[0].rsplit(":", 1)
        with smtplib.SMTP(host, int(port), timeout=20) as client:
            client.sendmail("", ["postmaster@gw.example.net"],
                            b"From: robot@example.net\r\nSubject: Your mail\r\n\r\nThere is nobody of that name.\r\n")
        return self.gateway.command("inbound.list", {"RetrieveCount": 1})["Inbound"][0]["InboundID"]

    def smtp_login(self):
        made = self.call("emailgateway.addsmtp", DomainID=self.domain_id)["SMTP"]
        return {name: made[name] for name in ("SMTPUsername", "SMTPPassword")}

    def webhook(self, domain_id):
        return self.call("emailgateway.addwebhook", DomainID=domain_id, Event="delivery",
                         WebhookURL="https://hooks.example.com/")["NewWebhookID"]

    def journey(self):
        return self.call("journey.create", Name="made", Actions=[{"Name": "first"}])["JourneyID"]

    def example(self, command):
        """The Command's own example with the IDs and names that this world has."""
        name, given = command["name"], copy.deepcopy(command["example"])
        fresh = {
            "EmailID": self.template, "TemplateID": self.template, "JourneyID": self.journey,
            "ListID": self.list, "TargetListID": self.list,
            "APIKeyID": self.user_key if name.startswith("user.") else self.domain_key,
            "UserID": self.user, "SMTPID": self.smtp, "InboundID": self.inbound,
        }
        for parameter in given:
            if parameter == "DomainID":
                given[parameter] = self.domain_for(name)
            elif parameter in fresh:
                given[parameter] = fresh[parameter]()
        if "SubscriberID" in given:
            given["SubscriberID"] = self.subscriber(given["ListID"])
        if "WebhookID" in given:
            given["WebhookID"] = self.webhook(given.get("DomainID", self.domain_id))
        if "CapturedID" in given:
            given["CapturedID"] = self.captured(given["DomainID"])
        special = {
            **dict.fromkeys(("explain", "emailgateway.getemail", "emailgateway.cancelemail",
                             "emailgateway.rescheduleemail"), lambda: given.update(MessageID=self.message_id)),
            "emailgateway.batch": lambda: [one["From"].update(email=f"john@{self.domain_name}")
                                           for one in given["Messages"]],
            "emailgateway.adddomain": lambda: given.update(DomainName=self.new_domain_name()),
            "user.create": lambda: given.update(Username=f"jane{next(self.count)}",
                                                EmailAddress=f"jane{next(self.count)}@example.com"),
            "user.login": self.make_jane,
            "users.delete": lambda: given.update(Users=f"{self.user()},{self.user()}"),
            "users.get": self.make_jane,
            "lists.delete": lambda: given.update(Lists=f"{self.list()},{self.list()}"),
            "subscribers.delete": lambda: given.update(Subscribers=str(self.subscriber(given["ListID"]))),
            "subscriber.unsubscribe": lambda: self.call("subscriber.create", ListID=given["ListID"],
                                                        EmailAddress=given["EmailAddress"]),
            "emailgateway.smtprelay": lambda: given.update(self.smtp_login()),
            "journeys.delete": lambda: given.update(Journeys=f"{self.journey()},{self.journey()}"),
        }
        special.get(name, lambda: None)()
        return given

    def domain_for(self, name):
        """example.com for what only reads, so that there is something to read; a fresh one for the rest."""
        reads = name.split(".")[-1].startswith(("get", "add"))
        return self.domain_id if reads else self.domain()

    @functools.cache
    def make_jane(self):
        self.user(Username="jane", EmailAddress="jane@example.com")

    # the faces of a Command

    def authorization(self, command):
        key = self.key(command)
        return {"Authorization": f"Bearer {key}"} if key else {}

    def key(self, command):
        if command["name"] == "user.logout":
            key = self.call("user.apikey.create", Note="made")["APIKey"]
            return self.call("user.login", APIKey=key)["SessionID"]
        return {"anyone": None, "sender_key": self.sender_key}.get(command["caller"], self.own_key)

    def through_api_php(self, command, parameters):
        return self.gateway.request("POST", "/api.php", {"Command": command["name"], **parameters},
                                    self.authorization(command))

    def through_alias(self, command, parameters):
        return self.gateway.request(command["method"], path_of(command, parameters), parameters,
                                    self.authorization(command))

    def through_egctl(self, command, parameters):
        """The finished egctl, given every parameter as an option."""
        return self.gateway.egctl(command["name"].removeprefix("emailgateway."),
                                  *as_options(command, parameters, self.gateway.folder), check=False,
                                  environment={"EGCTL_API_KEY": self.key(command) or ""})


def path_of(command, parameters):
    """Of a Command's alias: a parameter may be its last segment."""
    return re.sub(r"{(\w+)}", lambda name: str(parameters[name[1]]), command["path"])


def as_text(value):
    """As a form or a command line has it."""
    return value if isinstance(value, str) else json.dumps(value)


def as_options(command, parameters, folder):
    """Parameters as egctl's options; a secret goes into a file in `folder`."""
    words = []
    for param in command["params"]:
        if param["name"] not in parameters:
            continue
        text = as_text(parameters[param["name"]])
        if param["type"] == "secret":
            (folder / param["name"]).write_text(text)
            text = folder / param["name"]
        words.append(f"{param['option']}={text}")
    return words


def error_codes(command, reply):
    """The codes of a failed reply, whatever its envelope; [] for a success."""
    if command["text_type"] and reply.headers["content-type"].startswith(command["text_type"]):
        return []
    body = reply.json
    if command["envelope"] == "verdict" and body == {}:
        return [500]
    if "Errors" in body or command["envelope"] == "public":
        return [error["Code"] for error in body.get("Errors", [])]
    if body.get("Success") is True:
        return []
    code = body["ErrorCode"]
    assert isinstance(code, list) == (command["envelope"] == "legacy_list"), body
    assert isinstance(body["ErrorText"], list) == isinstance(code, list), body
    return code if isinstance(code, list) else [code]


def error_texts(command, reply):
    body = reply.json
    if "Errors" in body:
        return " ".join(error["Message"] for error in body["Errors"])
    text = body["ErrorText"]
    return " ".join(text) if isinstance(text, list) else text
