"""Pure: what the page of a machine shows, and the facts by which two records are compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from newsdesk import Machine, record

from newsdesk_pages import charts, history
from newsdesk_pages.charts import Chart
from newsdesk_pages.history import Revision
from newsdesk_pages.metrics import direction, worst_first
from newsdesk_pages.text import MISSING, flat, number, script

MOST_VALUES = 400
"""Values of a part of the record on a page; the record has the rest."""

_PARTS = ("dataset", "model", "evaluation", "runtime")


@dataclass(frozen=True)
class Change:
    """A number that was another one before."""

    by: float
    """The difference."""
    verdict: str
    """`better` or `worse`; empty if nobody can tell, or if it is the same."""

    @classmethod
    def of(cls, metric: str, now: float, before: float | None) -> "Change | None":
        """Compare two values; None if there is only one."""
        if before is None or not abs(now - before) < float("inf"):
            return None
        good = (now - before) * direction(metric)
        return cls(now - before, "better" if good > 0 else "worse" if good < 0 else "")


@dataclass(frozen=True)
class TagScores:
    """One metric of every tag."""

    metric: str
    """Its name."""
    chart: Chart | None
    """The worst tags."""
    means: Sequence[tuple[str, float]]
    """All tags, the worst first."""


def page_of(
    machine: Machine, slug: str, revisions: Sequence[Revision], receipts: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """Return what the template of a machine's page shows.

    Args:
        machine: The newest revision.
        slug: Its name in the site.
        revisions: All of them, the newest first.
        receipts: Where else it is; see `Site.receipts`.
    """
    main, build, splits = record.main_scores(machine), record.build(machine), record.splits(machine)
    before = history.previous_build(revisions)
    earlier = before.scores if before else {}
    return {
        "key": machine.key,
        "slug": slug,
        "build": build,
        "newest": revisions[0],
        "before": before,
        "revisions": revisions,
        "elsewhere": [{**each, "is_link": _is_link(each["reference"])} for each in receipts],
        "headline": [
            (name, mean, Change.of(name, mean, earlier.get(name)))
            for name, mean in sorted(revisions[0].scores.items())
        ],
        "scores": main.values(),
        "folds": sorted({fold for score in main.values() for fold in score.folds}),
        **_drawn(machine),
        "history_params": _values(record.history_params(machine)),
        "splits": splits,
        "parts": {
            **{part: _values(getattr(machine, part)) for part in _PARTS},
            "user metadata": _values(machine.metadata.get("user_defined")),
        },
        "most_values": MOST_VALUES,
    }


@lru_cache(maxsize=8)  # a page is asked for again once it is written, and with each receipt
def _drawn(machine: Machine) -> dict[str, Any]:
    build, splits = record.build(machine), record.splits(machine)
    return {
        "fold_charts": charts.folds(record.main_scores(machine).values()),
        "tags": list(_tag_scores(machine)),
        "curves": charts.curves(record.history(machine)),
        "timeline": charts.timeline(splits, build.train_start_date, build.train_end_date),
    }


def _is_link(reference: str) -> bool:
    return reference.startswith(("https://", "http://"))


def _values(part: Any) -> list[tuple[str, str]]:
    return list(flat(part)) if part else []


def _tag_scores(machine: Machine) -> Iterator[TagScores]:
    """Yield each metric of the tags, the one first of which more is better."""
    by_metric: dict[str, dict[str, float]] = {}
    for score in record.scores(machine).values():
        if score.tag is not None and score.mean is not None:
            by_metric.setdefault(score.metric, {})[score.tag] = score.mean
    for metric in sorted(by_metric, key=lambda name: (-direction(name), name)):
        means = by_metric[metric]
        yield TagScores(metric, charts.tags(metric, means), worst_first(metric, means))


def facts_of(machine: Machine, slug: str) -> bytes:
    """Return the script that tells a page what to compare of a record.

    Each fact is a section, a label, the text that is shown, the number if it is one, and 1 or -1 where a
    greater or a smaller number is better.
    """
    facts = [[section, label, text, value, better] for section, label, text, value, better in _facts(machine)]
    return script("newsdesk.facts", f"{slug}/{machine.revision}", [machine.project_name, machine.name], facts)


def _facts(machine: Machine) -> Iterator[tuple[str, str, str, float | None, int]]:
    build, scores = record.build(machine), record.scores(machine)
    yield "build", "created", build.created or MISSING, None, 0
    yield "build", "builder version", build.builder_version or MISSING, None, 0
    values: dict[str, float | None] = {
        "training, seconds": build.training_seconds,
        "cross-validation, seconds": build.cv_seconds,
    }
    for label, value in values.items():
        yield "build", label, number(value), _finite(value), 0
    for name, score in sorted(scores.items(), key=lambda item: item[1].tag is not None):
        section, values = "scores of tags", {name: score.mean}
        if score.tag is None:
            section = "scores"
            values |= {f"{name}, fold {fold}": value for fold, value in score.folds.items()}
        for label, value in values.items():
            yield section, label, number(value), _finite(value), direction(score.metric)
    for part in _PARTS:
        for path, text in _values(getattr(machine, part))[:MOST_VALUES]:
            yield part, path, text, None, 0


def _finite(value: float | None) -> float | None:
    return value if value is not None and abs(value) < float("inf") else None
