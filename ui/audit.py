"""What happened in an organization: the records of its catalog and of its people, as one list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    Func,
    JSONField,
    Q,
    QuerySet,
    Value,
)

from catalogs.models import AuditRecord as CatalogRecord
from catalogs.stac.paging import Key, Pager
from tenants.current import tenant_scope
from tenants.models import AuditRecord as PeopleRecord
from tenants.models import Organization
from ui import paging

type Record = CatalogRecord | PeopleRecord

AT_ONCE = 500  # rows of an export that are held in memory

# Newest first; `table` parts two records of the same moment.
ORDER = (
    Key("at", True, written=datetime.isoformat, value=lambda read: Value(read, DateTimeField())),
    Key("table", True),
    Key("pk", True, value=lambda read: Value(read, BigIntegerField())),
)

# What each action is to a person, by what it is about.
ACTIONS: dict[str, dict[str, str]] = {
    "Items": {
        "item.create": "Created an item",
        "item.update": "Changed an item",
        "item.replace": "Replaced an item",
        "item.delete": "Deleted an item",
        "item.restore": "Restored an item",
        "item.unpublish": "Took an item back for review",
        "item.write": "Wrote items in bulk",
        "item.write.cancel": "Cancelled a bulk write",
    },
    "Collections": {
        "collection.create": "Created a collection",
        "collection.update": "Changed a collection",
        "collection.replace": "Replaced a collection",
        "collection.show": "Changed who sees a collection",
        "collection.check": "Changed how strictly a collection is checked",
        "collection.versions": "Changed whether a collection’s writers must name a version",
        "collection.intake": "Changed how a collection takes files in",
        "collection.delete": "Deleted a collection",
        "collection.restore": "Restored a collection",
    },
    "Files": {
        "upload.start": "Started an upload",
        "upload.retry": "Had a file read again",
        "upload.abort": "Cancelled an upload",
        "draft.save": "Edited a draft",
        "draft.publish": "Published a draft",
        "draft.discard": "Discarded a draft",
        "asset.restore": "Restored a file",
    },
    "People": {
        "invitation.create": "Invited somebody",
        "invitation.resend": "Sent an invitation again",
        "invitation.revoke": "Took an invitation back",
        "invitation.accept": "Accepted an invitation",
        "join_link.create": "Made a link to join by",
        "join_link.revoke": "Revoked a link to join by",
        "join_link.accept": "Joined by a link",
        "mail_domain.open": "Let people of a mail domain join",
        "mail_domain.close": "Closed a mail domain",
        "mail_domain.join": "Joined by their mail domain",
        "member.role": "Changed a member’s role",
        "member.remove": "Removed a member",
        "member.leave": "Left the organization",
    },
    "Keys": {
        "key.create": "Made a key",
        "key.change": "Changed a key",
        "key.roll": "Rolled a key",
        "key.revoke": "Revoked a key",
        "key.denied": "Was refused with a key that is over",
        "token.create": "Made a token for a short while",
    },
    "Sharing": {
        "share.create": "Made a link that shares",
        "share.revoke": "Revoked a link that shares",
    },
    "Organization": {
        "index.make": "Had an index made",
        "index.drop": "Had an index dropped",
        "organization.rename": "Renamed the organization",
        "organization.slug": "Changed the short name",
        "organization.transfer": "Handed the organization over",
        "organization.second_factor": "Changed whether a second factor is required",
        "domain.add": "Added a host",
        "domain.proven": "Proved a host",
        "domain.lost": "Lost a host, whose record was gone",
        "domain.remove": "Removed a host",
        "plan.give": "Gave another plan",
        "plan.change": "Changed what the plan allows",
        "catalog.export": "Asked for an export",
        "catalog.export.fetch": "Fetched an export",
        "organization.restore": "Brought the organization back from a backup",
        "organization.copy": "Made the organization as a copy, from a backup",
        "organization.suspend": "Suspended the organization",
        "organization.resume": "Resumed the organization",
        "organization.delete": "Asked for the organization to be deleted",
        "organization.keep": "Called the deletion off",
        "organization.removed": "Removed the organization for good",
    },
    "Operators": {
        "impersonation.start": "Began to see the organization as a member",
        "impersonation.look": "Opened a page as a member",
        "impersonation.end": "Stopped seeing the organization as a member",
        "person.deactivate": "Closed a member’s account",
        "person.reactivate": "Opened a member’s account again",
        "person.sign_out": "Signed a person out everywhere",
        "operator.change": "Changed who is an operator",
    },
}
_WORDS = {name: words for group in ACTIONS.values() for name, words in group.items()}


def words(action: str) -> str:
    """What an action is to a person; one that nobody has put into words is spelled out."""
    return _WORDS.get(action) or action.replace(".", ": ").replace("_", " ").capitalize()


@dataclass(frozen=True)
class Wanted:
    """What a person looks for; all of it must hold."""

    actor: str = ""  # a part of the name
    action: str = ""  # one of them
    object: str = ""  # an id, an address or a name, whole
    since: date | None = None
    until: date | None = None  # this day included

    def condition(self) -> Q:
        """Days are those of UTC."""
        found = Q()
        if self.actor:
            found &= Q(actor_name__icontains=self.actor)
        if self.action:
            found &= Q(action=self.action)
        if self.object:
            found &= Q(named__has_key=self.object)
        if self.since:
            found &= Q(at__gte=_begin(self.since))
        if self.until and self.until < date.max:
            found &= Q(at__lt=_begin(self.until + timedelta(days=1)))
        return found


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def records(organization: Organization, wanted: Wanted) -> list[QuerySet[Any]]:
    """Of the catalog, and of people and keys: two tables, of which no query asks both."""
    of_people = PeopleRecord.objects.filter(organization_id=organization.pk)
    named = Func(
        "objects_named", Value("$.*"), function="jsonb_path_query_array", output_field=JSONField()
    )
    return [
        rows.annotate(table=Value(table, CharField()), named=named).filter(wanted.condition())
        for table, rows in (("catalog", CatalogRecord.objects.all()), ("people", of_people))
    ]


def everything(organization: Organization, wanted: Wanted) -> Iterator[list[Record]]:
    """All records that are wanted, some at a time, outside of any transaction.

    Records are only ever added, and this goes from the newest to older ones: it is as if all were
    read at one moment. It is read while it is sent, when the request's schema is left already.
    """
    pager, place = Pager("audit", {}, ORDER), list[Any]()
    while True:
        with tenant_scope(organization):
            found = paging.beyond(records(organization, wanted), pager, place, AT_ONCE)
        if not found:
            return
        yield found
        place = [getattr(found[-1], key.field) for key in ORDER]
