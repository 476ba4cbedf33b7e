"""Many items written by one request (Transaction extension; stored answers; jobs)."""

import re
import uuid
from typing import Any

from django.core.files.base import File
from django.core.files.storage import storages
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from .. import answers, bulk, idempotency, jobs, links, shapes, sight, transactions, upgrading
from ..bodies import NDJSON, PARSERS, SEQUENCES, Body
from ..bulk import Method, Plan, Report
from ..components import ref
from ..documents import Document
from ..errors import Invalid, LengthRequired, NotFound, Refused
from ..models import Collection, Item, Job
from ..parsers import LARGEST_BODY
from ..writing_parameters import WriteParameters
from .base import StacView

_HEADERS = (
    OpenApiParameter(
        "Prefer",
        location=OpenApiParameter.HEADER,
        description="`handling=lenient` keeps what is good and reports the rest; "
        "`respond-async` has it done by a job (RFC 7240).",
    ),
    OpenApiParameter(
        "Idempotency-Key",
        location=OpenApiParameter.HEADER,
        description="The same key with the same body is answered again, and written once.",
    ),
)
_ONE_TEXT = {"oneOf": [ref("Item"), ref("NewItems")]}
_LINES = {"type": "string", "description": "An Item a line"}
_SENT = dict.fromkeys((links.JSON, links.GEOJSON), _ONE_TEXT) | dict.fromkeys(
    (*NDJSON, *SEQUENCES), _LINES
)
_WRITTEN = {
    (201, links.GEOJSON): ref("Item"),
    (201, links.JSON): ref("Written"),
    (202, links.JSON): ref("Job"),
    (207, links.JSON): ref("Written"),
}


class WriteItems(StacView):
    """One Item, or many: a FeatureCollection, or newline-delimited JSON."""

    parser_classes = PARSERS
    parameters = {"POST": WriteParameters}
    writes = {"POST": "stac.add_item"}

    @extend_schema(
        operation_id="postFeature",
        parameters=[WriteParameters, *_HEADERS],
        request=_SENT,
        responses=_WRITTEN,
    )
    def post(self, request: Request, collection: str) -> HttpResponse:
        """One Item; or many, all or none, unless `Prefer: handling=lenient`."""
        home = self.home(collection)
        self.permit()
        plan, body = self.plan(), self.body()
        key = request.headers.get("Idempotency-Key")
        asked = (request.path, repr(plan), body.media_type, body.digest) if key else ()
        return idempotency.once(request.user, key, asked, lambda: self.write(home, body, plan))

    def home(self, id: str) -> Collection:
        """Where they go, as far as it is needed before it is locked."""
        user = self.request.user

        def rows(id: str) -> QuerySet[Collection, tuple[Any, ...]]:
            seen = Collection.objects.visible_to(user).filter(pk=id)
            return seen.values_list("id", "strictness")

        for row in shapes.rows(rows, id, fixed=sight.shape(user, "stac.view_collection")):
            found: Collection = Collection.from_db(DEFAULT_DB_ALIAS, ["id", "strictness"], row)
            return found
        raise NotFound

    def plan(self) -> Plan:
        method = Method(self.asked.get("method", Method.INSERT))
        if method in (Method.UPSERT, Method.REPLACE):
            if not self.request.user.has_perm("stac.change_item"):
                self.permission_denied(self.request)
            if self.condition() not in (None, "*"):
                raise Invalid("If-Match names one version, and these are many items.")
        lenient = self.preferences().get("handling") == "lenient"
        return Plan(method, lenient, self.asked.get("upgrade", False))

    def preferences(self) -> dict[str, str]:
        """What the Prefer header asks for (RFC 7240, 2)."""
        parts = re.split(r"[,;]", self.request.headers.get("Prefer", ""))
        pairs = (part.strip().lower().partition("=") for part in parts)
        return {name.strip(): value.strip(' "') for name, _, value in pairs}

    def body(self) -> Body:
        body = self.document
        if isinstance(body, Body):
            return body
        if self.request.headers.get("Transfer-Encoding"):
            raise LengthRequired("Say with Content-Length how long the body is.")
        raise Invalid("There is no body. Send an Item, with its Content-Type.")

    def write(self, home: Collection, body: Body, plan: Plan) -> HttpResponse:
        if body.is_one_text and not _is_many(body.value):
            if "method" in self.asked:
                message = "One item is written anew by PUT, with ?upsert=true where it is new."
                raise Invalid(message, parameter="method")
            document = upgrading.upgrade(body.value) if plan.upgrade else body.value
            return answers.created(self.request, self.perform_create(home, document))
        if self.is_large(body):
            return self.later(home, body, plan)
        return answers.report(self.perform_create_all(home, body, plan), lenient=plan.lenient)

    def is_large(self, body: Body) -> bool:
        return body.size > LARGEST_BODY or "respond-async" in self.preferences()

    def later(self, home: Collection, body: Body, plan: Plan) -> HttpResponse:
        """202, and where to ask how far it is (RFC 7240, 4.1)."""
        with transaction.atomic():
            self.perform_admit(body)
            job = jobs.start(home, body, plan, self.request.user)
        try:
            name = self.perform_keep(body)
        except Refused:
            job.delete()  # its room is free again
            raise
        with transaction.atomic():
            if jobs.keep(job, name):
                self.perform_defer(job)
        return answers.accepted(self.request, Job.objects.get(pk=job.pk))

    def perform_admit(self, body: Body) -> None:
        """Refuses a body that may not be kept, in the transaction that promises to keep it."""

    def perform_keep(self, body: Body) -> str:
        """Keeps the body until the job has read it; gives its name in storages["assets"]."""
        body.file.seek(0)
        return storages["assets"].save(f"jobs/{uuid.uuid4()}", File(body.file))

    def perform_defer(self, job: Job) -> None:
        """Has the job run: at once, where nothing else is there to run it."""
        store = storages["assets"]
        jobs.run(str(job.pk), job.attempt, lambda row: store.open(row.name))
        store.delete(job.name)

    def perform_create(self, collection: Collection, document: Document) -> Item:
        return transactions.create_item(collection, document)

    def perform_create_all(self, collection: Collection, body: Body, plan: Plan) -> Report:
        return bulk.write(collection, body, plan)


def _is_many(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "FeatureCollection"
