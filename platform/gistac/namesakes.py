"""People whom an organization's schema names by their number, which is another's elsewhere."""

from typing import Any

from django.db import connection

from tenants.current import tenant_scope
from tenants.models import Organization, User

_NAMED = """
SELECT substr(who, 6) AS number FROM stac_named WHERE who LIKE 'user:%%'
UNION SELECT substr(who, 6) FROM stac_trashed, jsonb_array_elements_text(
    CASE jsonb_typeof(columns->'named') WHEN 'array' THEN columns->'named' ELSE '[]' END
) AS who WHERE who LIKE 'user:%%'
UNION SELECT substr(asker, 6) FROM stac_job WHERE asker LIKE 'user:%%'
UNION SELECT actor_id FROM catalogs_share
UNION SELECT actor_id FROM catalogs_upload WHERE actor_kind = 'user'
UNION SELECT actor_id FROM catalogs_auditrecord WHERE actor_kind = 'user'
UNION SELECT actor_id FROM public.tenants_auditrecord
    WHERE actor_kind = 'user' AND organization_id = %s
"""
# In `moved`: the number in the copy, and the number here.
_RENAME = """
UPDATE stac_named SET who = 'moved:' || moved.new FROM moved WHERE who = 'user:' || moved.old;
DELETE FROM stac_named WHERE who LIKE 'user:%';
UPDATE stac_named SET who = 'user:' || substr(who, 7) WHERE who LIKE 'moved:%';
UPDATE stac_trashed SET columns = jsonb_set(columns, '{named}', (
    SELECT coalesce(jsonb_agg(coalesce('user:' || moved.new, who) ORDER BY place), '[]')
    FROM jsonb_array_elements_text(columns->'named') WITH ORDINALITY AS each (who, place)
    LEFT JOIN moved ON who = 'user:' || moved.old
    WHERE moved.new IS NOT NULL OR who NOT LIKE 'user:%'
)) WHERE jsonb_typeof(columns->'named') = 'array';
DELETE FROM stac_answered WHERE asker LIKE 'user:%'
    AND NOT EXISTS (SELECT FROM moved WHERE asker = 'user:' || old AND old = new);
UPDATE catalogs_share SET revoked = coalesce(revoked, now())
    WHERE NOT EXISTS (SELECT FROM moved WHERE old = actor_id);
"""
_REPLACE = """
UPDATE {table} SET {column} = {before}coalesce(found.new, '')
FROM (
    SELECT DISTINCT {column} AS old, moved.new FROM {table}
    LEFT JOIN moved ON {column} = {before}moved.old WHERE {of}
) AS found
WHERE {column} = found.old AND {of} AND {column} <> {before}coalesce(found.new, '')
"""
_COLUMNS = (
    {"table": "stac_job", "column": "asker", "before": "'user:' || ", "of": "asker LIKE 'user:%'"},
    {"table": "catalogs_share", "column": "actor_id", "before": "", "of": "true"},
    {"table": "catalogs_upload", "column": "actor_id", "before": "", "of": "actor_kind = 'user'"},
    {
        "table": "catalogs_auditrecord",
        "column": "actor_id",
        "before": "",
        "of": "actor_kind = 'user'",
    },
)


def named(organization: Organization) -> dict[str, str]:
    """The address of each by the number; of those who have an account still."""
    with tenant_scope(organization), connection.cursor() as cursor:
        cursor.execute(_NAMED, [organization.pk])
        numbers = [int(number) for (number,) in cursor.fetchall() if number.isdecimal()]
    found = User.objects.filter(pk__in=numbers).values_list("pk", "email")
    return {str(number): email for number, email in found}


def moved(addresses: dict[str, str]) -> dict[str, str]:
    """The number here by the number there."""
    here = dict(User.objects.filter(email__in=addresses.values()).values_list("email", "pk"))
    return {old: str(here[email]) for old, email in addresses.items() if email in here}


def rename(organization: Organization, numbers: dict[str, str]) -> None:
    """In the caller's transaction. Who is not here is named no more; their links end."""
    with tenant_scope(organization), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE moved (old text, new text) ON COMMIT DROP")
        cursor.executemany("INSERT INTO moved VALUES (%s, %s)", list(numbers.items()))
        cursor.execute(_RENAME)
        _replace(cursor)
        cursor.execute("DROP TABLE moved")


def _replace(cursor: Any) -> None:
    """Records are only ever added, but for this."""
    cursor.execute("ALTER TABLE catalogs_auditrecord DISABLE TRIGGER USER")
    for words in _COLUMNS:
        cursor.execute(_REPLACE.format(**words))
    cursor.execute("ALTER TABLE catalogs_auditrecord ENABLE TRIGGER USER")
