"""All that is sent of one machine."""

from dataclasses import replace

import pytest
from newsdesk import Machine
from newsdesk_mlflow import MlflowLoggingError
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits
from newsdesk_mlflow.mapping.payload import NameTemplates, build_payload

TEMPLATES = NameTemplates("{project_name}-{name}", "{name}", {})


LIMITS = ServerLimits()


def built(machine, templates=TEMPLATES, limits=LIMITS, **options):
    return build_payload(
        machine,
        options.pop("model_key", machine.model_key),
        templates,
        limits,
        per_tag_metrics=False,
        **options,
    )


def test_the_record_is_there_untouched_whatever_had_to_be_altered():
    machine = Machine("m\0", "p" * 9000)
    payload = built(machine)
    assert payload.artifacts["metadata.json"] == machine.to_json()
    assert {alteration.kind for alteration in payload.alterations} == {"encoded", "truncated", "renamed"}


def test_names_follow_the_templates():
    templates = NameTemplates("{project_name}", "{name} {revision}", {"team": "x-{model_key}"})
    machine = Machine("m", "p")
    payload = built(machine, templates, model_key="key")
    assert (payload.experiment, payload.run_name) == ("p", f"m {machine.revision}")
    assert [(tag.key, tag.value) for batch in payload.batches for tag in batch.tags] == [("team", "x-key")]


def test_a_users_tag_goes_before_ours_of_the_same_name():
    payload = built(Machine("m", "p"), NameTemplates("e", "r", {"project_name": "mine"}))
    assert "project_name" not in {tag.key for tag in payload.tags}
    assert [(tag.key, tag.value) for batch in payload.batches for tag in batch.tags] == [
        ("project_name", "mine")
    ]


def test_names_that_are_too_long_or_cannot_be_stored_are_changed_and_told():
    payload = built(Machine("n" * 300, "\0"), NameTemplates("{name}", "{project_name}", {}))
    assert (len(payload.experiment), payload.run_name) == (256, "\\x00")
    assert [str(alteration) for alteration in payload.alterations[:2]] == [
        f"experiment renamed: named {payload.experiment!r}: MLflow allows 256 characters, and no NUL or lone surrogates",
        "run_name renamed: named '\\\\x00': MLflow allows 250 characters, and no NUL or lone surrogates",
    ]


def test_a_machine_without_a_project_cannot_name_an_experiment_after_it():
    with pytest.raises(MlflowLoggingError) as raised:
        built(Machine("m"), NameTemplates("{project_name}", "r", {}))
    assert str(raised.value) == (
        "the template '{project_name}' gives an empty experiment name for the machine '/m'; use {name} in it"
    )


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_tags_that_a_run_is_found_by_survive_every_flavour_unaltered(flavour):
    tags = {f"t{n}": "v" for n in range(200)}
    payload = built(
        Machine("m", "p" * 9000), NameTemplates("e", "r", tags), FLAVOURS[flavour], model_key="k" * 250
    )
    sent = {tag.key: tag.value for tag in payload.tags}
    assert all(sent[tag.key] == tag.value for tag in payload.identity)


def test_the_tags_that_a_run_is_found_by_survive_the_smallest_limit():
    limits = replace(ServerLimits(), tags_per_run=9)
    payload = built(Machine("m", "p"), NameTemplates("e", "r", {"mine": "v"}), limits, model_key="it's mine")
    sent = {tag.key: tag.value for tag in payload.tags}
    assert len(sent) == 4
    assert all(sent[tag.key] == tag.value for tag in payload.identity)
    assert "newsdesk.machine_sha256" in sent
