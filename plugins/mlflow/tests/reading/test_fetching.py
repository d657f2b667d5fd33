"""Records that were reported are read back, over both ways to a real server."""

import uuid

import pytest
from newsdesk import (
    AmbiguousMachine,
    Machine,
    MachineDoesNotExist,
    PermanentReporterError,
    TransientReporterError,
)
from newsdesk_mlflow import MlFlowReporter

pytestmark = pytest.mark.usefixtures("road")

NAMES = ("ae-4tags", "buildonly-4tags", "diff-20tags", "sk-20tags")


@pytest.mark.parametrize("name", NAMES)
def test_a_real_machine_comes_back_as_it_was_reported(server, record, name, tag):
    machine = Machine.from_dict({**record(name), "name": f"{name} {tag}"})
    reporter = MlFlowReporter(tracking_uri=server.url, experiment=tag)
    reporter.report(machine)
    found = reporter.fetch(machine.name, machine.project_name)
    assert found == machine
    assert found.to_json() == machine.to_json()


def test_the_last_report_is_read_by_default_and_each_revision_on_request(reporter, revisions):
    machines = revisions(3)
    for machine in (*machines[1:], machines[0]):
        reporter.report(machine)
    name, project = machines[0].name, machines[0].project_name
    assert reporter.fetch(name) == reporter.fetch(name, project) == machines[0]
    for machine in machines:
        assert reporter.fetch(name, project, machine.revision) == machine
        assert reporter.fetch(name, revision=machine.revision) == machine


def test_what_was_not_reported_does_not_exist(reporter, revisions):
    [machine] = revisions(1)
    reporter.report(machine)
    with pytest.raises(MachineDoesNotExist, match="report it first"):
        reporter.fetch("never reported")
    with pytest.raises(MachineDoesNotExist, match=f"the name exists in '{machine.project_name}'"):
        reporter.fetch(machine.name, "another")
    for revision in ("0" * 64, "'", machine.revision[:12]):
        with pytest.raises(MachineDoesNotExist, match="has no revision"):
            reporter.fetch(machine.name, machine.project_name, revision)


def test_a_name_of_two_projects_needs_the_project(reporter, revisions):
    machines = [*revisions(1, project="plant"), *revisions(1, project="mill")]
    for machine in machines:
        reporter.report(machine)
    with pytest.raises(AmbiguousMachine, match="2 projects have a machine") as raised:
        reporter.fetch(machines[0].name)
    assert raised.value.projects == tuple(sorted(machine.project_name for machine in machines))
    for machine in machines:
        assert reporter.fetch(*reversed(machine.key)) == machine


def test_it_takes_three_requests_for_a_known_project(server, proxy, tag, revisions):
    [machine] = revisions(1)
    MlFlowReporter(tracking_uri=server.url, experiment=tag).report(machine)
    with MlFlowReporter(tracking_uri=proxy.url, experiment=tag) as reporter:
        assert reporter.fetch(*reversed(machine.key)) == machine
        assert len(proxy.requests) == 3
        proxy.count()
        assert reporter.fetch(machine.name) == machine
        assert len(proxy.requests) == 3


@pytest.fixture
def reported(server, tag, revisions):
    """A reported machine, its reporter and its run."""
    [machine] = revisions(1)
    with MlFlowReporter(tracking_uri=server.url, experiment=tag) as reporter:
        reporter.report(machine)
        yield reporter, machine, server.run(tag)


def test_a_record_that_is_gone_names_the_run_and_the_remedy(server, reported):
    reporter, machine, run = reported
    server.change_record(run, None)
    with pytest.raises(PermanentReporterError) as raised:
        reporter.fetch(*reversed(machine.key))
    assert str(raised.value) == (
        f"the run {server.url}/#/experiments/{run.artifact_uri.split('/')[1]}/runs/{run.id} has no artifact "
        "metadata.json any more; delete the run, and report the machine again"
    )
    server.delete_runs(reporter.experiment)
    reporter.report(machine)
    assert reporter.fetch(*reversed(machine.key)) == machine


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is not a record"),
        (b"<html>sign in</html>", "is not a record"),
        (b'{"name": "m"', "is not a record"),
        (Machine("m").to_json(), "has the revision"),
    ],
)
def test_a_record_that_was_replaced_names_the_run(server, reported, content, why):
    reporter, machine, run = reported
    server.change_record(run, content)
    with pytest.raises(PermanentReporterError, match=why) as raised:
        reporter.fetch(*reversed(machine.key))
    assert run.id in str(raised.value)
    assert str(raised.value).endswith("delete the run, and report the machine again")


@pytest.mark.parametrize("fault", [(503, {}, b""), "before", (429, {"Retry-After": "7"}, b"")])
@pytest.mark.parametrize("at", ["get-by-name", "runs/search", "artifacts"])
def test_a_server_that_does_not_answer_is_transient(proxy, reported, fault, at):
    reporter, machine, _ = reported
    proxy.disturb = lambda _, path: fault if at in path else None
    with MlFlowReporter(tracking_uri=proxy.url, experiment=reporter.experiment) as through:
        with pytest.raises(TransientReporterError):
            through.fetch(*reversed(machine.key))
        proxy.disturb = lambda *_: None
        assert through.fetch(*reversed(machine.key)) == machine


@pytest.mark.parametrize("status", [200, 404])
def test_a_page_in_place_of_the_record_is_not_the_record(proxy, reported, status):
    reporter, machine, _ = reported
    page = (status, {"Content-Type": "text/html"}, b"<html>sign in</html>")
    proxy.disturb = lambda _, path: page if "artifacts" in path else None
    with (
        MlFlowReporter(tracking_uri=proxy.url, experiment=reporter.experiment) as through,
        pytest.raises(PermanentReporterError, match="check host, path and sign-in"),
    ):
        through.fetch(*reversed(machine.key))


def test_a_record_that_stayed_nowhere_says_so(server, machine, tmp_path):
    name = f"experiment-{uuid.uuid4().hex[:12]}"
    server.call("POST", "experiments/create", name=name, artifact_location=str(tmp_path))
    with MlFlowReporter(tracking_uri=server.url, experiment=name) as reporter:
        reporter.report(machine)
        assert [each.key for each in reporter.machines()] == [machine.key]
        with pytest.raises(
            PermanentReporterError, match="which only it can read; report the machine to a new"
        ):
            reporter.fetch(*reversed(machine.key))


@pytest.mark.filterwarnings(
    # MLflow 3.17's own use of SQLAlchemy 2.1, when a store is opened.
    "ignore:The ``noload`` loader strategy is deprecated"
)
def test_a_local_store_gives_back_what_it_holds(tmp_path, revisions):
    first, second = revisions(2)
    with MlFlowReporter(tracking_uri=f"sqlite:///{tmp_path}/store.db") as reporter:
        assert [*reporter.machines()] == []
        for machine in (second, first):
            reporter.report(machine)
        assert reporter.fetch(first.name) == first
        assert reporter.fetch(first.name, revision=second.revision) == second
        assert [each.revision for each in reporter.machines()] == [first.revision]
        (tmp_path / "mlartifacts").rename(tmp_path / "elsewhere")
        with pytest.raises(PermanentReporterError, match=r"has no artifact metadata\.json any more"):
            reporter.fetch(first.name)
