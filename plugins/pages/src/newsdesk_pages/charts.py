"""Pure: the charts of a machine, drawn by pygal; the style sheet of the pages colours them.

Of what pygal draws, the elements are copied. Its styles and scripts, which the policy of a page forbids, its
identifiers, which would clash, and the date, which would change the page each day, are left out.
"""

import logging
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from markupsafe import Markup, escape
from newsdesk import record

from newsdesk_pages.metrics import worst_first
from newsdesk_pages.text import number, shortened, shown

MOST_TAGS = 40
"""Tags in a chart, the worst ones; a table has all."""
MOST_FOLDS = 40
"""Folds in a chart; a table has all."""
MOST_CHARTS = 12
"""Charts of a kind; the record has the rest."""

_MOST_POINTS = 240
_LEAST, _MOST = 1e-150, 1e150  # sizes that pygal can divide into steps
_OPTIONS: dict[str, Any] = {
    "value_formatter": number,
    "x_value_formatter": number,
    "js": [],
    "css": [],
    "no_prefix": True,
    "width": 360,  # CSS pixels: a phone shows a chart at its own size
    "margin": 4,
    "margin_right": 12,
    "spacing": 6,
    "min_scale": 2,
    "max_scale": 5,
    "legend_at_bottom": True,
    "legend_at_bottom_columns": 3,
    "legend_box_size": 10,
}
_FONTS = {"label_font_size": 10, "major_label_font_size": 10, "value_font_size": 9, "legend_font_size": 11}

_ELEMENTS = frozenset(("svg", "g", "path", "rect", "circle", "text"))
_ATTRIBUTES = ("class", "viewBox", "transform", "x", "y", "width", "height", "cx", "cy", "r", "d")
_UNUSED = frozenset(("background", "tooltip-overlay"))
_DECIMALS = re.compile(r"(\.\d)\d+")
_log = logging.getLogger(__name__)

Point = tuple[float, float]
_Series = tuple[str, Sequence[Any], Mapping[str, Any]]


class Chart(NamedTuple):
    """A chart as SVG."""

    title: str
    """Its one line."""
    svg: Markup
    """The element; its label has the title and what the chart shows, in a sentence."""


def folds(scores: Iterable[record.Score]) -> list[Chart]:
    """Draw the folds of each score, one below the other, and a line at their mean."""
    return _all(_folds(score) for score in islice(scores, MOST_CHARTS))


def _folds(score: record.Score) -> Chart | None:
    values = [(fold, each) for fold, each in score.folds.items() if math.isfinite(each)][:MOST_FOLDS]
    if not values:
        return None
    texts = [number(value) for _, value in values]
    dots = [
        {"value": (value, -row), "label": f"fold {fold}: {text}"}
        for row, ((fold, value), text) in enumerate(zip(values, texts, strict=True))
    ]
    means = [score.mean] if score.mean is not None and math.isfinite(score.mean) else []
    line = [(mean, row) for mean in means for row in (0.5, 0.5 - len(values))]
    return _chart(
        ("XY", "folds", 40 + 16 * len(values)),
        (f"{score.name} of each fold", f"Dots are folds, the line is their mean: {', '.join(texts)}."),
        [("folds", dots, {"stroke": False, "dots_size": 4}), ("mean", line, {"show_dots": False})],
        xrange=_bounds([*(value for _, value in values), *means]),
        range=(0.5 - len(values), 0.5),
        y_labels=[{"value": -row, "label": str(fold)} for row, (fold, _) in enumerate(values)],
        show_legend=False,
    )


def tags(metric: str, means: Mapping[str, float]) -> Chart | None:
    """Draw the mean of one metric for each tag, the worst first."""
    worst = [(tag, mean) for tag, mean in worst_first(metric, means)[:MOST_TAGS] if math.isfinite(mean)]
    if not worst:
        return None
    (first, least), (last, most) = worst[0], worst[-1]
    which = f"the {MOST_TAGS} worst of {len(means):,} tags" if len(means) > MOST_TAGS else "each tag"
    worst.reverse()  # pygal begins at the bottom
    style = {True: {"class": "rect below"}, False: {"class": "rect"}}
    bars = [
        {"value": mean, "label": f"{tag}: {number(mean)}", "node": style[mean < 0]} for tag, mean in worst
    ]
    return _chart(
        ("HorizontalBar", "tags", 30 + 16 * len(worst)),
        (
            f"{metric} of {which}, the worst first",
            f"{first} has {number(least)}, {last} has {number(most)}.",
        ),
        [(metric, bars, {})],
        range=_bounds([0.0, *(mean for _, mean in worst)]),
        x_labels=[_clipped(shown(tag), 22) for tag, _ in worst],
        print_values=True,
        print_values_position="top",
        margin_right=36,
        show_legend=False,
    )


def curves(history: Mapping[str, record.Series]) -> list[Chart]:
    """Draw what the training logged for each epoch, validation beside training."""
    groups: dict[str, dict[str, list[Point]]] = {}
    for name, series in history.items():
        numbers = enumerate(series.values, 1)
        line: list[Point] = [
            (epoch, each) for epoch, each in numbers if each is not None and math.isfinite(each)
        ]
        if line:
            groups.setdefault(name.removeprefix("val_"), {})[name] = line
    return _all(_curve(name, lines) for name, lines in islice(groups.items(), MOST_CHARTS))


def _curve(name: str, lines: Mapping[str, list[Point]]) -> Chart | None:
    last = max(int(line[-1][0]) for line in lines.values())
    told = [f"{key} goes from {number(line[0][1])} to {number(line[-1][1])}" for key, line in lines.items()]
    return _chart(
        ("XY", "curves", 190),
        (f"{name} over {last:,} epochs", f"{'; '.join(told)}."),
        [(key, _thinned(line), {"show_dots": len(line) == 1}) for key, line in lines.items()],
        xrange=(1, max(last, 2)),
        range=_bounds([value for line in lines.values() for _, value in line]),
        x_labels=sorted({1, last}),
        x_value_formatter=lambda epoch: f"{epoch:.0f}",
    )


