"""The SQL that turns an older table into the one of this version."""

from hypothesis import given
from hypothesis import strategies as st
from newsdesk_postgres.table.migration import State, Unique, migration
from newsdesk_postgres.table.statements import COLUMNS

REQUIRED = {"name", "dataset", "model", "metadata"}


@given(st.sets(st.sampled_from(sorted(COLUMNS.keys() - REQUIRED))), st.booleans(), st.booleans())
def test_an_upgrade_adds_what_is_missing_and_nothing_else(present, by_name, by_both):
    uniques = [Unique("machine_name", None, frozenset({"name"}))] * by_name
    uniques += [Unique("both", "both", frozenset({"name", "project_name"}))] * by_both
    state = State(True, (), frozenset(REQUIRED | present), True, tuple(uniques))
    statements = migration("machine", None, state, create_schema=False)
    added = {statement.split()[5] for statement in statements if "ADD COLUMN" in statement}
    assert added == COLUMNS.keys() - REQUIRED - present
    assert ("DROP INDEX machine_name" in statements) == by_name
    assert ("ALTER TABLE machine ADD UNIQUE (name, project_name)" in statements) != by_both
    assert state.ready == (not added and by_both and not by_name)
