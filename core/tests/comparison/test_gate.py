"""Whether machines got worse than their baselines."""

import json
import math

import newsdesk
import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import DefinitionError, GateStatus, Machine, MachineError, Rule, Rules, gate
from newsdesk.testing.strategies import machines

FOLDS = {"fold-mean": 0.7, "fold-1": 0.6, "fold-2": 0.7, "fold-3": 0.8}
INFINITY = math.inf


def machine(scores=None, name="pump-7", tags=("TAG-1",), **folds):
    """A machine with these scores; by default one with folds, of which some may be given."""
    made = {"r2-score": FOLDS | {key.replace("_", "-"): value for key, value in folds.items()}}
    recorded = made if scores is None else scores
    build = {"model": {"cross_validation": {"scores": recorded}}}
    return {"name": name, "dataset": {"tag_list": [*tags]}, "metadata": {"build_metadata": build}}


def mean(value, metric="r2-score"):
    return machine({metric: {"fold-mean": value}})


def told(result):
    return [(check.place, str(check.status)) for check in result.failures]


MEAN = [Rule(by="mean")]


# What got worse


def test_what_did_not_change_passes():
    result = gate(machine(), machine())
    assert result.passed
    assert result
    assert [(c.place, str(c.status), c.message) for c in result.checks][:2] == [
        ("r2-score", "passed", "0.7 -> 0.7, the same"),
        ("r2-score, fold 1", "passed", "0.6 -> 0.6, the same"),
    ]
    assert result.counts == {GateStatus.PASSED: 4}


def test_one_fold_that_got_worse_is_found_though_the_mean_is_the_same():
    worse = machine(fold_2=0.5, fold_3=1.0)
    result = gate(worse, machine())
    assert not result.passed
    assert not result
    assert told(result) == [("r2-score, fold 2", "worse")]
    assert result.failures[0].message == "0.7 -> 0.5, worse by 0.2; allowed: 0"
    assert gate(worse, machine(), MEAN).passed
    assert told(gate(worse, machine(), [Rule(by="fold")])) == [("r2-score, fold 2", "worse")]


def test_a_mean_that_got_worse_is_found():
    assert told(gate(machine(fold_mean=0.69), machine())) == [("r2-score", "worse")]
    assert gate(machine(fold_mean=0.69), machine(), [Rule(by="fold")]).passed


@pytest.mark.parametrize(
    ("metric", "before", "after", "passes"),
    [
        ("r2-score", 0.5, 0.6, True),
        ("r2-score", 0.5, 0.4, False),
        ("mean-squared-error", 0.5, 0.4, True),
        ("mean-squared-error", 0.5, 0.6, False),
        ("neg-mean-squared-error", -0.5, -0.6, False),
        ("log-loss", 0.5, 0.6, False),
        ("r2_score", 0.5, 0.4, False),
    ],
)
def test_the_direction_is_that_of_scikit_learn(metric, before, after, passes):
    assert gate(mean(after, metric), mean(before, metric)).passed is passes


@pytest.mark.parametrize(
    ("rule", "before", "after", "passes"),
    [
        (Rule(absolute=0.1), 0.5, 0.4, True),
        (Rule(absolute=0.1), 0.5, 0.39, False),
        (Rule(absolute=0.1), 0.3, 0.2, True),
        (Rule(absolute=0.1), 1.1, 1.0, True),
        (Rule(relative=0.1), 0.5, 0.45, True),
        (Rule(relative=0.1), 0.5, 0.44, False),
        (Rule(relative=0.1), -0.5, -0.55, True),
        (Rule(relative=0.1), -0.5, -0.56, False),
        (Rule(relative=0.1), 0.0, -1e-9, False),
        (Rule(relative=0.1, absolute=0.01), 0.0, -0.01, True),
        (Rule(relative=0.1, absolute=0.01), 0.5, 0.45, True),
        (Rule(), 0.1 + 0.2, 0.3, True),
        (Rule(), 0.3, 0.2999, False),
        (Rule(), 1e-20, 1e-21, False),
        (Rule(better="lower"), 0.5, 0.6, False),
        (Rule(better="lower"), 0.5, 0.4, True),
    ],
)
def test_a_score_may_be_worse_by_the_larger_of_both_tolerances(rule, before, after, passes):
    assert gate(mean(after), mean(before), [rule]).passed is passes


