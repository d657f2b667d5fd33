"""The privileges that docs/postgres.md lists are enough, and without them the error has the GRANT to run."""

import re
from pathlib import Path

import pytest
from newsdesk import Machine, MachineKey
from newsdesk_postgres import PermanentPostgresError, PostgresReporter

PAGE = Path(__file__).parents[4] / "docs" / "postgres.md"
BLOCKS = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
ROLES = ("builder", "reporter", "reader")
BUILDER, REPORTER, READER = (next(b for b in BLOCKS if f"CREATE ROLE {role} " in b) for role in ROLES)


@pytest.fixture
def machines(database):
    """An empty database, with the page's schema."""
    database.query("CREATE SCHEMA plant")
    yield database
    for role in ROLES:
        if database.query("SELECT 1 FROM pg_roles WHERE rolname = %s", role):
            database.query(f"DROP OWNED BY {role}")
            database.query(f"DROP ROLE {role}")


@pytest.fixture
def grant(machines):
    """Give a function that runs a block of the page, as a superuser."""
    return lambda block: machines.query(block.replace("DATABASE machines", f"DATABASE {machines.name}"))


@pytest.fixture
def as_role(machines):
    """Give a function that makes a reporter of a role."""

    def make(role, **parameters):
        place = {**machines.place, "user": role, "password": "change me", "schema": "plant"}
        return PostgresReporter(**{**place, **parameters})

    return make


def test_a_builder_creates_and_uses_the_table(grant, as_role):
    grant(BUILDER)
    with as_role("builder") as reporter:
        assert not reporter.report(Machine(name="m")).unchanged
        assert reporter.fetch("m") == Machine(name="m")


def test_a_builder_upgrades_a_table_that_it_owns(grant, as_role, machines, original_table):
    grant(BUILDER)
    machines.query("SET search_path = plant;" + original_table)
    with pytest.raises(
        PermanentPostgresError, match=r"must be owner of table machine .SQLSTATE 42501.; run as"
    ):
        as_role("builder").ping()
    machines.query("ALTER TABLE plant.machine OWNER TO builder")
    with as_role("builder") as reporter:
        assert not reporter.report(Machine(name="m")).unchanged


def test_a_builder_creates_a_schema_with_one_privilege_more(grant, as_role, machines):
    grant(BUILDER)
    place = {"schema": "other", "create_schema": True}
    with pytest.raises(PermanentPostgresError, match=f"permission denied for database {machines.name}"):
        as_role("builder", **place).ping()
    machines.query(f"GRANT CREATE ON DATABASE {machines.name} TO builder")
    with as_role("builder", **place) as reporter:
        assert not reporter.report(Machine(name="m")).unchanged


@pytest.mark.parametrize("create", [True, False])
def test_a_reporter_reports_and_a_reader_reads(grant, as_role, create):
    for block in (BUILDER,):
        grant(block)
    as_role("builder").ping()
    grant(REPORTER)
    grant(READER)
    with as_role("reporter", create=create) as reporter:
        assert not reporter.report(Machine(name="m", project_name="p")).unchanged
        assert not reporter.report(Machine(name="m", project_name="p", metadata={"a": 1})).unchanged
    with as_role("reader", create=create) as reader:
        assert reader.fetch("m").metadata == {"a": 1}
        assert [stored.key for stored in reader.machines()] == [MachineKey("p", "m")]
        assert reader.holds([MachineKey("p", "m")]) == {MachineKey("p", "m")}
        with pytest.raises(PermanentPostgresError) as caught:
            reader.report(Machine(name="m"))
    assert str(caught.value).endswith(
        "permission denied for table machine (SQLSTATE 42501); run as its owner: GRANT USAGE ON SCHEMA plant TO "
        '"reader"; GRANT SELECT, INSERT, UPDATE ON plant.machine TO "reader"'
    )


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_of_a_reporters_privileges_none_can_be_left_out_and_the_error_has_what_adds_it(
    grant, as_role, machines, missing
):
    grant(BUILDER)
    as_role("builder").ping()
    lines = REPORTER.splitlines()
    grant("\n".join([*lines[:missing], *lines[missing + 1 :]]))
    if "CONNECT" in lines[missing]:  # which all roles have, unless it was taken from them
        machines.query(f"REVOKE CONNECT ON DATABASE {machines.name} FROM PUBLIC")
    with pytest.raises(PermanentPostgresError, match="GRANT") as caught:
        as_role("reporter").report(Machine(name="m"))
    remedy = re.search(r"(GRANT .*)", str(caught.value))[1]
    machines.query(remedy.replace("DATABASE … TO …", f"DATABASE {machines.name} TO reporter"))
    with as_role("reporter") as reporter:
        assert not reporter.report(Machine(name="m")).unchanged


def test_who_may_not_create_the_table_is_told_how_to_get_it(grant, as_role):
    grant("CREATE ROLE reporter LOGIN PASSWORD 'change me'; GRANT USAGE ON SCHEMA plant TO reporter")
    with pytest.raises(PermanentPostgresError) as caught:
        as_role("reporter").ping()
    assert str(caught.value) == (
        "creating or upgrading the table plant.machine: permission denied for schema plant (SQLSTATE 42501); run as the "
        "schema's owner: GRANT USAGE, CREATE ON SCHEMA plant TO \"reporter\"; or let the table's owner report once; "
        "or set 'create: false' to see the SQL"
    )


def test_a_policy_of_the_table_is_not_taken_for_a_missing_privilege(grant, as_role, machines):
    grant(BUILDER)
    as_role("builder").ping()
    grant(REPORTER)
    machines.query("ALTER TABLE plant.machine ENABLE ROW LEVEL SECURITY")
    with pytest.raises(PermanentPostgresError, match="row-level security") as caught:
        as_role("reporter").report(Machine(name="m"))
    assert "GRANT" not in str(caught.value)
