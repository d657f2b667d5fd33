"""What changed from one machine to another."""

import copy
import json
from pathlib import Path

import newsdesk
import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import Delta, Machine, MachineError, diff
from newsdesk.comparison import alignment
from newsdesk.comparison.alignment import aligned
from newsdesk.comparison.changes import same
from newsdesk.comparison.volatile import VOLATILE
from newsdesk.record import paths, value_at
from newsdesk.testing.strategies import machines

EXAMPLES = Path(__file__).parents[3] / "examples" / "machines"
SWAPPED = {"added": "removed", "removed": "added", "changed": "changed"}


@pytest.fixture
def before():
    return json.loads((EXAMPLES / "ae-4tags.json").read_bytes())


@pytest.fixture
def after(before):
    return copy.deepcopy(before)


def at(record, path):
    """The value that holds what a path names, and the last key."""
    *outer, last = path.split(".")
    for key in outer:
        record = record[key]
    return record, last


def put(record, path, value):
    holder, key = at(record, path)
    holder[key] = value


def shown(difference):
    return [(change.path, change.kind, change.before, change.after) for change in difference.changes]


# Paths


def test_a_changed_an_added_and_a_removed_value_are_told_with_their_paths(before, after):
    after["dataset"]["resolution"] = "20T"
    after["evaluation"]["seed"] = 1
    del after["model"]["sklearn.pipeline.Pipeline"]
    after["tenant"] = "acme"
    after["runtime"]["builder"]["image"] = "gordo-base:2"
    put(after, "metadata.user_defined.team", "north")
    put(after, paths.BUILDER_VERSION, "6.4.0")
    difference = diff(before, after)
    assert shown(difference) == [
        ("dataset.resolution", "changed", "10T", "20T"),
        ("evaluation.seed", "added", None, 1),
        (paths.BUILDER_VERSION, "changed", "6.3.3", "6.4.0"),
        ("metadata.user_defined.team", "added", None, "north"),
        ("model.sklearn.pipeline.Pipeline", "removed", before["model"]["sklearn.pipeline.Pipeline"], None),
        ("runtime.builder.image", "changed", "gordo-base", "gordo-base:2"),
        ("tenant", "added", None, "acme"),
    ]
    assert difference.differs
    assert bool(difference)
    assert [change.to_dict().keys() - {"path", "kind"} for change in difference.changes[1:5:3]] == [
        {"after"},
        {"before"},
    ]


def test_an_inserted_tag_is_one_change(before, after):
    after["dataset"]["target_tag_list"].insert(1, "TAG-NEW")
    del after["dataset"]["target_tag_list"][-1]
    assert shown(diff(before, after)) == [
        ("dataset.target_tag_list.1", "added", None, "TAG-NEW"),
        ("dataset.target_tag_list.3", "removed", "TAG-004", None),
    ]


def test_a_step_is_found_again_though_others_come_before_it_and_its_parameters_change(before, after):
    steps = after["model"]["sklearn.pipeline.Pipeline"]["steps"]
    steps[1]["gordo.machine.model.models.KerasAutoEncoder"]["epochs"] = 5
    steps.insert(0, {"sklearn.decomposition.PCA": {"n_components": 2}})
    root = "model.sklearn.pipeline.Pipeline.steps"
    assert shown(diff(before, after)) == [
        (f"{root}.0", "added", None, {"sklearn.decomposition.PCA": {"n_components": 2}}),
        (f"{root}.2.gordo.machine.model.models.KerasAutoEncoder.epochs", "changed", 3, 5),
    ]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (["a", "b", "c"], ["a", "x", "c"], [("1", "changed")]),
        (["a", "b", "c"], ["a", "x", "y", "c"], [("1", "removed"), ("1", "added"), ("2", "added")]),
        ([{"name": "a", "asset": 1}, {"name": "b", "asset": 1}], [{"name": "b", "asset": 2}],
         [("0", "removed"), ("0.asset", "changed")]),
        ([["a", 1], ["b", 1]], [["new", 1], ["a", 1], ["b", 2]], [("0", "added"), ("2.1", "changed")]),
        (["sklearn.A", "sklearn.B"], ["new", {"sklearn.A": {"x": 1}}, "sklearn.B"],
         [("0", "added"), ("1", "changed")]),
        ([1, 2, 3], [1.0, 2, 3.0], []),
        ([1, 0], [True, False], [("0", "changed"), ("1", "changed")]),
        ([], [[]], [("0", "added")]),
        ([{"x": 1, "y": 2}], [{"x": 1.0, "y": 3}], [("0.y", "changed")]),
    ],
)  # fmt: skip
def test_items_of_lists_are_aligned(left, right, expected):
    difference = diff({"name": "m", "model": {"l": left}}, {"name": "m", "model": {"l": right}})
    assert [(c.path.removeprefix("model.l."), c.kind) for c in difference.changes] == expected


