"""Watches over jobs and files from outside the queue: what is cut off goes on, what nobody needs
any more goes away."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from allauth.idp.oidc.models import Token
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app
from procrastinate.jobs import Job

from catalogs import exporting, indexing, loading, reaper, room
from catalogs.stac import indexes
from catalogs.storage import StorageUnavailable
from gistac import limits, removal
from tenants import domains, impersonation, key_reminders, quotas
from tenants.current import tenant_scope
from tenants.models import Organization

log = logging.getLogger("gistac.sweep")
MEASURE_EVERY = 300  # seconds
REAP_EVERY = 3600  # seconds; what is reaped was left alone for half an hour at least


class Command(BaseCommand):
    help = "Gives the jobs of dead workers to living ones; empties trash and bucket of leftovers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="sweep and reap once, then end")
        parser.add_argument("--every", type=float, help="seconds between two sweeps")

    def handle(self, *args: Any, **options: Any) -> None:
        reaped = measured = 0.0
        while True:
            sweep()
            if options["once"] or time.monotonic() - measured > MEASURE_EVERY:
                measure()
                measured = time.monotonic()
            if options["once"] or time.monotonic() - reaped > REAP_EVERY:
                reap()
                reaped = time.monotonic()
            if options["once"]:
                return
            time.sleep(options["every"] or settings.WORKER_SILENCE / 6)


def sweep() -> None:
    with ThreadPoolExecutor(1) as apart:  # whatever runs in this thread
        stalled = apart.submit(asyncio.run, retry_stalled(settings.WORKER_SILENCE)).result()
    for job in stalled:
        log.warning("job %s (%s) goes on: its worker is gone", job.id, job.task_name)
    for organization in Organization.objects.filter(state=Organization.State.ACTIVE):
        with tenant_scope(organization):
            for upload in reaper.sweep():
                log.warning("upload %s has a new job: the one it had is gone", upload)
            for load in loading.sweep(str(organization.pk)):
                log.warning("the writing of items %s goes on: its worker is gone", load)
            for export in exporting.sweep(str(organization.pk)):
                log.warning("export %s begins anew: its worker is gone", export)
            for index in indexing.sweep(str(organization.pk)):
                log.warning("the index on %s is made anew: nobody was at it", index)
            room.settle(partial(quotas.reserve, organization))


def measure() -> None:
    impersonation.end_overdue()
    for organization in Organization.objects.filter(state=Organization.State.ACTIVE).select_related(
        "plan"
    ):
        with tenant_scope(organization):
            limits.measure(organization)


async def retry_stalled(silent_seconds: float) -> list[Job]:
    """Dead workers are forgotten only after their jobs were seen."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_seconds)
    jobs = list(stalled)
    for job in jobs:
        await app.job_manager.retry_job(job)
    await app.job_manager.prune_stalled_workers(seconds_since_heartbeat=silent_seconds)
    return jobs


def reap() -> None:
    if told := key_reminders.remind():
        log.info("%s keys that end soon were told of", told)
    active = Organization.objects.filter(state=Organization.State.ACTIVE)
    for (owner,) in active.values_list("pk"):
        with reaper.alone(str(owner)) as mine:
            organization = active.filter(pk=owner).first()  # a restore gives it another schema
            if mine and organization is not None:
                reap_one(organization)
    removal.remove_due()
    for host in domains.check_all():
        log.warning("%s is a door no more: its record is gone", host)
    Token.objects.expired().delete()


def reap_one(organization: Organization) -> None:
    with tenant_scope(organization):
        indexes.forget()
        try:
            removed = reaper.reap(str(organization.pk))
        except StorageUnavailable:
            log.warning("the bucket does not answer; what is left in it is removed later")
            return
    if removed:
        log.info("%s files that nothing names were removed", len(removed))
