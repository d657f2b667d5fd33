"""A machine's dataset as the input of its run."""

import json

import pytest
from hypothesis import given
from newsdesk import Machine
from newsdesk.testing.strategies import machines
from newsdesk_mlflow.mapping.pages.dataset import dataset_of


def test_of_a_real_machine(record):
    machine = Machine.from_dict(record("ae-4tags"))
    found = dataset_of(machine)
    assert (found.name, found.source_type, len(found.digest)) == ("ae-4tags", "code", 8)
    assert json.loads(found.source)["definition"] == machine.dataset
    columns = json.loads(found.schema)["mlflow_colspec"]
    assert columns[0] == {"type": "double", "name": "TAG-001", "required": True}
    assert json.loads(found.profile) == {
        "train_start_date": "2019-01-01T00:00:00+00:00",
        "train_end_date": "2019-03-01T00:00:00+00:00",
        "resolution": "10T",
        "num_rows": 8376,
    }
    pytest.importorskip("mlflow.data.code_dataset_source").CodeDatasetSource.from_dict(
        json.loads(found.source)
    )


def test_another_definition_has_another_digest(record):
    one = Machine.from_dict(record("ae-4tags"))
    other = Machine.from_dict({**record("ae-4tags"), "dataset": {**one.dataset, "resolution": "1H"}})
    assert dataset_of(one).digest != dataset_of(other).digest


def test_what_mlflow_would_not_keep_is_left_out():
    tags = [f"tag {number} {'x' * 60}" for number in range(2000)]
    found = dataset_of(Machine("m" * 600, dataset={"tag_list": tags}))
    assert (len(found.name), found.schema, json.loads(found.profile)) == (500, "", {})
    assert json.loads(found.source) == {"tags": {"mlflow.source.name": "newsdesk"}}


def test_a_machine_without_a_dataset_has_none():
    assert dataset_of(Machine("m")) is None


@given(machine=machines())
def test_of_any_machine_it_can_be_sent(machine):
    found = dataset_of(machine)
    if found is not None:
        "".join(found).encode()
        assert max(map(len, found)) <= 65_535