def test_the_first_rule_that_fits_a_metric_decides():
    scores = {"r2-score": {"fold-mean": 0.5}, "max-error": {"fold-mean": 0.5}}
    worse = {"r2-score": {"fold-mean": 0.4}, "max-error": {"fold-mean": 0.6}}
    rules = [Rule("r2_*", absolute=0.2), Rule("*", absolute=0.05)]
    assert told(gate(machine(worse), machine(scores), rules)) == [("max-error", "worse")]


def test_scores_of_tags_are_checked_when_asked():
    scores = {"r2-score": {"fold-mean": 0.5}, "r2-score-TAG-1": {"fold-mean": 0.5}}
    worse = scores | {"r2-score-TAG-1": {"fold-mean": 0.4}}
    assert gate(machine(worse), machine(scores)).passed
    rules = [Rule("r2-score", tags=True)]
    assert told(gate(machine(worse), machine(scores), rules)) == [("r2-score-TAG-1", "worse")]
    only_tags = [Rule(absolute=1), Rule(tags=True)]
    assert told(gate(machine(worse), machine(scores), only_tags)) == [("r2-score-TAG-1", "worse")]
    ignored = [Rule("r2*", ignore=True), Rule(tags=True)]
    assert told(gate(machine(worse), machine(scores), ignored)) == [("machine", "missing")]


# What is missing


def test_a_metric_that_the_candidate_lacks_is_not_passed():
    both = {"r2-score": {"fold-mean": 0.5}, "max-error": {"fold-mean": 0.5}}
    [check] = gate(mean(0.5), machine(both)).failures
    assert (check.score, check.status, check.message) == (
        "max-error", "missing", "the candidate does not have this score",
    )  # fmt: skip


def test_a_metric_that_the_baseline_lacks_is_not_passed_unless_it_may_be_new():
    both = {"r2-score": {"fold-mean": 0.5}, "max-error": {"fold-mean": 0.5}}
    assert told(gate(machine(both), mean(0.5))) == [("max-error", "missing baseline")]
    result = gate(machine(both), mean(0.5), Rules(new="allowed"))
    assert result.passed
    assert result.counts == {"passed": 1, "allowed": 1}


def test_a_metric_that_a_rule_names_and_nobody_has_is_not_passed():
    rules = [Rule("accuracy-score"), Rule()]
    assert told(gate(mean(0.5), mean(0.5), rules)) == [("accuracy-score", "missing")]
    assert gate(mean(0.5), mean(0.5), [Rule("accuracy*"), Rule()]).passed


@pytest.mark.parametrize("by", ["mean", "fold", "both"])
def test_a_fold_that_the_candidate_lacks_is_not_passed_whatever_is_compared(by):
    scores = {"r2-score": {key: value for key, value in FOLDS.items() if key != "fold-3"}}
    assert ("r2-score, fold 3", "missing") in told(gate(machine(scores), machine(), [Rule(by=by)]))


@pytest.mark.parametrize("value", [None, "broken", True, [0.9]])
def test_a_fold_that_is_not_a_number_is_missing(value):
    assert told(gate(machine(fold_2=value), machine())) == [("r2-score, fold 2", "missing")]


@pytest.mark.parametrize("by", ["mean", "fold", "both"])
def test_a_fold_that_is_a_number_on_neither_side_is_not_passed(by):
    broken = machine(fold_2=None)
    assert told(gate(broken, broken, [Rule(by=by)])) == [("r2-score, fold 2", "missing")]
    only = machine({"r2-score": {"fold-mean": 0.7, "fold-1": None}})
    assert told(gate(only, only, [Rule(by=by)])) == [("r2-score, fold 1", "missing")]


def test_a_fold_that_the_baseline_lacks_is_not_passed_where_folds_are_compared():
    more = machine(fold_4=0.7)
    assert told(gate(more, machine())) == [("r2-score, fold 4", "missing baseline")]
    assert gate(more, machine(), Rules(new="allowed")).passed
    assert gate(more, machine(), MEAN).passed


