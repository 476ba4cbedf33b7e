"""Deleted organizations whose grace is over: files, then schema, then row. Killed between any two
steps, the next sweep begins again and finds less to do."""

import logging

from django.db import OperationalError

from catalogs import reaper
from catalogs.storage import StorageUnavailable
from tenants import lifecycle
from tenants.models import Organization

log = logging.getLogger("gistac.sweep")


def remove_due() -> None:
    for organization in lifecycle.due_for_removal():
        try:
            with reaper.alone(str(organization.pk)) as mine:
                if mine:
                    remove(organization)
        except (StorageUnavailable, OperationalError) as fault:
            log.warning("%s is removed later: %s", organization.slug, fault)


def remove(organization: Organization) -> None:
    """Its row goes last, and only when bucket and database, asked again, know nothing of it."""
    objects = reaper.remove_all(organization.pk)
    lifecycle.drop_schema(organization)
    if not reaper.is_empty(organization.pk):
        log.warning("%s: something came into the bucket meanwhile", organization.slug)
        return
    lifecycle.forget(organization, objects=objects)
    log.info("%s was removed, with %s files", organization.slug, objects)
