"""An organization comes to be: all of it or nothing, in one transaction."""

import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection

from tenants.current import tenant_scope
from tenants.models import Domain, Membership, Organization, SchemaTemplate, User
from tenants.roles import Role
from tenants.schemas import keep_template
from tenants.signup import OrganizationRefused, create_organization
from tenants.slugs import own_host, slug_problem, suggest_slug
from tests.live import ROOT, server_environment

KILLS = 11


def tables(schema: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [schema]
        )
        return {name for (name,) in cursor.fetchall()}


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 't\\_%'")
        return {name for (name,) in cursor.fetchall()}


def test_it_works(acme, cyd):
    made = create_organization(name="Roof maps", slug="roofs", owner=cyd)
    assert made.state == Organization.State.ACTIVE
    assert made.stac_address == "http://testserver/o/roofs/stac/"
    assert made.domains.get().domain == "roofs.testserver"
    assert Membership.objects.get(organization=made, user=cyd).role == Role.OWNER
    assert tables(made.schema_name) == tables(acme.schema_name)


def test_later_migrations_find_nothing_to_do(acme):
    with tenant_scope(acme), connection.cursor() as cursor:
        cursor.execute(
            "SELECT app, name FROM public.django_migrations"
            " EXCEPT SELECT app, name FROM django_migrations"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        ("", "Use 3 to 40 characters."),
        ("ab", "Use 3 to 40 characters."),
        ("a" * 41, "Use 3 to 40 characters."),
        ("Acme", "Use small letters, digits and hyphens; begin with a letter, end with no hyphen."),
        ("1st", "Use small letters, digits and hyphens; begin with a letter, end with no hyphen."),
        (
            "maps-",
            "Use small letters, digits and hyphens; begin with a letter, end with no hyphen.",
        ),
        ("höhe", "Use small letters, digits and hyphens; begin with a letter, end with no hyphen."),
        (
            "a\x00b",
            "Use small letters, digits and hyphens; begin with a letter, end with no hyphen.",
        ),
        ("xn--maps", "Two hyphens in a row are not possible."),
        ("www", "“www” is kept for the platform itself."),
        ("acme", "“acme” is taken."),
    ],
)
def test_what_a_slug_cannot_be(acme, cyd, slug, sentence):
    assert slug_problem(slug) == sentence
    with pytest.raises(OrganizationRefused) as refused:
        create_organization(name="Maps", slug=slug, owner=cyd)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b", "a\nb"])
def test_a_name_is_needed(cyd, name):
    with pytest.raises(OrganizationRefused, match="at most 120"):
        create_organization(name=name, slug="maps", owner=cyd)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Roof maps", "roof-maps"),
        ("Acme", "acme-2"),
        ("WWW", "www-2"),
        ("3D Höhen & more", "d-hohen-more"),
        ("Oh", "oh-maps"),
        ("東京", ""),
        ("x" * 100, "x" * 36),
        ("under_score  --  it", "under-score-it"),
    ],
)
def test_a_slug_is_suggested(acme, name, slug):
    assert suggest_slug(name) == slug
    assert not slug or slug_problem(slug) == ""


def test_a_bare_address_has_no_hosts(settings):
    settings.PLATFORM_HOST = "10.0.0.1"
    assert own_host("maps") == ""


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """Rows as everyone sees them; what the test made is removed afterwards."""
    with django_db_blocker.unblock():
        before = set(Organization.objects.values_list("pk", flat=True))
        yield
        for organization in Organization.objects.exclude(pk__in=before):
            remove(organization)
        connection.close()


def remove(organization: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{organization.schema_name}" CASCADE')
    organization.delete()


def ask_for(slug: str) -> str:
    try:
        create_organization(name=slug, slug=slug, owner=User.objects.get(email="cyd@example.org"))
    except OrganizationRefused as refused:
        return str(refused)
    finally:
        connection.close()
    return "made"


def test_of_two_who_ask_at_once_one_wins(committed):
    before = schemas()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask_for, ["rush"] * 6))
    assert sorted(answers) == ["made", *["“rush” is taken."] * 5]
    assert len(schemas() - before) == 1


KILLER = """
import os, signal, sys, time
import django; django.setup()
from tenants.models import User
from tenants.signup import create_organization
for line in sys.stdin:
    child = os.fork()
    if not child:
        owner = User.objects.get(email="cyd@example.org")
        create_organization(name="Killed", slug="killed", owner=owner)
        os._exit(0)
    time.sleep(float(line))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print("killed", flush=True)
"""


# Is told a number, and kills a creation before the statement of that number; says how it ended.
STEPPER = """
import itertools, os, signal, sys
import django; django.setup()
from django.db import connection
from tenants.models import User
from tenants.signup import create_organization
for line in sys.stdin:
    child = os.fork()
    if not child:
        owner, steps = User.objects.get(email="cyd@example.org"), itertools.count()
        def step(execute, *statement):
            if next(steps) == int(line):
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*statement)
        with connection.execute_wrapper(step):
            create_organization(name="Killed", slug="killed", owner=owner)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@contextmanager
def asked(program: str) -> Iterator[Callable[[object], str]]:
    """`ask("3")` gives this program, in a process of its own, a line, and says its answer."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, **server_environment("http://testserver")},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def ask(line: object) -> str:
            print(line, file=process.stdin, flush=True)
            return process.stdout.readline().strip()

        yield ask
        process.stdin.close()


@pytest.fixture
def kill_before():
    """`kill_before(3)` creates in another process; whether it was killed before statement 3."""
    with asked(STEPPER) as ask:
        yield lambda number: ask(number) == "9"


@pytest.fixture
def kill_after():
    """`kill_after(0.05)` starts a creation in another process and kills it that much later."""
    with asked(KILLER) as ask:
        yield ask


def everything_or_nothing(before: set[str]) -> bool:
    """Whether the organization is wholly there; half of one fails the test."""
    organization = Organization.objects.filter(slug="killed").first()
    if organization is None:
        assert schemas() == before
        assert not Domain.objects.filter(domain__startswith="killed.").exists()
        return False
    assert schemas() == before | {organization.schema_name}
    acme = Organization.objects.get(slug="acme")
    assert tables(organization.schema_name) == tables(acme.schema_name)
    assert organization.memberships.count() == organization.domains.count() == 1
    return True


def test_killed_it_leaves_nothing_and_a_retry_works(committed, kill_after):
    before, dice = schemas(), random.Random(2)
    for _ in range(KILLS):
        assert kill_after(dice.uniform(0, 0.15)) == "killed"
        wait_until_the_server_noticed()
        if everything_or_nothing(before):  # it was faster than the kill
            remove(Organization.objects.get(slug="killed"))
    assert ask_for("killed") == "made"
    assert everything_or_nothing(before)


def test_killed_before_any_statement_it_leaves_nothing(committed, kill_before):
    """Made by the template of tables, as it is where that was kept."""
    keep_template()
    before = schemas()
    for number in itertools.count():
        killed = kill_before(number)
        wait_until_the_server_noticed()
        assert everything_or_nothing(before) is not killed
        if not killed:
            break
    SchemaTemplate.objects.all().delete()
    assert number > 5


def wait_until_the_server_noticed() -> None:
    """A dead client's transaction ends when the server reads its closed socket."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("A transaction of a killed process is still open.")
