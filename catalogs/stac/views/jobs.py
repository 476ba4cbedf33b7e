"""Jobs: what is written beside the requests (OGC API Processes 1, 7.11 to 7.14)."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from .. import answers, formats, jobs, links
from ..components import ref
from ..errors import NotFound
from ..models import Job
from ..writing_parameters import ReportParameters
from .base import StacView

MOST_LISTED = 100
_JOB = {(200, links.JSON): ref("Job")}


class JobView(StacView):
    def job(self, id: UUID) -> Job:
        found: Job | None = Job.objects.visible_to(self.request.user).filter(pk=id).first()
        if found is None:
            raise NotFound
        return found


class Jobs(JobView):
    """The newest of one's own; all for who may change any item."""

    @extend_schema(operation_id="getJobs", responses={(200, links.JSON): ref("Jobs")})
    def get(self, request: Request) -> HttpResponse:
        root = links.root(request)
        seen = Job.objects.visible_to(request.user).order_by("-created")[:MOST_LISTED]
        own = links.link("self", f"{root}jobs", links.JSON, "Jobs")
        told = [jobs.told(job, root) for job in seen]
        return answers.json_answer({"jobs": told, "links": [own, links.to_root(root)]})


class OneJob(JobView):
    """How far it is; DELETE cancels it."""

    writes = {"DELETE": "stac.add_item"}

    @extend_schema(operation_id="getJob", responses=_JOB)
    def get(self, request: Request, id: UUID) -> HttpResponse:
        job = self.job(id)
        first = job.refusals.order_by("index")[: jobs.MOST_TOLD]
        errors = [refusal.told() for refusal in first]
        answer = answers.json_answer({**jobs.told(job, links.root(request)), "errors": errors})
        if job.open:
            answer["Retry-After"] = "2"
        return answer

    @extend_schema(operation_id="deleteJob", responses=_JOB)
    def delete(self, request: Request, id: UUID) -> HttpResponse:
        job = self.job(id)
        self.permit()
        return answers.json_answer(jobs.told(self.perform_dismiss(job), links.root(request)))

    def perform_dismiss(self, job: Job) -> Job:
        return jobs.dismiss(job)


class JobReport(JobView):
    """All items that were refused, a line each; a Link leads to the next part of a long one."""

    parameters = {"GET": ReportParameters}
    usual = formats.NDJSON

    def get_renderers(self) -> Any:
        """A file to be saved, and no page."""
        return [self.usual]

    @extend_schema(
        operation_id="getJobReport",
        parameters=[ReportParameters],
        responses={(200, formats.NDJSON.media_type): {"type": "string"}},
    )
    def get(self, request: Request, id: UUID) -> HttpResponse:
        job, after = self.job(id), self.asked.get("after", -1)
        rows = list(job.refusals.filter(index__gt=after).order_by("index")[: jobs.MOST_REPORTED])
        lines = [orjson.dumps(row.told()) + b"\n" for row in rows]
        answer = HttpResponse(b"".join(lines), content_type=formats.NDJSON.media_type)
        answer["Content-Disposition"] = f'attachment; filename="{job.pk}.ndjson"'
        if len(rows) == jobs.MOST_REPORTED:
            more = f"{links.root(request)}jobs/{job.pk}/report?after={rows[-1].index}"
            answer["Link"] = f'<{more}>; rel="next"'
        return answer
