"""Pure: the charts of a machine, drawn by pygal; the style sheet of the pages colours them.

Of what pygal draws, the elements are copied. Its styles and scripts, which the policy of a page forbids, its
identifiers, which would clash, and the date, which would change the page each day, are left out.
"""

import logging
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import groupby, islice
from typing import Any

from markupsafe import Markup, escape
from newsdesk import Machine, record

from newsdesk_pages.metrics import tag_scores
from newsdesk_pages.text import number, shown

MOST_MARKS = 40
"""Folds or tags in a chart: of the tags the worst ones; a table has all."""
MOST_CHARTS = 12
"""Charts of a kind; the record has the rest."""
MOST_EPOCHS = 1_000
"""Epochs in a chart; of more of them it has every second, every third, and so on."""

_MOST_LETTERS = 22
_MOST = 1e150  # of this size, and of its inverse, pygal can make steps
_OPTIONS: dict[str, Any] = {
    "value_formatter": number,
    "js": [],
    "css": [],
    "no_prefix": True,
    "width": 360,  # CSS pixels: a phone shows a chart at its own size
    "margin": 4,
    "margin_right": 30,
    "min_scale": 2,
    "max_scale": 5,
    "allow_interruptions": True,
    "legend_at_bottom": True,
    "legend_at_bottom_columns": 3,
    "legend_box_size": 10,
}
_FONTS = {"label_font_size": 10, "major_label_font_size": 10, "value_font_size": 9, "legend_font_size": 11}

_ELEMENTS = frozenset(("g", "path", "rect", "circle", "text", "title"))
_ATTRIBUTES = ("class", "transform", "x", "y", "width", "height", "cx", "cy", "r", "d")
_NOTHING = (None, (None, None))
_DECIMALS = re.compile(r"(\.\d)\d+")
_log = logging.getLogger(__name__)

_Series = tuple[str, Sequence[Any], Mapping[str, Any]]  # its name, its values, and options for it alone


@lru_cache(maxsize=8)  # a page is asked for again once it is written, and with each receipt
def drawn(machine: Machine) -> dict[str, Any]:
    """Return the figures of a machine's page: `folds`, `tags` by metric, `curves` and `splits`."""
    series = sorted(record.history(machine).values(), key=_logged)  # validation beside training
    groups = (list(group) for _, group in groupby(series, _logged))
    return {
        "folds": _joined(_folds(score) for score in record.main_scores(machine).values()),
        "tags": {metric: _tags(metric, scores) for metric, scores in tag_scores(machine).items()},
        "curves": _joined(map(_curves, groups)),
        "splits": _splits(record.build(machine), record.splits(machine)[:MOST_MARKS]),
    }


def _joined(figures: Iterable[Markup]) -> Markup:
    return Markup().join(islice(figures, MOST_CHARTS))


def _folds(score: record.Score) -> Markup:
    folds = dict(islice(score.folds.items(), MOST_MARKS))
    return _figure(
        ("Line", "folds", 130),
        f"{score.name} of each fold",
        [
            ("folds", _drawable(folds.values()), {"stroke": False, "dots_size": 4}),
            ("mean", _drawable([score.mean] * len(folds)), {"show_dots": False}),
        ],
        x_labels=[*map(str, folds)],
    )


def _tags(metric: str, scores: Sequence[record.Score]) -> Markup:
    worst = scores[:MOST_MARKS][::-1]  # pygal begins at the bottom
    which = "each tag" if len(worst) == len(scores) else f"the {len(worst)} worst of {len(scores):,} tags"
    return _figure(
        ("HorizontalBar", "tags", 30 + 16 * len(worst)),
        f"{metric} of {which}, the worst first",
        [(metric, _drawable(score.mean for score in worst), {})],
        x_labels=[_clipped(shown(score.tag or "")) for score in worst],
        print_values=True,
        print_values_position="top",
        show_legend=False,
    )


