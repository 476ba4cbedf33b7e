"""A server of schemas by https on this machine, and the fetcher that finds it."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from catalogs.stac.fetching import Fetcher

HOST = "extensions.example"
fetcher = Fetcher()  # what STAC_SCHEMA_FETCHER names in tests: set while a server runs


class Answering(BaseHTTPRequestHandler):
    answers: "Answers"
    asked: Counter[str]

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        self.answers.get(self.path, lambda it: it.send_error(404))(self)

    def send(self, text: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def drip(self, seconds: float) -> None:
        """A byte now and then, for longer than anyone waits."""
        self.send_response(200)
        self.end_headers()
        until = time.monotonic() + seconds
        try:
            while time.monotonic() < until:
                self.wfile.write(b" ")
                time.sleep(0.2)
        except OSError:
            return

    def log_message(self, *args: object) -> None:
        return


Answers = dict[str, Callable[[Answering], None]]


@contextmanager
def serving(
    folder: Path, answers: dict[str, Callable[[Answering], None]]
) -> Iterator[Counter[str]]:
    """Answers at https://extensions.example/ for `fetcher`; yields what was asked how often."""
    global fetcher
    asked: Counter[str] = Counter()
    handler = type("Handler", (Answering,), {"answers": answers, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    certificate = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = fetcher
    fetcher = Fetcher(
        resolve=lambda host, port: ["127.0.0.1"],
        is_public=lambda address: True,
        context=ssl.create_default_context(cafile=str(certificate)),
        port=server.server_port,
    )
    try:
        yield asked
    finally:
        fetcher = before
        server.shutdown()
        server.server_close()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
