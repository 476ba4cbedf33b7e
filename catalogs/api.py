"""The STAC API with an audit record of every write: the core's views, our verbs."""

from pathlib import PurePath
from typing import Any

from django.http import HttpRequest

from catalogs import collections, items, loading, room
from catalogs.audit import Actor
from catalogs.stac import views
from catalogs.stac.bodies import Body
from catalogs.stac.bulk import Plan, Report
from catalogs.stac.documents import Document
from catalogs.stac.models import Asset, Collection, Item, Job
from catalogs.stac.urls import patterns
from catalogs.stac.views.assets import Gate
from catalogs.stac.views.catalog import About
from catalogs.storage import assets


class Landing(views.Landing):
    def about(self, request: HttpRequest) -> About:
        """The catalog is named as its organization, where there is one."""
        owner = getattr(request, "organization", None)
        if owner is None:
            return super().about(request)
        return {
            "id": owner.slug,
            "title": owner.name,
            "description": f"The SpatioTemporal Asset Catalog of {owner.name}.",
        }


class Collections(views.Collections):
    def perform_create(self, document: Document) -> Collection:
        return collections.create(document, actor=Actor.of(self.request.user))


class OneCollection(views.OneCollection):
    def perform_create(self, document: Document) -> Collection:
        return collections.create(document, actor=Actor.of(self.request.user))

    def perform_update(self, collection: Collection, document: Document) -> Collection:
        actor = Actor.of(self.request.user)
        return collections.replace(collection, document, actor=actor, if_match=self.condition())

    def perform_patch(self, collection: Collection, patch: Document | list[Any]) -> Collection:
        actor = Actor.of(self.request.user)
        return collections.update(collection, patch, actor=actor, if_match=self.condition())

    def perform_destroy(self, collection: Collection, cascade: bool) -> None:
        actor = Actor.of(self.request.user)
        collections.delete(collection, actor=actor, cascade=cascade, if_match=self.condition())


class Items(views.Items):
    def perform_create(self, collection: Collection, document: Document) -> Item:
        return items.create(collection, document, actor=Actor.of(self.request.user))

    def perform_create_all(self, collection: Collection, body: Body, plan: Plan) -> Report:
        return items.write_all(collection, body, plan, actor=Actor.of(self.request.user))

    def perform_admit(self, body: Body) -> None:
        room.promise(body.size, room.keeper(self.request))

    def perform_keep(self, body: Body) -> str:
        return loading.keep(body, str(self.request.organization.pk))  # type: ignore[attr-defined]

    def perform_defer(self, job: Job) -> None:
        loading.defer(job, str(self.request.organization.pk))  # type: ignore[attr-defined]


class OneJob(views.OneJob):
    def perform_dismiss(self, job: Job) -> Job:
        return loading.dismiss(job, actor=Actor.of(self.request.user))


class OneItem(views.OneItem):
    def perform_create(self, collection: Collection, document: Document) -> Item:
        return items.create(collection, document, actor=Actor.of(self.request.user))

    def perform_update(self, item: Item, document: Document) -> Item:
        actor = Actor.of(self.request.user)
        return items.replace(item, document, actor=actor, if_match=self.condition())

    def perform_patch(self, item: Item, patch: Document | list[Any]) -> Item:
        actor = Actor.of(self.request.user)
        return items.update(item, patch, actor=actor, if_match=self.condition())

    def perform_destroy(self, item: Item) -> None:
        items.delete(item, actor=Actor.of(self.request.user), if_match=self.condition())


class Named(Gate):
    """Bytes are saved under a name that people know, whatever the bucket calls them."""

    def address(self, asset: Asset) -> str:
        owner = self.kwargs.get("item", self.kwargs["collection"])
        name = owner if asset.key == "data" else f"{owner}-{asset.key}"
        return assets().url(
            asset.name,
            self.method_to_sign,
            filename=name + PurePath(asset.name).suffix,
            media_type=asset.media_type,
            inline=asset.key == "thumbnail",
        )


class ItemAsset(Named, views.ItemAsset):
    """An item's file."""


class CollectionAsset(Named, views.CollectionAsset):
    """A collection's file."""


app_name = "stac"
urlpatterns = patterns(
    Landing=Landing,
    Collections=Collections,
    OneCollection=OneCollection,
    Items=Items,
    OneItem=OneItem,
    OneJob=OneJob,
    ItemAsset=ItemAsset,
    CollectionAsset=CollectionAsset,
)
