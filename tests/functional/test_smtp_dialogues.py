"""The dialogues of smtp/*.txt with the SMTP server, each in the clear, under STARTTLS and under implicit TLS.

  == name         begins a dialogue
  @ who           silent: has said nothing; silent-plain: and not under TLS; stranger: has said EHLO; secured: the
                  same, under TLS only; member: and has authenticated
  C: text         sends a line
  R: octets       sends octets, with \\r \\n \\0 \\xNN; {x*N} is N letters, {line*N} N lines of 72 octets
  S: text         a reply that begins so must come
  END             the connection must have ended

{plain} {user} {password} and their like are credentials in base64.
"""
import base64
import codecs
import pathlib
import re

import pytest

from test_smtp_submission import Account, Raw, port_of, smtp_settings

FOLDER = pathlib.Path(__file__).parent / "smtp"


def dialogues():
    for path in sorted(FOLDER.glob("*.txt")):
        for block in path.read_text().split("\n== ")[1:]:
            name, who, *steps = block.rstrip("\n").split("\n")
            yield pytest.param(who.removeprefix("@ "), steps, id=f"{path.stem}: {name}".replace("::", ":"))


def octets(text, words):
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    text = re.sub(r"\{x\*(\d+)\}", lambda found: "x" * int(found[1]), text)
    text = re.sub(r"\{line\*(\d+)\}", lambda found: ("y" * 70 + "\\r\\n") * int(found[1]), text)
    return codecs.escape_decode(text.encode())[0]


@pytest.fixture(scope="module")
def server():
    """(gateway, credentials)"""
    import gateway as gateway_module
    settings = smtp_settings(allow_plaintext_auth=True)
    settings["limits"] = {"max_message_bytes": 1024 * 1024, "max_recipients": 5, "credentials": 0}
    gateway = gateway_module.Gateway(settings)
    try:
        gateway.start()
        yield gateway, Account(gateway)
    finally:
        gateway.remove()


@pytest.fixture
def words(server):
    """Credentials as the dialogues name them. Wrong ones are of a user of their own, so that nobody is throttled."""
    gateway, account = server
    other = gateway.command("emailgateway.addsmtp", {"DomainID": account.domain_id})["SMTP"]["SMTPUsername"]

    def encoded(*parts):
        return base64.b64encode("\0".join(parts).encode()).decode()
    return {"plain": encoded("", account.user, account.password), "user": encoded(account.user),
            "plain-self": encoded(account.user, account.user, account.password),
            "plain-other": encoded("root", other, "x"), "password": encoded(account.password),
            "wrong": encoded("", other, "wrong"), "unknown": encoded("", "nobody", "wrong")}


def connected(server, way, who):
    gateway, account = server
    client = Raw(port_of(gateway, "listen_tls" if way == "tls" else "listen"), tls=way == "tls")
    if way == "starttls":
        client.ask("EHLO client.example")
        client.secure()
    if who in ("stranger", "secured", "member"):
        assert client.ask("EHLO client.example").startswith("250")
    if who == "member":
        token = base64.b64encode(f"\0{account.user}\0{account.password}".encode()).decode()
        assert client.ask("AUTH PLAIN " + token).startswith("235 ")
    return client


@pytest.mark.parametrize("way", ["plain", "starttls", "tls"])
@pytest.mark.parametrize("who, steps", dialogues())
def test_dialogue(server, words, way, who, steps):
    if (who == "secured" and way == "plain") or (who == "silent-plain" and way != "plain"):
        return
    if who == "silent" and way == "starttls":  # has said EHLO to get there
        way = "tls"
    client = connected(server, way, who)
    for step in steps:
        if step == "END":
            assert client.at_end()
            continue
        kind, _, text = step.partition(":")
        text = text.removeprefix(" ")
        if kind == "S":
            reply = client.reply()
            assert reply.startswith(text), f"{steps}: {reply}"
        else:
            client.send(octets(text + ("\\r\\n" if kind == "C" else ""), words))
    client.close()
