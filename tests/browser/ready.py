"""Ways to a state that need no other."""

import requests

from catalogs import shares
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