def test_numbers_are_equal_by_value_and_truth_is_not_a_number(before, after):
    after["model"] = {"a": 1.0, "b": True, "c": "1", "d": 0.0, "e": 2**70, "f": "NaN"}
    before["model"] = {"a": 1, "b": 1, "c": 1, "d": -0.0, "e": 2**70 + 1, "f": "NaN"}
    assert [change.path for change in diff(before, after).changes] == ["model.b", "model.c", "model.e"]


def test_a_machine_of_another_name_differs():
    difference = diff({"name": "a"}, {"name": "b", "project_name": "p"})
    assert [change.path for change in difference.changes] == ["name", "project_name"]


def test_secrets_of_a_machines_own_reporters_are_not_shown():
    with_secret, with_another = (
        {"name": "m", "runtime": {"reporters": [{"postgres": {"host": host, "password": password}}]}}
        for host, password in (("db", "hunter-1"), ("db-2", "hunter-2"))
    )
    text = json.dumps(diff(with_secret, with_another).to_dict())
    assert "db-2" in text
    assert "hunter" not in text


def test_what_is_not_a_machine_is_refused():
    with pytest.raises(MachineError, match="name: must be a non-empty string, but is missing"):
        diff({"name": "a"}, {})


# What changes with every build


def test_what_changes_with_every_build_is_counted_and_shown_when_asked(before, after):
    put(after, paths.CREATED, "2027-01-01")
    put(after, paths.TRAINING_SECONDS, 1.0)
    put(after, paths.CV_SECONDS, 2.0)
    put(after, paths.QUERY_SECONDS, 3.0)
    put(after, f"{paths.SPLITS}.fold-1-n-train", 7)
    put(after, f"{paths.MODEL_META}.aggregate-threshold", 0.5)
    put(after, f"{paths.DATASET_META}.summary_statistics.TAG-001.mean", 7)
    put(after, f"{paths.DATASET_META}.summary_statistics.TAG-002.mean", 7)
    difference = diff(before, after)
    assert not difference.differs
    assert difference.volatile == {path: 2 if path == paths.DATASET_META else 1 for path in VOLATILE}
    difference = diff(before, after, volatile=True)
    assert len(difference.changes) == 8
    assert difference.volatile == {}


def test_a_rebuild_that_lacks_all_metadata_of_the_build_differs_by_what_is_not_volatile(before, after):
    del after["metadata"]["build_metadata"]
    paths_of = {change.path for change in diff(before, after).changes}
    assert paths_of == {f"{paths.BUILDER_VERSION}", f"{paths.OFFSET}"}
    assert len(diff(before, after).scores) == 20


def test_every_volatile_path_is_one_of_a_real_record(before):
    machine = Machine.from_dict(before)
    assert [path for path in VOLATILE if value_at(machine, path) is None] == []


# Scores


def test_a_fold_that_got_worse_is_shown_with_its_difference(before, after):
    put(after, f"{paths.SCORES}.r2-score.fold-2", -1.0)
    [change] = diff(before, after).scores
    assert (change.name, change.metric, change.tag, change.kind, change.better) == (
        "r2-score", "r2-score", None, "changed", "higher",
    )  # fmt: skip
    assert change.mean.difference == 0
    assert change.folds[2] == Delta(-0.27420904955891856, -1.0)
    assert change.folds[2].difference == pytest.approx(-0.72579, abs=1e-5)
    assert list(change.folds) == [1, 2, 3]
    assert diff(before, after).changes == ()


