"""Ways to a state that need no other."""

import requests
from django.utils import timezone

from catalogs import shares
from catalogs.stac.models import Asked, PropertyIndex
from tenants.current import tenant_scope
from tests.live import Live
from tests.stac import documents


def a_share(live: Live) -> dict[str, object]:
    """A link that shows all that its maker sees, and its address."""
    with tenant_scope(live.organization):
        made = shares.make(live.owner, label="For the harbour", search={})
        return {"share": made.pk, "link": shares.address(made, live.organization.path)}


def items_over_time(live: Live) -> dict[str, object]:
    """A collection whose items are of several months."""
    client = requests.Session()
    client.headers["Authorization"] = f"Bearer {live.key()}"
    if not client.get(f"{live.stac}collections/seasons").ok:
        made = documents.collection("seasons")
        client.post(f"{live.stac}collections", json=made).raise_for_status()
        features = [
            documents.item(
                f"s{n}", properties={"datetime": f"20{20 + n % 4}-{n % 7 + 1:02}-01T00:00:00Z"}
            )
            for n in range(40)
        ]
        sent = {"type": "FeatureCollection", "features": features}
        client.post(f"{live.stac}collections/seasons/items", json=sent).raise_for_status()
    return {"collection": "seasons"}


def slow_searches(live: Live) -> None:
    """One index of each state, and searches that wait for theirs."""
    long = "s2:" + "a_very_long_name_without_an_end_" * 5
    words = {"day": timezone.now().date(), "kind": "number"}
    with tenant_scope(live.organization):
        for name, use, slowness, count in (
            ("eo:cloud_cover", "filter", 5, 1240),
            ("gsd", "falling", 10, 1240),
            ("gsd", "filter", 11, 300),
            (long, "filter", 3, 1),
        ):
            Asked.objects.get_or_create(
                **words, name=name, use=use, slowness=slowness, defaults={"count": count}
            )
        for name, state in (("platform", "ready"), (long, "building"), ("a'b", "failed")):
            PropertyIndex.objects.get_or_create(
                name=name,
                kind="string",
                descending=False,
                defaults={"state": state, "problem": "No space left on device."},
            )
