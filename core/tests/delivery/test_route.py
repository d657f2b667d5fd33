"""A reporter as a desk uses it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk import BaseReporter, DefinitionError, Desk, UnknownReporterError
from newsdesk.builtin.files import FilesReporter
from newsdesk.builtin.null import NullReporter
from newsdesk.builtin.registry import default_registry
from newsdesk.delivery.route import Route, routes


def made(*entries, **options):
    return routes(list(entries), registry=default_registry(), **options)


def test_a_name_is_a_required_reporter_with_that_label():
    assert made("null") == (Route("null", NullReporter(), required=True),)


def test_options_stand_beside_the_name():
    (route,) = made(
        {"files": {"path": "x"}, "label": "disk", "required": False, "spool": "never"},
    )
    assert route == Route("disk", FilesReporter(path="x"), required=False, spool="never", is_labelled=True)


@pytest.mark.parametrize(
    ("option", "required", "accepts_spooled"),
    [(True, True, False), (False, False, False), ("delivered", True, False), ("spooled", True, True)],
)
def test_required_says_what_counts_as_success(option, required, accepts_spooled):
    (route,) = made({"null": {}, "required": option}, has_outbox=True)
    assert (route.required, route.accepts_spooled) == (required, accepts_spooled)


def test_a_reporter_that_is_handed_in_is_used_itself():
    reporter = NullReporter()
    (route,) = made(reporter)
    assert route.reporter is reporter
    assert route.label == "NullReporter"


def test_a_reporter_that_came_from_a_definition_keeps_its_name_as_its_label():
    (route,) = made(BaseReporter.from_dict("null"))
    assert route.label == "null"


@pytest.mark.parametrize("one", ["null", {"null": {}}, NullReporter(), Route("null", NullReporter())])
def test_one_alone_needs_no_list(one):
    assert [route.reporter for route in routes(one, registry=default_registry())] == [NullReporter()]


def test_two_of_one_name_are_numbered():
    assert [route.label for route in made("null", "null", "null")] == ["null", "null#2", "null#3"]


@given(st.lists(st.sampled_from(["null", "null#2", "null#3", "b", None]), max_size=8))
def test_labels_are_unique_and_one_that_was_given_is_kept_or_refused(labels):
    entries = [{"null": {}} if label is None else {"null": {}, "label": label} for label in labels]
    given = [label for label in labels if label is not None]
    if len(set(given)) < len(given) or ("null" in given and None in labels):
        with pytest.raises(DefinitionError, match="cannot be used\n"):
            made(*entries)
        return
    found = [route.label for route in made(*entries)]
    assert len(set(found)) == len(labels)
    assert all(label in (None, kept) for label, kept in zip(labels, found, strict=True))


def faults(*entries, **options):
    with pytest.raises(DefinitionError) as caught:
        made(*entries, **options)
    return list(map(str, caught.value.faults))


def test_a_label_that_was_given_twice_is_reported_with_both_places():
    archive = {"files": {"path": "a"}, "label": "archive"}
    assert faults("null", archive, {"null": {}, "label": "archive"}) == [
        "reporters.2.label: reporters.1 has the label 'archive' too; labels must be unique"
    ]


@pytest.mark.parametrize("count", [2, 3])
def test_with_an_outbox_reporters_of_one_kind_need_labels(count):
    """A number moves to another reporter when an entry is deleted, and with it what is owed."""
    assert faults(*["null"] * count, has_outbox=True) == [
        f"reporters.{index}.label: with an outbox, two reporters of one kind ('null') need labels; give each a 'label'"
        for index in range(1, count)
    ]


def test_with_an_outbox_labels_tell_reporters_of_one_kind_apart():
    labelled = [{"null": {}, "label": label} for label in "ab"]
    assert [route.label for route in made(*labelled, "null", has_outbox=True)] == ["a", "b", "null"]


def test_one_that_is_wrong_is_an_error_of_its_own_kind_and_shown_once():
    with pytest.raises(UnknownReporterError) as caught:
        made("null", "nul")
    assert str(caught.value).startswith("there is no reporter 'nul' (did you mean 'null'?)")
    assert str(caught.value).count("no reporter") == 1
    assert [fault.path for fault in caught.value.faults] == ["reporters.1"]


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({"files": {"pth": 1, "path": "x"}}, "reporters.0.files.pth"),
        ({"files": {"path": "x"}, "required": "maybe"}, "reporters.0.required"),
        ({"files": 3}, "reporters.0.files"),
        ({}, "reporters.0"),
    ],
)
def test_a_fault_has_the_place_that_it_has_in_a_config(entry, path):
    with pytest.raises(DefinitionError) as caught:
        made(entry)
    assert [fault.path for fault in caught.value.faults] == [path]


def test_several_that_are_wrong_are_reported_together_with_their_places():
    with pytest.raises(DefinitionError) as caught:
        made("nul", "null", {"files": {"pth": 1, "path": "x"}})
    assert caught.value.message == "the reporters cannot be used"
    assert [fault.path for fault in caught.value.faults] == ["reporters.0", "reporters.2.files.pth"]
    assert "pth: unknown parameter (did you mean 'path'?)" in str(caught.value)


def test_what_is_no_list_is_told():
    with pytest.raises(DefinitionError) as caught:
        routes(7, registry=default_registry())
    assert str(caught.value) == "reporters must be a list of definitions, not a int"


def test_import_paths_may_be_restricted():
    path = "newsdesk.builtin.null.NullReporter"
    assert made(path, allow_import_paths=["newsdesk"])[0].reporter == NullReporter()
    with pytest.raises(DefinitionError, match=r"is not allowed here; allowed are: my_company$"):
        made(path, allow_import_paths=["my_company"])


def test_what_needs_an_outbox_is_refused_without_one():
    later = {"null": {}, "label": "later", "spool": "always"}
    safe = {"null": {}, "label": "safe", "required": "spooled"}
    assert faults("null", later, safe) == [
        "reporters.1.spool: 'spool: always' needs an outbox; configure one with 'outbox'",
        "reporters.2.required: 'required: spooled' needs an outbox; configure one with 'outbox'",
    ]
    assert len(made("null", later, safe, has_outbox=True)) == 3


def test_an_instance_that_is_given_twice_is_used_by_one_route_and_its_copy_by_the_other(tmp_path):
    """Each route has its own thread, and opens and closes its own."""
    reporter = FilesReporter(tmp_path)
    twice = made(reporter, reporter)
    assert [route.label for route in twice] == ["FilesReporter", "FilesReporter#2"]
    assert twice[0].reporter is reporter
    assert twice[1].reporter is not reporter
    assert twice[1].reporter == reporter
    with Desk([reporter, reporter]) as desk:
        assert all(receipt.ok for receipt in desk.report({"name": "m"}))
