"""A chart as SVG: one line for each series, over axes that may be logarithmic."""

import math
from collections.abc import Mapping, Sequence

COLOURS = ("#1f77b4", "#d62728", "#2ca02c")
Points = Sequence[tuple[float, float]]


def chart(
    title: str, axes: tuple[str, str], series: Mapping[str, Points], *, logarithmic: bool, left: int = 0
) -> str:
    """Give a chart of 460 by 320 as a group that stands `left` from the edge."""
    points = [point for line in series.values() for point in line]
    across = _axis(sorted({x for x, _ in points}), 60, 430, logarithmic=True)
    values = [y for _, y in points] + ([] if logarithmic else [0.0])
    up = _axis(sorted(values), 260, 50, logarithmic=logarithmic)
    parts = [f'<text x="240" y="24" text-anchor="middle" font-weight="bold">{title}</text>']
    parts += [f'<text x="240" y="308" text-anchor="middle">{axes[0]}</text>']
    parts += [f'<text x="16" y="155" text-anchor="middle" transform="rotate(-90 16 155)">{axes[1]}</text>']
    parts += ['<path d="M60 50V260H430" fill="none" stroke="black"/>']
    for x in sorted({x for x, _ in points}):
        parts.append(f'<text x="{across(x):.0f}" y="278" text-anchor="middle">{x:,.0f}</text>')
    for y in (min(values), max(values)):
        parts.append(f'<text x="56" y="{up(y) + 4:.0f}" text-anchor="end">{y:.3g}</text>')
    for index, (name, line) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="70" y="{62 + 16 * index}" fill="{colour}">{name}</text>')
    return f'<g transform="translate({left} 0)">{"".join(parts)}</g>'


def page(*charts: str) -> str:
    """Give the charts side by side as one file."""
    width = 460 * len(charts)
    font = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="320" {font}>'
    return f'{head}<rect width="{width}" height="320" fill="white"/>{"".join(charts)}</svg>\n'


def _axis(values: Sequence[float], begin: float, end: float, *, logarithmic: bool):
    scale = math.log10 if logarithmic else float
    low, high = scale(values[0]), scale(values[-1])
    return lambda value: begin + (end - begin) * (scale(value) - low) / ((high - low) or 1)
