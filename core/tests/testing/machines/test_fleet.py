"""A fleet of made-up machines."""

from newsdesk import record
from newsdesk.testing.machines import canned
from newsdesk.testing.machines.fleet import fleet


def test_a_fleet_has_that_many_machines_and_is_the_same_each_time():
    machines = [*fleet(30)]
    assert len({machine.key for machine in machines}) == 30
    assert {machine.project_name for machine in machines} == {"north", "south", "west"}
    assert machines == [*fleet(30)]


def test_a_later_build_is_of_the_same_configuration_and_one_of_ten_is_worse_in_one_fold():
    pairs = [*zip(fleet(10), fleet(10, build=2), strict=True)]
    changed = {}
    for before, after in pairs:
        assert (before.key, before.model_key) == (after.key, after.model_key)
        assert before.revision != after.revision
        assert record.build(after).created_at > record.build(before).created_at
        old, new = (record.main_scores(machine)["r2-score"].folds for machine in (before, after))
        changed[before.name] = [new[fold] - old[fold] for fold in old]
    assert {name for name, moves in changed.items() if any(moves)} == {"valve-004", "turbine-007"}
    assert [move < 0 for move in changed["valve-004"]] == [False, False, True]
    assert all(move > 0 for move in changed["turbine-007"])


def test_summaries_are_those_of_the_folds():
    for machine in fleet(5):
        for score in record.scores(machine).values():
            folds = [*score.folds.values()]
            assert len(folds) == 3
            assert (score.min, score.max) == (min(folds), max(folds))
            assert min(folds) <= score.mean <= max(folds)


def test_a_fleet_is_of_the_given_machines_in_turn_with_what_those_have():
    of = [*canned("real/ae-4tags"), *canned("real/buildonly-4tags")]
    machines = [*fleet(4, of=of)]
    assert [bool(record.scores(machine)) for machine in machines] == [True, False, True, False]
    assert all(len(record.history(machine)["loss"].values) == 24 for machine in machines)
    assert [machine.dataset for machine in machines] == [each.dataset for each in of] * 2
