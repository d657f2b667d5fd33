"""The views for dashboards, which give SQL what `newsdesk.record` gives Python."""

import datetime as dt
import math
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newsdesk import Machine, PermanentReporterError, record
from newsdesk_postgres import PostgresReporter, create_dashboard_views

PAGE = (
    (Path(__file__).parents[4] / "docs" / "postgres.md")
    .read_text("utf-8")
    .partition("## Views for dashboards")[2]
)
VIEWS = ("builds", "folds", "history", "scores")
SCORES = "SELECT score, metric, tag, mean, std, min, max FROM machine_scores WHERE name = 'm' ORDER BY score"
FOLDS = (
    "SELECT score, fold, value, train_start, train_end, test_start, test_end, n_train, n_test "
    "FROM machine_folds WHERE name = 'm' ORDER BY score, fold"
)
HISTORY = "SELECT series, epoch, value FROM machine_history WHERE name = 'm' ORDER BY series, epoch"
BUILD = (
    "SELECT built_at, builder_version, training_seconds, cv_seconds, query_seconds, train_start_date, "
    "train_end_date, model_offset FROM machine_builds WHERE name = 'm'"
)


def exact(count):
    """Return a whole number if a float has it, which jsonb may not have been sent otherwise."""
    return count if count is not None and abs(count) < 2**53 else None


def expected(machine):
    """Return what Python reads of a record, in the shape of the four queries."""
    split = {each.fold: each for each in record.splits(machine)}
    scores = record.scores(machine)
    ends = ("train_start", "train_end", "test_start", "test_end")
    folds = [
        (
            name,
            fold,
            value,
            *(record.date_of(getattr(split.get(fold), end, None)) for end in ends),
            *(exact(getattr(split.get(fold), f"n_{part}", None)) for part in ("train", "test")),
        )
        for name, score in scores.items()
        for fold, value in score.folds.items()
    ]
    history = [
        (name, epoch, value)
        for name, series in record.history(machine).items()
        for epoch, value in enumerate(series.values, 1)
    ]
    build = record.build(machine)
    return (
        [(s.name, s.metric, s.tag, s.mean, s.std, s.min, s.max) for s in scores.values()],
        folds,
        history,
        [
            (
                build.created_at,
                build.builder_version,
                build.training_seconds,
                build.cv_seconds,
                build.query_seconds,
                record.date_of(build.train_start_date),
                record.date_of(build.train_end_date),
                exact(build.offset),
            )
        ],
    )


def same(rows):
    """Return rows that compare as values do: NaN equals itself, and order is that of code points."""
    return sorted(
        (tuple("NaN" if isinstance(v, float) and math.isnan(v) else v for v in row) for row in rows), key=repr
    )


@pytest.fixture
def views(reporter):
    create_dashboard_views(reporter)
    return reporter


def assert_read_alike(reporter, database, machine):
    reporter.report(machine)
    for sql, rows in zip((SCORES, FOLDS, HISTORY, BUILD), expected(machine), strict=True):
        assert same(database.query(sql)) == same(rows), sql


def test_they_give_what_python_reads_of_real_machines(views, database, real_machine):
    machine = Machine.from_dict({**real_machine.to_dict(), "name": "m"})
    assert_read_alike(views, database, machine)
    assert database.scalar("SELECT count(*) FROM machine_builds WHERE built_at IS NOT NULL") == 1


def built(**model):
    return {"build_metadata": {"model": model}}


def crossed(scores, splits=None, tags=None, targets=None):
    return {
        "dataset": {"tag_list": tags, "target_tag_list": targets},
        "metadata": built(cross_validation={"scores": scores, "splits": splits}),
    }


CASES = {
    "nothing": {},
    "other shapes": {"metadata": built(cross_validation=[1], model_meta="text", model_creation_date=5)},
    "no scores": crossed(None),
    "scores as a list": crossed([{"fold-mean": 1}]),
    "plain numbers": crossed({"a": 1, "b": "NaN", "c": "text", "d": True, "e": None, "f": [1]}),
    "not a number": crossed({"a": {"fold-mean": "NaN", "fold-1": "-Infinity", "fold-2": "x", "fold-3": None}}),
    "out of range": crossed({"a": {"fold-mean": 10**400, "fold-min": -(10**400), "fold-1": 5e-324, "fold-2": 1e308}}),
    "folds": crossed({"a": {f"fold-{n}": 1 for n in ("0", "01", "1", "10", "1-x", "x", "9" * 18, "9" * 19)}}),
    "tags": crossed({"r2": {}, "r2-A-B": {}, "r2-A": {}, "x-A-B": {}, "r2-C": {}}, tags=["A B", {"name": "A"}, ["C", 1]]),
    "tags that look alike": crossed({"r2": {}, "r2-A-B": {}}, tags=["A-B"], targets=["A B", "", None, 5]),
    "a tag named as a score": crossed({"a": {}, "a-b": {}, "a-b-c": {}}, tags=["c", "b-c"]),
    "dashes": crossed({"": {}, "-A": {}, "--A": {}, "-": {}, "r2--A": {}, "r2-": {}}, tags=["A", "-A", "-"]),
    "quotes": crossed({"it's": {}, "it's-{\"}%": {}}, tags=['{"}%']),
    "splits": crossed(
        {"a": {"fold-1": 1, "fold-2": 2}},
        {"fold-1-train-start": "2019-01-02 04:50:00+00:00", "fold-1-n-train": 5.0, "fold-2-n-test": 5.5, "fold-2-test-end": 7},
    ),
    "history": {"metadata": built(model_meta={"history": {"loss": [1, "NaN", None, "x"], "acc": 3, "none": None, "params": {"a": [1]}}})},
    "offset": {"metadata": built(model_offset=10**30, model_training_duration_sec=1e-400, model_builder_version="1.2")},
}  # fmt: skip


