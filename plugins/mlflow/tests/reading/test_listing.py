"""Which machines a real server lists, over both ways to it."""

import uuid

import pytest
from newsdesk import Machine, MachineKey, PermanentReporterError, StoredMachine, TransientReporterError
from newsdesk_mlflow import MlFlowReporter

pytestmark = pytest.mark.usefixtures("road")


NAMES = ("ae-4tags", "buildonly-4tags", "diff-20tags", "sk-20tags")


def keys_of(found):
    return [(each.key, each.revision) for each in found]


def test_it_lists_the_last_report_of_each_machine_and_all_revisions_last_report_first(reporter, revisions):
    old, new = revisions(2)
    [other] = revisions(1, name="fan", project="mill")
    receipts = [reporter.report(machine) for machine in (new, other, old)]  # a copy brings the old one later
    found = [*reporter.machines()]
    assert sorted(keys_of(found)) == sorted([(old.key, old.revision), (other.key, other.revision)])
    by_key = {each.key: each for each in found}
    last = by_key[old.key]
    assert isinstance(last.key, MachineKey)
    assert (last.model_key, last.reference) == (old.model_key, receipts[2].reference)
    assert last.time >= by_key[other.key].time
    [*everything] = reporter.machines(all_revisions=True)
    assert [each.revision for each in everything if each.key == old.key] == [old.revision, new.revision]
    assert len(everything) == 3


def test_scores_and_dates_are_those_of_the_record_or_unknown(server, tag, record, make_runs):
    machines = [Machine.from_dict({**record(name), "name": f"{name} {tag}"}) for name in NAMES]
    scores = {f"score {number}": {"fold-mean": number} for number in range(1000)}
    model = {"cross_validation": {"scores": scores}}
    too_many = Machine(f"many {tag}", "p", metadata={"build_metadata": {"model": model}})
    with MlFlowReporter(tracking_uri=server.url, experiment=tag) as reporter:
        for machine in (*machines, too_many):
            reporter.report(machine)
        make_runs(
            server.experiment(tag)["experiment_id"], [("p", f"old {tag}")]
        )  # before there was a summary
        found = {each.key: each for each in reporter.machines()}
    for machine in machines:
        expected = StoredMachine.of(machine)
        assert (found[machine.key].scores, found[machine.key].created) == (expected.scores, expected.created)
    for key in (too_many.key, MachineKey("p", f"old {tag}")):
        assert (found[key].scores, found[key].created) == (None, None)


def test_it_lists_nothing_where_nothing_was_reported(reporter):
    assert [*reporter.machines()] == []


def test_only_finished_runs_of_newsdesk_in_experiments_of_its_template_are_listed(
    server, tag, make_runs, revisions
):
    [machine] = revisions(1)
    reporter = MlFlowReporter(tracking_uri=server.url, experiment=f"{tag} {{project_name}}")
    reporter.report(machine)
    place = server.experiment(f"{tag} {machine.project_name}")["experiment_id"]
    project = machine.project_name
    for status in ("RUNNING", "FAILED", "KILLED"):
        make_runs(place, [(project, status)], status=status)
    make_runs(place, [(project, "gordo's")], tags={"newsdesk.revision": None})
    make_runs(place, [("another", "of another experiment")])
    [deleted] = make_runs(place, [(project, "deleted")])
    server.call("POST", "runs/delete", run_id=deleted)
    gone = server.call("POST", "experiments/create", name=f"{tag} gone")["experiment_id"]
    make_runs(gone, [("gone", "of a deleted experiment")])
    server.call("POST", "experiments/delete", experiment_id=gone)
    assert keys_of(reporter.machines()) == [(machine.key, machine.revision)]


def test_a_revision_that_two_runs_have_after_a_race_is_listed_once(reporter, server, revisions, make_runs):
    [machine] = revisions(1)
    reporter.report(machine)
    [first] = reporter.machines()
    place = first.reference.partition("#/experiments/")[2].partition("/runs/")[0]
    make_runs(place, [tuple(machine.key)], tags={"newsdesk.revision": machine.revision}, start=2**41)
    assert len([*reporter.machines(all_revisions=True)]) == len([*reporter.machines()]) == 1


