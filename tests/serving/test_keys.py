"""From where the public keys of a provider are read, and what may be in their place; secrets as bytes."""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mapper.intake.entry import Entry, EntryLimits, Intake, SharedSecret, TokenCheck
from mapper.intake.request import HttpRequest
from mapper.intake.verification import verify
from mapper.serving.public_keys import fetch_keys
from mapper.serving.secrets import with_secrets

pytestmark = pytest.mark.quick

_KEYS = b'{"keys": []}'
_PLAIN_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n" + _KEYS
_ANSWERS = {
    "/keys": _PLAIN_ANSWER,
    "/other": b"no HTTP at all\r\n\r\n",
    "/long": b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    "/gone": b"",
    "/error": b"HTTP/1.1 500 Error\r\ncontent-length: 0\r\n\r\n",
}


class _Handler(BaseHTTPRequestHandler):
    plain_port = 0

    def do_GET(self) -> None:
        if self.path in ("/moved", "/moved-plain"):
            to = "/keys" if self.path == "/moved" else f"http://127.0.0.1:{self.plain_port}/keys"
            self.send_response(302)
            self.send_header("location", to)
            self.end_headers()
        else:
            self.wfile.write(_ANSWERS[self.path])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _certificate(folder: Path) -> Path:
    """A file with a key and a certificate of this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = folder / "server.pem"
    form = serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return file


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The https address of a server that answers as `_ANSWERS` says, beside one without TLS."""
    certificate = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with HTTPServer(("127.0.0.1", 0), _Handler) as plain, HTTPServer(("127.0.0.1", 0), _Handler) as server:
        monkeypatch.setattr(_Handler, "plain_port", plain.server_port)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threads = [threading.Thread(target=one.serve_forever, daemon=True) for one in (plain, server)]
        for one in threads:
            one.start()
        yield f"https://127.0.0.1:{server.server_port}"
        plain.shutdown()
        server.shutdown()
        for one in threads:
            one.join()


def test_keys_are_read_over_tls(provider: str) -> None:
    assert fetch_keys(f"{provider}/keys") == _KEYS


@pytest.mark.parametrize("path", ["/moved", "/moved-plain"])
def test_keys_are_read_from_no_other_place_than_the_operator_says(provider: str, path: str) -> None:
    with pytest.raises(OSError, match="302"):
        fetch_keys(f"{provider}{path}")


@pytest.mark.parametrize("path", ["/other", "/long", "/gone", "/error"])
def test_whatever_is_answered_instead_of_keys_is_one_kind_of_error(provider: str, path: str) -> None:
    with pytest.raises(OSError, match=r".*"):
        fetch_keys(f"{provider}{path}")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/keys", "file:///etc/hostname", "ftp://127.0.0.1/keys"])
def test_keys_are_read_by_no_other_scheme(url: str) -> None:
    with pytest.raises(OSError, match="not https"):
        fetch_keys(url)


@pytest.mark.parametrize("value", ["clé", "日本", os.fsdecode(b"\xff\xfe-token")])
def test_a_secret_of_any_bytes_is_those_bytes(value: str) -> None:
    entry = Entry(
        "/shop", "shop.yaml", EntryLimits(100, 1), token=TokenCheck("header", "x-token", (SharedSecret("T"),))
    )
    found = with_secrets(Intake("intake.yaml", (entry,)), {"T": value})
    assert isinstance(found, Intake)
    sent = os.fsencode(value).decode("latin-1")
    assert verify(found.entries[0], HttpRequest({"x-token": sent}, b"{}", b"{}"), 0.0) is None
    assert verify(found.entries[0], HttpRequest({"x-token": f"{sent}x"}, b"{}", b"{}"), 0.0) is not None
