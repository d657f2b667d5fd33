"""The model's definition as params."""

from hypothesis import given
from newsdesk import Machine
from newsdesk.testing.strategies import machines
from newsdesk_mlflow.mapping.pages.hyperparameters import hyperparameters


def flat(model, most=100):
    params, alterations = hyperparameters(Machine("m", model=model), most)
    return {param.key: param.value for param in params}, [str(alteration) for alteration in alterations]


def test_a_real_model_is_flattened(record):
    params, alterations = hyperparameters(Machine.from_dict(record("ae-4tags")), 100)
    assert [(param.key, param.value) for param in params] == [
        ("model", "sklearn.pipeline.Pipeline"),
        ("model.steps.0", "sklearn.preprocessing.MinMaxScaler"),
        ("model.steps.1", "gordo.machine.model.models.KerasAutoEncoder"),
        ("model.steps.1.batch_size", "128"),
        ("model.steps.1.epochs", "3"),
        ("model.steps.1.kind", "feedforward_hourglass"),
    ]
    assert alterations == []
    assert (
        params[3].path
        == "model.sklearn.pipeline.Pipeline.steps.1.gordo.machine.model.models.KerasAutoEncoder.batch_size"
    )


def test_lists_of_values_are_one_param_and_nothing_is_none():
    model = {
        "a.B": {"layers": [3, 2], "dropout": None, "options": {}, "nested": {"x": True, "y": [{"c.D": None}]}}
    }
    assert flat(model)[0] == {
        "model": "a.B",
        "model.layers": "[3, 2]",
        "model.nested.x": "True",
        "model.nested.y.0": "c.D",
    }
    assert flat({}) == ({}, [])
    assert flat({"sklearn.svm.SVR": None})[0] == {"model": "sklearn.svm.SVR"}


def test_what_is_nested_deeply_is_one_value():
    model = value = {}
    for _ in range(100):
        value["x"] = {}
        value = value["x"]
    value["x"] = 1
    [(key, text)] = flat(model)[0].items()
    assert key == "model" + ".x" * 12
    assert text.startswith('{"x": {"x": ')


def test_what_is_over_the_limit_is_left_out_and_said():
    model = {"a.B": {f"p{number}": number for number in range(10)}}
    params, alterations = flat(model, most=4)
    assert [*params] == ["model", "model.p0", "model.p1", "model.p2"]
    assert alterations == [
        "model omitted: 7 of 11 hyperparameters left out, so that all params are one request; see metadata.json"
    ]
    assert flat(model, most=0)[0] == {}


@given(machine=machines())
def test_any_model_has_params_with_keys_and_values_of_text(machine):
    params, _ = hyperparameters(machine, 1000)
    assert all(isinstance(param.key, str) and isinstance(param.value, str) for param in params)
