"""Which experiments a reporter delivers to."""

import pytest
from hypothesis import given
from newsdesk import Machine, MachineKey
from newsdesk.testing.strategies import hostile_text
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits
from newsdesk_mlflow.mapping.naming.places import Places
from newsdesk_mlflow.mapping.payload import Choice, NameTemplates, build_payload

TEMPLATES = (
    "all",
    "{name}",
    "{project_name}",
    "of {project_name} in {name}",
    "{name}.*{{x}}",
    "{revision}{name}",
)


@pytest.mark.parametrize(
    ("template", "experiment"),
    [("all", "all"), ("{name}", "m"), ("a {project_name}/{name}", "a p/m"), ("{name} {model_key}", None)],
)
def test_a_machine_has_one_experiment_if_its_name_depends_on_nothing_else(template, experiment):
    places = Places.of_template(template, ServerLimits())
    assert places.of(MachineKey("p", "m")) == experiment
    assert bool(places.other_fields) is (experiment is None)


def test_one_experiment_is_everybodys_if_its_name_depends_on_nothing():
    assert Places("all", 256).sole() == "all"
    assert Places("{name}", 256).sole() is None
    assert Places("{name}", 256).sole(name="m") == "m"
    assert Places("{name} {project_name}", 256).sole(name="m") is None


def test_experiments_that_cannot_be_its_own_are_left_out():
    places = Places("a.{project_name}-{name}", 256)
    assert places.may_be("a.p-m")
    assert not places.may_be("abp-m")
    assert places.may_be("a.p-m", name="m")
    assert not places.may_be("a.p-m", name="n")
    assert not places.may_be("a.p-mm", name="m")
    assert places.may_be("x" * 256)  # it may end in a hash


def test_azureml_gives_runs_in_no_order():
    assert Places.of_template("x", FLAVOURS["mlflow"]).ordered
    assert not Places.of_template("x", FLAVOURS["azureml"]).ordered


@pytest.mark.parametrize("template", TEMPLATES)
@given(name=hostile_text(), project=hostile_text())
def test_they_are_where_a_delivery_goes(template, name, project):
    machine = Machine(name or "m", project)
    payload = (
        build_payload(
            machine,
            machine.model_key,
            NameTemplates(template, "", {}),
            ServerLimits(),
            Choice(),
        )
        if template != "{project_name}" or project
        else None
    )
    if payload is None:
        return
    places = Places.of_template(template, ServerLimits())
    known = machine.key._asdict()
    assert places.sole(**known, revision=machine.revision) == payload.experiment
    assert places.may_be(payload.experiment)
    assert places.may_be(payload.experiment, name=machine.name)
    assert places.may_be(payload.experiment, **known)