def timeline(splits: Sequence[record.Split], start: str | None, end: str | None) -> Chart | None:
    """Draw on which dates each fold was trained and tested.

    Args:
        splits: The folds.
        start: Where all data begin, as the record has it.
        end: Where they end.
    """
    rows = {"all data": [("all data", start, end)]}
    for split in splits[:MOST_FOLDS]:
        train, test = (split.train_start, split.train_end), (split.test_start, split.test_end)
        rows[f"fold {split.fold}"] = [("train", *train), ("test", *test)]
    spans = [
        (name, row, sorted((since, until)))
        for row, line in enumerate(rows.values())
        for name, *ends in line
        for since, until in [map(record.date_of, ends)]
        if since and until
    ]
    if not any(row for _, row, _ in spans):
        return None
    first, last = min(ends[0] for *_, ends in spans), max(ends[1] for *_, ends in spans)
    width = max((last - first).total_seconds(), 1)
    lines: dict[str, list[tuple[float | None, int | None]]] = {"train": [], "test": [], "all data": []}
    for name, row, ends in spans:
        since, until = ((time - first).total_seconds() for time in ends)
        lines[name] += [(since, -row), (max(until, since + width / 300), -row), (None, None)]
    days = f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"
    return _chart(
        ("XY", "spans", 60 + 20 * len(rows)),
        ("Splits of the cross-validation", f"{len(splits)} folds between {days[0]} and {days[1]}."),
        [(name, line, {"show_dots": False, "allow_interruptions": True}) for name, line in lines.items()],
        xrange=(0, width),
        range=(0.5 - len(rows), 0.5),
        x_labels=[{"value": x, "label": day} for x, day in zip((0, width), days, strict=True)],
        y_labels=[{"value": -row, "label": name} for row, name in enumerate(rows)],
        margin_right=30,
    )


def _all(charts: Iterable[Chart | None]) -> list[Chart]:
    return [chart for chart in charts if chart]


def _chart(
    look: tuple[str, str, int], texts: tuple[str, str], series: Iterable[_Series], **options: Any
) -> Chart | None:
    """Draw a chart; None, and a line in the log, where pygal fails: the tables have the same numbers.

    Args:
        look: pygal's class, the class of the style sheet, and the height.
        texts: The title, and what the chart shows.
        series: Name, values and options of each line, or set of bars.
        options: pygal's, besides those of all charts.
    """
    (kind, style, height), (title, told) = look, texts
    if None in (options["range"], options.get("xrange", ())):
        return None
    options = _OPTIONS | {"classes": [style], "height": height} | options
    try:
        pygal = _pygal()
        chart = getattr(pygal, kind)(style=pygal.style.Style(**_FONTS), **options)
        for name, values, own in series:
            chart.add(_clipped(shown(name), 16), values, **own)
        svg = "".join(_copied(chart.render_tree(), f"{title}. {shortened(told, 600)}"))
    except Exception as error:  # noqa: BLE001  (of a library: a page without the chart is better than none)
        _log.warning("the chart %r is left out, pygal cannot draw it: %s", title, error)
        return None
    return Chart(title, Markup(svg))  # noqa: S704  (every text in it is escaped)


@cache
def _pygal() -> Any:
    """Import pygal, for machines that have something to draw, without its finder of maps.

    With that Python 3.11 would warn at each import of a module that does not exist.
    """
    finders = [*sys.meta_path]
    import pygal  # noqa: PLC0415

    sys.meta_path[:] = [each for each in sys.meta_path if each in finders or type(each).__module__ != "pygal"]
    return pygal


def _copied(node: Any, label: str | None = None) -> Iterator[str]:
    """Yield an element of pygal's as HTML; what it tells when pointed at becomes its title."""
    if node.tag == "desc" and node.get("class") == "label":
        yield f"<title>{escape(shown(node.text))}</title>"
    if node.tag not in _ELEMENTS or _UNUSED & {*node.get("class", "").split()}:
        return
    yield f"<{node.tag}"
    if label is not None:
        yield f' role="img" aria-label="{escape(shown(label))}"'
    for name in _ATTRIBUTES:
        if name in node.attrib:
            rounded = _DECIMALS.sub(r"\1", node.get(name))
            yield f' {name}="{escape(rounded)}"'
    yield f">{escape(shown(node.text or ''))}"
    for child in node:
        yield from _copied(child)
    yield f"</{node.tag}>"


def _bounds(values: Sequence[float]) -> Point | None:
    """Return the least and the greatest value, apart from each other; None for what pygal cannot draw."""
    low, high = min(values), max(values)
    size = max(-low, high)
    if size and not _LEAST < size < _MOST:
        return None
    # Of steps that are lost in the size of the values, pygal's axis would never end.
    margin = (size or 1) * 0.1 if high - low <= size * 1e-9 else 0
    return low - margin, high + margin


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _thinned(line: Sequence[Point]) -> Sequence[Point]:
    """Return few points with every peak: the least and the greatest value of each piece of the line."""
    if len(line) <= _MOST_POINTS:
        return line
    size = math.ceil(len(line) / (_MOST_POINTS // 2))
    pieces = (line[index : index + size] for index in range(0, len(line), size))
    ends = ({min(piece, key=_value), max(piece, key=_value)} for piece in pieces)
    return [point for pair in ends for point in sorted(pair)]


def _value(point: Point) -> float:
    return point[1]
