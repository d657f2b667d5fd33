"""The history of the training."""

import math

from newsdesk import record
from newsdesk.machine import Machine

PATH = "metadata.build_metadata.model.model_meta.history"


def trained(history):
    return Machine("m", metadata={"build_metadata": {"model": {"model_meta": {"history": history}}}})


def test_a_real_machine_has_its_series_and_params(real_machine):
    found = record.history(real_machine)
    assert [*found] == ["accuracy", "loss"]
    assert found["loss"] == record.Series(
        "loss", f"{PATH}.loss", [0.3442107141017914, 0.11711987853050232, 0.07585666328668594]
    )
    assert record.history_params(real_machine) == {"verbose": 0, "epochs": 3, "steps": 66}


def test_every_epoch_keeps_its_place_and_what_is_not_a_number_is_counted():
    series = record.history(trained({"loss": [1, None, "x", "NaN", True, 0.5]}))["loss"]
    assert series.values[:3] == [1.0, None, None]
    assert series.values[3] is not None
    assert math.isnan(series.values[3])
    assert series.values[4:] == [None, 0.5]
    assert series.omitted == 3


def test_one_value_in_place_of_a_list_is_that_of_the_first_epoch():
    machine = trained({"lr": 0.1, "note": "x", "params": "none"})
    assert record.history(machine) == {
        "lr": record.Series("lr", f"{PATH}.lr", [0.1]),
        "note": record.Series("note", f"{PATH}.note", [None], 1),
    }
    assert record.history_params(machine) == {}
