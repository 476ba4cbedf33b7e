"""The page of items that programs sent by their thousands: how far each body is."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from catalogs import loading
from catalogs.audit import Actor
from catalogs.stac import links
from catalogs.stac.errors import Conflict
from catalogs.stac.models import Job
from tenants.requests import Request
from ui.access import permission

SHOWN = 100


@require_GET
@permission("stac.add_item")
def jobs(request: Request) -> HttpResponse:
    shown = list(Job.objects.visible_to(request.user).order_by("-created")[:SHOWN])
    template = "ui/jobs.html" + ("#rows" if request.headers.get("HX-Request") else "")
    told = {"jobs": shown, "unfinished": any(job.open for job in shown)}
    return render(request, template, told | {"root": links.root(request)})


@require_POST
@permission("stac.add_item")
def job_cancel(request: Request, id: UUID) -> HttpResponse:
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=id)
    try:
        loading.dismiss(job, actor=Actor.of(request.user))
    except Conflict as over:
        messages.error(request, over.message)
    return redirect("ui:jobs")
