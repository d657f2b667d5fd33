"""What changes with every build by itself: dates, durations, and what follows from the data."""

from newsdesk.comparison.changes import Path
from newsdesk.record import paths

VOLATILE = {
    paths.CREATED: "when the model was built",
    paths.TRAINING_SECONDS: "how long the training took",
    paths.CV_SECONDS: "how long the cross-validation took",
    paths.QUERY_SECONDS: "how long it took to fetch the data",
    paths.SPLITS: "the dates and rows of the folds, which follow from the data",
    paths.MODEL_META: "what the training learned, such as thresholds, which follows from the data",
    paths.DATASET_META: "statistics of the data as fetched",
}
"""The paths, each with all below it, and what is there."""

_PARTS = {tuple(path.split(".")): path for path in VOLATILE}
LENGTHS = sorted({len(parts) for parts in _PARTS})
PATHS: frozenset[Path] = frozenset(_PARTS)


def volatile_path(path: Path) -> str | None:
    """Return which of the volatile paths a path is, or is below."""
    return next((found for length in LENGTHS if (found := _PARTS.get(path[:length])) is not None), None)
