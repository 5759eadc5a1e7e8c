"""Asks a tracking server as a mail client or browser does: by the tracking host's name, without following redirects."""
import email
import email.policy
import http.client
import re
import socket
from urllib.parse import urlsplit

THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()


def ask(port, url, method="GET", body=None, agent=THUNDERBIRD, tls=None, **headers):
    """`url` is a link from a mail, or a path; `tls` a client's context for HTTPS. Header names have _ for -."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        if tls:
            plain = socket.create_connection(("127.0.0.1", port), 30)
            connection.sock = tls.wrap_socket(plain, server_hostname=parts.hostname)
        fields = {"Host": parts.netloc or "track-sl.example.com"}
        if agent is not None:
            fields["User-Agent"] = agent
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection.request(method, parts.path, body, fields)
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Mail:
    """What a mail shows its reader."""

    def __init__(self, data):
        self.message = email.message_from_bytes(data, policy=email.policy.SMTP)
        body = self.message.get_body(("html",))
        self.html = body.get_content() if body else ""
        self.links = re.findall(r"""<a\b[^>]*?href=["']?([^"'\s>]+)""", self.html, re.I)
        pixels = re.findall(r'<img src="([^"]+/o/[^"]+)"', self.html)
        self.pixel = pixels[0] if pixels else None
        self.pixels = len(pixels)

    def unsubscribe(self):
        """(https link, mailto address) of List-Unsubscribe."""
        link, address = re.fullmatch(r"<(https?://[^>]+)>,\s*<mailto:([^?>]+)\?[^>]*>",
                                     " ".join(self.message["List-Unsubscribe"].split())).groups()
        return link, address
