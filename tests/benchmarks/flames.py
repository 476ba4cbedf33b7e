"""A flame graph as SVG, of stacks in the collapsed format that profilers such as py-spy write:

python -m tests.benchmarks.flames "Title" < stacks.txt > flames.svg
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape

WIDTH, TOP, HEIGHT = 1_000, 34, 15  # pixels; the height is that of one frame
NARROWEST = 1.6  # pixels
WIDE_ENOUGH = 34  # pixels, for a name
LETTER = 5.6  # pixels
ROOT = "WSGIHandler.__call__"  # what is below it serves a request
# Layers that only call the next one.
THIN = re.compile(r"exception\.py|deprecation\.py|manager_method|_view_wrapper|base\.py\) <View>")
OURS = ("catalogs/", "tenants/", "gistac/", "ui/")
Stacks = dict[tuple[str, ...], float]


def picture(title: str, lines: Iterable[str]) -> str:
    stacks = _read(lines)
    whole = sum(stacks.values())
    frames = list(_frames(stacks, 0, 0, WIDTH / whole))
    height = TOP + HEIGHT * (1 + max(depth for depth, *_ in frames))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="10">',
        f"<title>{escape(title)}</title>",
        f'<text x="2" y="20" font-size="14" fill="#6b7280">{escape(title)}</text>',
    ]
    for depth, left, width, name in frames:
        colour = "#9ec5f4" if name.partition("(")[2].startswith(OURS) else "#e4e2da"
        told = escape(f"{name}: {width / WIDTH:.1%}")
        top = TOP + depth * HEIGHT
        parts.append(
            f'<g><title>{told}</title><rect x="{left:.1f}" y="{top}" width="{width:.1f}" '
            f'height="{HEIGHT - 1}" fill="{colour}"/>'
        )
        if width >= WIDE_ENOUGH:
            short = escape(name.partition(" (")[0][: int(width / LETTER)])
            parts.append(f'<text x="{left + 2:.1f}" y="{top + 11}" fill="#1f2937">{short}</text>')
        parts.append("</g>")
    return "".join([*parts, "</svg>\n"])


def _read(lines: Iterable[str]) -> Stacks:
    """Below the root, without numbers of lines and thin layers."""
    stacks: Stacks = defaultdict(float)
    for line in lines:
        stack, _, count = line.rpartition(" ")
        frames = [re.sub(r":\d+\)$", ")", frame) for frame in stack.split(";")]
        begin = next((n for n, frame in enumerate(frames) if frame.startswith(ROOT)), None)
        if begin is not None and "importlib" not in line:  # modules are imported once
            kept = (frame for frame in frames[begin:] if not THIN.search(frame))
            stacks[tuple(kept)] += float(count)
    return stacks


def _frames(
    stacks: Stacks, depth: int, left: float, scale: float
) -> Iterator[tuple[int, float, float, str]]:
    """Depth, left edge and width of each frame, and its name."""
    below: dict[str, Stacks] = defaultdict(dict)
    for stack, count in stacks.items():
        if stack:
            below[stack[0]][stack[1:]] = below[stack[0]].get(stack[1:], 0) + count
    for name, each in sorted(below.items()):
        width = sum(each.values()) * scale
        if width >= NARROWEST:
            yield depth, left, width, name
            yield from _frames(each, depth + 1, left, scale)
        left += width


if __name__ == "__main__":
    sys.stdout.write(picture(sys.argv[1], sys.stdin))
