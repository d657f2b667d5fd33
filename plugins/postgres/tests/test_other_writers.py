"""What is `unchanged`, and what is fetched, where somebody else writes to the table and leaves `revision`."""

import json

import pytest
from newsdesk import Machine, MachineKey, Status, report
from newsdesk_postgres import AmbiguousMachine, MachineDoesNotExist, PostgresReporter

OURS = Machine(
    name="pump-7",
    project_name="plant",
    dataset={"tags": ["a", "b"]},
    model={"alpha": 0.5},
    metadata={"build": 1, "loss": [1e23, 0.1, 5]},
    evaluation={"cv": "full"},
)
HOSTILE = Machine.from_dict(
    {**OURS.to_dict(), "metadata": {"build": 1, "note": "a\0b", "zero": -0.0, "big": 1e23}}
)
THEIRS = [json.dumps(part) for part in ({"tags": ["c"]}, {"alpha": 0.9}, {"build": 2})]

WRITERS = {
    # What gordo's reporter sends (peewee's update) for a name that is in the table.
    "gordo": (
        'UPDATE "machine" SET "name" = %s, "dataset" = %s, "model" = %s, "metadata" = %s WHERE ("name" = %s)',
        ["pump-7", *THEIRS, "pump-7"],
    ),
    "upsert": (
        "INSERT INTO machine (name, project_name, dataset, model, metadata) VALUES ('pump-7', 'plant', %s, %s, %s) "
        "ON CONFLICT (name, project_name) DO UPDATE SET dataset = excluded.dataset, model = excluded.model, "
        "metadata = excluded.metadata",
        THEIRS,
    ),
    **{
        column: (f"UPDATE machine SET {column} = %s", ['{"theirs": true}'])
        for column in ("dataset", "model", "metadata", "runtime", "evaluation", "extra")
    },
    "null": ("UPDATE machine SET metadata = NULL", []),
    "model_key": ("UPDATE machine SET model_key = 'theirs'", []),
    "record": ("UPDATE machine SET record = '{}'", []),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("machine", [OURS, HOSTILE], ids=["plain", "with a record"])
@pytest.mark.parametrize("together", [False, True], ids=["report", "report_many"])
def test_a_row_that_another_writer_changed_is_written_again(reporter, database, writer, machine, together):
    def send():
        return next(reporter.report_many([machine])) if together else reporter.report(machine)

    assert not send().unchanged
    before = database.query("SELECT * FROM machine")
    assert [stored.revision for stored in reporter.machines()] == [machine.revision]
    database.query(WRITERS[writer][0], *WRITERS[writer][1])
    assert database.query("SELECT * FROM machine") != before
    [stored] = reporter.machines()
    assert (stored.key, stored.revision, stored.model_key, stored.time) == (machine.key, None, None, None)
    assert not send().unchanged
    assert reporter.fetch("pump-7") == machine
    assert [stored.revision for stored in reporter.machines()] == [machine.revision]
    assert send().unchanged


def test_a_truncated_name_is_whole_although_another_writer_has_changed_the_row(reporter, database):
    machine = Machine(name="x" * 2000, project_name="\0" * 2000)
    reporter.report(machine)
    database.query("UPDATE machine SET model = '{}'")
    database.query("UPDATE machine SET metadata = '{\"theirs\": 1}'")
    assert [stored.key for stored in reporter.machines()] == [machine.key]
    assert reporter.fetch(*reversed(machine.key)).metadata == {"theirs": 1}
    reporter.report(Machine(name="x" * 2000, project_name="p"))
    with pytest.raises(AmbiguousMachine) as caught:
        reporter.fetch("x" * 2000)
    assert sorted(caught.value.projects) == sorted(["p", machine.project_name])


def test_a_row_that_another_writer_renamed_is_written_again_under_both_names(reporter, database):
    reporter.report(HOSTILE)
    database.query("UPDATE machine SET name = 'pump-8'")
    assert reporter.holds([HOSTILE.key, MachineKey("plant", "pump-8")]) == {MachineKey("plant", "pump-8")}
    with pytest.raises(MachineDoesNotExist):
        reporter.fetch("pump-7")
    assert reporter.fetch("pump-8").name == "pump-8"
    assert not reporter.report(HOSTILE).unchanged
    assert database.scalar("SELECT count(*) FROM machine") == 2


def test_what_is_fetched_is_what_the_columns_hold_and_not_an_outdated_record(reporter, database):
    reporter.report(HOSTILE)
    assert reporter.fetch("pump-7") == HOSTILE
    database.query(*WRITERS["gordo"][:1], *WRITERS["gordo"][1])
    fetched = reporter.fetch("pump-7")
    assert (fetched.dataset, fetched.model, fetched.metadata) == tuple(map(json.loads, THEIRS))


def test_a_desk_says_unchanged_only_of_what_the_table_holds(database):
    reporter = PostgresReporter(**database.place)
    statuses = [report(OURS, [reporter])[0].status]
    statuses += [report(OURS, [reporter])[0].status]
    database.query(*WRITERS["gordo"][:1], *WRITERS["gordo"][1])
    statuses += [report(OURS, [reporter])[0].status for _ in range(2)]
    assert statuses == [Status.DELIVERED, Status.UNCHANGED, Status.DELIVERED, Status.UNCHANGED]
