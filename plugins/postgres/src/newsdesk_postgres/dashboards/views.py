"""Pure: the SQL of the views, which read each record as `newsdesk.record` does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from newsdesk.record import paths

from newsdesk_postgres.dashboards.values import array, at, count, date, names_of_tags, number, object_, text
from newsdesk_postgres.errors import PermanentPostgresError
from newsdesk_postgres.table.identifiers import identifier

_TABLE = "{table}"
_NAME_BYTES = 63  # PostgreSQL silently truncates longer names: its manual, "Identifiers and Key Words"


def _as_it_is(value: str) -> str:
    return value


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a view."""

    name: str
    """Its name."""
    raw: str
    """The SQL of its value, as the table has it."""
    comment: str
    """What it is, with its unit."""
    read: Callable[[str], str] = _as_it_is
    """Makes the SQL of the value as the view has it."""


@dataclass(frozen=True, slots=True)
class View:
    """One view."""

    suffix: str
    """What follows the name of the table."""
    comment: str
    """What a row is."""
    columns: tuple[Column, ...]
    """Its columns; new ones only at the end, so that an older view can be replaced."""
    source: str
    """What follows FROM, with `_TABLE` for the table."""


_KEY = (
    Column("name", "held.name", "the machine's name"),
    Column("project_name", "coalesce(held.project_name, '')", "its project; empty if it is unknown"),
)


def _reported(column: str) -> str:
    """Return what newsdesk wrote of a row, unless another writer has changed the row since."""
    return f"CASE WHEN held.xmin::text::bigint = (held.written_xid & 4294967295) THEN held.{column} END"


_BUILDS = View(
    "builds",
    "One row for each machine: when and by what its model was built, on which dates, and how long it took",
    (
        *_KEY,
        Column("built_at", at("read.metadata", paths.CREATED), "when the model was built", date),
        Column(
            "builder_version",
            at("read.metadata", paths.BUILDER_VERSION),
            "the version of the program that built it",
            text,
        ),
        Column(
            "training_seconds",
            at("read.metadata", paths.TRAINING_SECONDS),
            "how long the training on all data took, in seconds",
            number,
        ),
        Column(
            "cv_seconds",
            at("read.metadata", paths.CV_SECONDS),
            "how long the cross-validation took, in seconds",
            number,
        ),
        Column(
            "query_seconds",
            at("read.metadata", paths.QUERY_SECONDS),
            "how long it took to fetch the data, in seconds",
            number,
        ),
        Column("train_start_date", at("read.dataset", paths.TRAIN_START_DATE), "where its data begins", date),
        Column("train_end_date", at("read.dataset", paths.TRAIN_END_DATE), "where its data ends", date),
        Column("resolution", at("read.dataset", paths.RESOLUTION), "the resolution of its data", text),
        Column(
            "model_offset",
            at("read.metadata", paths.OFFSET),
            "by how many rows the model's output is shorter than its input",
            count,
        ),
        Column("reported_at", _reported("reported_at"), "when newsdesk wrote the row"),
        Column("revision", _reported("revision"), "the hash of the record"),
        Column("model_key", _reported("model_key"), "the hash of the build's configuration"),
    ),
    # `#> '{}'` is the whole value, decompressed once and not for each column.
    f"""{_TABLE} AS held
    CROSS JOIN LATERAL (
        SELECT held.metadata #> '{{}}' AS metadata, held.dataset #> '{{}}' AS dataset OFFSET 0
    ) AS read""",
)

# A score of a single tag is named as another score, `-`, and the tag with spaces as `-`.
_SCORED = f"""{_TABLE} AS held
    CROSS JOIN LATERAL (
        SELECT {object_("scores")} AS scores, splits
        FROM (
            SELECT {at("metadata", paths.SCORES)} AS scores, {at("metadata", paths.SPLITS)} AS splits
            FROM (SELECT held.metadata #> '{{}}' AS metadata OFFSET 0) AS once
            OFFSET 0
        ) AS found
        OFFSET 0
    ) AS read
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(replace(tag, ' ', '-'), tag ORDER BY part, number) AS by_suffix
        FROM ({names_of_tags("held.dataset")}) AS named
        WHERE tag <> ''
    ) AS tags
    CROSS JOIN LATERAL jsonb_each(read.scores) AS score
    LEFT JOIN LATERAL (
        SELECT metric, tag
        FROM (
            SELECT
                cut, array_to_string(parts[:cut], '-') AS metric,
                tags.by_suffix ->> array_to_string(parts[cut + 1:], '-') AS tag
            FROM
                (SELECT string_to_array(score.key, '-') AS parts) AS split,
                generate_series(1, cardinality(parts) - 1) AS cut
        ) AS cuts
        WHERE tag IS NOT NULL AND read.scores ? metric
        ORDER BY cut
        LIMIT 1
    ) AS owner ON true"""  # noqa: S608  (constants)