def test_scores_without_folds_do_not_pass_a_rule_for_each_fold():
    single = machine({"r2-score": 0.7})
    assert gate(single, single).passed
    assert told(gate(single, single, [Rule(by="fold")])) == [("r2-score", "missing")]


def test_a_missing_mean_is_not_passed_even_where_both_lack_it():
    folds = machine({"r2-score": {"fold-1": 0.7}})
    assert told(gate(folds, folds)) == [("r2-score", "missing")]
    assert gate(folds, folds, [Rule(by="fold")]).passed


def test_machines_without_scores_are_not_passed():
    result = gate({"name": "a"}, {"name": "a"})
    assert told(result) == [("machine", "missing")]
    assert result.failures[0].message == "there are no scores to compare"
    assert told(gate(machine({}), machine())) == [("r2-score", "missing")]
    assert told(gate(machine(), machine({}))) == [("r2-score", "missing baseline")]


def test_a_machine_of_which_nothing_is_checked_is_not_passed():
    result = gate(machine(), machine(), [Rule("max-*")])
    assert [(str(check.status), check.message) for check in result.checks] == [
        ("skipped", "no rule is about it"),
        ("missing", "no rule is about one of its scores"),
    ]
    assert told(gate(machine(), machine(), [Rule(ignore=True)])) == [("machine", "missing")]


def test_scores_without_a_rule_are_listed():
    both = machine({"r2-score": {"fold-mean": 0.5}, "max-error": {"fold-mean": 0.5}})
    result = gate(both, both, [Rule("r2-score")])
    assert result.passed
    assert result.counts == {"passed": 1, "skipped": 1}


def test_a_metric_of_unknown_direction_is_not_passed_until_a_rule_knows_it():
    acme = mean(0.5, "acme-index")
    [check] = gate(acme, acme).failures
    assert (check.status, check.message) == (
        "unknown direction",
        "no rule says which values of 'acme-index' are better; add one with 'better' or 'ignore'",
    )
    assert gate(acme, acme, [Rule("acme-*", better="higher")]).passed


# Not a number, and infinite


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (0.5, math.nan, "the candidate"),
        (math.nan, 0.5, "the baseline"),
        (math.nan, math.nan, "the candidate and the baseline"),
    ],
)
def test_nan_is_never_passed(before, after, names):
    result = gate(mean(after), mean(before), [Rule(absolute=9, relative=9)])
    assert told(result) == [("r2-score", "not a number")]
    assert result.failures[0].message == f"NaN in {names}"


@pytest.mark.parametrize(
    ("before", "after", "passes"),
    [
        (0.5, -INFINITY, False),
        (0.5, INFINITY, True),
        (INFINITY, 0.5, False),
        (-INFINITY, 0.5, True),
        (INFINITY, INFINITY, True),
        (INFINITY, -INFINITY, False),
        (1e308, -1e308, False),
    ],
)
def test_an_infinity_is_compared_and_makes_no_tolerance_infinite(before, after, passes):
    assert gate(mean(after), mean(before), [Rule(relative=0.5, absolute=1)]).passed is passes


# Many machines


def test_machines_are_compared_by_project_and_name():
    before = [machine(name="a"), machine(name="b")]
    after = [machine(name="b"), machine(name="a", fold_1=0)]
    [check] = gate(after, before).failures
    assert (check.machine.name, check.place) == ("a", "r2-score, fold 1")
    assert told(gate(machine(name="a") | {"project_name": "p"}, before)) == [
        ("machine", "missing baseline"),
        ("machine", "missing"),
        ("machine", "missing"),
    ]


def test_one_machine_is_compared_with_one_baseline_of_any_name():
    assert gate(machine(name="b"), machine(name="a")).passed
    assert not gate([machine(name="b")], [machine(name="a")]).passed


