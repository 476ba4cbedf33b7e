"""Set-ups in which the product would be unsafe or wrong: it refuses to start in them."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connection


@register
def unsafe_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> Iterable[CheckMessage]:
    """`manage.py check` says the same as the start of the web server."""
    for number, sentence in enumerate(_faults(), start=1):
        yield Error(sentence, id=f"gistac.E00{number}")


def _faults() -> Iterable[str]:
    if settings.DEBUG and not settings.DEVELOPMENT:
        yield "GISTAC_DEBUG shows settings and code to everyone: it needs GISTAC_DEVELOPMENT=true."
    if settings.SECURE and settings.DEVELOPMENT:
        yield (
            "GISTAC_DEVELOPMENT shows everyone's mails on a page: "
            "it must be off where GISTAC_URL is https."
        )
    if settings.SECURE and "GISTAC_TRUSTED_PROXIES" not in os.environ:
        yield (
            "Say by GISTAC_TRUSTED_PROXIES how many proxies stand before GiSTAC: without it "
            "all visitors share the proxy's address, and so its limits."
        )
    if "locmem" in settings.CACHES["default"]["BACKEND"].lower():
        yield "A cache of each process' own cannot count sign-ins: use the database or Redis."
    if not settings.DEVELOPMENT and settings.SECRET_KEY in settings.KEY_PEPPERS.values():
        yield "Set GISTAC_KEY_PEPPERS: keys may not hang on GISTAC_SECRET_KEY, which may change."


def refuse_unsafe() -> None:
    """Called before the first request is taken."""
    sentences = list(_faults())
    if sentences:
        raise ImproperlyConfigured(" ".join(sentences))
    refuse_pooler()


def refuse_pooler() -> None:
    """A pooler that shares connections between transactions answers from other people's schemas.

    Two sessions must keep a process of their own each, also while the other is in a transaction.
    """
    parameters = connection.get_connection_params()
    known = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert")
    given = {key: value for key, value in parameters.items() if key in known}
    # A pooler of one connection keeps the second waiting instead: that is an answer as well.
    try:
        with (
            psycopg.connect(**given, autocommit=True, connect_timeout=5) as one,
            psycopg.connect(**given, autocommit=True, connect_timeout=5) as two,
        ):
            shared = _share(one, two)
    except psycopg.OperationalError:
        return  # it does not answer now; /readyz says so until it does
    if shared:
        raise ImproperlyConfigured(
            "GISTAC_DATABASE_URL leads through a pooler that shares connections between "
            "transactions (as PgBouncer in transaction mode): connect to PostgreSQL itself."
        )


def _share(one: psycopg.Connection[Any], two: psycopg.Connection[Any]) -> bool:
    def process(connected: psycopg.Connection[Any]) -> int:
        row = connected.execute("SELECT pg_backend_pid()").fetchone()
        return int(row[0]) if row else 0

    first = process(one)
    if process(two) == first:
        return True
    with two.transaction():
        held = process(two)
        return held == first or process(one) != first