_SCORE = (
    *_KEY,
    Column("score", "score.key", "the score's name in the record"),
    Column("metric", "coalesce(owner.metric, score.key)", "its name without the tag"),
    Column("tag", "owner.tag", "the tag that it belongs to; NULL for a score of all tags"),
)
_SCORES = View(
    "scores",
    "One row for each score of the cross-validation: over all folds",
    (
        *_SCORE,
        Column(
            "mean",
            "CASE jsonb_typeof(score.value) WHEN 'object' THEN score.value -> 'fold-mean'"
            " ELSE score.value END",
            "the mean over the folds",
            number,
        ),
        Column("std", "score.value -> 'fold-std'", "the standard deviation over the folds", number),
        Column("min", "score.value -> 'fold-min'", "the least of the folds", number),
        Column("max", "score.value -> 'fold-max'", "the greatest of the folds", number),
    ),
    _SCORED,
)


def _split(of: str) -> str:
    return f"read.splits -> ('fold-' || fold.number || '-{of}')"


_FOLDS = View(
    "folds",
    "One row for each score and fold of the cross-validation",
    (
        *_SCORE,
        Column("fold", "fold.number", "the fold's number, which counts from 1"),
        Column("value", "fold.value", "the score of the fold"),
        Column("train_start", _split("train-start"), "the first row that it was trained on", date),
        Column("train_end", _split("train-end"), "the last row that it was trained on", date),
        Column("test_start", _split("test-start"), "the first row that it was tested on", date),
        Column("test_end", _split("test-end"), "the last row that it was tested on", date),
        Column("n_train", _split("n-train"), "how many rows it was trained on", count),
        Column("n_test", _split("n-test"), "how many rows it was tested on", count),
    ),
    f"""{_SCORED}
    CROSS JOIN LATERAL (
        SELECT substr(key, 6)::bigint AS number, {number("value")} AS value
        FROM jsonb_each({object_("score.value")})
        WHERE key ~ '^fold-[1-9][0-9]{{0,17}}$'
    ) AS fold
    WHERE fold.value IS NOT NULL""",  # noqa: S608  (constants)
)
_HISTORY = View(
    "history",
    "One row for each epoch of the training, and each value that was logged",
    (
        *_KEY,
        Column("series", "series.key", "what was logged, such as loss"),
        Column("epoch", "epoch.number", "the epoch, which counts from 1"),
        Column("value", "epoch.value", "its value; NULL where the record has no number", number),
    ),
    f"""{_TABLE} AS held
    CROSS JOIN LATERAL (SELECT {at("held.metadata", paths.HISTORY)} AS history OFFSET 0) AS read
    CROSS JOIN LATERAL jsonb_each({object_("read.history")}) AS series
    CROSS JOIN LATERAL jsonb_array_elements(
        coalesce({array("series.value")}, jsonb_build_array(series.value))
    ) WITH ORDINALITY AS epoch (value, number)
    WHERE series.key <> '{paths.HISTORY_PARAMS.rpartition(".")[2]}'""",
)
VIEWS = (_BUILDS, _SCORES, _FOLDS, _HISTORY)
"""The views."""


def view_name(view: View, table: str, schema: str | None) -> str:
    """Return the name of a view as SQL has it, which is in the table's schema.

    Raises:
        PermanentPostgresError: the table's name is too long for one.
    """
    name = f"{table}_{view.suffix}"
    if len(name.encode()) > _NAME_BYTES:
        raise PermanentPostgresError(
            f"the view {name!r} cannot be created, since its name exceeds {_NAME_BYTES} bytes: "
            "use a table with a shorter name"
        )
    return _path(name, schema)


def statements(table: str, schema: str | None) -> Iterator[str]:
    """Yield the SQL that creates the views of a table, or replaces them.

    Args:
        table: its name, unquoted.
        schema: the name of its schema, unquoted.

    Raises:
        PermanentPostgresError: the table's name is too long.
    """
    held = _path(table, schema)
    for view in VIEWS:
        name, columns = view_name(view, table, schema), view.columns
        selected = ",\n    ".join(f"{each.read(f'raw.{each.name}')} AS {each.name}" for each in columns)
        raw = ",\n        ".join(f"{each.raw} AS {each.name}" for each in columns)
        source = view.source.replace(_TABLE, held).replace("\n", "\n    ")
        yield (
            f"CREATE OR REPLACE VIEW {name} AS\nSELECT\n    {selected}\n"
            f"FROM (\n    SELECT\n        {raw}\n    FROM {source}\n) AS raw"
        )
        yield f"COMMENT ON VIEW {name} IS {_literal(view.comment)}"
        yield from (f"COMMENT ON COLUMN {name}.{each.name} IS {_literal(each.comment)}" for each in columns)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _path(name: str, schema: str | None) -> str:
    return ".".join(identifier(part) for part in (schema, name) if part is not None)
