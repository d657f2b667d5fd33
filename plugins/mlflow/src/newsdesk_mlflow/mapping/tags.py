"""Pure: the tags that a machine's run carries, and its note."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from typing import Any

from newsdesk import Machine, MachineKey, canonical

from newsdesk_mlflow.mapping.items import Tag, number_of, read_params, scores_of
from newsdesk_mlflow.mapping.scores import of_single_tags, tag_names

MODEL_KEY = "model_key"
"""Which build this is; the tag that the original project sets as well."""
MODEL_KEY_HASH = "newsdesk.model_key_sha256"
"""Stands in for a model key that a search filter cannot hold."""
REVISION = "newsdesk.revision"
"""Which content of the record this is."""
MACHINE = "newsdesk.machine_sha256"
"""Which machine this is: a hash of its project and name, since a search filter cannot hold all names."""
TIMESTAMP = "newsdesk.timestamp"
"""The time of all metrics of the run, in milliseconds since 1970: the same one when they are sent again."""
RESERVED = (
    MODEL_KEY,
    MODEL_KEY_HASH,
    REVISION,
    MACHINE,
    TIMESTAMP,
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
    if _PLAIN.fullmatch(model_key) and len(model_key) <= _LONGEST_PLAIN:
        return Tag(MODEL_KEY, model_key)
    return Tag(MODEL_KEY_HASH, hashlib.sha256(model_key.encode("utf-8", "surrogatepass")).hexdigest())


def key_tags(model_key: str) -> list[Tag]:
    """Give the tags that identify the model of a run."""
    return [*dict.fromkeys([Tag(MODEL_KEY, model_key), identity(model_key)])]


def machine_tag(key: MachineKey) -> Tag:
    """Give the tag by which a machine's runs are found, whatever it was built of."""
    return Tag(MACHINE, hashlib.sha256(canonical.dumps([*key])).hexdigest())


def machine_tags(machine: Machine, model_key: str) -> list[Tag]:
    """Give the tags of a machine's run, what it is found by first."""
    tags = [
        *key_tags(model_key),
        Tag(REVISION, machine.revision),
        machine_tag(machine.key),
        Tag("newsdesk.version", release()),
        Tag("machine_name", machine.name, "name"),
        Tag("project_name", machine.project_name, "project_name"),
    ]
    if machine.builder_version is not None:
        path = "metadata.build_metadata.model.model_builder_version"
        tags.append(Tag("model_builder_version", machine.builder_version, path))
    return [*tags, Tag("mlflow.note.content", note(machine))]


def note(machine: Machine) -> str:
    """Describe a machine in a few lines of Markdown, which MLflow shows on the run's page."""
    params = {param.key: param.value for param in reversed(read_params(machine))}
    title = f"**{_plain(machine.name)}**"
    if machine.project_name:
        title += f" of the project **{_plain(machine.project_name)}**"
    built = [params[key] for key in ("model_creation_date",) if key in params]
    by = (
        f" with version {_plain(params['model_builder_version'])}"
        if "model_builder_version" in params
        else ""
    )
    lines = [title, *(f"Built {_plain(date)}{by}." for date in built)]
    if "train_start_date" in params and "train_end_date" in params:
        lines.append(
            f"Trained on {_plain(params['train_start_date'])} to {_plain(params['train_end_date'])}."
        )
    return "\n\n".join([*lines, *_score_table(machine), "The whole record is the artifact `metadata.json`."])


def _score_table(machine: Machine) -> Iterator[str]:
    scores = scores_of(machine)
    single = of_single_tags(scores, tag_names(machine.dataset))
    rows = [
        _row(name, scores[name])
        for name in sorted(scores)
        if name not in single and isinstance(scores[name], dict)
    ]
    if rows:
        head = ["| score | mean | std | min | max |", "| --- | ---: | ---: | ---: | ---: |"]
        yield "\n".join([*head, *rows[:_LONGEST_NOTE]])


def _row(name: str, score: Mapping[str, Any]) -> str:
    values = [number_of(score.get(f"fold-{summary}")) for summary in ("mean", "std", "min", "max")]
    return f"| {_plain(name)} | {' | '.join('' if value is None else f'{value:.4g}' for value in values)} |"


def _plain(text: str) -> str:
    """Give a text that Markdown shows as it is."""
    return re.sub(r"([\\`*_|<>\[\]#])", r"\\\1", " ".join(text.split()))
