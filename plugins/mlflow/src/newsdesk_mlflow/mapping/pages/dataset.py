"""Pure: the dataset of a machine, as the input of its run."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from newsdesk import Machine, canonical, record
from newsdesk.record import paths

from newsdesk_mlflow.mapping.naming.text import fitting_name

# `mlflow/utils/validation.py`, the smallest of 2.14 to 3.17.
_NAME_LENGTH = 500
_TEXT_LENGTH = 65_535
_DIGEST_LENGTH = 8
"""That of MLflow's own digests: with a longer one, its table of runs cuts off what the dataset is for."""
_ROWS = f"{paths.DATASET_META}.tag_loading_metadata.aggregate_metadata.dropped_na_length"
CONTEXT = "training"
"""What the dataset is for, as MLflow has it in the tag `mlflow.data.context`."""


class Dataset(NamedTuple):
    """A dataset as MLflow knows one; the fields are those of its REST API."""

    name: str
    digest: str
    """Which definition of that name this is."""
    source_type: str
    source: str
    """Where it comes from, as JSON."""
    schema: str
    """Its tags as columns, as JSON."""
    profile: str
    """Its dates and its size, as JSON."""


def dataset_of(machine: Machine) -> Dataset | None:
    """Give the dataset of a machine; None if it has none."""
    if not machine.dataset:
        return None
    source: dict[str, Any] = {"tags": {"mlflow.source.name": "newsdesk"}}
    profile = {
        key: value
        for key in ("train_start_date", "train_end_date", "resolution", "row_filter")
        if (value := machine.dataset.get(key)) not in (None, "")
    }
    rows = record.value_at(machine, _ROWS)
    if isinstance(rows, int) and not isinstance(rows, bool):
        profile["num_rows"] = rows
    columns = [{"type": "double", "name": tag, "required": True} for tag in record.tags(machine)]
    return Dataset(
        fitting_name(machine.name, _NAME_LENGTH),
        hashlib.sha256(canonical.dumps(machine.dataset)).hexdigest()[:_DIGEST_LENGTH],
        # What MLflow itself takes for made by a program: `mlflow.data.get_source` reads it back.
        "code",
        _json({**source, "definition": machine.dataset}) or json.dumps(source),
        _json({"mlflow_colspec": columns}) if columns else "",
        _json(profile),
    )


def _json(value: Mapping[str, Any]) -> str:
    """Write JSON in ASCII; nothing, where MLflow would not keep it whole."""
    text = json.dumps(value)
    return text if len(text) <= _TEXT_LENGTH else ""
