"""Pure: what MLflow shows of a run beside its numbers, in Markdown."""

import re
from collections.abc import Iterable, Iterator

from newsdesk import Machine, record
from newsdesk.record import Build, Score

from newsdesk_mlflow.mapping.times import readable

_MOST_SCORES = 20
_MOST_MEANS = 6
"""In the first line, which MLflow shows even where it folds the rest."""


def note(machine: Machine) -> str:
    """Describe a machine in a few lines: its scores first, then what was built, when and on what."""
    scores = [score for score in record.main_scores(machine).values() if any(map(_is_known, _values(score)))]
    lines = [
        *_means(scores),
        f"{_title(machine)}{_built(record.build(machine))}.",
        *_trained(record.build(machine)),
        *_table(scores),
        "The whole record is the artifact `metadata.json`.",
    ]
    return "\n\n".join(lines)


def experiment_note(project_name: str | None) -> str:
    """Describe an experiment that newsdesk makes, in one line of its page.

    Args:
        project_name: The project that all its machines are of; None if there may be several.
    """
    of = f" Project: **{_plain(project_name)}**." if project_name else ""
    return f"Builds reported by newsdesk, one run each, with the times of the build.{of}"


def _title(machine: Machine) -> str:
    of = f" of the project **{_plain(machine.project_name)}**" if machine.project_name else ""
    return f"**{_plain(machine.name)}**{of}"


def _built(build: Build) -> str:
    at = None if build.created is None else _plain(_moment(build.created))
    by = None if build.builder_version is None else f"with version {_plain(build.builder_version)}"
    said = " ".join(filter(None, (at, by)))
    return f", built {said}" if said else ""


def _trained(build: Build) -> Iterator[str]:
    if build.train_start_date is not None and build.train_end_date is not None:
        begin, end = _moment(build.train_start_date), _moment(build.train_end_date)
        yield f"Trained on {_plain(begin)} to {_plain(end)}."


def _moment(text: str) -> str:
    """Give a date as people read it; as it is, where that is no date."""
    date = record.date_of(text)
    return text if date is None else readable(date).removesuffix(" 00:00:00 UTC")


def _means(scores: Iterable[Score]) -> Iterator[str]:
    means = [f"{_plain(score.name)} **{score.mean:.4g}**" for score in scores if score.mean is not None]
    if means:
        yield ", ".join(means[:_MOST_MEANS])


def _table(scores: Iterable[Score]) -> Iterator[str]:
    rows = [f"| {_plain(score.name)} | {' | '.join(map(_number, _values(score)))} |" for score in scores]
    if rows:
        head = ["| score | mean | std | min | max |", "| --- | ---: | ---: | ---: | ---: |"]
        yield "\n".join([*head, *rows[:_MOST_SCORES]])


def _values(score: Score) -> tuple[float | None, ...]:
    return (score.mean, score.std, score.min, score.max)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _is_known(value: float | None) -> bool:
    return value is not None


def _plain(text: str) -> str:
    """Give a text that Markdown shows as it is."""
    return re.sub(r"([\\`*_|<>\[\]#])", r"\\\1", " ".join(text.split()))
