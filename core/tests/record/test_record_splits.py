"""The folds of the cross-validation."""

from newsdesk import record
from newsdesk.machine import Machine


def split(**splits):
    model = {"cross_validation": {"splits": splits}}
    return Machine("m", metadata={"build_metadata": {"model": model}})


def test_a_real_machine_has_its_folds(real_machine):
    found = record.splits(real_machine)
    assert found[1] == record.Split(
        fold=2,
        train_start="2019-01-01 09:00:00.000000++0000",
        train_end="2019-01-30 10:50:00.000000++0000",
        test_start="2019-01-30 11:00:00.000000++0000",
        test_end="2019-02-14 11:00:00.000000++0000",
        n_train=4188,
        n_test=2094,
    )
    assert [fold.fold for fold in found] == [1, 2, 3]
    assert [fold.n_test for fold in found] == [2094, 2094, 2094]
    assert len(record.raw_splits(real_machine)) == 18


def test_folds_are_sorted_by_number_and_have_what_the_record_has():
    machine = split(**{"fold-10-n-test": 7.0, "fold-2-train-end": "2020", "fold-2-n-train": 5})
    assert record.splits(machine) == [
        record.Split(2, train_end="2020", n_train=5),
        record.Split(10, n_test=7),
    ]


def test_other_keys_and_values_of_another_shape_are_in_the_raw_splits_alone():
    wrong = {
        "fold-0-n-train": 1,
        "fold-1-n-train": True,
        "fold-2-n-test": 1.5,
        "fold-3-train-start": 5,
        "fold-4-n-rest": 1,
        "fold-5": "x",
        "strategy": "time",
    }
    machine = split(**wrong)
    assert record.splits(machine) == []
    assert record.raw_splits(machine) == wrong
