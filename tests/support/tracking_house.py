"""A gateway that tracks, what it sends, and what becomes of it."""
from browser import Mail, ask
from gateway import message
from process import free_port

HTML = ('<html><body><p><a href="https://shop.example/?a=1&amp;b=2&copy=3">one</a> <A HREF=\'http://b.example/%2F\'>two'
        '</A> <a href="mailto:x@example.org">mail</a> <a data-eg-track="off" href="https://off.example/">off</a>'
        '</p></body></html>')
PLAIN_LINKS = ["https://shop.example/?a=1&b=2&copy=3", "http://b.example/%2F"]


class House:
    """A gateway with a tracking server, and the mail server it delivers to."""

    def __init__(self, make_gateway, make_sink, **settings):
        self.sink = make_sink()
        self.port = free_port()
        tracking = {"listen": [f"127.0.0.1:{self.port}"], "trusted_proxies": ["127.0.0.0/8"],
                    **settings.pop("tracking", {})}
        self.gateway = make_gateway({
            "tracking": tracking,
            "delivery": {"smarthost": f"127.0.0.1:{self.sink.port}"},
            **settings,
        }).start()
        self.domain_id, self.key = self.gateway.add_domain()

    def send(self, **changes):
        reply = self.gateway.send(self.key, message(ContentType="html", HTMLContent=HTML, **changes))
        assert reply.status == 200, reply.body
        return reply.json["MessageID"]

    def mails(self, count):
        self.gateway.process.wait_until(lambda: len(self.sink.received()) >= count, "delivering")
        return [Mail(data) for _, data in self.sink.received()]

    def mail(self, **changes):
        before = len(self.sink.received())
        self.send(**changes)
        return self.mails(before + 1)[-1]

    def ask(self, url, *arguments, **options):
        return ask(self.port, url, *arguments, **options)

    def answers(self, url, tls):
        """Whether there is a server for it, with a certificate for its host."""
        try:
            return self.ask(url, "HEAD", tls=tls).status < 500
        except OSError:
            return False

    def events(self, event, count):
        """Newest first, once there are `count`."""
        found = []

        def there():
            found[:] = self.gateway.events(self.domain_id, Event=event)
            return len(found) >= count
        self.gateway.process.wait_until(there, f"{count} {event} events")
        return found

    def stats(self):
        return self.gateway.command("emailgateway.domainstats", {"DomainID": self.domain_id})["Stats"]
