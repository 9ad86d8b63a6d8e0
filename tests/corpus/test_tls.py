"""Corpora at addresses with `https`: a web server with a certificate of its own, on this machine."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

x509 = pytest.importorskip("cryptography.x509")

READ = """
import sys
from detector.corpus import remote
from detector.corpus.reading import read
remote._WAITS = (0.01,)
for record in read(sys.argv[1:]):
    print(record.id if record.error is None else record.error)
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def make_certificate(folder: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that signs itself, in one file."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "a test")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return path


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)


@pytest.fixture
def address(tmp_path: Path, certificate: Path) -> Iterator[str]:
    (tmp_path / "web").mkdir()
    lines = (json.dumps({"id": f"record-{n}", "text": "Some words."}) + "\n" for n in range(3))
    (tmp_path / "web/a.jsonl").write_text("".join(lines), "utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "web")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/a.jsonl"
    server.shutdown()
    server.server_close()


def read_there(address: str, **environment: str) -> list[str]:
    """Read in a process of its own: what is trusted is settled when the first connection is made."""
    done = subprocess.run(
        [sys.executable, "-c", READ, address],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_records_are_read_over_tls(address: str, certificate: Path) -> None:
    assert read_there(address, SSL_CERT_FILE=str(certificate)) == ["record-0", "record-1", "record-2"]


def test_a_certificate_that_nobody_trusts_is_said(address: str) -> None:
    (problem,) = read_there(address, SSL_CERT_FILE="")
    assert problem == f"{address}: its certificate is not trusted here; SSL_CERT_FILE names a file of those that are"