def test_scores_of_all_tags_come_first_and_a_missing_one_is_told(before, after):
    put(after, f"{paths.SCORES}.mean-absolute-error-TAG-001.fold-mean", 9)
    scores = at(after, paths.SCORES)[0]["scores"]
    del scores["r2-score"]
    scores["acme-score"] = 3
    found = diff(before, after).scores
    # Without `r2-score`, the names of its tags' scores say less.
    assert [(c.name, c.kind) for c in found][:2] == [("acme-score", "added"), ("r2-score", "removed")]
    assert found[0].mean == Delta(None, 3)
    assert found[0].mean.difference is None
    assert found[-1].tag == "TAG-001"


def test_what_is_not_a_number_in_a_score_is_a_change_of_its_path(before, after):
    put(after, f"{paths.SCORES}.r2-score.fold-1", "broken")
    put(after, f"{paths.SCORES}.r2-score.note", "x")
    difference = diff(before, after)
    assert [(change.path.rpartition(".")[2], change.kind) for change in difference.changes] == [
        ("fold-1", "changed"),
        ("note", "added"),
    ]
    assert difference.scores[0].folds[1].after is None


def test_nan_is_equal_to_nan_and_differs_from_a_number(before, after):
    put(before, f"{paths.SCORES}.r2-score.fold-mean", float("nan"))
    put(after, f"{paths.SCORES}.r2-score.fold-mean", float("nan"))
    assert not diff(before, after)
    put(after, f"{paths.SCORES}.r2-score.fold-mean", 0.5)
    [change] = json.loads(json.dumps(diff(before, after).to_dict(), allow_nan=False))["scores"]
    assert change["values"]["fold-mean"] == {"before": "NaN", "after": 0.5, "difference": "NaN"}


def test_equal_infinities_have_no_difference():
    assert Delta(float("inf"), float("inf")).difference == 0


# History


def test_the_history_is_shown_by_its_last_values(before, after):
    put(after, f"{paths.HISTORY}.loss", [0.3, 0.2, 0.1, 0.05])
    difference = diff(before, after)
    [change] = difference.history
    assert (change.name, change.last.after, change.epochs) == ("loss", 0.05, Delta(3, 4))
    assert difference.changes == ()
    assert difference.differs


def test_a_history_that_differs_in_its_middle_alone_is_shown(before, after):
    at(after, f"{paths.HISTORY}.loss")[0]["loss"][1] = 9
    [change] = diff(before, after).history
    assert change.last.difference == 0


# Size


