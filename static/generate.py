"""Makes what the pages need from npm packages: the basemap and the labels of STAC fields.

Run once after `npm ci`; the outcome lies in static/dist and is committed nowhere.
The basemap is Natural Earth 1:50m from `world-atlas`. Its TopoJSON has rings that cross 180°,
which a web map draws as stripes, so they are cut there. Numbers are hundredths of a degree,
each point as the difference from the one before: half the size of GeoJSON.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import antimeridian
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Polygon, shape

HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parent / "node_modules"
DIST = HERE / "dist"
ATLAS = PACKAGES / "world-atlas" / "countries-50m.json"
TOLERANCE = 0.02  # degrees
SCALE = 100
LABELS = {"proj:code": "CRS"}  # its own one, "Code", says little outside of its group

Points = NDArray[np.float64]


def arcs_of(topology: dict[str, Any]) -> list[Points]:
    """The topology's arcs in degrees, simplified; shared borders stay shared."""
    scale, translate = (np.array(topology["transform"][k]) for k in ("scale", "translate"))
    arcs = []
    for arc in topology["arcs"]:
        points = np.cumsum(np.array(arc), axis=0) * scale + translate
        simple = shapely.get_coordinates(LineString(points).simplify(TOLERANCE))
        closed = bool((points[0] == points[-1]).all())
        arcs.append(points if closed and len(simple) < 4 else simple)
    return arcs


def ring(indexes: list[int], arcs: list[Points]) -> Points:
    """One ring from its arcs; ~i is arc i turned around (TopoJSON 1.0, 2.1.4)."""
    parts = [arcs[i] if i >= 0 else arcs[~i][::-1] for i in indexes]
    return np.concatenate([parts[0], *(part[1:] for part in parts[1:])])


def polygons(geometry: dict[str, Any], arcs: list[Points]) -> MultiPolygon:
    """A country or the land, cut where it crosses 180°."""
    members = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    parts = [[ring(r, arcs).tolist() for r in member] for member in members]
    crossing = {"type": "MultiPolygon", "coordinates": parts}
    fixed = shape(antimeridian.fix_shape(crossing, fix_winding=True))
    return fixed if isinstance(fixed, MultiPolygon) else MultiPolygon([fixed])


def rings(part: Polygon) -> list[Any]:
    return [part.exterior, *part.interiors]


def pieces(line: Points) -> list[Points]:
    """The line cut where it jumps over 180°."""
    jumps = np.flatnonzero(np.abs(np.diff(line[:, 0])) > 180) + 1
    return [piece for piece in np.split(line, jumps) if len(piece) > 1]


def packed(line: Points) -> list[int]:
    """Differences in hundredths of a degree, points that fall together dropped."""
    steps = np.diff(np.round(line * SCALE).astype(int), axis=0, prepend=0)
    moves = steps.any(axis=1)
    moves[0] = True
    return [int(number) for number in steps[moves].ravel()]


def label(country: MultiPolygon, name: str) -> list[Any]:
    """The name, where to write it, and how large the country is on a web map."""
    largest: Polygon = max(country.geoms, key=lambda part: part.area)
    circle = shapely.maximum_inscribed_circle(largest, tolerance=0.2)
    x, y = circle.coords[0]
    return [
        name,
        round(x, 1),
        round(y, 1),
        round(country.area / np.cos(np.radians(min(abs(y), 80)))),
    ]


def basemap() -> dict[str, Any]:
    topology = json.loads(ATLAS.read_text())
    arcs = arcs_of(topology)
    countries = topology["objects"]["countries"]["geometries"]
    used = Counter(i if i >= 0 else ~i for c in countries for i in _indexes(c["arcs"]))
    land = polygons(topology["objects"]["land"]["geometries"][0], arcs)
    labels = [label(polygons(c, arcs), c["properties"]["name"]) for c in countries if c["arcs"]]
    return {
        "land": [packed(shapely.get_coordinates(r)) for part in land.geoms for r in rings(part)],
        "borders": [packed(p) for i, n in used.items() if n > 1 for p in pieces(arcs[i])],
        "labels": sorted(labels, key=lambda row: -row[3]),
    }


def _indexes(nested: list[Any]) -> list[int]:
    return nested if isinstance(nested[0], int) else [i for part in nested for i in _indexes(part)]


def fields() -> dict[str, Any]:
    """What STAC Browser calls each field: labels, units, value names, formats."""
    source = PACKAGES / "@radiantearth" / "stac-fields" / "fields-normalized.json"
    known: dict[str, Any] = json.loads(source.read_text())
    for key, label in LABELS.items():
        known["metadata"][key]["label"] = label
    return {key: known[key] for key in ("extensions", "metadata", "assets")}


def world() -> str:
    """A picture of the land, for small maps without a map: 360 by 180 units, north up."""
    topology = json.loads(ATLAS.read_text())
    land = polygons(topology["objects"]["land"]["geometries"][0], arcs_of(topology))
    large = [part.exterior.simplify(0.6) for part in land.geoms if part.area > 1.5]
    rounded = [shapely.get_coordinates(outline) for outline in large]
    drawn = (
        "M" + "L".join(f"{x + 180:.1f} {90 - y:.1f}" for x, y in part) + "Z" for part in rounded
    )
    shape_of_land = f'<path d="{"".join(drawn)}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 180">{shape_of_land}</svg>'


def compact(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def write(name: str, text: str) -> None:
    (DIST / name).write_text(text, encoding="utf-8")
    print(f"static/dist/{name}: {len(text) // 1024} kB")


if __name__ == "__main__":
    DIST.mkdir(exist_ok=True)
    write("basemap.json", compact(basemap()))
    write("fields.json", compact(fields()))
    write("world.svg", world())
