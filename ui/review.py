"""What waits to be looked over, as its page shows it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, NullIf

from catalogs.models import Draft
from catalogs.stac import sight
from catalogs.stac.models import Collection
from catalogs.views import mine
from tenants.requests import Request
from ui import fields
from ui.draft_forms import FIRST, DraftForm

FACTS = ("proj:code", "gsd", "proj:shape", "eo:cloud_cover", "platform")


@dataclass
class Card:
    """One draft as it is shown: its form, and what a save or a publication was refused for."""

    draft: Draft
    form: DraftForm
    refused: str = ""

    @property
    def id(self) -> str:
        """Another one after each save, so that a page replaces what it shows."""
        return f"card-{self.draft.pk}-{self.draft.version}"

    @property
    def facts(self) -> list[fields.Row]:
        """What was measured, in a line."""
        properties = self.draft.document["properties"]
        return [fields.row(key, properties[key]) for key in FACTS if key in properties]

    @property
    def open(self) -> bool:
        """Something is wrong, or dated by a range, in the part that is folded away."""
        shown = {*FIRST, "datetime"}
        ranged = self.draft.document["properties"].get("start_datetime")
        return bool(ranged or any(name not in shown for name in self.form.errors))

    @property
    def picture(self) -> bool:
        return self.draft.file("thumbnail") is not None

    @property
    def feature(self) -> dict[str, Any]:
        return {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": str(self.draft.pk),
                    "properties": {},
                    "geometry": self.draft.document.get("geometry"),
                }
            ],
        }


def visible(request: Request) -> QuerySet[Draft]:
    """Of one's own files; of everyone's, and unpublished items, with the right to change items."""
    own = Q(upload__in=mine(request))
    if request.user.has_perm("stac.change_item"):
        own |= Q(upload=None)
    seen = sight.unhidden(Draft.objects.filter(own), request.user, "collection")
    return seen.select_related("upload").order_by("-created", "pk")


def undated(drafts: QuerySet[Draft]) -> int:
    """How many have no date yet (Draft.dated), without reading their documents."""
    given = [
        NullIf(KT(f"document__properties__{name}"), Value(""), output_field=TextField())
        for name in ("datetime", "start_datetime")
    ]
    return drafts.annotate(date=Coalesce(*given)).filter(date=None).count()


def homes(request: Request) -> list[Collection]:
    """Where files may go: names, without the documents."""
    seen = Collection.objects.visible_to(request.user).order_by("title", "pk")
    return list(seen.only("pk", "title"))


def cards(request: Request, drafts: Iterable[Draft]) -> list[Card]:
    known = homes(request)
    return [Card(draft, DraftForm(draft, known)) for draft in drafts]


def card(request: Request, draft: Draft, data: Any = None, refused: str = "") -> Card:
    return Card(draft, DraftForm(draft, homes(request), data), refused)
