"""What may be seen, and what a search asks of it. A new search parameter is one line here."""

from collections.abc import Sequence
from datetime import datetime as Instant
from typing import Any, Self

from django.contrib.gis.geos import GEOSGeometry
from django.db.models import BigIntegerField, F, Func, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, Least

from . import boxes, sight, sql
from .boxes import Within
from .sight import Asker
from .times import Interval


def moment(datetime: Combinable) -> Func:
    """The first key of the usual order, latest first: what has no datetime comes last."""
    return Func(datetime, template="COALESCE(%(expressions)s, '-infinity'::timestamptz)")


def rising_moment(datetime: Combinable) -> Func:
    """The same for earliest first; here too what has no datetime comes last."""
    return Func(datetime, template="COALESCE(%(expressions)s, 'infinity'::timestamptz)")


MOMENT = moment(F("datetime"))  # as the indexes have it

NO_SECOND = -100_000_000_000  # before all years that there are


def second(datetime: Combinable) -> Func:
    """In whole seconds since 1970, for GiST, whose distances are exact for whole numbers only."""
    template = (
        "COALESCE(floor(extract(epoch FROM (%(expressions)s AT TIME ZONE 'UTC')))::bigint, "
        f"{NO_SECOND})"
    )
    return Func(datetime, template=template, output_field=BigIntegerField())


SECOND = second(F("datetime"))
# Of 194 days. In the index of place and time what is of one period lies together, and in it what is
# near; by place alone, a month of a place would cost what all years of it do.
PERIOD = Func(SECOND, template="(%(expressions)s >> 24)", output_field=BigIntegerField())

# Items whose time is not just their datetime, as the index of these has it. The index has their
# datetime in words of its own: PostgreSQL takes most items for such, and would look for the newest
# of them among all items, in the order of `item_latest`.
OF_RANGE = Q(sql.infix("IS DISTINCT FROM", F("start"), F("datetime"))) | Q(
    sql.infix("IS DISTINCT FROM", F("end"), F("datetime"))
)
MOMENT_OF_RANGE = Func(
    F("datetime"), template="GREATEST(%(expressions)s, '-infinity'::timestamptz)"
)


def in_box(field: str, within: Within) -> Q:
    """Intersects the box, or one of its halves where it crosses the antimeridian."""
    found = Q()
    for part in within.parts:
        found |= Q(**{f"{field}__intersects": sql.place(part)})
    return found


def in_interval(interval: Interval) -> Q:
    """Shares an instant with the interval; an item without any time matches (OGC 1, 7.15.4)."""
    return Q(span__overlap=sql.interval(*interval))


def _common(*conditions: Q | None) -> Q:
    """What items and collections are asked alike."""
    found = Q()
    for condition in conditions:
        found &= Q() if condition is None else condition
    return found


def _within(bbox: Sequence[float] | Within) -> Within:
    return bbox if isinstance(bbox, Within) else boxes.within(bbox)


class Total(Subquery):
    """The sum of a column of numbers, read along with rows of another table."""

    template = "(SELECT SUM(each.count)::bigint FROM (%(subquery)s) AS each)"
    output_field = BigIntegerField()


class CollectionQuerySet(QuerySet[Any]):
    def visible_to(self, user: Asker) -> Self:
        """Those whose documents the asker may see (sight.py)."""
        return self._seen(user, "stac.view_collection")

    def shown_to(self, user: Asker) -> Self:
        """Those all of whose items the asker may see."""
        return self._seen(user, "stac.view_item")

    def _seen(self, user: Asker, permission: str) -> Self:
        """None for who may see only some items: the whole would tell of the others."""
        if sight.only_items(user) is not None:
            return self.none()
        return sight.seen(self, user, permission)

    def items_matched(self, collections: Sequence[str] | None = None) -> "Total":
        """How many items these collections have, or those named of them; nothing is counted."""
        named = self if collections is None else self.filter(pk__in=collections)
        return Total(named.order_by().values("count"))

    def search(
        self,
        *,
        bbox: Sequence[float] | Within | None = None,
        datetime: Interval | None = None,
        q: Q | None = None,
        query: Q | None = None,
        filter: Q | None = None,
    ) -> Self:
        """Collections whose extent meets box and time, and which meet what freetext.condition made
        of `q`, query.condition of `query` and cql2.condition of `filter` (Collection Search
        1.0.0-rc.1).
        """
        found = self
        if bbox:
            found = found.filter(in_box("extent", _within(bbox)))
        return found.filter(_common(datetime and in_interval(datetime), q, query, filter))


