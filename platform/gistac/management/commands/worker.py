"""Runs the jobs."""

import asyncio
import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from procrastinate.contrib.django import app

LONG = ("export", "index")  # queues of what may take hours


class Command(BaseCommand):
    help = "Runs the jobs until stopped; what is running then is given 20 seconds to end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concurrency", type=int, default=2, help="jobs at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        with app.replace_connector(app.connector.get_worker_connector()):  # type: ignore[attr-defined]
            asyncio.run(work(options["concurrency"]))


async def work(concurrency: int) -> None:
    """What may take hours has a place of its own for each kind: it keeps nothing else waiting."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    others = {task.queue for task in app.tasks.values()} - {*LONG}
    async with app.open_async():
        places = _run(sorted(others), concurrency), *(_run([queue], 1) for queue in LONG)
        workers = [asyncio.create_task(place) for place in places]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop, workers)
        done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        _stop(workers)  # half a worker is none: who started it starts it again
        await asyncio.gather(*workers, return_exceptions=True)
        for one in done:
            if not one.cancelled():
                one.result()


def _stop(workers: list[asyncio.Task[None]]) -> None:
    """Told once, each goes on with what it has until its time is over."""
    for one in workers:
        if not one.cancelling():
            one.cancel()


async def _run(queues: list[str], concurrency: int) -> None:
    await app.run_worker_async(
        queues=queues,
        concurrency=concurrency,
        # A worker that is killed is noticed by its silence: sweep.py waits as long.
        update_heartbeat_interval=settings.WORKER_SILENCE / 6,
        stalled_worker_timeout=settings.WORKER_SILENCE,
        shutdown_graceful_timeout=20,
        install_signal_handlers=False,
    )
