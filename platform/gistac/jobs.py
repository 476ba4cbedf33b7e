"""Jobs run inside the organization that their arguments name."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from procrastinate import App, JobContext
from procrastinate.exceptions import JobAborted
from procrastinate.middleware import SyncCallNext
from procrastinate.worker import Worker

from tenants.current import tenant_scope
from tenants.models import Organization


def install(app: App) -> None:
    """Called by procrastinate when its app is ready."""
    middlewares = app.worker_defaults.setdefault("task_middleware", [])
    middlewares.append(enter_organization)


def enter_organization(call_next: SyncCallNext, context: JobContext, worker: Worker) -> Any:
    with scope_of(context.job.task_kwargs):
        return call_next()


def scope_of(arguments: Mapping[str, Any]) -> AbstractContextManager[Any]:
    """The organization of `organization`, a UUID; a job without one runs on the platform, where
    no organization's table exists."""
    if "organization" not in arguments:
        return nullcontext()
    organization = Organization.objects.filter(
        pk=arguments["organization"], state=Organization.State.ACTIVE
    ).first()
    if organization is None:
        raise JobAborted("The organization of this job is not active.")
    return tenant_scope(organization)
