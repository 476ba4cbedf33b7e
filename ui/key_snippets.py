"""Ready code for a key that was just made; the only place where the key is written."""

from tenants.models import Organization


def snippets(organization: Organization, key: str) -> list[dict[str, str]]:
    root = organization.stac_address
    return [
        {
            "label": "curl",
            "code": f'curl --header "Authorization: Bearer {key}" \\\n  "{root}search?limit=5"',
        },
        {
            "label": "pystac-client",
            "note": "pip install pystac-client",
            "code": _PYSTAC.format(root=root, key=key),
        },
        {
            "label": "QGIS",
            "note": "Data Source Manager, STAC, New connection. The key is the password.",
            "code": f"URL       {root}\nUsername  key\nPassword  {key}",
        },
        {
            "label": "GDAL",
            "note": "For every command of GDAL that opens an asset's address.",
            "code": f"export GDAL_HTTP_AUTH=BASIC\nexport GDAL_HTTP_USERPWD=key:{key}\n"
            "gdalinfo /vsicurl/ADDRESS_OF_AN_ASSET",
        },
    ]


def environment(organization: Organization, key: str) -> str:
    """A file for programs that read their settings so."""
    lines = [f"GISTAC_KEY={key}", f"GISTAC_STAC={organization.stac_address}"]
    return "".join(f"{line}\n" for line in lines)


_PYSTAC = """from pystac_client import Client

catalog = Client.open(
    "{root}",
    headers={{"Authorization": "Bearer {key}"}},
)
for item in catalog.search(max_items=5).items():
    print(item.id, item.datetime)
"""
