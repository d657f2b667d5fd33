"""Names with fields of the machine in them."""

import pytest
from newsdesk_mlflow.mapping.naming.templates import advice_on, fill, template_faults

FIELDS = {"name": "n", "project_name": "p", "model_key": "k", "revision": "r"}


@pytest.mark.parametrize(
    "template",
    ["", "plain", "{name}", "{project_name}/{name}-{{x}}-{model_key}{revision}", "${env:X}-{name}"],
)
def test_a_good_template_has_no_faults(template):
    assert template_faults(template, "experiment") == []


def test_fields_are_filled_in():
    assert fill("{project_name}/{name}-{{x}}-{model_key}-{revision}", FIELDS) == "p/n-{x}-k-r"


def test_what_a_machine_is_called_is_never_a_template_itself():
    assert fill("{name}", {**FIELDS, "name": "{project_name}"}) == "{project_name}"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "{nam}",
            "experiment: unknown field {nam} (did you mean 'name'?); there are {name}, {project_name}, {model_key}, {revision}",
        ),
        ("{}", "experiment: unknown field {}; there are {name}, {project_name}, {model_key}, {revision}"),
        (
            "{name.__class__}",
            "experiment: unknown field {name.__class__}; there are {name}, {project_name}, {model_key}, {revision}",
        ),
        ("{name!r}", "experiment: the field {name} takes no format and no conversion; write {name} alone"),
        (
            "{name:>{revision}}",
            "experiment: the field {name} takes no format and no conversion; write {name} alone",
        ),
        (
            "{name",
            "experiment: '{name' is not a valid template: expected '}' before end of string; write {{ or }} for a brace",
        ),
    ],
)
def test_a_wrong_template_says_what_there_is(template, message):
    assert [str(fault) for fault in template_faults(template, "experiment")] == [message]


def test_every_fault_of_a_template_is_told():
    assert len(template_faults("{a}{b}", "run_name")) == 2


@pytest.mark.parametrize(("experiment", "is_advised"), [("{name}", True), ("{revision}", True), ("a", False)])
def test_an_experiment_for_each_machine_is_advised_against(experiment, is_advised):
    assert bool(advice_on(experiment)) is is_advised
    assert advice_on("{project_name}") == ""
