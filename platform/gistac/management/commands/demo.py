"""Makes an organization to look at, by the way that everybody's files take."""

import json
import tempfile
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from catalogs import collections, drafts
from catalogs.audit import Actor
from catalogs.models import Draft
from catalogs.stac.models import Collection, Item
from gistac import scenes
from gistac.scenes import Scene, Series
from tenants import keys
from tenants.current import tenant_scope
from tenants.models import ApiKey, Organization, User
from tenants.roles import WRITE_SCOPES
from tenants.signup import create_organization

SLUG, ADDRESS = "demo", "demo@example.com"
PICTURES = settings.BASE_DIR / "node_modules" / "three-globe" / "example" / "img"
PATIENCE = 180  # seconds for all files to be described


class Command(BaseCommand):
    help = "Makes the organization `demo` with scenes of the Earth; web and worker must run."

    def handle(self, *args: Any, **options: Any) -> None:
        if not PICTURES.is_dir():
            raise CommandError("The demo's pictures come with the npm packages: run `npm ci`.")
        owner = User.objects.filter(email=ADDRESS).first() or new_owner()
        organization = Organization.objects.filter(slug=SLUG).first() or create_organization(
            name="Demo", slug=SLUG, owner=owner
        )
        with tenant_scope(organization):
            if is_whole():
                return  # no key is made in vain
        key, text = keys.issue(
            organization,
            creator=owner,
            name="Set-up of the demo",
            scopes=WRITE_SCOPES,
            expires=timezone.now() + timedelta(hours=1),
        )
        try:
            self.fill(organization, key, Door(organization, text))
        finally:
            keys.revoke(key, by=owner)

    def fill(self, organization: Organization, key: ApiKey, door: "Door") -> None:
        waiting: dict[str, Scene] = {}
        # What an earlier run sent, before it was killed, is not sent again.
        sent = door.under_way()
        with tempfile.TemporaryDirectory() as folder:
            for series in scenes.SERIES:
                with tenant_scope(organization):
                    make_collection(series, Actor.of(key))
                for scene, file in scenes.cut(PICTURES, series, Path(folder)):
                    if not door.has(series.id, scene.name):
                        upload = sent.get(file.name) or door.send(file, series.id)
                        waiting[upload] = scene
                        self.stdout.write(f"sent {file.name}")
        until = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < until:
            for upload in list(waiting):
                if door.is_settled(upload):
                    scene = waiting.pop(upload)
                    with tenant_scope(organization):
                        publish(upload, scene, Actor.of(key))
                    self.stdout.write(f"published {scene.name}")
            time.sleep(0.5)
        if waiting:
            names = ", ".join(scene.name for scene in waiting.values())
            raise CommandError(f"These were not described in {PATIENCE} seconds: {names}.")


def is_whole() -> bool:
    """Whether all scenes are published."""
    named = {scene.name for series in scenes.SERIES for scene in series.scenes}
    return Item.objects.filter(stac_id__in=named).count() == len(named)


def new_owner() -> User:
    """Signs in by a code like everybody else: the address counts as confirmed, no password is."""
    owner = User.objects.create_user(ADDRESS, name="Demo")
    owner.set_unusable_password()
    owner.save()
    EmailAddress.objects.create(user=owner, email=ADDRESS, verified=True, primary=True)
    return owner


def make_collection(series: Series, actor: Actor) -> None:
    if Collection.objects.filter(pk=series.id).exists():
        return
    visibility = Collection.Visibility.PUBLIC if series.public else Collection.Visibility.MEMBERS
    document = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "id": series.id,
        "title": series.title,
        "description": series.description,
        "keywords": list(series.keywords),
        "license": "other",
        "providers": [
            {"name": "NASA", "roles": ["producer", "licensor"], "url": "https://www.nasa.gov/"}
        ],
        "links": [],
    }
    collections.create(document, actor=actor, visibility=visibility, derived=True)


def publish(upload: str, scene: Scene, actor: Actor) -> None:
    """What a reviewer would do: give it a title, then publish."""
    draft = Draft.objects.get(upload=UUID(upload))
    drafts.save(draft, {"title": scene.title}, actor=actor)
    drafts.publish(draft, actor=actor)


class Door:
    """The organization's own address, asked with a key as any program asks it."""

    def __init__(self, organization: Organization, key: str) -> None:
        self.address = organization.address
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, address: str, body: Any = None) -> Any:
        # Addresses in answers are paths: the same host, whichever door was used.
        url = address if "://" in address else f"{settings.PLATFORM_URL}{address}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, self.headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return json.load(response)

    def has(self, collection: str, item: str) -> bool:
        try:
            self.ask(f"{self.address}stac/collections/{collection}/items/{item}")
        except urllib.error.HTTPError as answer:
            if answer.code == 404:
                return False
            raise
        return True

    def under_way(self) -> dict[str, str]:
        states = "checking,describing,converting,review"
        listed = self.ask(f"{self.address}api/uploads/?state={states}")["uploads"]
        return {upload["filename"]: upload["id"] for upload in listed}

    def send(self, file: Path, collection: str) -> str:
        """Start, sign, PUT every part, finish; gives the upload's id."""
        data = file.read_bytes()
        wanted = {"filename": file.name, "size": len(data), "collection": collection}
        upload = self.ask(f"{self.address}api/uploads/", wanted)
        numbers = list(range(1, upload["part_count"] + 1))
        signed = self.ask(upload["links"]["sign"], {"parts": numbers})["urls"]
        for part in signed:
            first = (part["part"] - 1) * upload["part_size"]
            bytes_of_it = data[first : first + upload["part_size"]]
            put = urllib.request.Request(part["url"], bytes_of_it, method="PUT")  # noqa: S310
            with urllib.request.urlopen(put, timeout=60):  # noqa: S310
                pass
        self.ask(upload["links"]["finish"], {})
        return str(upload["id"])

    def is_settled(self, upload: str) -> bool:
        state = self.ask(f"{self.address}api/uploads/{upload}/")
        if state["state"] in ("rejected", "aborted"):
            raise CommandError(f"{state['filename']} was refused: {state['problem']}")
        return bool(state["state"] == "review")
