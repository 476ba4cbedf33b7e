"""Runs deferred jobs as a worker would, but in the test's transaction, which no worker sees."""

import time

from django.db import connection
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from gistac.jobs import scope_of


def run_deferred(limit: int = 100) -> int:
    """Runs jobs until none is left, in the order a queue would; gives how many ran."""
    ran = 0
    while ran < limit and (job := next_job()):
        mark(job, "doing")
        run(job)
        mark(job, "succeeded")
        ran += 1
    return ran


def next_job() -> ProcrastinateJob | None:
    return ProcrastinateJob.objects.filter(status="todo").order_by("-priority", "id").first()


def run(job: ProcrastinateJob) -> None:
    task = app.tasks[job.task_name]
    with scope_of(job.args):
        if task.pass_context:
            task(context_of(job), **job.args)
        else:
            task(**job.args)


def mark(job: ProcrastinateJob, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s",
            [status, job.id],
        )


def context_of(job: ProcrastinateJob) -> JobContext:
    return JobContext(
        app=app,
        job=job.procrastinate_job,
        start_timestamp=time.time(),
        abort_reason=lambda: None,
    )
