"""Pure: the tags that a machine's run carries, and its note."""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version

from newsdesk import Machine, MachineKey, canonical
from newsdesk.record import paths

from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.pages.note import note
from newsdesk_mlflow.mapping.summary import SUMMARY
from newsdesk_mlflow.mapping.times import readable_milliseconds

MODEL_KEY = "model_key"
"""Which build this is; the tag that the original project sets as well."""
MODEL_KEY_HASH = "newsdesk.model_key_sha256"
"""Stands in for a model key that a search filter cannot hold."""
REVISION = "newsdesk.revision"
"""Which content of the record this is."""
REDACTED = "newsdesk.redacted"
"""How many values of the record were redacted, and which, as a hash; missing where none were."""
MACHINE = "newsdesk.machine_sha256"
"""Which machine this is: a hash of its project and name, since a search filter cannot hold all names."""
NAME, PROJECT = "machine_name", "project_name"
"""The machine's name and project; a user may replace them."""
TIMESTAMP = "newsdesk.timestamp"
"""When it was reported, in milliseconds since 1970; the time of all its metrics, also of those sent again."""
REPORTED = "newsdesk.reported"
"""The same time, as people read it."""
_FOR_PEOPLE = (NAME, PROJECT, "model_builder_version", REPORTED)
RESERVED = (
    MODEL_KEY,
    MODEL_KEY_HASH,
    REVISION,
    REDACTED,
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


def _redaction_tags(machine: Machine) -> list[Tag]:
    """Give the tag that tells what was redacted of a machine, if anything was."""
    if not machine.redactions:
        return []
    digest = hashlib.sha256(canonical.dumps([*machine.redactions])).hexdigest()
    return [Tag(REDACTED, f"{len(machine.redactions)} values ({digest[:16]})")]


def machine_tag(key: MachineKey) -> Tag:
    """Give the tag by which a machine's runs are found, whatever it was built of."""
    return Tag(MACHINE, hashlib.sha256(canonical.dumps([*key])).hexdigest())


def run_tags(tags: Iterable[Tag], timestamp: int, user: str) -> dict[str, str]:
    """Give what a run is created with, what people read first: MLflow shows tags in this order.

    Args:
        tags: What is known before it is reported.
        timestamp: When it is reported, in milliseconds since 1970.
        user: Who reports.
    """
    every = [*tags, *_report_tags(timestamp, user)]
    return {tag.key: tag.value for tag in sorted(every, key=lambda tag: tag.key not in _FOR_PEOPLE)}


def _report_tags(timestamp: int, user: str) -> list[Tag]:
    """Give the tags that tell of the report."""
    return [
        Tag(REPORTED, readable_milliseconds(timestamp)),
        Tag(TIMESTAMP, str(timestamp)),
        # What MLflow's own pages show as "Created by" and "Source".
        Tag("mlflow.user", user),
        Tag("mlflow.source.name", "newsdesk"),
        Tag("mlflow.source.type", "LOCAL"),
    ]


def machine_tags(machine: Machine, model_key: str) -> list[Tag]:
    """Give the tags of a machine's run."""
    builder = machine.builder_version
    return [
        Tag(NAME, machine.name, "name"),
        Tag(PROJECT, machine.project_name, "project_name"),
        *([] if builder is None else [Tag("model_builder_version", builder, paths.BUILDER_VERSION)]),
        *key_tags(model_key),
        Tag(REVISION, machine.revision),
        *_redaction_tags(machine),
        machine_tag(machine.key),
        Tag("newsdesk.version", release()),
        Tag("mlflow.note.content", note(machine)),
    ]
