"""The whole catalog as a zip: asked for, waited for, fetched."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from catalogs import exporting
from catalogs.audit import Actor
from catalogs.models import Export
from catalogs.stac.errors import Conflict
from ui.access import permission
from ui.requests import MemberRequest

EXPORT = "catalogs.export_catalog"


@require_http_methods(["GET", "POST"])
@permission(EXPORT)
def exports(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return begin(request)
    found = list(Export.objects.order_by("-created")[:20])
    template = "ui/exports.html" + ("#rows" if request.htmx else "")
    context = {"exports": found, "unfinished": any(each.open for each in found)}
    return render(request, template, context | {"days": exporting.KEPT.days})


def begin(request: MemberRequest) -> HttpResponse:
    organization = request.organization
    try:
        exporting.start(
            str(organization.pk),
            title=organization.name,
            root=organization.stac_address,
            with_files=request.POST.get("files") == "yes",
            actor=Actor.of(request.user),
        )
    except Conflict as already:
        messages.error(request, already.message)
    else:
        messages.success(request, "The export is being made.")
    return redirect("ui:exports")


@require_GET
@permission(EXPORT)
def export_fetch(request: MemberRequest, id: UUID) -> HttpResponse:
    found = get_object_or_404(Export, pk=id)
    name = f"{request.organization.slug}-{found.created:%Y-%m-%d}.zip"
    response = redirect(exporting.fetch(found, name, actor=Actor.of(request.user)))
    response.headers["Cache-Control"] = "no-store"
    return response