def _clipped(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"


def _logged(series: record.Series) -> str:
    return series.name.removeprefix("val_")


def _curves(group: Sequence[record.Series]) -> Markup:
    """Draw what the training logged for each epoch."""
    epochs = max(len(series.values) for series in group)
    step = math.ceil(epochs / MOST_EPOCHS) or 1
    return _figure(
        ("Line", "curves", 190),
        f"{_logged(group[0])} over {epochs:,} epochs",
        [(each.name, _drawable(each.values[::step]), {"show_dots": epochs == 1}) for each in group],
        x_labels=[*map(str, range(1, epochs + 1, step))],
        x_labels_major_count=2,
        show_minor_x_labels=False,
    )


def _splits(build: record.Build, splits: Sequence[record.Split]) -> Markup:
    """Draw on which dates each fold was trained and tested, below those of all data."""
    spans = [("all data", 0, build.train_start_date, build.train_end_date)]
    for row, split in enumerate(splits, 1):
        spans.append(("train", row, split.train_start, split.train_end))
        spans.append(("test", row, split.test_start, split.test_end))
    lines: dict[str, list[Any]] = {"train": [], "test": [], "all data": []}
    for name, row, *ends in spans:
        dates = sorted(filter(None, map(record.date_of, ends)))
        lines[name] += [*((date.timestamp(), -row) for date in dates), (None, None)]
    times = sorted(time for line in lines.values() for time, _ in line if time is not None)
    return _figure(
        ("XY", "spans", 80 + 20 * len(splits)),
        "Splits of the cross-validation",
        [(name, line, {"show_dots": False}) for name, line in lines.items()],
        range=(-0.5 - len(splits), 0.5),
        x_labels=[{"value": time, "label": _day(time)} for time in {*times[:1], *times[-1:]}],
        y_labels=[{"value": 0, "label": "all data"}]
        + [{"value": -row, "label": f"fold {split.fold}"} for row, split in enumerate(splits, 1)],
    )


def _day(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _drawable(values: Iterable[float | None]) -> list[float | None]:
    """Return numbers as pygal can draw them, and None in the place of the others."""
    # Of digits that are lost in the size of the numbers, pygal's axis would never end.
    return [
        None if each is None or not abs(each) < _MOST else round(float(f"{each:.6g}"), 150) for each in values
    ]


def _figure(look: tuple[str, str, int], title: str, series: Sequence[_Series], **options: Any) -> Markup:
    """Draw a chart; nothing, and a line in the log, where pygal fails: the tables have the same numbers.

    Args:
        look: pygal's class, the class of the style sheet, and the height.
        title: What it shows.
        series: Its lines, or sets of bars.
        options: pygal's, besides those of all charts.
    """
    kind, style, height = look
    if all(each in _NOTHING for _, values, _ in series for each in values):
        return Markup()
    try:
        pygal = _pygal()
        fonts = pygal.style.Style(**_FONTS)
        chart = getattr(pygal, kind)(**{"style": fonts, "height": height, **_OPTIONS, **options})
        for name, values, own in series:
            chart.add(shown(name), values, **own)
        drawing = "".join(_html(node) for node in chart.render_tree() if node.tag == "g")
    except Exception as error:  # noqa: BLE001  (of a library: a page without the chart is better than none)
        _log.warning("the chart %r is left out, pygal cannot draw it: %s", title, error)
        return Markup()
    box = f'class="{style}" viewBox="0 0 {_OPTIONS["width"]} {height}"'
    figure = '<figure><figcaption>{0}</figcaption><svg role="img" aria-label="{0}" {1}>{2}</svg></figure>\n'
    return Markup(figure).format(shown(title), Markup(box), Markup(drawing))  # noqa: S704  (see _html)


@cache
def _pygal() -> Any:
    """Import pygal, for machines that have something to draw, without its finder of maps.

    With that Python 3.11 would warn at each import of a module that does not exist.
    """
    finders = [*sys.meta_path]
    import pygal  # noqa: PLC0415

    sys.meta_path[:] = [each for each in sys.meta_path if each in finders or type(each).__module__ != "pygal"]
    return pygal


def _html(node: Any) -> str:
    """Return an element of pygal's as HTML, with every text in it escaped."""
    if node.tag not in _ELEMENTS:
        return ""
    found = ((name, _DECIMALS.sub(r"\1", node.get(name))) for name in _ATTRIBUTES if name in node.attrib)
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in found)
    inside = "".join(map(_html, node))
    return f"<{node.tag}{attributes}>{escape(shown(node.text or ''))}{inside}</{node.tag}>"
