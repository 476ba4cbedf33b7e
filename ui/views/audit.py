"""What happened in an organization, for its owners and admins: a page, and all of it as a file."""

import csv
import io
from collections.abc import Callable, Generator, Iterator
from typing import Any

import orjson
from django import forms
from django.db import DatabaseError, connection
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from catalogs.stac import tables
from catalogs.stac.errors import Invalid
from catalogs.stac.streams import Place
from ui import audit, paging
from ui.access import permission
from ui.audit import ACTIONS, Record, Wanted, words
from ui.audit_lines import lines
from ui.forms import DayInput
from ui.requests import MemberRequest

SHOWN = 50
FORMS = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


class AuditForm(forms.Form):
    all_optional = True

    actor = forms.CharField(label="Who", required=False, max_length=254)
    action = forms.ChoiceField(
        label="What",
        required=False,
        choices=[
            ("", "Anything"),
            *((group, list(actions.items())) for group, actions in ACTIONS.items()),
        ],
    )
    object = forms.CharField(
        label="About",
        required=False,
        max_length=256,
        widget=forms.TextInput(attrs={"placeholder": "an id or mail address, whole"}),
    )
    since = forms.DateField(label="From", required=False, widget=DayInput())
    until = forms.DateField(label="To", required=False, widget=DayInput())

    @property
    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)


@require_GET
@permission("tenants.view_audit")
def page(request: MemberRequest) -> HttpResponse:
    form = AuditForm(request.GET)
    found: list[Any] = audit.records(request.organization, form.wanted) if form.is_valid() else []
    shown = paging.page(found, request.GET, SHOWN, of="audit", keys=audit.ORDER)
    context = {
        "form": form,
        "page": shown,
        "lines": lines(shown.rows, request.organization),
        "filtered": any(form.cleaned_data.values()) or bool(form.errors),
        "exports": _exports(request.GET),
    }
    return render(request, "ui/audit.html", context, status=422 if form.errors else 200)


def _exports(query: QueryDict) -> list[dict[str, str]]:
    wanted = query.copy()
    wanted.pop(paging.PARAMETER, None)
    found = []
    for label, name in (("CSV", "csv"), ("JSON lines", "ndjson")):
        wanted["f"] = name
        found.append({"label": label, "href": f"{reverse('ui:audit-export')}?{wanted.urlencode()}"})
    return found


class MayReadAudit(BasePermission):
    """Strangers learn nothing, not even that this exists."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.user.has_perm("tenants.view_audit"):
            return True
        if request.user.has_perm("stac.view_item"):
            return False
        raise Http404


class AuditExport(APIView):
    """All records that are wanted, newest first, as they are read: for people and for keys."""

    permission_classes = (MayReadAudit,)
    schema = None

    def get(self, request: Request) -> StreamingHttpResponse:
        name = request.query_params.get("f", "ndjson")
        if name not in FORMS:
            raise Invalid("f must be ndjson or csv.", parameter="f")
        form = AuditForm(request.query_params)
        for field, errors in form.errors.items():
            raise Invalid(f"{field}: {' '.join(map(str, errors))}", parameter=field)
        organization = request._request.organization  # type: ignore[attr-defined]
        some = audit.everything(organization, form.wanted)
        made, broken = WRITERS[name]
        body = _Body(_sent(made(some), broken))
        answer = StreamingHttpResponse(body, content_type=FORMS[name])
        answer["Content-Disposition"] = f'attachment; filename="audit-{organization.slug}.{name}"'
        return answer


class _Body:
    """Keeps a place of the process for as long as its reader reads."""

    def __init__(self, parts: Generator[bytes, None, None]) -> None:
        self.parts = parts
        self.place = Place(getattr(connection, "keeper", None))

    def __iter__(self) -> Iterator[bytes]:
        return self.parts

    def close(self) -> None:
        self.parts.close()
        self.place.give_back()


def _sent(parts: Iterator[bytes], broken: bytes) -> Generator[bytes, None, None]:
    """What breaks off must not look complete."""
    try:
        yield from parts
    except DatabaseError:
        yield broken
        raise


def _values(record: Record) -> dict[str, Any]:
    return {
        "at": record.at.isoformat(),
        "actor": record.actor_name,
        "actor_kind": record.actor_kind,
        "actor_id": record.actor_id,
        "action": record.action,
        "words": words(record.action),
        "objects": record.objects_named,
        "address": record.address,
        "request": record.request,
        "before": record.before,
        "after": record.after,
    }


def _json_lines(some: Iterator[list[Record]]) -> Iterator[bytes]:
    for records in some:
        yield b"".join(orjson.dumps(_values(record)) + b"\n" for record in records)


def _csv(some: Iterator[list[Record]]) -> Iterator[bytes]:
    yield ",".join(COLUMNS).encode() + b"\r\n"
    for records in some:
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
        for record in records:
            values = _values(record)
            writer.writerow({name: tables.cell(value) for name, value in values.items()})
        yield text.getvalue().encode()


COLUMNS = (
    *("at", "actor", "actor_kind", "actor_id", "action", "words", "objects"),
    *("address", "request", "before", "after"),
)
Writer = Callable[[Iterator[list[Record]]], Iterator[bytes]]
WRITERS: dict[str, tuple[Writer, bytes]] = {
    "ndjson": (_json_lines, tables.BROKEN_LINES),
    "csv": (_csv, tables.BROKEN_ROWS),
}
