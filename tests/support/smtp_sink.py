#!/usr/bin/python3
"""A receiving SMTP server that takes everything, or fails exactly as told.

Prints the port it listens on, then serves until SIGTERM or SIGINT, then prints its counts as JSON. Message number N is
stored as DIR/N.eml (dots removed) and DIR/N.json (envelope, time, peer, TLS), both synced and renamed into place before
the client hears 250: what is counted there is exactly what was taken.

A FAULT names a stage (banner, ehlo, starttls, mail, rcpt, data, dot: the end of the content) and what goes wrong:
  rcpt:450      that code; a whole reply does, too: "rcpt:550 5.1.1 no such user"
  drop:mail     hangs up instead of answering       drop-after-dot  takes the message, then hangs up
  hang:mail     never answers                       break-tls       answers 220 to STARTTLS, then rubbish
  slow:mail     answers a byte a second
With %N behind it, only every Nth time: "rcpt:450%3".

Tests use it within their own process: sink = Sink(); sink.port; sink.received(); sink.remove().
"""
import argparse
import asyncio
import dataclasses
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess
import tempfile
import threading
import time

KEYWORDS = ["PIPELINING", "8BITMIME", "SMTPUTF8", "SIZE", "STARTTLS", "ENHANCEDSTATUSCODES"]
ON_DEMAND = ["CHUNKING"]  # content by BDAT passes the faults at "data" by
STAGES = ["banner", "ehlo", "starttls", "mail", "rcpt", "data", "dot"]
MESSAGE_LIMIT = 100 * 1024 * 1024
SLOW_SECONDS = 1.0


@dataclasses.dataclass
class Message:
    number: int
    at: float  # Unix time of its end
    sender: str
    recipients: list
    options: str  # of MAIL: "SIZE=123 BODY=8BITMIME"
    peer: str
    tls: str  # "TLSv1.3", or empty
    data: bytes


class Fault:
    """What goes wrong at one stage, every `period`th time."""

    FORM = re.compile(r"(?:(?P<stage>\w+):(?P<reply>\d{3}.*?)|(?P<action>drop|hang|slow):(?P<at>\w+)"
                      r"|(?P<word>drop-after-dot|break-tls))(?:%(?P<period>[1-9]\d*))?")

    def __init__(self, text):
        form = self.FORM.fullmatch(text)
        self.stage = form and (form["stage"] or form["at"] or {"break-tls": "starttls"}.get(form["word"], "dot"))
        if self.stage not in STAGES:
            raise ValueError(f"no such fault: {text}")
        self.action = form["action"] or form["word"] or "reply"
        self.reply = form["reply"] and (form["reply"] if " " in form["reply"] else form["reply"] + " as told")
        self.period = int(form["period"] or 1)
        self.times = 0
        self.takes_message = self.action in ("slow", "drop-after-dot")

    def strikes(self):
        self.times += 1
        return self.times % self.period == 0


class HangUp(Exception):
    """The connection ends here."""


class Server:
    """What all connections share. Lives in one event loop."""

    def __init__(self, directory=None, faults=(), without=(), size=MESSAGE_LIMIT, keep=False, also=(), tls=None):
        self.directory = pathlib.Path(directory) if directory else None
        self.faults = [Fault(text) for text in faults]
        self.keywords = [word for word in KEYWORDS if word not in {name.upper() for name in without}]
        self.keywords += [word for word in ON_DEMAND if word in {name.upper() for name in also}]
        self.lost_replies = []  # numbers of messages that were taken and not confirmed
        self.size = size
        self.tls = (tls or self_signed_context()) if "STARTTLS" in self.keywords else None
        self.refusals = {}  # recipient, lower case → reply
        self.messages = [] if keep else None
        self.counts = {"messages": 0, "recipients": 0, "connections": 0, "most_connections": 0}
        self.sessions = set()
        if self.directory:
            self.directory.mkdir(parents=True, exist_ok=True)

    async def listen(self, host, port):
        """Returns the port."""
        self.listener = await asyncio.start_server(self.connected, host, port, backlog=1024)
        return self.listener.sockets[0].getsockname()[1]

    async def connected(self, reader, writer):
        task = asyncio.current_task()
        self.sessions.add(task)
        self.counts["connections"] += 1
        self.counts["most_connections"] = max(self.counts["most_connections"], len(self.sessions))
        try:
            await Session(self, reader, writer).run()
        except (HangUp, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            self.sessions.discard(task)
            writer.close()

    async def stop(self):
        self.listener.close()
        sessions = list(self.sessions)
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    def fault_at(self, stage):
        return next((fault for fault in self.faults if fault.stage == stage and fault.strikes()), None)

    def store(self, message):
        self.counts["messages"] += 1
        self.counts["recipients"] += len(message.recipients)
        message.number = self.counts["messages"]
        if self.directory:
            envelope = dataclasses.asdict(message)
            del envelope["data"]
            self.write(f"{message.number}.json", json.dumps(envelope, indent=1).encode())
            self.write(f"{message.number}.eml", message.data)
        if self.messages is not None:
            self.messages.append(message)

    def write(self, name, content):
        partial = self.directory / (name + ".part")
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self.directory / name)


