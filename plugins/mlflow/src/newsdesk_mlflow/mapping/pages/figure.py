"""Pure: a picture of a machine's scores over the folds, and of its training, as SVG."""

import math
import re
from collections.abc import Iterator, Sequence
from html import escape

from newsdesk import Machine, record

FIGURE = "figure.svg"
"""The artifact, which MLflow shows as a picture."""

_WIDTH, _LEFT, _RIGHT, _ROW, _CURVES = 720, 230, 560, 34, 180
_MOST_SCORES, _MOST_CURVES, _MOST_POINTS, _LONGEST = 12, 6, 400, 30
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of Okabe and Ito, which people with colour blindness tell apart."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def figure(machine: Machine) -> bytes | None:
    """Draw the folds of each main score on its own scale, and the curves of the training on one.

    None, if a machine has neither.
    """
    scores = [
        (score.name, folds, score.mean)
        for score in record.main_scores(machine).values()
        if (folds := [value for value in score.folds.values() if math.isfinite(value)])
    ][:_MOST_SCORES]
    curves = [
        (series.name, points)
        for series in record.history(machine).values()
        if len(points := _points(series.values)) > 1
    ][:_MOST_CURVES]
    if not scores and not curves:
        return None
    top = 20 + len(scores) * _ROW
    height = top + (_CURVES + 50 if curves else 10)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="13">',
        f"<title>{_text(machine.name, 200)}: scores and training</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        *(part for row, score in enumerate(scores) for part in _folds(*score, 20 + row * _ROW)),
        *(_training(curves, top + 20) if curves else ()),
        "</svg>",
    ]
    return "\n".join(parts).encode()


def _folds(name: str, folds: Sequence[float], mean: float | None, top: float) -> Iterator[str]:
    """Draw one dot for each fold, a stroke for the mean, and the numbers at both ends of the scale."""
    y = top + _ROW / 2
    low, high = min(folds), max(folds)
    yield f'<line x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}" stroke="#ccc"/>'
    yield f'<text x="10" y="{y + 4}">{_text(name)}</text>'
    for fold in folds:
        x = _scaled(fold, low, high, _LEFT, _RIGHT)
        yield f'<circle cx="{x}" cy="{y}" r="5" fill="{_COLOURS[0]}" fill-opacity=".7"/>'
    if mean is not None and low <= mean <= high:
        x = _scaled(mean, low, high, _LEFT, _RIGHT)
        yield f'<line x1="{x}" y1="{y - 10}" x2="{x}" y2="{y + 10}" stroke="{_COLOURS[1]}" stroke-width="2"/>'
    shown = f"{low:.3g} to {high:.3g}" if low < high else f"{low:.3g}"
    yield f'<text x="{_RIGHT + 14}" y="{y + 4}" fill="#555">{shown}</text>'


def _training(curves: Sequence[tuple[str, Sequence[tuple[int, float]]]], top: float) -> Iterator[str]:
    values = [value for _, points in curves for _, value in points]
    last = max(epoch for _, points in curves for epoch, _ in points)
    low, high, bottom = min(values), max(values), top + _CURVES
    yield f'<line x1="{_LEFT}" y1="{bottom}" x2="{_RIGHT}" y2="{bottom}" stroke="#999"/>'
    yield f'<text x="{_LEFT}" y="{bottom + 18}" fill="#555">epoch 1</text>'
    yield f'<text x="{_RIGHT}" y="{bottom + 18}" fill="#555" text-anchor="end">epoch {last + 1}</text>'
    for y, value in ((bottom, low), (top, high)):
        yield f'<text x="{_RIGHT + 14}" y="{y + 4}" fill="#555">{value:.3g}</text>'
    for number, (name, points) in enumerate(curves):
        colour = _COLOURS[number]
        line = " ".join(
            f"{_scaled(epoch, 0, last, _LEFT, _RIGHT)},{_scaled(value, low, high, bottom, top)}"
            for epoch, value in points
        )
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield f'<text x="10" y="{top + 14 + number * 20}" fill="{colour}">{_text(name)}</text>'


def _points(values: Sequence[float | None]) -> list[tuple[int, float]]:
    """Give (epoch, value), of a long series evenly thinned out."""
    points = [
        (epoch, value) for epoch, value in enumerate(values) if value is not None and math.isfinite(value)
    ]
    step = math.ceil(len(points) / _MOST_POINTS) or 1
    return points if step == 1 else [*points[:-1:step], points[-1]]


def _scaled(value: float, low: float, high: float, start: float, end: float) -> float:
    # Halved, since the difference of two numbers may be more than a number holds.
    extent = high / 2 - low / 2
    share = (value / 2 - low / 2) / extent if extent > 0 else 0.5
    return round(start + share * (end - start), 1)


def _text(text: str, length: int = _LONGEST) -> str:
    shown = text if len(text) <= length else f"{text[: length - 1]}…"
    return escape(_NOT_XML.sub("\ufffd", shown))
