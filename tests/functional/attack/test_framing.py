"""Requests that two readers could frame differently: refused whole, and nothing behind them becomes a request."""
import re
import socket

import pytest

HEAD = b"POST /api.php HTTP/1.1\r\nHost: g\r\n"
BODY = b'{"Command": "user.current"}'
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: g\r\n\r\n"  # answered with 404 should it ever count

CASES = {
    "length and chunks": HEAD + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: 27\r\n\r\n",
    "two lengths in one": HEAD + b"Content-Length: 0, 27\r\n\r\n",
    "signed length": HEAD + b"Content-Length: +0\r\n\r\n",
    "negative length": HEAD + b"Content-Length: -1\r\n\r\n",
    "hexadecimal length": HEAD + b"Content-Length: 0x0\r\n\r\n",
    "empty length": HEAD + b"Content-Length: \r\n\r\n",
    "length with a space": HEAD + b"Content-Length: 0 0\r\n\r\n",
    "length beyond 64 bits": HEAD + b"Content-Length: 18446744073709551616\r\n\r\n",
    "length with underscores": HEAD + b"Content-Length: 0_0\r\n\r\n",
    "space before the colon": HEAD + b"Content-Length : 0\r\n\r\n",
    "tab before the colon": HEAD + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "folded coding": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "coding behind chunked": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in quotes": HEAD + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "vertical tab in the coding": HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "NUL in the coding": HEAD + b"Transfer-Encoding: chunked\x00\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /api.php HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare LF in the head": b"POST /api.php HTTP/1.1\nHost: g\nContent-Length: 0\n\n",
    "bare CR in a value": HEAD + b"A: b\rContent-Length: 27\r\n\r\n",
    "bare LF in a value": HEAD + b"A: b\nContent-Length: 27\r\n\r\n",
    "NUL in a name": HEAD + b"A\x00: b\r\n\r\n",
    "no colon": HEAD + b"nocolon\r\n\r\n",
    "no name": HEAD + b": b\r\n\r\n",
    "folded first line": b"POST /api.php HTTP/1.1\r\n Host: g\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: g\r\nHost: h\r\n\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2.0": b"GET /healthz HTTP/2.0\r\nHost: g\r\n\r\n",
    "HTTP/1.10": b"GET /healthz HTTP/1.10\r\nHost: g\r\n\r\n",
    "two spaces": b"GET  /healthz HTTP/1.1\r\nHost: g\r\n\r\n",
    "tab for a space": b"GET\t/healthz\tHTTP/1.1\r\nHost: g\r\n\r\n",
    "space in the target": b"GET /health z HTTP/1.1\r\nHost: g\r\n\r\n",
    "control in the target": b"GET /health\x01z HTTP/1.1\r\nHost: g\r\n\r\n",
    "not a method": b"G(T /healthz HTTP/1.1\r\nHost: g\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "other expectation": HEAD + b"Expect: 200-ok\r\nContent-Length: 0\r\n\r\n",
}
CHUNKS = {
    "negative size": b"-1\r\n", "signed size": b"+0\r\n\r\n", "size with 0x": b"0x0\r\n\r\n", "no size": b"\r\n\r\n",
    "size beyond 64 bits": b"10000000000000000\r\n", "endless size": b"0" * 20_000, "bare LF": b"0\n\n",
    "space before size": b" 0\r\n\r\n", "more than its size": b"1\r\nab\r\n0\r\n\r\n", "bare CR in an extension": b"0;a\rb\r\n\r\n",
    "NUL in an extension": b"0;a\0\r\n\r\n", "LF in a trailer": b"0\r\na: b\nc: d\r\n\r\n", "NUL in a trailer": b"0\r\na\0: b\r\n\r\n",
}
CASES |= {f"chunk: {name}": HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk for name, chunk in CHUNKS.items()}


def statuses(gateway, raw):
    """Of all replies up to the connection's end."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        data = b""
        try:
            while more := connection.recv(65536):
                data += more
        except ConnectionResetError:
            pass  # what was left unread
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", data)]


@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_and_nothing_behind_it_is_a_request(shared_gateway, case):
    assert statuses(shared_gateway, CASES[case] + NEXT) in ([400], [413], [417], [431], [501], [505]), case


def test_what_is_framed_well_is_served(shared_gateway):
    """The same shapes without their fault: the cases above can fail."""
    assert statuses(shared_gateway, HEAD + b"Content-Length: 0\r\n\r\n" + NEXT) == [200, 404]
    assert statuses(shared_gateway, HEAD + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + NEXT) in ([200, 404], [400])
    assert statuses(shared_gateway, HEAD + b"Transfer-Encoding: chunked\r\n\r\n1b;a=b\r\n" + BODY + b"\r\n0\r\n\r\n" + NEXT) == \
        [200, 404]
