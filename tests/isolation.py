"""What the walk of test_isolation.py asks of every route, and the world that it asks in."""

import itertools
import logging
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test.client import Client, ClientHandler
from django.urls import URLPattern, URLResolver, get_resolver, reverse, set_script_prefix
from django.urls.converters import IntConverter
from psycopg.types.json import Jsonb

from gistac.logs import JsonFormatter
from tenants import key_text
from tenants.models import Organization, User
from tests.operators import shown

PLATFORM, ORGANIZATION = settings.PUBLIC_SCHEMA_URLCONF, settings.ROOT_URLCONF
CANARY = "canary-of-acme"  # in every private thing of acme
OTHERS_CANARY = "canary-of-other"
NO_THINGS = {"rest", "slug", "tileMatrix", "tileRow", "tileCol", "app_label", "verb"}


type Found = tuple[tuple[str, bool], ...]  # parameters: name, and whether it is a number


@dataclass(frozen=True)
class Route:
    """One URL pattern: its name, or its text where it has none, and what fills it."""

    urlconf: str
    name: str
    pattern: str
    is_named: bool
    takes_keys: bool
    parameters: Found

    @property
    def objects(self) -> tuple[str, ...]:
        """Which things it can be asked for; a collection can be public too."""
        names = {name for name, _ in self.parameters}
        if "collection" in names:
            return ("public", "private", "absent")
        return ("private", "absent") if names - NO_THINGS else ("-",)


def routes(urlconf: str) -> Iterator[Route]:
    yield from _walk(urlconf, get_resolver(urlconf), "", "", ())


def _walk(urlconf: str, resolver: URLResolver, space: str, text: str, found: Found) -> Iterator:
    for entry in resolver.url_patterns:
        pattern, parameters = text + str(entry.pattern), (*found, *_parameters(entry))
        if isinstance(entry, URLResolver):
            inside = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(urlconf, entry, inside, pattern, parameters)
        else:
            name = f"{space}{entry.name}" if entry.name else pattern
            takes_keys = hasattr(entry.callback, "cls")  # a view of the API, not a page
            yield Route(urlconf, name, pattern, bool(entry.name), takes_keys, parameters)


def _parameters(entry: URLPattern | URLResolver) -> Iterator[tuple[str, bool]]:
    converters = entry.pattern.converters
    for name in converters or entry.pattern.regex.groupindex:
        yield name, isinstance(converters.get(name), IntConverter)


@dataclass
class World:
    """Things of acme and of other, by the name of the parameter that asks for them."""

    things: dict[str, dict[str, str]]
    keys: dict[str, str]
    people: dict[str, User]
    served: Organization
    other: Organization
    handler: ClientHandler = field(default_factory=lambda: ClientHandler(False))
    sessions: dict[tuple[int, str | None], str] = field(default_factory=dict)
    addresses: Iterator[str] = field(
        default_factory=lambda: (
            f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in itertools.count()
        )
    )

    def path(self, route: Route, thing: str) -> str:
        """Below the organization's or the platform's root."""
        values = {name: self.value(name, is_number, thing) for name, is_number in route.parameters}
        if not route.is_named:
            text = route.pattern.replace("^", "").replace("$", "")
            return "/" + re.sub(r"\(\?P<\w+>.*\)|<[^>]*>", "nowhere", text)
        set_script_prefix("/")
        return reverse(route.name, urlconf=route.urlconf, kwargs=values)

    def value(self, name: str, is_number: bool, thing: str) -> str:
        if is_number:
            name = f"{name}:number"
        known = self.things.get(name, {})
        return known.get(thing) or known.get("-") or self.things["rest"]["-"]

    def client(self, who: str, host: str | None) -> Client:
        """Someone who has asked for nothing before, at an address of their own."""
        headers = {"host": host} if host else {}
        if who in self.keys:
            headers["authorization"] = f"Bearer {self.keys[who]}"
        client = Client(headers=headers, REMOTE_ADDR=next(self.addresses))
        client.handler = self.handler
        if who in self.people:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.session(self.people[who], host)
        return client

    def session(self, user: User, host: str | None) -> str:
        """Signed in; on an organization's host as if the hand-over had let them in there."""
        known = self.sessions.get((user.pk, host))
        if known and SessionStore(known).exists(known):  # a sign-out ends it
            return known
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        if user.is_operator:
            session.update(shown(user))
        if host:
            session["door"] = self.things["organization"]["-"]
        session.create()
        self.sessions[user.pk, host] = str(session.session_key)
        return self.sessions[user.pk, host]


class Watch(logging.Handler):
    """All that is said to the database and to the log while one organization is served."""

    def __init__(self, served: Organization, other: Organization) -> None:
        super().__init__()
        self.served, self.other = served, other
        self.lines: list[str] = []
        self.statements = self.cached = self.jobs = 0
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(JsonFormatter().format(record))

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """As `connection.execute_wrapper` calls it."""
        self.statements += 1
        text = str(sql)
        if self.other.schema_name in text:
            self.faults.append(f"goes into another's schema: {text[:200]}")
        if '"cache"' in text:
            self.cached += 1
            self._keys(text, params)
        if "procrastinate_defer" in text:
            self.jobs += 1
            for job in params["jobs"]:
                arguments = next(value.obj for value in job if isinstance(value, Jsonb))
                if arguments.get("organization") != str(self.served.pk):
                    self.faults.append(f"defers a job that names another: {arguments}")
        return execute(sql, params, many, context)

    def _keys(self, text: str, params: Any) -> None:
        """Keys of the cache begin with the organization, or say that they are the platform's."""
        for value in params or ():
            is_key = isinstance(value, str) and "::1:" in value
            if is_key and not value.startswith((f"{self.served.pk}:", "platform:")):
                self.faults.append(f"a key of the cache is not the organization's: {value}")

    @contextmanager
    def watching(self) -> Iterator[None]:
        log = logging.getLogger()
        log.addHandler(self)
        try:
            with connection.execute_wrapper(self):
                yield
        finally:
            log.removeHandler(self)


def secrets_in(text: str) -> list[str]:
    """Keys that stand in a text, by their form and checksum; and signatures of addresses."""
    return [*key_text.all_in(text), *re.findall("X-Amz-Signature=[0-9a-f]{8}", text)]


def comparable(said: str, path: str) -> str:
    """A body without the address that was asked and without what is new in every answer."""
    text = re.sub(r"\b[A-Za-z0-9]{64}\b", "token", said.replace(path, ""))  # of forms
    return re.sub(r'nonce="[^"]*"', "nonce", text)


def unknown() -> str:
    return str(uuid.UUID(int=7))
