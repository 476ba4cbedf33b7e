"""The whole catalog as a zip: asked for, waited for, fetched."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from catalogs import exporting, room
from catalogs.audit import Actor
from catalogs.models import Export
from catalogs.stac.errors import Refused
from catalogs.stac.views.assets import Signed
from ui.access import permission
from ui.requests import MemberRequest

EXPORT = "catalogs.export_catalog"


@require_http_methods(["GET", "POST"])
@permission(EXPORT)
def exports(request: MemberRequest) -> HttpResponse:
    refused = begin(request) if request.method == "POST" else None
    if request.method == "POST" and refused is None:
        return redirect("ui:exports")
    found = list(Export.objects.order_by("-created")[:20])
    template = "ui/exports.html" + ("#rows" if request.htmx else "")
    context = {"exports": found, "unfinished": any(each.open for each in found)}
    context["days"] = exporting.KEPT.days
    return render(request, template, context, status=refused.status if refused else 200)


def begin(request: MemberRequest) -> Refused | None:
    organization = request.organization
    try:
        exporting.start(
            str(organization.pk),
            title=organization.name,
            root=organization.stac_address,
            with_files=request.POST.get("files") == "yes",
            actor=Actor.of(request.user),
            reserve=room.keeper(request),
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
        return refusal
    messages.success(request, "The export is being made.")
    return None


@require_GET
@permission(EXPORT)
def export_fetch(request: MemberRequest, id: UUID) -> HttpResponse:
    """Counted among the files given out, as large as it is."""
    found = get_object_or_404(Export, pk=id)
    name = f"{request.organization.slug}-{found.created:%Y-%m-%d}.zip"
    response = Signed(exporting.fetch(found, name, actor=Actor.of(request.user)))
    response.signed_bytes = found.size
    response.headers["Cache-Control"] = "no-store"
    return response
