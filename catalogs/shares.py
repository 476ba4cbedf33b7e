"""Links that show one collection, item or search to whoever has them, until a date.

The link's token is made from its id with the server's secret: it can be shown again to those who
made it, and the database alone, which holds its hash, opens nothing. Whoever comes by it sees, of
what is shared, what its maker sees at that moment: a link dies with its maker's right to share.
"""

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from catalogs import audit
from catalogs.audit import Actor
from catalogs.models import Share
from catalogs.stac import sight
from catalogs.stac.errors import Conflict, Invalid, NotFound
from catalogs.stac.listing import OF_THE_ANSWER
from catalogs.stac.models import Collection, Item
from catalogs.stac.parameters import SearchParameters

LIFETIME = timedelta(days=7)
LONGEST = timedelta(days=366)
MOST = 1_000  # links of an organization that work
LONGEST_SEARCH = 8_000  # characters of its parameters
USES_NOTED_EVERY = timedelta(minutes=1)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
READS = frozenset(
    {
        "stac.view_collection",
        "stac.view_item",
        "stac.view_asset",
        "stac.view_every_collection",
    }
)

Kind = Share.Kind


class Visitor:
    """Who comes by a link, and `request.user` then: nobody known, who sees what is shared."""

    pk = None
    is_active = True
    is_authenticated = False
    is_anonymous = True

    def __init__(self, share: Share, maker: Any) -> None:
        self.share, self.maker = share, maker
        self.named_as: Sequence[str] = sight.names(maker)
        self.only_collections: Sequence[str] | None = None
        self.only_items: Mapping[str, Any] | None = None
        match share.kind:
            case Kind.COLLECTION:
                self.only_collections = [share.collection]
            case Kind.ITEM:
                self.only_items = {"collections": [share.collection], "ids": [share.item]}
            case _:
                self.only_items = parameters(share.parameters)

    def __str__(self) -> str:
        return f"the link “{self.share}”"

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return perm in READS and bool(self.maker.has_perm(perm))

    def has_perms(self, perms: Sequence[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm) for perm in perms)


def parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a search asks of the items, checked; how it is answered is left to who asks."""
    asked = SearchParameters.read(dict(given), posted=True)
    return {name: value for name, value in asked.items() if name not in OF_THE_ANSWER}


def make(
    by: Any,
    *,
    label: str,
    collection: str = "",
    item: str = "",
    search: Mapping[str, Any] | None = None,
    expires: datetime | None = None,
) -> Share:
    """A collection, an item of it, or a search; of what the maker sees. Lives 7 days unless told.

    Raises `Invalid` with the reason, `NotFound` where the maker sees no such thing.
    """
    label, expires = label.strip(), expires or timezone.now() + LIFETIME
    if not label or len(label) > 80 or not label.isprintable():
        raise Invalid("Give the link a name of at most 80 characters, on one line.")
    if not timedelta(0) < expires - timezone.now() <= LONGEST + timedelta(minutes=1):
        raise Invalid("A link works for at least a moment and at most 366 days.")
    share = Share(label=label, expires=expires, collection=collection, item=item)
    share.kind, share.parameters = _what(by, collection, item, search)
    if share.kind != Kind.SEARCH:
        share.thing_created = _seen(by, collection, item)
    share.actor_id, share.actor_name = str(by.pk), str(by)[:254]
    share.digest = digest(token(share))
    with transaction.atomic():
        if working().count() >= MOST:
            raise Conflict("There are too many links that work. Revoke some first.")
        share.save(force_insert=True)
        audit.record(Actor.of(by), "share.create", (None, told(share)), share=str(share.pk))
    return share


def _what(
    by: Any, collection: str, item: str, search: Mapping[str, Any] | None
) -> tuple[Kind, dict[str, Any]]:
    if search is not None:
        if collection or item:
            raise Invalid("Share one thing: a collection, an item of it, or a search.")
        kept = {name: value for name, value in search.items() if name not in OF_THE_ANSWER}
        if len(str(kept)) > LONGEST_SEARCH:
            raise Invalid("This search is too long to be shared.")
        parameters(kept)
        return Kind.SEARCH, kept
    if not collection:
        raise Invalid("Say what is shared: a collection, an item of it, or a search.")
    return (Kind.ITEM if item else Kind.COLLECTION), {}


def _seen(by: Any, collection: str, item: str) -> datetime:
    """When the thing was made, of what `by` sees."""
    if "\0" in collection + item:
        raise NotFound
    found: Item | Collection | None
    if item:
        items = Item.objects.visible_to(by).filter(collection=collection, stac_id=item)
        found = items.only("created").first()
    else:
        found = Collection.objects.visible_to(by).filter(pk=collection).only("created").first()
    if found is None:
        raise NotFound
    created: datetime = found.created
    return created


def _is_there(share: Share) -> bool:
    """Whether it still is what was shared, not a later thing of the same id; the trash keeps it."""
    made = share.thing_created
    if made is None:
        return False
    if share.kind == Kind.ITEM:
        items = Item.objects.filter(collection=share.collection, stac_id=share.item)
        return bool(items.filter(created=made).exists())
    return bool(Collection.objects.filter(pk=share.collection, created=made).exists())


def revoke(share: Share, *, by: Any) -> None:
    """At once and for ever."""
    with transaction.atomic():
        if Share.objects.filter(pk=share.pk, revoked=None).update(revoked=Now()):
            audit.record(Actor.of(by), "share.revoke", (told(share), None), share=str(share.pk))
    share.refresh_from_db()


def told(share: Share) -> dict[str, Any]:
    """As records tell of it."""
    found = {"label": share.label, "kind": str(share.kind), "expires": share.expires.isoformat()}
    what = {"collection": share.collection, "item": share.item, "search": share.parameters}
    return found | {name: value for name, value in what.items() if value}


def working() -> QuerySet[Share]:
    return Share.objects.filter(revoked=None, expires__gt=Now())


def managed_by(user: Any) -> QuerySet[Share]:
    """One's own; for who looks after the organization, everyone's."""
    if user.has_perm("catalogs.change_share"):
        return Share.objects.all()
    return Share.objects.filter(actor_id=str(user.pk))


def token(share: Share) -> str:
    made = salted_hmac("catalogs.shares", str(share.pk), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address(share: Share, root: str) -> str:
    """The link, below the organization's address; "" where another secret made its token."""
    made = token(share)
    return f"{root}shared/{made}/" if digest(made) == share.digest else ""


def told_address(share: Share, root: str, *, to: Any) -> str:
    """Where it works; not to who only sees what this member sees."""
    if not share.works or getattr(to, "seen_by", None):
        return ""
    return address(share, root)


def find(token: str) -> Share | None:
    """Working or ended; None where there was never such a link."""
    if not TOKEN.fullmatch(token):
        return None
    found: Share | None = Share.objects.filter(digest=digest(token)).first()
    return found


def visitor(share: Share) -> Visitor | None:
    """Who comes by the link; None once it has ended, what it shows was deleted, or its maker may
    share no more."""
    if not share.works:
        return None
    maker = get_user_model()._default_manager.filter(pk=share.actor_id, is_active=True).first()
    if maker is None or not maker.has_perm("catalogs.add_share"):
        return None
    if share.kind != Kind.SEARCH and not _is_there(share):
        return None
    return Visitor(share, maker)


_uses: Counter[Any] = Counter()  # of links, not written yet
_counting = Lock()


def note_use(share: Share) -> None:
    """How often a link was used: counted here, written at most once a minute and link."""
    now = timezone.now()
    with _counting:
        _uses[share.pk] += 1
        if share.last_used is not None and now - share.last_used < USES_NOTED_EVERY:
            return
        uses = _uses.pop(share.pk)
    stale = Q(last_used=None) | Q(last_used__lt=now - USES_NOTED_EVERY)
    noted = Share.objects.filter(stale, pk=share.pk)
    if not noted.update(last_used=now, uses=F("uses") + uses):
        with _counting:
            _uses[share.pk] += uses
