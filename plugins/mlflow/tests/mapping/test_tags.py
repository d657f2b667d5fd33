"""The tags that a machine's run carries."""

import hashlib
import importlib.metadata
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from newsdesk import Machine
from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.tags import identity, key_tags, machine_tags, note


def test_a_machine_has_the_tags_that_it_is_found_and_told_apart_by(record):
    machine = Machine.from_dict(record("ae-4tags"))
    tags = {tag.key: tag.value for tag in machine_tags(machine, machine.model_key)}
    assert tags == {
        "model_key": machine.model_key,
        "newsdesk.revision": machine.revision,
        "newsdesk.machine_sha256": hashlib.sha256(b'["local-build","ae-4tags"]').hexdigest(),
        "newsdesk.version": importlib.metadata.version("newsdesk-mlflow"),
        "machine_name": "ae-4tags",
        "project_name": "local-build",
        "model_builder_version": "6.3.3",
        "mlflow.note.content": note(machine),
    }


def test_a_machine_of_no_known_builder_has_no_tag_for_it():
    assert "model_builder_version" not in {tag.key for tag in machine_tags(Machine("m"), "k")}


def test_the_note_says_what_when_and_how_good(record):
    assert note(Machine.from_dict(record("ae-4tags"))) == (
        "**ae-4tags** of the project **local-build**\n\n"
        "Built 2026-11-22 22:28:05.997616+00:00 with version 6.3.3.\n\n"
        "Trained on 2019-01-01 00:00:00+00:00 to 2019-03-01 00:00:00+00:00.\n\n"
        "| score | mean | std | min | max |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        "| explained-variance-score | 0.1161 | 0.1013 | 0.006885 | 0.251 |\n"
        "| mean-absolute-error | 0.2627 | 0.07694 | 0.1948 | 0.3703 |\n"
        "| mean-squared-error | 0.102 | 0.05257 | 0.05746 | 0.1758 |\n"
        "| r2-score | -1.097 | 1.28 | -2.905 | -0.112 |\n\n"
        "The whole record is the artifact `metadata.json`."
    )


def test_the_note_of_a_machine_with_nothing_but_a_name():
    assert (
        note(Machine("m|<b>*")) == "**m\\|\\<b\\>\\***\n\nThe whole record is the artifact `metadata.json`."
    )


def test_the_note_shows_at_most_twenty_scores_and_holes_where_a_summary_is_missing():
    scores = {f"s{n:02}": {"fold-mean": n} for n in range(30)}
    machine = Machine("m", metadata={"build_metadata": {"model": {"cross_validation": {"scores": scores}}}})
    assert note(machine).count("\n| s") == 1 + 20
    assert "| s19 | 19 |  |  |  |" in note(machine)


@pytest.mark.parametrize("key", ["abc123", "a-b_c.d", "run 7: x/y@z", "a" * 250])
def test_a_plain_model_key_is_looked_for_as_the_original_project_wrote_it(key):
    assert key_tags(key) == [Tag("model_key", key)]


@pytest.mark.parametrize(
    "key", ["", "it's", 'say "x"', "a\\b", "é", "a\nb", "a ", "a`b", "\0", "\ud800", "a" * 251, "100%"]
)
def test_any_other_model_key_is_looked_for_by_its_hash_and_kept_beside_it(key):
    original, hashed = key_tags(key)
    assert original == Tag("model_key", key)
    assert hashed.key == "newsdesk.model_key_sha256"
    assert re.fullmatch("[0-9a-f]{64}", hashed.value)


@given(st.lists(st.text(max_size=10), unique=True, max_size=10))
def test_different_keys_are_looked_for_differently(keys):
    assert len({identity(key) for key in keys}) == len(keys)


@settings(deadline=None)  # the first example imports MLflow
@given(
    st.text(st.characters(max_codepoint=127), max_size=10).filter(
        lambda key: identity(key).key == "model_key"
    )
)
def test_mlflow_reads_the_filter_as_it_is_meant(key):
    from mlflow.utils.search_utils import SearchUtils

    (condition,) = SearchUtils.parse_search_filter(f"tags.model_key = '{key}'")
    assert condition["value"] == key
