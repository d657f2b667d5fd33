"""Charts as SVG, below each other: one line for each series, over axes that may be logarithmic."""

import math
from collections.abc import Callable, Mapping, Sequence

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 480, 320
LEFT, RIGHT, TOP, BOTTOM = 72, 456, 48, 260

# An image in a page hears of the reader's choice of light or dark only by this query. Its paper is its own,
# so that it can be read where the page around it is of the other kind.
_STYLE = """\
text { fill: #24292f; font: 14px sans-serif }
.title { font-weight: bold }
.paper { fill: #ffffff }
.grid { stroke: #d8dee4; fill: none }
.line { stroke: currentcolor; stroke-width: 2.5; fill: none }
circle, .label { fill: currentcolor }
.a { color: #0a5cad } .b { color: #b3370e } .c { color: #1a6e34 }
@media (prefers-color-scheme: dark) {
  text { fill: #d1d7de }
  .paper { fill: #131416 }
  .grid { stroke: #3d444d }
  .a { color: #6cb6ff } .b { color: #ffa657 } .c { color: #7ee787 }
}
"""


def chart(title: str, axes: tuple[str, str], series: Mapping[str, Points], *, logarithmic: bool) -> str:
    """Give a chart of `WIDTH` by `HEIGHT`; `axes` are the names of what goes across and up."""
    xs = sorted({x for line in series.values() for x, _ in line})
    ys = [y for line in series.values() for _, y in line]
    ticks = _powers(min(ys), max(ys)) if logarithmic else _steps(max(ys))
    across = _scale(xs[0], xs[-1], LEFT, RIGHT, logarithmic=True)
    up = _scale(ticks[0], ticks[-1], BOTTOM, TOP, logarithmic=logarithmic)
    parts = [
        _text(title, LEFT, 26, "start", "title"),
        _text(axes[0], (LEFT + RIGHT) / 2, HEIGHT - 14, "middle"),
        _text(axes[1], RIGHT, 26, "end"),
        *(f'<path class="grid" d="M{LEFT} {up(y):.1f}H{RIGHT}"/>' for y in ticks),
        *(_text(f"{y:,g}", LEFT - 8, up(y) + 5, "end") for y in ticks),
        *(_text(f"{x:,g}", across(x), BOTTOM + 22, "middle") for x in xs),
    ]
    for kind, (name, line) in zip("abc", series.items(), strict=False):
        parts.append(_line(name, [(across(x), up(y)) for x, y in line], kind))
    return "".join(parts)


def page(*charts: str) -> str:
    """Give the charts below each other as one file: side by side they could not be read on a phone."""
    height = HEIGHT * len(charts)
    box = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    groups = [f'<g transform="translate(0 {HEIGHT * index})">{each}</g>' for index, each in enumerate(charts)]
    paper = f'<rect class="paper" width="{WIDTH}" height="{height}" rx="6"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}><style>{_STYLE}</style>'
    return f"{head}{paper}{''.join(groups)}</svg>\n"


def _line(name: str, points: Points, kind: str) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in points)
    (_, before), (x, y) = points[-2:]
    # Above a line that rises, below one that falls: there it crosses nothing.
    label = _text(name, x, y + 24 if before < y else y - 12, "end", "label")
    return f'<g class="{kind}"><polyline class="line" points="{path}"/>{dots}{label}</g>'


def _text(text: str, x: float, y: float, anchor: str, kind: str = "") -> str:
    shown = f' class="{kind}"' if kind else ""
    return f'<text{shown} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _powers(low: float, high: float) -> list[float]:
    """Give the powers of ten around some values."""
    return [10.0**power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def _steps(high: float) -> list[float]:
    """Give up to six round numbers from zero to above the highest value."""
    rough = 10.0 ** math.floor(math.log10(high / 5))
    step = next(rough * factor for factor in (1, 2, 5, 10) if rough * factor * 5 >= high)
    return [step * count for count in range(math.ceil(high / step) + 1)]


def _scale(
    low: float, high: float, begin: float, end: float, *, logarithmic: bool
) -> Callable[[float], float]:
    place = math.log10 if logarithmic else float
    return lambda value: (
        begin + (end - begin) * (place(value) - place(low)) / ((place(high) - place(low)) or 1)
    )
