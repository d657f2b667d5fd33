"""Where a record keeps what, as dotted paths."""

from typing import Any

from newsdesk.machine import BUILDER_VERSION as _BUILDER_VERSION
from newsdesk.machine import Machine

BUILDER_VERSION = _BUILDER_VERSION
_MODEL = BUILDER_VERSION.rpartition(".")[0]
_DATASET = "metadata.build_metadata.dataset"

CREATED = f"{_MODEL}.model_creation_date"
OFFSET = f"{_MODEL}.model_offset"
TRAINING_SECONDS = f"{_MODEL}.model_training_duration_sec"
MODEL_META = f"{_MODEL}.model_meta"
HISTORY = f"{MODEL_META}.history"
HISTORY_PARAMS = f"{HISTORY}.params"
SCORES = f"{_MODEL}.cross_validation.scores"
SPLITS = f"{_MODEL}.cross_validation.splits"
CV_SECONDS = f"{_MODEL}.cross_validation.cv_duration_sec"
QUERY_SECONDS = f"{_DATASET}.query_duration_sec"
DATASET_META = f"{_DATASET}.dataset_meta"
TAGS = "dataset.tag_list"
TARGET_TAGS = "dataset.target_tag_list"
TRAIN_START_DATE = "dataset.train_start_date"
TRAIN_END_DATE = "dataset.train_end_date"
RESOLUTION = "dataset.resolution"
ROW_FILTER = "dataset.row_filter"
ROW_FILTER_BUFFER_SIZE = "dataset.row_filter_buffer_size"


def value_at(machine: Machine, path: str) -> Any:
    """Return what a record has at a path; None where it has nothing."""
    part, *keys = path.split(".")
    value = getattr(machine, part)
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def mapping_at(machine: Machine, path: str) -> dict[str, Any]:
    """Return the mapping at a path; an empty one where there is none."""
    value = value_at(machine, path)
    return value if isinstance(value, dict) else {}
