import json

import numpy as np
import pytest
from newsdesk import Machine
from newsdesk_postgres.row.machine_row import machine_of, row_of


def test_each_part_of_a_record_is_a_column(real_machine):
    row = row_of(real_machine)
    for part in ("dataset", "model", "metadata", "runtime", "evaluation"):
        assert json.loads(row.values[part]) == getattr(real_machine, part)
    assert row.values["name"] == real_machine.name
    assert row.values["project_name"] == real_machine.project_name
    assert row.values["revision"] == real_machine.revision
    assert row.values["model_key"] == real_machine.model_key
    assert row.alterations == ()


def test_the_whole_record_is_kept_beside_only_where_the_columns_lose_something(real_machine):
    assert row_of(real_machine).values["record"] is None
    spoilt = Machine.from_dict({**real_machine.to_dict(), "extra_part": "\0"})
    assert row_of(spoilt).values["record"] == spoilt.to_json().decode()


def test_a_row_gives_its_machine_back(real_machine):
    assert machine_of(row_of(real_machine).values) == real_machine


def test_unknown_keys_of_a_record_are_kept():
    machine = Machine.from_dict({"name": "m", "weight": 3, "colour": {"a": np.float64(0.5)}})
    assert json.loads(row_of(machine).values["extra"]) == {"weight": 3, "colour": {"a": 0.5}}
    assert machine_of(row_of(machine).values) == machine


def test_an_alteration_of_an_unknown_key_is_reported_under_its_own_name():
    row = row_of(Machine.from_dict({"name": "m", "weight": {"unit": "k\0g"}}))
    assert [alteration.path for alteration in row.alterations] == ["weight.unit"]


@pytest.mark.parametrize("part", ["name", "project_name"])
def test_a_name_too_long_for_an_index_is_cut_and_told(part):
    machine = Machine.from_dict({"name": "m", part: "x" * 3000})
    row = row_of(machine)
    assert [str(alteration) for alteration in row.alterations] == [
        f"{part} truncated: 3000 bytes truncated to 1000, with its SHA-256 at the end, to fit an index; "
        "the column 'record' has the original"
    ]
    assert machine_of(row.values) == machine


def test_a_row_of_an_older_table_is_a_machine_with_what_it_has():
    values = dict.fromkeys(("project_name", "runtime", "evaluation", "extra", "record"))
    machine = machine_of({**values, "name": "m", "dataset": '{"a": 1}', "model": "{}", "metadata": "{}"})
    assert machine == Machine(name="m", dataset={"a": 1})


def test_the_size_is_that_of_the_texts(real_machine):
    assert row_of(real_machine).size == pytest.approx(len(real_machine.to_json()), rel=0.1)
