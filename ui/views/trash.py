"""What was deleted, and the way back."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from catalogs import collections
from catalogs.audit import Actor
from catalogs.stac import trash as verbs
from catalogs.stac.models import Collection, Trashed
from tenants.requests import Request
from ui.access import permission

SHOWN = 200


def restorable(request: Request) -> QuerySet[Trashed]:
    return Trashed.objects.visible_to(request.user)


@require_GET
@permission("stac.delete_item")
def trash(request: Request) -> HttpResponse:
    rows = restorable(request).order_by("-deleted")[:SHOWN]
    return render(request, "ui/trash.html", {"rows": [line(row) for row in rows]})


def offer_undo(request: Request, collection: str, item: str = "") -> None:
    """Says what was just deleted, with a button that takes it back."""
    kept = restorable(request).filter(collection=collection, item=item).latest("deleted")
    back = reverse("ui:trash-restore", args=[kept.pk])
    messages.success(request, f"“{kept}” is in the trash.", extra_tags=back)


def line(row: Trashed) -> dict[str, Any]:
    return {
        "row": row,
        "keys": ", ".join(file["key"] for file in row.held),
        "size": sum(file["size"] for file in row.held),
        "until": row.deleted + verbs.KEPT,
        "left": left(row.deleted + verbs.KEPT),
    }


def left(until: datetime) -> str:
    hours = max(0, round((until - timezone.now()).total_seconds() / 3600))
    if hours < 48:
        return f"{hours} hour{'' if hours == 1 else 's'} left"
    return f"{hours // 24} days left"


@require_POST
@permission("stac.delete_item")
def trash_restore(request: Request, id: int) -> HttpResponse:
    kept = get_object_or_404(restorable(request), pk=id)
    restored = collections.restore(kept, actor=Actor.of(request.user))
    messages.success(request, f"“{kept}” is back in the catalog.")
    if isinstance(restored, Collection):
        return redirect("ui:collection", restored.pk)
    return redirect("ui:item", restored.collection_id, restored.stac_id)
