"""Code that runs as it stands: how programs reach what a page shows."""

import shlex
from dataclasses import dataclass

from django.conf import settings

from catalogs.stac import links

KEY = "GISTAC_KEY"


@dataclass(frozen=True)
class Snippet:
    label: str
    code: str
    note: str = ""


def stac_browser(address: str) -> str:
    """Where STAC Browser shows this address, or "" where the operator wants no link."""
    if settings.STAC_BROWSER == "none":
        return ""
    scheme, _, rest = address.partition("://")
    return settings.STAC_BROWSER + (rest if scheme == "https" else f"{scheme}:/{rest}")


def _curl(address: str, private: bool) -> str:
    header = f' \\\n  --header "Authorization: Bearer ${KEY}"' if private else ""
    return f"curl --fail --silent --show-error --location{header} \\\n  {shlex.quote(address)}"


def _client(root: str, private: bool) -> list[str]:
    opened = f"Client.open({root!r})"
    if not private:
        return ["from pystac_client import Client", "", f"catalog = {opened}"]
    return [
        "import os",
        "",
        "from pystac_client import Client",
        "",
        f"key = os.environ[{KEY!r}]",
        "catalog = Client.open(",
        f"    {root!r},",
        '    headers={"Authorization": f"Bearer {key}"},',
        ")",
    ]


def _qgis(root: str, name: str, private: bool) -> str:
    lines = [
        "Layer > Data Source Manager > STAC > New",
        f"  Name            {name}",
        f"  URL             {root}",
    ]
    if private:
        lines.append(f"  Authentication  Basic; any user name; password: the key in ${KEY}")
    return "\n".join(lines)


def _python(lines: list[str]) -> str:
    return "\n".join(lines)


def of_collection(root: str, collection: str, name: str, private: bool) -> list[Snippet]:
    items = f"{root}{links.collection_path(collection)}/items?limit=10"
    search = [
        f"search = catalog.search(collections=[{collection!r}], max_items=10)",
        "for item in search.items():",
        "    print(item.id, item.datetime)",
    ]
    return [
        Snippet("pystac-client", _python([*_client(root, private), *search])),
        Snippet("curl", _curl(items, private)),
        Snippet("QGIS", _qgis(root, name, private), "QGIS 3.40 or newer reads STAC by itself."),
    ]


def of_search(root: str, name: str) -> list[Snippet]:
    """All that there is at a root that shows no collections."""
    search = [
        "for item in catalog.search(max_items=10).items():",
        "    print(item.id, item.datetime)",
        "    for key, asset in item.assets.items():",
        '        print("   ", key, asset.href)',
    ]
    return [
        Snippet("pystac-client", _python([*_client(root, False), *search])),
        Snippet("curl", _curl(f"{root}search?limit=10", False)),
        Snippet("QGIS", _qgis(root, name, False), "QGIS 3.40 or newer reads STAC by itself."),
    ]


def of_item(
    root: str, place: tuple[str, str], name: str, private: bool, raster: str, alone: bool = False
) -> list[Snippet]:
    """`place` is collection and item; `raster` the address of a file that GDAL opens, or "".

    An item stands `alone` for whom its collection is not shown to.
    """
    collection, item = place
    found_by = f"catalog.search(ids=[{item!r}], collections=[{collection!r}])"
    one = [
        f"item = next({found_by}.items())"
        if alone
        else f"item = catalog.get_collection({collection!r}).get_item({item!r})",
        "for key, asset in item.assets.items():",
        "    print(key, asset.href)",
    ]
    found = [
        Snippet("pystac-client", _python([*_client(root, private), *one])),
        Snippet("curl", _curl(root + links.item_path(collection, item), private)),
    ]
    if raster:
        found.append(
            Snippet(
                "GDAL",
                _gdal(raster, private),
                "Reads only the parts it needs. The same address opens in rasterio and QGIS.",
            )
        )
    return [*found, Snippet("QGIS", _qgis(root, name, private), "Needs QGIS 3.40 or newer.")]


def _gdal(raster: str, private: bool) -> str:
    options = ["export GDAL_DISABLE_READDIR_ON_OPEN=EMPTY_DIR"]
    if private:
        options += ["export GDAL_HTTP_AUTH=BASIC", f'export GDAL_HTTP_USERPWD="key:${KEY}"']
    return "\n".join([*options, f"gdalinfo {shlex.quote('/vsicurl/' + raster)}"])
