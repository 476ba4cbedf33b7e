"""What counts against guessing counts for all processes, and in vain on no anonymous read."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tenants import quotas

CODE_PAGE = "/accounts/login/code/"


def ask_for_code(email: str = "ada@example.org", address: str = "10.0.0.1") -> int:
    return Client(REMOTE_ADDR=address).post(CODE_PAGE, {"email": email}).status_code


def test_codes_for_one_address_are_limited(ada):
    answers = [ask_for_code(address=f"10.0.0.{n}") for n in range(4)]
    assert answers == [302, 302, 302, 200]  # the form again, with a sentence
    assert len(mail.outbox) == 3
    assert ask_for_code("ben@example.org") == 302


def test_limits_are_kept_where_every_process_sees_them(ada):
    ask_for_code()
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM cache")
        keys = [key for (key,) in cursor.fetchall()]
    assert keys
    assert all(key.startswith("platform:") for key in keys)


def test_the_cache_is_the_databases(db):
    assert type(cache._connections["default"]).__name__ == "DatabaseCache"


def statements(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in queries if not query["sql"].startswith("SET ")]


@pytest.mark.parametrize(
    "path", ["/o/acme/stac/conformance", "/o/acme/stac/", "/o/acme/stac/search"]
)
def test_an_anonymous_read_only_reads(acme, path):
    asked = statements(Client(), path)
    assert all(statement.startswith("SELECT") for statement in asked)


def test_the_door_costs_one_statement(acme, ada_client):
    assert len(statements(Client(), "/o/acme/stac/conformance")) == 1
    of_a_member = statements(ada_client, "/o/acme/stac/conformance")
    assert len(of_a_member) == 4  # organization, session, user, membership


def test_a_key_costs_one_statement_more(acme, key_client):
    statements(key_client, "/o/acme/stac/conformance")  # notes its use
    assert len(statements(key_client, "/o/acme/stac/conformance")) == 2


def test_room_is_what_the_disk_leaves(acme, settings, tmp_path):
    assert quotas.room_left(acme) is None
    settings.STORE_FOLDER = str(tmp_path)
    assert quotas.room_left(acme) >= 0