class ItemQuerySet(QuerySet[Any]):
    def visible_to(self, user: Asker) -> Self:
        """Those of the collections that the asker may see; of them only some for some askers."""
        rows, some = sight.seen(self, user, "stac.view_item", "collection"), sight.only_items(user)
        return rows if some is None else rows.search(**some)

    def search(
        self,
        *,
        ids: Sequence[str] | None = None,
        collections: Sequence[str] | None = None,
        bbox: Sequence[float] | Within | None = None,
        intersects: GEOSGeometry | None = None,
        datetime: Interval | None = None,
        q: Q | None = None,
        query: Q | None = None,
        filter: Q | None = None,
    ) -> Self:
        """Items that meet all that is given (STAC API 1.0.0, item-search, "Query Parameters").

        `bbox` has 4 or 6 numbers in degrees and metres, or is these as boxes.within, `intersects`
        is in WGS 84, `datetime` a pair whose open side is None, `q` what freetext.condition made
        of a text, `query` and `filter` what query.condition and cql2.condition made of them. Items
        without a geometry meet no box and no shape.
        """
        found = self
        if ids is not None:
            found = found.filter(stac_id__in=ids)
        if collections is not None:
            found = found.filter(collection__in=collections)
        if bbox:
            within = _within(bbox)
            found = found.filter(in_box("geometry", within))
            if within.elevations:
                lowest, highest = within.elevations
                found = found.filter(highest__gte=lowest, lowest__lte=highest)
        if intersects is not None:
            found = found.filter(geometry__intersects=intersects)
        if datetime and (bbox or intersects is not None):
            found = found.filter(self._in_seconds(*datetime))
        elif datetime and datetime[1]:
            found = found.filter(self._not_newer(datetime[1]))
        return found.filter(_common(datetime and in_interval(datetime), q, query, filter))

    def _not_newer(self, last: Instant) -> Q:
        """What `in_interval` says of an item's datetime, where it has no other time; no others are
        newer than their newest. So a walk from the latest on begins where the interval ends.

        PostgreSQL takes what is found to lie evenly along the walk, and would read all that is
        newer: of a million items 289,000 pages for a month long ago, instead of 15.
        """
        ranges = self.model._base_manager.filter(OF_RANGE).order_by(MOMENT_OF_RANGE.desc())
        newest = Subquery(ranges.values_list(MOMENT_OF_RANGE)[:1], output_field=sql.TIME)
        return Q(sql.infix("<=", MOMENT, Greatest(sql.moment(last), newest)))

    def _in_seconds(self, first: Instant | None, last: Instant | None) -> Q:
        """The same for the index of place and time, from both sides: nothing that is found is
        newer than the interval or the newest range, or older than it or the oldest one. What has
        no datetime is older than all.
        """
        items = self.model._base_manager
        ranges = items.filter(OF_RANGE)
        found = Q()
        if last:
            newest = _first(ranges.order_by(MOMENT_OF_RANGE.desc()))
            found &= Q(sql.infix("<=", SECOND, Greatest(second(sql.moment(last)), newest)))
        if first:
            oldest = _first(ranges.order_by(MOMENT_OF_RANGE.asc()))
            without = _first(items.filter(Q(sql.infix("=", MOMENT, moment(sql.moment(None))))))
            bound = Least(second(sql.moment(first)), oldest, without)
            found &= Q(sql.infix(">=", SECOND, bound))
        return found


def _first(items: QuerySet[Any]) -> Subquery:
    return Subquery(items.values_list(SECOND)[:1], output_field=BigIntegerField())


class AssetQuerySet(QuerySet[Any]):
    def visible_to(self, user: Asker) -> Self:
        """The assets of what the asker may see; whether they may be fetched is asked apart."""
        rows, some = sight.seen(self, user, "stac.view_item", "collection"), sight.only_items(user)
        if some is None:
            return rows
        items: ItemQuerySet = self.model._meta.get_field("item").related_model.objects
        return rows.filter(item__in=items.search(**some))


class TrashedQuerySet(QuerySet[Any]):
    def visible_to(self, user: Asker) -> Self:
        """What a person deleted, or left out of a document, where they see its collection, or saw
        it while it was there; not what went along with a collection."""
        return sight.unhidden(self.filter(along=None), user, "collection")
