"""Reads what a record says of its build: scores, splits, training history, durations, tags, dates.

The layout is gordo's, and is known here alone; `docs/record.md` describes it. What a record lacks, or has in
another shape, is left out: nothing here raises, whatever JSON a record holds.

May import: machine.
"""

from newsdesk.record import paths
from newsdesk.record.build import Build, build
from newsdesk.record.history import Series, history, history_params
from newsdesk.record.paths import mapping_at, value_at
from newsdesk.record.scores import Score, main_scores, scores
from newsdesk.record.splits import Split, raw_splits, splits
from newsdesk.record.tags import tags, target_tags
from newsdesk.record.values import date_of, number_of

__all__ = [
    "Build",
    "Score",
    "Series",
    "Split",
    "build",
    "date_of",
    "history",
    "history_params",
    "main_scores",
    "mapping_at",
    "number_of",
    "paths",
    "raw_splits",
    "scores",
    "splits",
    "tags",
    "target_tags",
    "value_at",
]