def test_a_new_machine_is_not_passed_unless_the_rules_allow_it():
    after = [machine(name="a"), machine(name="new")]
    [check] = gate(after, [machine(name="a")]).failures
    assert (check.machine.name, check.status) == ("new", "missing baseline")
    result = gate(after, [machine(name="a")], Rules(new="allowed"))
    assert result.passed
    assert result.counts == {"passed": 4, "allowed": 1}


def test_a_machine_that_is_gone_is_not_passed_unless_the_rules_allow_it():
    before = [machine(name="a"), machine(name="gone")]
    [check] = gate([machine(name="a")], before).failures
    assert (check.machine.name, check.status) == ("gone", "missing")
    assert gate([machine(name="a")], before, Rules(absent="allowed")).passed


@pytest.mark.parametrize("baselines", [[], [machine()]])
def test_nothing_is_not_passed(baselines):
    with pytest.raises(MachineError, match="there are no candidates; give at least one machine"):
        gate([], baselines, Rules(absent="allowed", new="allowed"))


@pytest.mark.parametrize("which", ["candidates", "baselines"])
def test_two_of_one_name_are_refused(which):
    given = {"candidates": [machine()], "baselines": [machine()]} | {which: [machine(), machine()]}
    with pytest.raises(MachineError, match=f"two {which} are /pump-7; give one"):
        gate(**given)


def test_machines_are_taken_from_any_iterable_one_by_one():
    taken = []

    def each():
        for name in "ab":
            taken.append(name)
            yield Machine.from_dict(machine(name=name))

    assert gate(each(), (machine(name=name) for name in "ab")).passed
    assert taken == ["a", "b"]


def test_wrong_rules_are_refused_before_a_machine_is_read():
    def unread():
        yield pytest.fail("read")

    with pytest.raises(DefinitionError):
        gate(unread(), unread(), [])


# The result


def test_a_candidate_that_is_its_own_baseline_is_named():
    ours, theirs = machine(), machine(fold_1=0.5)
    key = Machine.of(ours).key
    assert gate(ours, ours).same == gate([ours], [ours]).same == gate([ours], lambda _: ours).same == (key,)
    assert gate(ours, theirs).same == gate([ours], [theirs]).same == gate([ours], lambda _: None).same == ()
    assert gate(ours, ours).to_dict()["same"] == [{"project_name": "", "name": "pump-7"}]


@pytest.mark.parametrize("given", [{"rules": []}, ["r2-score"], "r2"])
def test_what_is_not_a_rule_is_refused(given):
    with pytest.raises(DefinitionError, match=r"rules\.0: must be a Rule, but is of type str"):
        gate(machine(), machine(), given)


def test_the_result_is_json():
    result = gate(machine(fold_2=math.nan), machine())
    written = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert written["same"] == []
    assert written["passed"] is False
    assert written["counts"] == {"passed": 3, "not a number": 1}
    assert written["checks"][2] == {
        "machine": {"project_name": "", "name": "pump-7"},
        "status": "not a number",
        "message": "NaN in the candidate",
        "score": "r2-score",
        "fold": 2,
        "baseline": 0.7,
        "candidate": "NaN",
        "better": "higher",
        "allowed": 0.0,
    }


# Properties

numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(numbers, numbers, st.floats(0, 10), st.floats(0, 10))
def test_a_score_passes_one_way_or_the_other_and_never_with_nan(before, after, absolute, relative):
    rules = [Rule(absolute=absolute, relative=relative)]
    passed = gate(mean(after), mean(before), rules).passed
    if math.isnan(before) or math.isnan(after):
        assert not passed
    else:
        assert passed or gate(mean(before), mean(after), rules).passed
        assert passed or after < before


@given(numbers.filter(lambda value: not math.isnan(value)), st.floats(0, 10), st.floats(0, 10))
def test_the_same_passes_with_any_tolerance(value, absolute, relative):
    assert gate(mean(value), mean(value), [Rule(absolute=absolute, relative=relative)]).passed


@given(machines(), machines())
def test_no_record_raises(left, right):
    result = gate(left, right)
    assert result.checks
    json.dumps(result.to_dict(), allow_nan=False)


def test_it_is_a_public_name():
    assert newsdesk.gate is gate