@pytest.mark.parametrize("parts", CASES.values(), ids=CASES)
def test_they_read_every_shape_as_python_does(views, database, parts):
    assert_read_alike(views, database, Machine.from_dict({"name": "m", "project_name": "p", **parts}))


DATES = (
    "2019-01-01 09:00:00.000000++0000",
    "2019-01-01 09:00:00.123456+",
    "2019-01-01T09:00:00+01:00",
    "2019-01-01T09:00:00Z",
    "2019-01-01 09:00-0730",
    "2019-01-01T09:00",
    "2019-01-01",
    "2020-02-29",
    "1900-02-29",
    "2019-02-29",
    "2019-02-30",
    "2019-04-31T00:00",
    "2019-13-01",
    "2019-01-01T24:00",
    "2019-01-01T23:59:60",
    "0000-01-01",
    "0001-01-01",
    "2019-01-01T09:00:00+99:00",
    "9999-12-31T23:59:59.999999",
    "infinity",
    "now",
    "",
    "2019-01-01T09:00:00 'x'",
    "2019-01-01x",
)


@pytest.mark.parametrize("date", DATES)
def test_they_read_dates_as_python_does_in_any_time_zone_of_the_session(views, database, date):
    views.report(Machine.from_dict({"name": "m", "metadata": built(model_creation_date=date)}))
    asked = "SET timezone = 'Asia/Kolkata'; SET datestyle = 'SQL, DMY'; SELECT built_at::text IS NULL, extract(epoch FROM built_at) FROM machine_builds"
    wanted = record.date_of(date)
    [(missing, seconds)] = database.query(asked)
    assert missing == (wanted is None)
    assert wanted is None or float(seconds) == pytest.approx(
        (wanted - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)).total_seconds()
    )


NAMES = st.text("aA-b. ", max_size=5)
NUMBERS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["NaN", "x"]))
TAG_LISTS = st.one_of(
    st.none(), st.lists(st.one_of(NAMES, st.fixed_dictionaries({"name": NAMES}), st.lists(NAMES, max_size=2)), max_size=4)
)  # fmt: skip
FOLD_KEYS = st.sampled_from(["fold-mean", "fold-std", "fold-1", "fold-2", "fold-x", "other"])
RECORDS = st.builds(
    crossed,
    st.dictionaries(NAMES, st.one_of(NUMBERS, st.dictionaries(FOLD_KEYS, NUMBERS)), max_size=8),
    st.dictionaries(st.sampled_from(["fold-1-n-train", "fold-2-test-end", "fold-1-train-start"]), NUMBERS),
    TAG_LISTS,
    TAG_LISTS,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=RECORDS)
def test_they_read_generated_records_as_python_does(views, database, parts):
    assert_read_alike(views, database, Machine.from_dict({"name": "m", "project_name": "p", **parts}))


def test_a_row_that_gordo_wrote_is_in_them_as_well(database, original_table, real_machine):
    database.query(original_table)
    parts = [real_machine.to_json(part).decode() for part in ("dataset", "model", "metadata")]
    database.query("INSERT INTO machine VALUES ('m', %s, %s, %s)", *parts)
    with PostgresReporter(**database.place) as reporter:
        create_dashboard_views(reporter)
    wanted = expected(real_machine)
    assert same(database.query(SCORES)) == same(wanted[0])
    assert database.query(BUILD) == wanted[3]
    assert database.query("SELECT project_name, revision, reported_at FROM machine_builds") == [
        ("", None, None)
    ]


def test_what_newsdesk_wrote_is_not_shown_of_a_row_that_another_writer_has_changed(views, database):
    machine = Machine(name="m")
    views.report(machine)
    columns = "SELECT revision, model_key, reported_at IS NULL FROM machine_builds"
    assert database.query(columns) == [(machine.revision, machine.model_key, False)]
    database.query("UPDATE machine SET model = '{}'")
    assert database.query(columns) == [(None, None, True)]