def test_long_lists_and_histories_cost_a_bounded_number_of_comparisons(before, after, monkeypatch):
    """Aligning two such lists in full would take minutes; they change as a whole."""
    calls = 0

    def counted(*arguments):
        nonlocal calls
        calls += 1
        return found(*arguments)

    found = alignment._Matcher.find_longest_match
    monkeypatch.setattr(alignment._Matcher, "find_longest_match", counted)
    length = 100_000
    for record, divisor in ((before, 7), (after, 9)):
        put(record, f"{paths.HISTORY}.loss", [i / divisor for i in range(length)])
        put(record, "metadata.user_defined.other", [i / divisor for i in range(length)])
        put(record, "metadata.user_defined.few", [i // divisor % 2 for i in range(length + divisor)])
    difference = diff(before, after)
    assert [change.path for change in difference.changes] == [
        "metadata.user_defined.few",
        "metadata.user_defined.other",
    ]
    assert len(difference.history) == 1
    assert calls < 100
    assert len(json.dumps(difference.to_dict()["history"])) < 1000


def test_a_long_list_with_an_item_more_at_each_end_is_aligned():
    tags = [f"TAG-{i}" for i in range(20_000)]
    difference = diff(
        {"name": "m", "dataset": {"t": tags}}, {"name": "m", "dataset": {"t": ["a", *tags[:-1], "b"]}}
    )
    assert [(c.path, c.kind) for c in difference.changes] == [
        ("dataset.t.0", "added"),
        ("dataset.t.20000", "changed"),
    ]


def test_a_few_changes_among_many_equal_values_are_found_by_their_place():
    left = [0] * 50_000
    right = [*left]
    right[10] = right[40_000] = 1
    assert [pair for pair in aligned(left, right) if left[pair[0]] != right[pair[1]]] == [
        (10, 10),
        (40_000, 40_000),
    ]


def test_a_deeply_nested_record_is_compared():
    def nested(leaf):
        for _ in range(250):
            leaf = [leaf]
        return {"name": "m", "model": {"x": leaf}}

    [change] = diff(nested(1), nested(2)).changes
    assert change.path.count(".0") == 250


# Properties


@given(machines(), st.booleans())
def test_a_machine_does_not_differ_from_itself(machine, volatile):
    difference = diff(machine, Machine.from_json(machine.to_json()), volatile=volatile)
    assert not difference.differs
    assert difference.volatile == {}


def near(machine):
    """Give machines that are nearly the same."""

    def changed(drawn):
        record = machine.to_dict()
        for part, value in drawn.items():
            record[part] = {**record[part], **value}
        return Machine.from_dict(record)

    values = st.recursive(st.integers(0, 3) | st.booleans() | st.floats(0, 3), st.lists, max_leaves=9)
    parts = st.dictionaries(st.sampled_from("abc"), values, max_size=2)
    known = st.fixed_dictionaries({}, optional={"model": parts, "dataset": parts})
    return known.map(changed)


pairs = machines().flatmap(lambda machine: st.tuples(near(machine), near(machine) | machines()))


@given(pairs)
def test_nothing_is_left_out_when_all_is_asked_for(pair):
    left, right = (machine.redacted().to_dict() for machine in pair)
    assert diff(*pair, volatile=True).differs is not same(left, right)


kept = st.sampled_from(
    [1, 1.0, 2, "NaN", "Infinity", True, None, "text", [1], {"fold-1": 1}, 2**60, 2**60 + 1]
)
recorded = kept | st.dictionaries(
    st.sampled_from(["fold-mean", "fold-1", "fold-std", "note"]), kept, max_size=3
)
scores = st.dictionaries(st.sampled_from(["r2-score", "r2-score-a", "x"]), recorded, max_size=3)
history = st.dictionaries(
    st.sampled_from(["loss", "params", "y"]), kept | st.lists(kept, max_size=2), max_size=2
)
evaluations = st.fixed_dictionaries({}, optional={"cross_validation": kept | scores.map(lambda s: {"scores": s}),
                                                 "model_meta": kept | history.map(lambda h: {"history": h})})  # fmt: skip
evaluated = (evaluations | kept).map(
    lambda model: {
        "name": "m",
        "dataset": {"tag_list": ["a"]},
        "metadata": {"build_metadata": {"model": model}},
    }
)


@given(evaluated, evaluated)
def test_no_score_and_no_history_is_left_out_whatever_their_form(left, right):
    difference = diff(left, right, volatile=True)
    assert difference.differs is not same(left, right)


@given(pairs, st.booleans())
def test_the_difference_the_other_way_around_is_the_same_with_both_swapped(pair, volatile):
    def summed(difference, swap):
        kinds = SWAPPED if swap else {kind: kind for kind in SWAPPED}
        found = [
            (kinds[c.kind], repr((c.after, c.before) if swap else (c.before, c.after)))
            for c in difference.changes
        ]
        return sorted(found), len(difference.scores), len(difference.history), difference.volatile

    left, right = pair
    assert summed(diff(left, right, volatile=volatile), False) == summed(
        diff(right, left, volatile=volatile), True
    )


items = st.lists(st.integers(0, 4) | st.sampled_from(["a", "b", {"a": 1}, {"name": "n"}, ["a"], None, True]))


@given(items, items)
def test_each_item_of_both_lists_is_in_one_pair_in_order(left, right):
    found = aligned(left, right)
    assert [i for i, _ in found if i is not None] == list(range(len(left)))
    assert [j for _, j in found if j is not None] == list(range(len(right)))
    swapped = aligned(right, left)
    assert {(j, i) for i, j in swapped} == set(found)


trees = st.recursive(
    st.integers(0, 3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=9,
)


@given(st.dictionaries(st.sampled_from("abc"), trees), st.dictionaries(st.sampled_from("abc"), trees))
def test_the_first_record_with_the_changes_is_the_second(left, right):
    def plain(tree):
        return {k: plain(v) for k, v in tree.items()} if isinstance(tree, dict) else str(tree)

    record = {"name": "m", "model": plain(left)}
    for change in diff(record, {"name": "m", "model": plain(right)}).changes:
        holder, key = at(record, change.path)
        if change.kind == "removed":
            assert holder.pop(key) == change.before
        else:
            assert holder.get(key) == change.before
            holder[key] = change.after
    assert record["model"] == plain(right)


def test_it_is_a_public_name():
    assert newsdesk.diff is diff
