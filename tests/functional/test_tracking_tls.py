"""Links over HTTPS: behind config/Caddyfile.example with Caddy's own authority, and with the tracking server's own TLS."""
import re
import ssl

import pytest
from authority import Authority
from gateway import ROOT
from process import Process, free_port
from tracking_house import PLAIN_LINKS, House


class Caddy:
    """The sample configuration on free ports of loopback; certificates by Caddy's internal authority."""

    def __init__(self, folder, api_port, tracking_port):
        self.port, self.root = free_port(), folder / "caddy/pki/authorities/local/root.crt"
        sample = (ROOT / "config/Caddyfile.example").read_text()
        sample = sample.replace("127.0.0.1:8025", f"127.0.0.1:{api_port}").replace(
            "127.0.0.1:8026", f"127.0.0.1:{tracking_port}")
        assert sample.count(str(api_port)) == 1 and sample.count(str(tracking_port)) == 2
        here = (f"{{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\tauto_https disable_redirects\n"
                f"\tdefault_bind 127.0.0.1\n\thttps_port {self.port}\n\thttp_port {free_port()}\n")
        config = folder / "Caddyfile"
        config.write_text(re.sub(r"^\{\n", here, sample, count=1, flags=re.M))
        self.process = Process(["caddy", "run", "--adapter", "caddyfile", "--config", config], folder / "caddy.log",
                               {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)})
        self.process.wait_until(self.root.exists, "certifying")

    def remove(self):
        self.process.stop()


@pytest.fixture
def behind_caddy(make_gateway, make_sink, tmp_path):
    """(a House whose tracking server is asked through Caddy, a TLS context that trusts it)."""
    house = House(make_gateway, make_sink)
    caddy = Caddy(tmp_path, house.gateway.port, house.port)
    try:
        trusting = ssl.create_default_context(cafile=str(caddy.root))
        house.port = caddy.port
        yield house, trusting
    finally:
        caddy.remove()


def test_caddy_gets_a_certificate_for_a_domains_links_when_one_is_followed(behind_caddy):
    house, tls = behind_caddy
    mail = house.mail(UnsubscribeLink=1)
    house.gateway.process.wait_until(lambda: house.answers(mail.links[0], tls), "reachable through Caddy")
    assert [house.ask(link, tls=tls).headers["location"] for link in mail.links[:2]] == PLAIN_LINKS
    assert house.ask(mail.pixel, tls=tls).body.startswith(b"GIF89a")
    unsubscribe = mail.unsubscribe()[0]
    assert b"<button" in house.ask(unsubscribe, tls=tls).body
    assert house.ask(unsubscribe, "POST", b"List-Unsubscribe=One-Click", tls=tls).status == 200
    assert house.events("unsubscribe", 1) and house.events("open", 1)
    house.ask(mail.links[0], tls=tls, X_Forwarded_For="203.0.113.5")
    clicks = house.events("click", 4)  # the first HEAD among them
    assert {click["IPAddress"] for click in clicks} == {"127.0.0.1"}  # not what the client wrote
    host = mail.pixel.split("/o/")[0]
    for path in ("/", "/api.php", "/api/v1/events", "/internal/tls-check?domain=track-sl.example.com", "/metrics"):
        assert house.ask(host + path, tls=tls).status == 404


def test_caddy_gets_none_for_other_hosts(behind_caddy):
    house, tls = behind_caddy
    house.gateway.process.wait_until(lambda: house.answers("https://track-sl.example.com/robots.txt", tls), "reachable")
    other, _ = house.gateway.add_domain("other.example")
    house.gateway.command("emailgateway.updatedomain", {"DomainID": other, "Status": "Disabled"})
    for host in ("example.com", "track-sl.stranger.example", "track-sl.other.example", "gw.example.net"):
        with pytest.raises(ssl.SSLError):
            house.ask(f"https://{host}/", tls=tls)
    house.gateway.command("emailgateway.updatedomain", {"DomainID": other, "Status": "Enabled"})
    assert house.ask("https://track-sl.other.example/robots.txt", tls=tls).status == 200


def test_the_tracking_server_speaks_tls_itself(make_gateway, make_sink, tmp_path):
    authority = Authority(tmp_path)
    chain, key = authority.certificate("track-sl.example.com")
    house = House(make_gateway, make_sink, tracking={"tls_certificate": str(chain), "tls_key": str(key)})
    tls = ssl.create_default_context(cafile=str(authority.ca_file))
    mail = house.mail(UnsubscribeLink=1)
    assert [house.ask(link, tls=tls).headers["location"] for link in mail.links[:2]] == PLAIN_LINKS
    assert house.ask(mail.unsubscribe()[0], "POST", b"", tls=tls).status == 200
    assert len(house.events("click", 2)) == 2 and house.events("unsubscribe", 1)
    with pytest.raises((OSError, ValueError)):
        house.ask(mail.links[0])  # plain HTTP

    renewed, renewed_key = authority.certificate("track-sl.example.com", "again.example")
    assert (renewed, renewed_key) == (chain, key)
    house.gateway.process.signal(1)  # SIGHUP
    house.gateway.process.wait_until(lambda: house.answers("https://again.example/robots.txt", tls), "reloaded")
