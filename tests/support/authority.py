"""A certificate authority of a test's own, made by openssl, and servers' TLS contexts under it."""
import pathlib
import ssl
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


class Authority:
    """`ca_file`: its certificate, PEM."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.key, self.ca_file = self.folder / "ca.key", self.folder / "ca.pem"
        self.openssl("req", "-x509", *KEY, "-subj", "/CN=Test CA", "-keyout", self.key, "-out", self.ca_file)

    @staticmethod
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    def certificate(self, *names):
        """(chain, key), PEM files for a server that is called any of `names`."""
        key, request, chain, extension = (self.folder / f"{names[0]}.{end}" for end in ("key", "csr", "pem", "ext"))
        extension.write_text("subjectAltName = " + ", ".join(f"DNS:{name}" for name in names))
        self.openssl("req", *KEY, "-subj", f"/CN={names[0]}", "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-days", 2, "-in", request, "-CA", self.ca_file, "-CAkey", self.key,
                     "-CAcreateserial", "-extfile", extension, "-out", chain)
        return chain, key

    def context(self, *names):
        """For a server that is called any of `names`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate(*names))
        return context
