"""Runs the jobs."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app


class Command(BaseCommand):
    help = "Runs the jobs until stopped; what is running then is given 20 seconds to end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2)

    def handle(self, *args: Any, **options: Any) -> None:
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            app.run_worker(
                concurrency=options["concurrency"],
                # A worker that is killed is noticed by its silence: sweep.py waits as long.
                update_heartbeat_interval=settings.WORKER_SILENCE / 6,
                stalled_worker_timeout=settings.WORKER_SILENCE,
                shutdown_graceful_timeout=20,
            )
