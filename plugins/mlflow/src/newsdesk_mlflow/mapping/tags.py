"""Pure: the tags that a machine's run carries, and its note."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version

from newsdesk import Machine, MachineKey, canonical, record
from newsdesk.record import Build, paths

from newsdesk_mlflow.mapping.items import Tag, text_of
from newsdesk_mlflow.mapping.summary import SUMMARY
from newsdesk_mlflow.mapping.times import readable_milliseconds

MODEL_KEY = "model_key"
"""Which build this is; the tag that the original project sets as well."""
MODEL_KEY_HASH = "newsdesk.model_key_sha256"
"""Stands in for a model key that a search filter cannot hold."""
REVISION = "newsdesk.revision"
"""Which content of the record this is."""
MACHINE = "newsdesk.machine_sha256"
"""Which machine this is: a hash of its project and name, since a search filter cannot hold all names."""
NAME, PROJECT = "machine_name", "project_name"
"""The machine's name and project; a user may replace them."""
TIMESTAMP = "newsdesk.timestamp"
"""When it was reported, in milliseconds since 1970; the time of all its metrics, also of those sent again."""
REPORTED = "newsdesk.reported"
"""The same time, as people read it."""
RESERVED = (
    MODEL_KEY,
    MODEL_KEY_HASH,
    REVISION,
    MACHINE,
    TIMESTAMP,
    REPORTED,
    SUMMARY,
    "newsdesk.version",
    "mlflow.runName",
)
"""Tags that a user's own may not replace."""

# Search filters have no escaping. What is plain ASCII without quotes and backslashes needs none.
_PLAIN = re.compile(r"[0-9A-Za-z_.:/+=@,#~ -]*[0-9A-Za-z_.:/+=@,#~-]")
_LONGEST_PLAIN = 250
_LONGEST_NOTE = 20


@cache
def release() -> str:
    """Return the version of this distribution."""
    return version("newsdesk-mlflow")


def identity(model_key: str) -> Tag:
    """Give the tag by which a model's runs are found: its key where a filter can hold that, else its hash."""
    if is_filterable(model_key):
        return Tag(MODEL_KEY, model_key)
    return Tag(MODEL_KEY_HASH, hashlib.sha256(model_key.encode("utf-8", "surrogatepass")).hexdigest())


def is_filterable(text: str) -> bool:
    """Tell whether a search filter can hold a text."""
    return bool(_PLAIN.fullmatch(text)) and len(text) <= _LONGEST_PLAIN


def key_tags(model_key: str) -> list[Tag]:
    """Give the tags that identify the model of a run."""
    return [*dict.fromkeys([Tag(MODEL_KEY, model_key), identity(model_key)])]


def machine_tag(key: MachineKey) -> Tag:
    """Give the tag by which a machine's runs are found, whatever it was built of."""
    return Tag(MACHINE, hashlib.sha256(canonical.dumps([*key])).hexdigest())


def report_tags(timestamp: int) -> list[Tag]:
    """Give the tags that tell when a run was reported, in milliseconds since 1970."""
    return [Tag(TIMESTAMP, str(timestamp)), Tag(REPORTED, readable_milliseconds(timestamp))]


def machine_tags(machine: Machine, model_key: str) -> list[Tag]:
    """Give the tags of a machine's run, what it is found by first."""
    tags = [
        *key_tags(model_key),
        Tag(REVISION, machine.revision),
        machine_tag(machine.key),
        Tag("newsdesk.version", release()),
        Tag(NAME, machine.name, "name"),
        Tag(PROJECT, machine.project_name, "project_name"),
    ]
    if machine.builder_version is not None:
        tags.append(Tag("model_builder_version", machine.builder_version, paths.BUILDER_VERSION))
    return [*tags, Tag("mlflow.note.content", note(machine))]


def note(machine: Machine) -> str:
    """Describe a machine in a few lines of Markdown, which MLflow shows on the run's page."""
    title = f"**{_plain(machine.name)}**"
    if machine.project_name:
        title += f" of the project **{_plain(machine.project_name)}**"
    lines = [title, *_build_lines(record.build(machine)), *_score_table(machine)]
    return "\n\n".join([*lines, "The whole record is the artifact `metadata.json`."])


def _build_lines(build: Build) -> Iterator[str]:
    if build.created is not None:
        by = "" if build.builder_version is None else f" with version {_plain(build.builder_version)}"
        yield f"Built {_plain(text_of(build.created))}{by}."
    if build.train_start_date is not None and build.train_end_date is not None:
        begin, end = text_of(build.train_start_date), text_of(build.train_end_date)
        yield f"Trained on {_plain(begin)} to {_plain(end)}."


def _score_table(machine: Machine) -> Iterator[str]:
    rows = [
        _row(score.name, values)
        for score in record.main_scores(machine).values()
        if (values := (score.mean, score.std, score.min, score.max)) != (None,) * 4
    ]
    if rows:
        head = ["| score | mean | std | min | max |", "| --- | ---: | ---: | ---: | ---: |"]
        yield "\n".join([*head, *rows[:_LONGEST_NOTE]])


def _row(name: str, values: Iterable[float | None]) -> str:
    return f"| {_plain(name)} | {' | '.join('' if value is None else f'{value:.4g}' for value in values)} |"


def _plain(text: str) -> str:
    """Give a text that Markdown shows as it is."""
    return re.sub(r"([\\`*_|<>\[\]#])", r"\\\1", " ".join(text.split()))