@pytest.mark.parametrize("place", [{}, {"schema": "We ird%s", "table": 'ta"b%le:x'}])
def test_they_are_beside_the_table_with_types_and_comments(database, place):
    with PostgresReporter(**database.place, **place, create_schema="schema" in place) as reporter:
        for _ in range(2):  # the second time they are replaced
            create_dashboard_views(reporter)
        reporter.report(Machine(name="m"))
        create_dashboard_views(reporter)
    schema, table = place.get("schema", "public"), place.get("table", "machine")
    found = database.query(
        """
        SELECT c.relname, a.attname, format_type(a.atttypid, NULL), col_description(c.oid, a.attnum),
            obj_description(c.oid)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'v' AND c.relnamespace = quote_ident(%s)::regnamespace ORDER BY 1, a.attnum
        """,
        schema,
    )
    assert sorted({row[0] for row in found}) == [f"{table}_{view}" for view in VIEWS]
    assert all(comment and about for *_, comment, about in found)
    types = {(row[0].removeprefix(f"{table}_"), row[1]): row[2] for row in found}
    assert (
        types["scores", "mean"] == types["history", "value"] == types["folds", "value"] == "double precision"
    )
    assert types["builds", "built_at"] == types["folds", "test_start"] == "timestamp with time zone"
    assert types["folds", "fold"] == types["history", "epoch"] == "bigint"
    assert "jsonb" not in types.values()


def test_a_role_that_may_only_read_them_reads_them(views, database):
    role = f"grafana_{database.name}"
    database.query(
        f"CREATE ROLE {role} LOGIN PASSWORD 'p'; GRANT SELECT ON machine_builds, machine_scores TO {role}"
    )
    views.report(Machine(name="m"))
    place = {"user": role, "password": "p", "dbname": database.name}
    connection = psycopg2.connect(host=database.server.hostname, port=database.server.port, **place)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT name FROM machine_builds")
        assert cursor.fetchall() == [("m",)]
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT name FROM machine")
    connection.close()


def test_many_may_create_them_at_once(reporter, database):
    reporter.ping()
    with ThreadPoolExecutor(8) as pool:
        others = [PostgresReporter(**database.place) for _ in range(8)]
        list(pool.map(create_dashboard_views, others))
        for each in others:
            each.close()
    views = database.query("SELECT viewname FROM pg_views WHERE schemaname = 'public' ORDER BY 1")
    assert views == [(f"machine_{view}",) for view in VIEWS]


GORDO = (
    "SELECT dataset->>'resolution' FROM machine WHERE name = 'm'",
    "SELECT s.key, s.value->>'fold-mean' FROM machine, "
    "jsonb_each(metadata->'build_metadata'->'model'->'cross_validation'->'scores') AS s WHERE name = 'm' ORDER BY 1",
)


def test_gordos_queries_and_writes_are_answered_as_before(database, original_table, real_machine):
    parts = [real_machine.to_json(part).decode() for part in ("dataset", "model", "metadata")]
    database.query(original_table)
    database.query("INSERT INTO machine VALUES ('m', %s, %s, %s)", *parts)
    before = [database.query(sql) for sql in GORDO]
    with PostgresReporter(**database.place) as reporter:
        create_dashboard_views(reporter)
    assert [database.query(sql) for sql in GORDO] == before
    update = "UPDATE machine SET name = 'm', dataset = '{}', model = '{}', metadata = '{}' WHERE name = 'm'"
    database.query(update)
    database.query("INSERT INTO machine (name, dataset, model, metadata) VALUES ('n', '{}', '{}', '{}')")
    assert database.query("SELECT name, training_seconds FROM machine_builds ORDER BY 1") == [
        ("m", None),
        ("n", None),
    ]


def test_what_prevents_them_is_an_error_and_none_is_left(reporter, database):
    database.query("CREATE TABLE machine_history (a int)")
    with pytest.raises(
        PermanentReporterError, match=r'creating the views of machine: "machine_history" is not a view'
    ):
        create_dashboard_views(reporter)
    assert database.query("SELECT viewname FROM pg_views WHERE schemaname = 'public'") == []
    with (
        PostgresReporter(**database.place, table="t" * 60) as long,
        pytest.raises(PermanentReporterError, match="63 bytes"),
    ):
        create_dashboard_views(long)


def test_the_page_has_every_column_and_its_query_is_answered(views, database, real_machine):
    columns = database.query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_name ~ '^machine_' "
        "ORDER BY table_name, ordinal_position"
    )
    told = re.findall(r"^\| `(machine_\w+)` \| .*? \| (.*) \|$", PAGE, re.MULTILINE)
    assert sorted(
        (view, column) for view, listed in told for column in re.findall(r"`(\w+)`", listed)
    ) == sorted(columns)
    views.report(real_machine)
    [query] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    rows = database.query(query)
    assert len(rows) == ("r2-score" in record.scores(real_machine))
