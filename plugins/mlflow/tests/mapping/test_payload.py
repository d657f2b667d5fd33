"""All that is sent of one machine."""

from dataclasses import replace

import pytest
from newsdesk import Machine
from newsdesk_mlflow import MlflowLoggingError
from newsdesk_mlflow.limits import FLAVOURS, ServerLimits
from newsdesk_mlflow.mapping.payload import Choice, NameTemplates, build_payload

TEMPLATES = NameTemplates("{project_name}-{name}", "{name}", {})


LIMITS = ServerLimits()


def built(machine, templates=TEMPLATES, limits=LIMITS, **options):
    return build_payload(
        machine,
        options.pop("model_key", machine.model_key),
        templates,
        limits,
        Choice(**options),
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
    limits = replace(ServerLimits(), tags_per_run=20)
    tags = {f"t{n}": "v" for n in range(30)}
    payload = built(Machine("m", "p"), NameTemplates("e", "r", tags), limits, model_key="it's mine")
    sent = {tag.key: tag.value for tag in payload.tags}
    assert len(sent) + sum(len(batch.tags) for batch in payload.batches) == 20 - 7
    assert all(sent[tag.key] == tag.value for tag in payload.identity)
    assert "newsdesk.machine_sha256" in sent


def test_a_run_shows_what_people_read_before_what_newsdesk_finds_it_by(record):
    keys = [tag.key for tag in built(Machine.from_dict(record("ae-4tags"))).tags]
    assert keys[:4] == ["machine_name", "project_name", "model_builder_version", "model_key"]


@pytest.mark.parametrize(
    ("template", "project"), [("{project_name}", "p"), ("all", None), ("{name}", None), ("{revision}", "p")]
)
def test_an_experiment_is_described_and_has_its_project_where_it_has_one(template, project):
    tags = built(Machine("m", "p"), NameTemplates(template, "r", {})).experiment_tags
    assert tags.get("project_name") == project
    assert tags["mlflow.note.content"].startswith("Builds reported by newsdesk")


def test_hyperparameters_make_no_further_request(record):
    model = {"a.B": {f"p{n}": n for n in range(300)}}
    machine = Machine.from_dict({**record("ae-4tags"), "model": model})
    payload = built(machine)
    assert [len(batch.params) for batch in payload.batches] == [100]
    assert [alteration.path for alteration in payload.alterations] == ["model"]


def test_dataset_and_picture_are_chosen_and_counted(record):
    machine = Machine.from_dict(record("ae-4tags"))
    usual, less, more = (
        built(machine),
        built(machine, dataset=False),
        built(machine, dataset=True, figure=True),
    )
    assert [payload.plan.requests for payload in (less, usual, more)] == [7, 8, 9]
    assert [payload.dataset is not None for payload in (less, usual, more)] == [False, True, True]
    assert [*more.artifacts] == ["figure.svg", "metadata.json"]
    assert built(machine, limits=FLAVOURS["azureml"]).dataset is None
    assert built(Machine("m", "p"), figure=True).plan.requests == 7  # it has neither


def test_where_runs_are_ordered_by_their_start_it_is_the_report(record):
    machine = Machine.from_dict(record("ae-4tags"))
    assert built(machine).span is not None
    assert built(machine, limits=FLAVOURS["azureml"]).span is None


def test_what_describes_an_experiment_can_be_sent_whatever_its_project_is_named():
    project = "p" * 9000 + "\0\ud800"
    for name in (project, project[-2:]):
        tags = built(Machine("m", name), NameTemplates("{project_name}", "r", {})).experiment_tags
        assert tags["project_name"]
        for value in tags.values():
            assert len(value.encode()) <= LIMITS.tag_value_length
            assert "\0" not in value
