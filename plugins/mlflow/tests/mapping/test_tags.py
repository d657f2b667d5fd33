"""The tags that a machine's run carries."""

import hashlib
import importlib.metadata
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from newsdesk import Machine
from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.pages.note import note
from newsdesk_mlflow.mapping.tags import identity, key_tags, machine_tags


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
