"""Where in the dataset a machine's file is; pure."""

import hashlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import quote

from newsdesk import Alteration, MachineKey

NULL = "__HIVE_DEFAULT_PARTITION__"
"""Means a missing value to all readers of partitions; pandas cannot combine that with other values."""

MAX_LABEL = 200
"""Characters of an encoded project; file systems limit a folder's name to 255 bytes."""

MAX_SLUG = 200
"""Characters of a file's name without its suffix, for the same reason."""


@dataclass(frozen=True)
class Place:
    """A file's path, and how the machine's key was altered to fit it."""

    path: PurePosixPath
    """Relative to the dataset's folder."""
    alterations: list[Alteration] = field(default_factory=list)
    """What had to be renamed."""


def place_of(key: MachineKey) -> Place:
    """Return the path of a machine's file: `project=…/….parquet`.

    The file's name makes it unique; the folder is for readers that prune partitions.
    """
    label, alterations = _label(key.project_name)
    slug = key.slug(MAX_SLUG)
    alterations += (altered for altered in slug.alterations if altered.path == "name")
    return Place(PurePosixPath(f"project={label}", f"{slug}.parquet"), alterations)


def _label(project: str) -> tuple[str, list[Alteration]]:
    try:
        encoded = quote(project, safe="")
    except UnicodeEncodeError:
        return _digested(project, "has a lone surrogate, which a partition cannot contain")
    if len(encoded) > MAX_LABEL:
        return _digested(project, f"has {len(encoded)} characters when encoded; the limit is {MAX_LABEL}")
    return encoded.replace("_", "%5F") if project == NULL else encoded, []


def _digested(project: str, why: str) -> tuple[str, list[Alteration]]:
    label = f"sha256-{hashlib.sha256(project.encode('utf-8', 'surrogatepass')).hexdigest()}"
    detail = f"{why}, so its partition is {label}; the record has the full name"
    return label, [Alteration("project_name", "renamed", detail)]