HOSTILE = (
    'it\'s "7"',
    "back\\slash",
    "grave`",
    "percent %",
    "café ☕",
    "x" * 300,
    "NUL \0 and \ud800",
    "a;b",
)


def test_names_that_no_filter_holds_are_listed_and_read(reporter, tag):
    machines = [Machine(f"{name} {tag}", f"{name} {tag}") for name in HOSTILE]
    for machine in machines:
        reporter.report(machine)
    found = sorted(keys_of(reporter.machines()))
    assert found == sorted((machine.key, machine.revision) for machine in machines)
    for machine in machines:
        assert reporter.fetch(machine.name) == reporter.fetch(*reversed(machine.key)) == machine


def test_names_come_from_the_record_where_a_user_has_replaced_their_tags(server, tag, revisions, caplog):
    [machine] = revisions(1)
    tags = {"machine_name": "{project_name}", "project_name": "mine"}
    with MlFlowReporter(tracking_uri=server.url, experiment=tag, tags=tags) as reporter:
        reporter.report(machine)
        assert keys_of(reporter.machines()) == [(machine.key, machine.revision)]
        assert reporter.fetch(machine.name) == machine
        run = server.run(tag)
        server.change_record(run, None)
        assert [*reporter.machines()] == []
    assert f"the run {run.id} is left out: the run {server.url}" in caplog.text


FLEET = 1_250


@pytest.fixture(scope="module")
def fleet(server, make_runs):
    """The name of an experiment with many machines, and their runs."""
    name = uuid.uuid4().hex
    place = server.call("POST", "experiments/create", name=name)["experiment_id"]
    return name, make_runs(place, [("p", f"m {number}") for number in range(FLEET)])


@pytest.mark.large
def test_pages_of_runs_are_read_one_by_one_and_no_run_is_skipped_when_others_are_deleted(
    server, proxy, fleet
):
    name, runs = fleet
    with MlFlowReporter(tracking_uri=proxy.url, experiment=name) as reporter:
        found = reporter.machines()
        first = next(found)
        assert first.key.name == f"m {FLEET - 1}"
        assert proxy.requests == ["GET experiments/get-by-name", "POST runs/search"]
        for run in runs[-20:]:
            server.call("POST", "runs/delete", run_id=run)
        names = [first.key.name, *(each.key.name for each in found)]
        assert names == [f"m {number}" for number in reversed(range(FLEET))]
        assert proxy.count() == 3
        assert len([*reporter.machines()]) == FLEET - 20
    for run in runs[-20:]:
        server.call("POST", "runs/restore", run_id=run)


@pytest.mark.large
def test_many_experiments_are_searched_a_hundred_at_a_time(server, proxy, tag, make_runs):
    names = [f"{tag} {number}" for number in range(230)]
    for name in names:
        place = server.call("POST", "experiments/create", name=name)["experiment_id"]
        make_runs(place, [("p", name.removeprefix(f"{tag} "))])
    with MlFlowReporter(tracking_uri=proxy.url, experiment=f"{tag} {{name}}") as reporter:
        assert {f"{tag} {each.key.name}" for each in reporter.machines()} == {*names}
    assert proxy.requests.count("POST runs/search") == 3


@pytest.mark.large
def test_an_outage_between_two_pages_is_transient_and_not_an_end(proxy, fleet):
    with MlFlowReporter(tracking_uri=proxy.url, experiment=fleet[0]) as reporter:
        found = reporter.machines()
        next(found)
        proxy.disturb = lambda *_: (503, {}, b"")
        with pytest.raises(TransientReporterError, match="cannot search its runs: it answers 503"):
            list(found)


def test_a_page_of_a_portal_is_not_an_empty_list(proxy, tag):
    proxy.disturb = lambda *_: (200, {"Content-Type": "text/html"}, b"<html>sign in</html>")
    reporter = MlFlowReporter(tracking_uri=proxy.url, experiment=f"{tag} {{name}}")
    with pytest.raises(PermanentReporterError, match="check host, path and sign-in"):
        list(reporter.machines())
