"""`make run`, `make test` and their smaller sisters: python3 infra/bin COMMAND.

Only the standard library may be imported here: this runs before anything is installed.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

import checks
import frontend
import packages
import python
from ground import PYTHON, ROOT, Place, Refusal, Report
from stack import Stack


def install(place: Place, report: Report, *, browser: bool) -> None:
    """What a fresh machine lacks; each step is skipped where it was done before."""
    place.make()
    with report.step("System packages") as done:
        needs_venv = not python.has_uv(place) and not python.system_can_make_venvs()
        done += packages.install(place, browser=browser, venv_module=needs_venv)
    with report.step("Python packages") as done:
        done += python.make_venv(place)
    with report.step("Front end") as done:
        done += frontend.build(place)


def run(place: Place, port: int | None, demo: bool) -> None:
    place.make()
    place.enough_room(2)
    report = Report(8 if demo else 7)
    stack = Stack(place)
    stack.claim()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _interrupt(ended))
    try:
        install(place, report, browser=False)
        _start(stack, report, port, demo)
        print(_farewell(stack, demo), flush=True)
        ended.wait()
    except KeyboardInterrupt:
        pass
    finally:
        if stack.supervisor.running:
            print("Stopping ...", flush=True)
            stack.stop()
            print("Stopped. `make run` goes on where you left.", flush=True)


def _interrupt(ended: threading.Event) -> None:
    """Once stops in order; a second time is heard only after that."""
    if not ended.is_set():
        ended.set()
        raise KeyboardInterrupt


def _start(stack: Stack, report: Report, port: int | None, demo: bool) -> None:
    with report.step("Database (PostgreSQL, PostGIS) and files (SeaweedFS)") as done:
        done += stack.recover()
        stack.choose_ports(port)
        done += stack.cluster.make()
        stack.store.make()
        stack.start_servers()
        done += [*stack.cluster.make_database(), "running"]
    with report.step("Tables and bucket") as done:
        stack.manage("setup", refusal="The database and the bucket could not be made ready.")
        done.append("ready")
    with report.step("Static files") as done:
        done += stack.collect_static()
    with report.step("Web, worker, sweeper") as done:
        stack.start_product()
        done.append("running")
    if demo:
        with report.step("Demo organization, with pictures of the Earth") as done:
            stack.manage("demo", refusal="The demo organization could not be made.", aloud=True)
            done.append("there")


def _farewell(stack: Stack, demo: bool) -> str:
    address = stack.address
    lines = ["", f"GiSTAC runs at {address}"]
    if demo:
        stac = f"{address}/o/demo/stac"
        lines += [
            f"Demo organization  {address}/o/demo/",
            f"Sign in            demo@example.com; the code is at {address}/mail/",
            "",
            f"  curl '{stac}/search?limit=1'",
            f'  {os.path.relpath(PYTHON)} -c "from pystac_client import Client; '
            f"print([item.id for item in Client.open('{stac}/').search(max_items=5).items()])\"",
        ]
    lines += ["", f"Logs are in {os.path.relpath(stack.place.logs)}. Ctrl-C stops everything.", ""]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="infra/bin", description=__doc__)
    parser.add_argument("command", choices=["run", *checks.COMMANDS])
    parser.add_argument("--port", type=int, help="where web listens")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", help="where data are kept")
    parser.add_argument("--no-demo", action="store_true", help="make no demo organization")
    parser.add_argument("words", nargs="*", help="for pytest, or for Django's manage.py")
    words, options = parser.parse_known_args()
    place = Place(words.data)
    try:
        if words.command == "run":
            run(place, words.port, demo=not words.no_demo)
            return 0
        if words.command != "manage":
            install(place, Report(3), browser=words.command.startswith("test"))
        checks.COMMANDS[words.command](place, [*words.words, *options])
    except Refusal as refusal:
        print(f"\n{refusal}", file=sys.stderr, flush=True)
        return 1
    except checks.Failed as failed:
        print(f"\n{failed}", file=sys.stderr, flush=True)
        return 1
    except OSError as error:
        # A full disk, a file that somebody else owns: the system's own words name it.
        print(f"\nThis could not be done: {error}.", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
