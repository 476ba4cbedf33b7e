"""Gives the jobs of dead workers to living ones, from outside the queue that it watches.

Each organization's uploads are looked after too: lost work goes on, and what nothing names any
more is cleared away.
"""

import asyncio
import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from catalogs import reaper
from catalogs.storage import StorageUnavailable
from tenants.current import tenant_scope
from tenants.models import Organization

log = logging.getLogger("gistac.sweep")

LOOK_EVERY, REAP_EVERY = 60, 3600  # seconds between two looks at uploads, and at the bucket


class Command(BaseCommand):
    help = "Goes on with what was cut off, and clears away what nothing names any more."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="sweep once and end")
        parser.add_argument("--every", type=float, help="seconds between two sweeps")

    def handle(self, *args: Any, **options: Any) -> None:
        looked, reaped = 0.0, 0.0
        while True:
            for job in asyncio.run(retry_stalled(settings.WORKER_SILENCE)):
                log.warning("job %s (%s) goes on: its worker is gone", job.id, job.task_name)
            now = time.monotonic()
            if options["once"] or now - looked >= LOOK_EVERY:
                reap = options["once"] or now - reaped >= REAP_EVERY
                tidy(reap)
                looked, reaped = now, now if reap else reaped
            if options["once"]:
                return
            time.sleep(options["every"] or settings.WORKER_SILENCE / 6)


def tidy(reap: bool) -> None:
    """Every active organization's uploads; and its part of the bucket, where `reap`."""
    for organization in Organization.objects.filter(state=Organization.State.ACTIVE):
        with tenant_scope(organization):
            for upload in reaper.sweep():
                log.warning("upload %s goes on: its job was lost", upload)
            try:
                removed = reaper.reap(str(organization.pk)) if reap else []
            except StorageUnavailable:
                log.warning("the bucket does not answer; what it holds is looked at later")
                continue
            if removed:
                log.info("removed %s files that nothing names", len(removed))


async def retry_stalled(silent_seconds: float) -> list[Job]:
    """Dead workers are forgotten only after their jobs were seen."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_seconds)
    jobs = list(stalled)
    for job in jobs:
        await app.job_manager.retry_job(job)
    await app.job_manager.prune_stalled_workers(seconds_since_heartbeat=silent_seconds)
    return jobs
