"""Lines over a logarithmic field, as SVG: readable on light and on dark ground."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 56, 130, 44, 40
COLOURS = ("#2a78d6", "#d1495b", "#2e9e6b", "#b7791f", "#7a5cc9", "#0f8a9d", "#c2559c", "#6b7280")
APART = 14  # pixels between two names


def lines(title: str, at: Sequence[float], named: Mapping[str, Sequence[float]]) -> str:
    """`at` are the places from left to right; each name has a value at every one of them."""
    values = [value for each in named.values() for value in each]
    low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)))

    def across(x: float) -> float:
        part = math.log(x / at[0]) / (math.log(at[-1] / at[0]) or 1)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - math.log(y / low) / math.log(high / low) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12" fill="#6b7280">',
        f"<title>{escape(title)}</title>",
        f'<text x="{LEFT}" y="22" font-size="14">{escape(title)}</text>',
    ]
    steps = round(math.log10(high / low))
    for tick in (low * 10**step for step in range(steps + 1)):
        parts += [
            f'<path d="M{LEFT} {down(tick):.1f}H{WIDTH - RIGHT}" stroke="#9ca3af" opacity=".4"/>',
            f'<text x="{LEFT - 8}" y="{down(tick) + 4:.1f}" text-anchor="end">{tick:,g}</text>',
        ]
    parts += [
        f'<text x="{across(x):.1f}" y="{HEIGHT - 14}" text-anchor="middle">{x:,}</text>' for x in at
    ]
    below = -math.inf
    order = sorted(named.items(), key=lambda each: down(each[1][-1]))
    for (name, each), colour in zip(order, COLOURS * 9, strict=False):
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in zip(at, each, strict=True))
        below = max(below + APART, down(each[-1]) + 4)
        parts += [
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{WIDTH - RIGHT + 10}" y="{below:.1f}" fill="{colour}">{escape(name)}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
