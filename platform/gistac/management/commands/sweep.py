"""Gives the jobs of dead workers to living ones, from outside the queue that it watches."""

import asyncio
import logging
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

log = logging.getLogger("gistac.sweep")


class Command(BaseCommand):
    help = "Retries the jobs of workers that fell silent, and removes finished ones after a week."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="sweep once and end")
        parser.add_argument("--every", type=float, help="seconds between two sweeps")

    def handle(self, *args: Any, **options: Any) -> None:
        while True:
            for job in asyncio.run(retry_stalled(settings.WORKER_SILENCE)):
                log.warning("job %s (%s) goes on: its worker is gone", job.id, job.task_name)
            if options["once"]:
                return
            time.sleep(options["every"] or settings.WORKER_SILENCE / 6)


async def retry_stalled(silent_seconds: float) -> list[Job]:
    """Dead workers are forgotten only after their jobs were seen."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_seconds)
    jobs = list(stalled)
    for job in jobs:
        await app.job_manager.retry_job(job)
    await app.job_manager.prune_stalled_workers(seconds_since_heartbeat=silent_seconds)
    return jobs
