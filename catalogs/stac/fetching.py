"""Gets a schema from the address that a document names, without being sent anywhere else.

The address is a stranger's word, so: https on its usual port and nothing else; hosts of an allowed
list; every address that the name resolves to must be a public one, and the connection goes to the
very address that was looked at, so that the name cannot mean another machine a moment later; no
redirect is followed; size and time have an end.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from .schemas import LARGEST, Missing

PATIENCE = 5.0  # seconds for one schema, name and all
_EMBEDS = ipaddress.ip_network("64:ff9b::/96")  # NAT64: an IPv4 address in the last 32 bits

# One schema has one address: no query and no other spelling of a path leads to it again, else
# whoever writes could have it kept a thousand times.
_PATH = re.compile(r"(/[A-Za-z0-9_~@:+,=-][A-Za-z0-9._~@:+,=-]*)+")

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def resolve(host: str, port: int) -> list[str]:
    """Every IP address of a host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def is_public(address: Address) -> bool:
    """Whether it is a machine on the open internet, also where an IPv4 address hides in it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _EMBEDS:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo is not None:
            return False
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


@dataclass(frozen=True)
class Fetcher:
    """How schemas are fetched; its parts stand open so that it can be tried on a local server."""

    resolve: Callable[[str, int], Iterable[str]] = resolve
    is_public: Callable[[Address], bool] = is_public
    context: ssl.SSLContext | None = None
    port: int = 443

    def __call__(self, address: str, hosts: Iterable[str]) -> bytes:
        """The text at this address; raises `Missing` with the reason."""
        host, path = _parts(address, hosts)
        deadline = time.monotonic() + PATIENCE
        try:
            return self._get(host, path, self._pinned(host), deadline)
        except (OSError, http.client.HTTPException, UnicodeError) as fault:
            raise Missing(f"Its schema could not be fetched from {host}.") from fault

    def _pinned(self, host: str) -> str:
        found = [ipaddress.ip_address(each) for each in self.resolve(host, self.port)]
        if not found or not all(self.is_public(each) for each in found):
            raise Missing(f"No schema is fetched from {host}: that is no public address.")
        return str(found[0])

    def _get(self, host: str, path: str, address: str, deadline: float) -> bytes:
        connection = _Pinned(host, address, self.port, self.context)
        try:
            connection.timeout = _left(deadline)
            connection.request("GET", path, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            if answer.status != 200:
                raise Missing(f"Its schema could not be fetched: {host} answered {answer.status}.")
            return _read(answer, connection, deadline)
        finally:
            connection.close()


class _Pinned(http.client.HTTPSConnection):
    """Connects to an address that was looked at; the certificate must be the host's."""

    def __init__(self, host: str, address: str, port: int, context: ssl.SSLContext | None) -> None:
        self.trusted = context or ssl.create_default_context()
        super().__init__(host, port, context=self.trusted)
        self.address = address

    def connect(self) -> None:
        plain = socket.create_connection((self.address, self.port), self.timeout)
        try:
            self.sock = self.trusted.wrap_socket(plain, server_hostname=self.host)
        except OSError:
            plain.close()
            raise


def _parts(address: str, hosts: Iterable[str]) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as fault:
        raise Missing("This is no address of a schema.") from fault
    host = parts.hostname or ""
    if host not in hosts:
        raise Missing(f"No schema of it is here, and none is fetched from {host[:100] or 'there'}.")
    if parts.scheme != "https" or port not in (None, 443) or parts.username or parts.password:
        raise Missing("No schema of it is here; it would be fetched by plain https only.")
    if not _PATH.fullmatch(parts.path) or parts.query:
        raise Missing("No schema of it is here, and none is fetched from such an address.")
    return host, parts.path


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _read(
    answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, deadline: float
) -> bytes:
    """Piece by piece, so that neither much nor slow has no end."""
    text = b""
    while piece := answer.read1(65_536):
        text += piece
        if len(text) > LARGEST:
            raise Missing(f"Its schema is larger than {LARGEST // 2**20} MiB.")
        if connection.sock is not None:
            connection.sock.settimeout(_left(deadline))
    return text
