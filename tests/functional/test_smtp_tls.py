"""TLS as clients and scanners find it, on a STARTTLS port and on one with TLS at once."""
import json
import os
import socket
import ssl
import subprocess

import pytest

from test_smtp_clients import need
from test_smtp_submission import port_of, smtp_settings, trusting


@pytest.fixture(scope="module")
def gateway():
    import gateway as gateway_module
    one = gateway_module.Gateway(smtp_settings())
    try:
        yield one.start()
    finally:
        one.remove()


def test_the_server_chooses_the_cipher(gateway):
    weakest_first = trusting()
    weakest_first.maximum_version = ssl.TLSVersion.TLSv1_2
    weakest_first.set_ciphers("AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384")
    with socket.create_connection(("127.0.0.1", port_of(gateway, "listen_tls")), timeout=30) as connection:
        with weakest_first.wrap_socket(connection) as client:
            assert client.cipher()[0] == "ECDHE-RSA-AES256-GCM-SHA384"


@pytest.mark.skipif("EGD_LONG" not in os.environ, reason="takes minutes: sh tests/run.sh --long")
@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_testssl_finds_nothing_of_medium_severity(gateway, way, tmp_path):
    need("testssl")
    where = ["-t", "smtp", f"127.0.0.1:{port_of(gateway)}"] if way == "starttls" else [
        f"127.0.0.1:{port_of(gateway, 'listen_tls')}"]
    # Protocols, ciphers, preferences, server defaults, vulnerabilities; no look-up of any name.
    subprocess.run(["testssl", "-n", "none", "--quiet", "--warnings=batch", "--color=0", "--jsonfile", tmp_path / "found",
                    "-p", "-s", "-P", "-S", "-U", *where], stdin=subprocess.DEVNULL, capture_output=True, timeout=1500)
    found = json.loads((tmp_path / "found").read_text())
    assert {"TLS1_2", "heartbleed", "cipher_order", "secure_renego"} <= {finding["id"] for finding in found}
    # What is said about the certificate is about the operator's: here a self-signed one of a name.
    assert [finding for finding in found if finding["severity"] in ("MEDIUM", "HIGH", "CRITICAL")
            and not finding["id"].startswith("cert_")] == []
