"""What a key may do at most: its scopes, in which collections, and from which addresses."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self

from tenants.models import ApiKey
from tenants.roles import PERMISSIONS, SCOPES

MOST_COLLECTIONS = 200
MOST_ADDRESSES = 50
LONGEST_ID = 256  # bytes of a collection's id

type Network = IPv4Network | IPv6Network


class KeyRefused(Exception):
    """What cannot be done with a key; the text says why."""


@dataclass(frozen=True)
class Limits:
    scopes: tuple[str, ...]
    collections: tuple[str, ...] | None = None  # None: all that its creator sees
    addresses: tuple[str, ...] = ()  # none: from anywhere

    @classmethod
    def read(
        cls,
        scopes: Iterable[str],
        collections: Iterable[str] | None = None,
        addresses: Iterable[str] = (),
    ) -> Self:
        """As they are kept: in order, each once; refuses what is none."""
        named = None if collections is None else _collections(collections)
        return cls(tuple(sorted(set(scopes))), named, _addresses(addresses))

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        named = None if key.collections is None else tuple(key.collections)
        return cls(tuple(key.scopes), named, tuple(key.addresses))

    def within(self, other: "Limits") -> bool:
        """Whether nothing is allowed here that `other` does not allow."""
        if not set(self.scopes) <= set(other.scopes):
            return False
        if other.collections is not None and (
            self.collections is None or not set(self.collections) <= set(other.collections)
        ):
            return False
        return _within(self.addresses, other.addresses)

    def problem(self, role: str | None) -> str:
        """Why somebody of this role can give none of it; nothing if they can."""
        if role is None:
            return "Only a member of the organization can make a key."
        if not self.scopes:
            return "Choose what the key may do."
        for scope in self.scopes:
            if not SCOPES.get(scope, frozenset()) & PERMISSIONS[role]:
                return f"Your role allows no key with “{scope}”."
        return ""

    def told(self) -> dict[str, object]:
        """For the audit record."""
        named = None if self.collections is None else list(self.collections)
        return {
            "scopes": list(self.scopes),
            "collections": named,
            "addresses": list(self.addresses),
        }


def admits(addresses: Iterable[str], address: str | None) -> bool:
    """Whether a key that is limited to these networks may be used from this address."""
    networks = [ip_network(each) for each in addresses]
    return not networks or any(_has(network, address) for network in networks)


def plain(address: str | None) -> str | None:
    """An address without an IPv6 zone, IPv4 as such; a proxy may pass on what is none."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def _has(network: Network, address: str | None) -> bool:
    known = plain(address)
    return known is not None and ip_address(known) in network


def _within(addresses: Iterable[str], others: Iterable[str]) -> bool:
    inner, outer = ([ip_network(each) for each in these] for these in (addresses, others))
    if not outer:
        return True
    return bool(inner) and all(any(_inside(a, b) for b in outer) for a in inner)


def _inside(network: Network, other: Network) -> bool:
    if network.version != other.version:
        return False
    return network.subnet_of(other)  # type: ignore[arg-type]


def _collections(ids: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(ids))
    if not 1 <= len(found) <= MOST_COLLECTIONS:
        raise KeyRefused(f"Name at least one and at most {MOST_COLLECTIONS} collections.")
    for id in found:
        if not id or "\0" in id or not 1 <= len(_encoded(id)) <= LONGEST_ID:
            raise KeyRefused("A collection’s id has 1 to 256 bytes.")
    return found


def _encoded(text: str) -> bytes:
    """Nothing, where it is no text that can be written."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return b""


def _addresses(given: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(_network(each.strip()) for each in given))
    if len(found) > MOST_ADDRESSES:
        raise KeyRefused(f"Name at most {MOST_ADDRESSES} addresses.")
    return found


def _network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError as wrong:
        problem = f"“{text[:60]}” is no address and no network, as 192.0.2.7 or 2001:db8::/32."
        raise KeyRefused(problem) from wrong
    alone = network.num_addresses == 1
    return str(network.network_address if alone else network)
