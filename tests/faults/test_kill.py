"""kill -9 in the middle of an upload or a job: nothing is lost, nothing is there twice, the row
says the truth, and everything goes on by itself."""

import random
import threading
import time

import pytest

from tests.faults.program import Program, Sent, raster
from tests.faults.stack import Stack, wait_until

pytestmark = pytest.mark.faults

FEW, MANY = 1, 25
VICTIMS = ("web", "worker", "postgres", "s3")
CYCLES = [
    pytest.param(victim, cycle, marks=[pytest.mark.long] * (cycle >= FEW))
    for victim in VICTIMS
    for cycle in range(MANY)
]

# Everything that the product holds of one upload, and every job of it.
TRUTH = """
import json, hashlib
from procrastinate.contrib.django.models import ProcrastinateJob
from catalogs.models import Draft, Upload
from catalogs.storage import assets
from tenants.current import tenant_scope
from tenants.models import Organization
with tenant_scope(Organization.objects.get(slug="acme")):
    upload = Upload.objects.get(pk="{id}")
    drafts = list(Draft.objects.filter(upload=upload))
    digest = hashlib.sha256()
    for chunk in assets().chunks(upload.name):
        digest.update(chunk)
    held = {{file["name"]: file["size"] for draft in drafts for file in draft.held}}
    print(json.dumps({{
        "state": upload.state,
        "checksum": upload.checksum,
        "bytes": "1220" + digest.hexdigest(),
        "drafts": len(drafts),
        "held": held,
        "listed": {{each.name: each.size for each in assets().listing(upload.folder)}},
        "unfinished": len(assets().unfinished(upload.folder)),
        "jobs": ProcrastinateJob.objects.filter(
            status__in=("todo", "doing"), args__upload="{id}").count(),
    }}))
"""


@pytest.mark.parametrize(("victim", "cycle"), CYCLES)
def test_while_a_file_is_sent(stack: Stack, program: Program, victim: str, cycle: int):
    sent = program.start(f"sent-{victim}-{cycle}.tif", raster(_seed("sent", victim, cycle)))
    shot = _shoot(stack, victim, random.Random(cycle).uniform(0, 1))
    program.send(sent)
    shot.join()
    _all_is_well(stack, program, sent)


@pytest.mark.parametrize(("victim", "cycle"), CYCLES)
def test_while_its_job_runs(stack: Stack, program: Program, victim: str, cycle: int):
    sent = program.start(f"read-{victim}-{cycle}.tif", raster(_seed("read", victim, cycle)))
    program.send(sent)
    time.sleep(random.Random(cycle).uniform(0, 2))
    stack.kill(victim)
    _all_is_well(stack, program, sent)


def test_the_supervisor_itself(stack: Stack, program: Program):
    """Its orphans are found and ended by the next start, and the work goes on."""
    sent = program.start("orphans.tif", raster(_seed("orphans", "", 0)))
    program.send(sent)
    assert stack.process is not None
    stack.process.kill()
    stack.process.wait()
    assert stack.pids("postgres")
    stack.start()
    assert "of a run that was killed" in stack.said()
    _all_is_well(stack, program, sent)


def _seed(*words: object) -> int:
    """Every file differs from every other: the same bytes are taken only once."""
    return random.Random("/".join(map(str, words))).getrandbits(32)


def _shoot(stack: Stack, victim: str, seconds: float) -> threading.Timer:
    shot = threading.Timer(seconds, stack.kill, [victim])
    shot.start()
    return shot


def _all_is_well(stack: Stack, program: Program, sent: Sent) -> None:
    wait_until(
        lambda: program.state(sent)["state"] == "review",
        "the file is ready for review",
        lambda: program.state(sent),
    )
    truth = stack.shell(TRUTH.format(id=sent.id))
    assert isinstance(truth, dict)
    assert truth["state"] == "review"
    assert truth["checksum"] == truth["bytes"] == sent.checksum
    assert truth["drafts"] == 1
    missing = {name: size for name, size in truth["held"].items() if name not in truth["listed"]}
    assert missing == {}
    assert truth["unfinished"] == 0
    assert truth["jobs"] == 0