class Session:
    """One connection's dialogue."""

    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.peer = str(writer.get_extra_info("peername")[0])
        self.tls = ""
        self.forget()

    def forget(self):
        self.sender, self.options, self.recipients = None, "", []

    async def run(self):
        await self.answer("banner", "220 sink.example ESMTP")
        while True:
            text = (await self.reader.readuntil(b"\r\n"))[:-2].decode("utf-8", "replace")
            handler = getattr(self, "on_" + text.split(" ")[0].lower(), self.on_anything_else)
            await handler(text)

    async def say(self, reply):
        self.writer.write(reply.encode() + b"\r\n")
        await self.writer.drain()

    async def answer(self, stage, reply):
        """Says `reply`, or what a fault at this stage makes of it. Returns whether it said `reply`."""
        return await self.suffer(self.server.fault_at(stage), reply)

    async def suffer(self, fault, reply):
        if fault is None:
            await self.say(reply)
            return True
        if fault.action == "reply":
            await self.say(fault.reply)
            return False
        if fault.action == "slow":
            for byte in (reply + "\r\n").encode():
                self.writer.write(bytes([byte]))
                await asyncio.sleep(SLOW_SECONDS)
            return True
        if fault.action == "hang":
            while await self.reader.read(65536):
                pass
        if fault.action == "break-tls":
            await self.say("220 2.0.0 go ahead\r\nthis is not TLS")
        raise HangUp

    async def on_ehlo(self, text):
        self.forget()
        offers = {word: word for word in self.server.keywords}
        if "SIZE" in offers:
            offers["SIZE"] = f"SIZE {self.server.size}"
        if self.tls:
            del offers["STARTTLS"]
        *first, last = ["sink.example", *offers.values()]
        await self.answer("ehlo", "".join(f"250-{line}\r\n" for line in first) + "250 " + last)

    async def on_helo(self, text):
        self.forget()
        await self.answer("ehlo", "250 sink.example")

    async def on_starttls(self, text):
        if self.server.tls is None or self.tls:
            await self.say("503 5.5.1 not now")
        elif await self.answer("starttls", "220 2.0.0 go ahead"):
            self.reader._buffer.clear()  # what came in plain text is forgotten (RFC 3207 section 4.2)
            await self.writer.start_tls(self.server.tls)
            self.tls = self.writer.get_extra_info("ssl_object").version()
            self.forget()

    async def on_mail(self, text):
        form = re.fullmatch(r"MAIL FROM:<([^>]*)>(?: (.*))?", text, re.IGNORECASE)
        self.forget()
        if not form:
            await self.say("501 5.5.4 MAIL FROM:<address>")
            return
        declared = re.search(r"\bSIZE=(\d+)", form[2] or "", re.IGNORECASE)
        if declared and int(declared[1]) > self.server.size:
            await self.say("552 5.3.4 too large")
        elif await self.answer("mail", "250 2.1.0 ok"):
            self.sender, self.options = form[1], form[2] or ""

    async def on_rcpt(self, text):
        form = re.fullmatch(r"RCPT TO:<([^>]+)>(?: .*)?", text, re.IGNORECASE)
        if not form or self.sender is None:
            await self.say("503 5.5.1 MAIL first, then RCPT TO:<address>")
        elif form[1].lower() in self.server.refusals:
            await self.say(self.server.refusals[form[1].lower()])
        elif await self.answer("rcpt", "250 2.1.5 ok"):
            self.recipients.append(form[1])

    async def on_data(self, text):
        if not self.recipients:
            await self.say("554 5.5.1 no valid recipients")
        elif await self.answer("data", "354 end with a lone dot"):
            await self.take(await self.read_content())

    async def on_bdat(self, text):
        """One chunk, which must be the last (RFC 3030)."""
        form = re.fullmatch(r"BDAT (\d+) LAST", text, re.IGNORECASE)
        data = await self.reader.readexactly(int(form[1])) if form else b""
        if not form or not self.recipients:
            await self.say("503 5.5.1 not now")
        else:
            await self.take(data)

    async def read_content(self):
        """Up to the lone dot; only CRLF ends a line, so a smuggled end is content here."""
        lines = []
        while (line := await self.read_line()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    async def read_line(self):
        pieces = []
        while True:
            try:
                return b"".join(pieces) + await self.reader.readuntil(b"\r\n")
            except asyncio.LimitOverrunError as long:
                pieces.append(await self.reader.readexactly(long.consumed))

    async def take(self, data):
        message = Message(0, time.time(), self.sender, self.recipients, self.options, self.peer, self.tls, data)
        self.forget()
        if len(data) > self.server.size:
            await self.say("552 5.3.4 too large")
            return
        fault = self.server.fault_at("dot")
        if fault is None or fault.takes_message:
            self.server.store(message)
        if fault is not None and fault.takes_message:
            self.server.lost_replies.append(message.number)
        await self.suffer(fault, f"250 2.0.0 taken as {message.number}")

    async def on_rset(self, text):
        self.forget()
        await self.say("250 2.0.0 ok")

    async def on_noop(self, text):
        await self.say("250 2.0.0 ok")

    async def on_quit(self, text):
        await self.say("221 2.0.0 bye")
        raise HangUp

    async def on_anything_else(self, text):
        await self.say("500 5.5.1 unknown command")


def self_signed_context():
    """TLS with a certificate made for this run: "sink.example", trusted by nobody."""
    with tempfile.TemporaryDirectory() as folder:
        pem = os.path.join(folder, "sink.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=sink.example", "-keyout", pem, "-out", pem + ".crt"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem + ".crt", pem)
    return context


class Sink:
    """A running Server on loopback, in a thread of the test's process. `tls`: an ssl.SSLContext of the test's own."""

    def __init__(self, host="127.0.0.1", port=0, **options):
        self.server = Server(keep=True, **options)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.port = self.call(self.server.listen(host, port))

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def messages(self):
        """Every Message taken so far, in order."""
        return list(self.server.messages)

    def received(self):
        return [(message.recipients, message.data) for message in self.messages()]

    def log(self):
        return [(message.at, message.data) for message in self.messages()]

    def fail(self, *faults):
        """From now on, on connections of now on."""
        async def change():
            self.server.faults = [Fault(text) for text in faults]
            for session in list(self.server.sessions):
                session.cancel()
        self.call(change())

    def refuse(self, recipient, reply):
        self.server.refusals[recipient.lower()] = reply

    def remove(self):
        self.call(self.server.stop())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


async def serve(options):
    server = Server(options.dir, options.fault, options.without, options.size)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    print(await server.listen(options.host, options.port), flush=True)
    await stopped.wait()
    await server.stop()
    print(json.dumps(server.counts), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--dir", "--directory", help="where messages go; without it they are only counted")
    parser.add_argument("--fault", action="append", default=[], help="see above; repeatable")
    parser.add_argument("--without", action="append", default=[], metavar="KEYWORD", help="not offered in EHLO")
    parser.add_argument("--size", type=int, default=MESSAGE_LIMIT, metavar="BYTES", help="largest message")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
