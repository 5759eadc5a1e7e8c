#!/usr/bin/python3
"""A receiving SMTP server for tests and the quick start: takes everything, on loopback, and keeps it.

As a program: smtp_sink.py [--port N] [--directory D] [--fault STAGE:WHAT]…; prints its port, stores N.eml and N.json.
As a module: Sink() runs in a thread of the test's process.

STAGE is banner, ehlo, starttls, mail, rcpt, data or dot (the end of the content). WHAT is a reply such as "450 4.2.0
later", or drop (close the connection), or hang (say nothing more). A fault at dot comes after the message was kept.
"""
import argparse
import asyncio
import json
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading
import time

STAGES = ("banner", "ehlo", "starttls", "mail", "rcpt", "data", "dot")
LINE_LIMIT = 1 << 16


def self_signed(directory):
    """A TLS context with a certificate nobody trusts: what opportunistic TLS has to live with."""
    key, certificate = f"{directory}/key.pem", f"{directory}/certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=sink.invalid", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


class Server:
    """The SMTP server; runs in the event loop that calls serve()."""

    def __init__(self, directory=None, tls=None, faults=None):
        self.directory = directory and pathlib.Path(directory)
        self.tls = tls
        self.faults = dict(faults or {})
        self.refused = {}   # address → reply to its RCPT
        self.messages = []  # (time, [recipient], bytes), in the order they were kept
        self.mail_from = []
        if self.directory:
            self.directory.mkdir(parents=True, exist_ok=True)

    def keep(self, sender, recipients, data):
        number = len(self.messages) + 1
        if self.directory:
            envelope = json.dumps({"from": sender, "to": recipients}).encode()
            for name, content in ((f"{number}.json", envelope), (f"{number}.eml", data)):
                with open(self.directory / f".{name}", "wb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
                os.rename(self.directory / f".{name}", self.directory / name)
        self.mail_from.append(sender)
        self.messages.append((time.time(), recipients, data))

    async def serve(self, reader, writer):
        try:
            await Session(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
            pass
        finally:
            writer.close()


class Dropped(ConnectionError):
    pass


class Session:
    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.encrypted = False
        self.reset()

    def reset(self):
        self.sender, self.recipients = None, []

    async def reply(self, *lines):
        self.writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self.writer.drain()

    async def answer(self, stage, *lines):
        """The usual reply of this stage, or its fault; true when the usual one was given."""
        fault = self.server.faults.get(stage)
        if fault is None:
            await self.reply(*lines)
            return True
        if fault == "drop":
            raise Dropped
        if fault == "hang":
            await self.reader.read()  # until the client gives up
            raise Dropped
        await self.reply(fault)
        return False

    async def line(self):
        return (await self.reader.readuntil(b"\r\n"))[:-2].decode("utf-8", "surrogateescape")

    async def run(self):
        if not await self.answer("banner", "220 sink.invalid ESMTP"):
            return
        while True:
            words = await self.line()
            verb, _, rest = words.partition(" ")
            handler = getattr(self, f"on_{verb.lower()}", None)
            if handler is None:
                await self.reply("502 5.5.2 what?")
            elif await handler(rest):
                return

    async def on_ehlo(self, _):
        self.reset()
        extensions = ["sink.invalid", "PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 52428800"]
        if self.server.tls and not self.encrypted:
            extensions.append("STARTTLS")
        await self.answer("ehlo", *[f"250-{word}" for word in extensions[:-1]], f"250 {extensions[-1]}")

    async def on_helo(self, _):
        self.reset()
        await self.answer("ehlo", "250 sink.invalid")

    async def on_starttls(self, _):
        if await self.answer("starttls", "220 2.0.0 go ahead"):
            transport, protocol = self.writer.transport, self.writer.transport.get_protocol()
            secured = await asyncio.get_running_loop().start_tls(transport, protocol, self.server.tls, server_side=True)
            self.reader._transport = self.writer._transport = secured  # Python 3.11 has no StreamWriter.start_tls on servers
            self.encrypted = True
            self.reset()

    async def on_mail(self, rest):
        if await self.answer("mail", "250 2.1.0 ok"):
            self.sender = rest[rest.index("<") + 1:rest.index(">")]

    async def on_rcpt(self, rest):
        address = rest[rest.index("<") + 1:rest.index(">")]
        if address in self.server.refused:
            await self.reply(self.server.refused[address])
        elif await self.answer("rcpt", "250 2.1.5 ok"):
            self.recipients.append(address)

    async def on_data(self, _):
        if not self.recipients:
            await self.reply("503 5.5.1 no recipients")
            return
        if not await self.answer("data", "354 go ahead"):
            return
        lines = []
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.keep(self.sender, self.recipients, b"".join(lines))
        self.reset()
        await self.answer("dot", "250 2.0.0 ok: kept")

    async def on_rset(self, _):
        self.reset()
        await self.reply("250 2.0.0 ok")

    async def on_noop(self, _):
        await self.reply("250 2.0.0 ok")

    async def on_quit(self, _):
        await self.reply("221 2.0.0 bye")
        return True


class Sink:
    """A running server in a thread of its own, on a free port, with STARTTLS unless tls=False."""

    def __init__(self, tls=True, faults=None, directory=None):
        self.temporary = tempfile.TemporaryDirectory(prefix="egd-sink-")
        self.server = Server(directory, self_signed(self.temporary.name) if tls else None, faults)
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self.port = self.socket.getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self.server.serve, sock=self.socket, limit=LINE_LIMIT))
        self.loop.run_forever()

    def refuse(self, address, reply):
        """From now on RCPT TO this address is answered with `reply`; None takes it again."""
        if reply is None:
            self.server.refused.pop(address, None)
        else:
            self.server.refused[address] = reply

    def received(self):
        """[(recipients, bytes)] in the order they came."""
        return [(recipients, data) for _, recipients, data in list(self.server.messages)]

    def log(self):
        """[(Unix time, bytes)] in the order they came."""
        return [(at, data) for at, _, data in list(self.server.messages)]

    def remove(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.socket.close()
        self.temporary.cleanup()


async def serve_until_stopped(options):
    server = Server(options.directory, faults=dict(fault.split(":", 1) for fault in options.fault))
    listener = await asyncio.start_server(server.serve, "127.0.0.1", options.port, limit=LINE_LIMIT)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await listener.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--directory", help="where to keep messages")
    parser.add_argument("--fault", action="append", default=[], metavar="STAGE:WHAT", help=f"stages: {' '.join(STAGES)}")
    try:
        asyncio.run(serve_until_stopped(parser.parse_args()))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
