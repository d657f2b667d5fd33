"""What is said of a machine that a backend holds."""

from datetime import UTC, datetime
from math import isnan
from pathlib import Path

from newsdesk import Machine, StoredMachine

EXAMPLES = Path(__file__).parents[3] / "examples" / "machines"


def test_a_machine_whose_record_is_at_hand_is_listed_with_its_main_scores_and_its_date():
    machine = Machine.from_json((EXAMPLES / "ae-4tags.json").read_bytes())
    stored = StoredMachine.of(machine, reference="here")
    recorded = machine.metadata["build_metadata"]["model"]["cross_validation"]["scores"]
    assert (stored.key, stored.revision, stored.model_key) == (
        machine.key,
        machine.revision,
        machine.model_key,
    )
    assert stored.reference == "here"
    assert stored.created is not None
    assert stored.created.tzinfo is UTC
    assert {"r2-score", "explained-variance-score"} <= stored.scores.keys()
    assert not any("tag" in name.lower() for name in stored.scores)
    assert stored.scores == {name: recorded[name]["fold-mean"] for name in stored.scores}


def test_a_record_without_scores_is_listed_with_none_and_not_as_one_whose_scores_are_not_known():
    assert StoredMachine.of(Machine("pump")).scores == {}
    assert StoredMachine.of(Machine("pump")).created is None


def test_scores_that_are_no_numbers_are_left_out_and_nan_is_one():
    scores = {"a": {"fold-mean": "NaN"}, "b": {"fold-mean": None}, "c": 0.5}
    build = {
        "model_creation_date": "2024-01-02 03:04:05.000000+00:00",
        "cross_validation": {"scores": scores},
    }
    stored = StoredMachine.of(Machine("pump", metadata={"build_metadata": {"model": build}}))
    assert isnan(stored.scores["a"])
    assert stored.scores["c"] == 0.5
    assert "b" not in stored.scores
    assert stored.created == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
