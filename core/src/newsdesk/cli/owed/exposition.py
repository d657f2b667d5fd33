"""Pure: the text in which Prometheus reads metrics.

It is version 0.0.4 of https://prometheus.io/docs/instrumenting/exposition_formats/, which node-exporter's
textfile collector and every Prometheus read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", '"': '\\"'})


@dataclass(frozen=True)
class Gauge:
    """A metric that goes up and down."""

    name: str
    """Its name."""
    help: str
    """What it is, in one line."""
    samples: Sequence[tuple[Mapping[str, str], float]]
    """Its values, each with its labels."""


def lines(gauges: Iterable[Gauge]) -> Iterator[str]:
    """Yield the lines of metrics; of one without a value there is none."""
    for gauge in gauges:
        if gauge.samples:
            yield f"# HELP {gauge.name} {gauge.help}"
            yield f"# TYPE {gauge.name} gauge"
        for labels, value in gauge.samples:
            shown = ",".join(
                f'{name}="{encodable(text).translate(_ESCAPES)}"' for name, text in labels.items()
            )
            yield f"{gauge.name}{{{shown}}} {_number(value)}"


def encodable(text: str) -> str:
    """Return a text that UTF-8 can encode: Python's may have lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode()


def _number(value: float) -> str:
    text = repr(value)
    return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}.get(text, text)
