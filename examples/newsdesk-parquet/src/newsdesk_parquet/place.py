"""Pure: where in the dataset a machine's file is."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import quote

from newsdesk import Alteration, MachineKey
from newsdesk.canonical import dumps

NULL = "__HIVE_DEFAULT_PARTITION__"
"""What all that read partitions take for no value; pandas cannot put that beside others."""

MAX_LABEL = 200
"""Characters of an encoded project: file systems allow 255 bytes for a folder's name."""

MAX_SLUG = 60
"""Characters of a machine's name that its file shows to people."""


@dataclass(frozen=True)
class Place:
    """A file's path, and what of the machine's key it does not tell."""

    path: PurePosixPath
    """Relative to the dataset's folder."""
    alterations: list[Alteration] = field(default_factory=list)
    """What had to be renamed."""


def place_of(key: MachineKey) -> Place:
    """Give the one file of a machine: `project=…/….parquet`.

    The digest keeps machines apart; the rest of the name is for people and for partition pruning.
    """
    digest = hashlib.sha256(dumps([*key])).hexdigest()
    label, alterations = _label(key.project_name)
    return Place(PurePosixPath(f"project={label}", f"{_slug(key.name)}-{digest[:32]}.parquet"), alterations)


def _label(project: str) -> tuple[str, list[Alteration]]:
    try:
        encoded = quote(project, safe="")
    except UnicodeEncodeError:
        return _digested(project, "has half a surrogate pair, which no partition can have")
    if len(encoded) > MAX_LABEL:
        return _digested(project, f"has {len(encoded)} characters when encoded, of {MAX_LABEL}")
    return encoded.replace("_", "%5F") if project == NULL else encoded, []


def _digested(project: str, why: str) -> tuple[str, list[Alteration]]:
    label = f"sha256-{hashlib.sha256(project.encode('utf-8', 'surrogatepass')).hexdigest()}"
    detail = f"{why}, so its partition is {label}; the record has it whole"
    return label, [Alteration("project_name", "renamed", detail)]


def _slug(name: str) -> str:
    """Give what a file system surely takes; readers of datasets ignore names with a leading `_` or `.`."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._-")[:MAX_SLUG] or "machine"
