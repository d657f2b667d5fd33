"""MLflow has each record as one finished, complete run, whatever fails during the delivery."""

import itertools
import json
import time
from pathlib import Path

import pytest
from newsdesk import Desk, Machine, PermanentReporterError, Retry, Status, TransientReporterError
from newsdesk.delivery.route import Route
from newsdesk.outbox import Outbox, State
from newsdesk.testing import (
    BlackHole,
    Cut,
    Delay,
    Job,
    Moment,
    Refuse,
    Reset,
    Survived,
    deliver_at_once,
    html_answer,
    http_answer,
    kill_at_every_boundary,
)
from newsdesk_mlflow import MlFlowReporter
from newsdesk_postgres import PostgresReporter

RECORD = json.loads((Path(__file__).parents[1] / "examples" / "machines" / "ae-4tags.json").read_bytes())
MACHINE = Machine.from_dict(RECORD)
REBUILT = Machine.from_dict({**RECORD, "evaluation": {"cv_mode": "build_only"}})
NUMBERS = itertools.count()
AT_ONCE = Retry(attempts=4, initial=0.05, maximum=0.1)

BACKEND = "mlflow_server"

PROCESSES = 16
MACHINES = 200
REQUESTS = [
    "GET experiments/get-by-name",
    "POST experiments/create",
    "POST runs/create",
    "POST runs/log-batch",
    "POST runs/log-inputs",
    "PUT metadata.json",
    "POST runs/search",
    "POST runs/update",
]
"""The requests for a new machine in a new experiment."""
LOGGED = REQUESTS.index("POST runs/log-batch") + 1
"""The number of the request that logs params and metrics, from 1."""


@pytest.fixture
def through(proxy, mlflow_server):
    """Return a function that builds a reporter behind the proxy, for a new experiment or a given one."""

    def make(experiment=None):
        name = experiment or f"experiment {next(NUMBERS)}"
        return MlFlowReporter(tracking_uri=proxy.through(mlflow_server.url), experiment=name)

    return make


@pytest.fixture(scope="module")
def undisturbed(mlflow_server):
    """Return the content of a machine's run that was delivered without faults."""
    known = {}

    def look(machine):
        if machine.revision not in known:
            name = f"undisturbed {len(known)}"
            with MlFlowReporter(tracking_uri=mlflow_server.url, experiment=name) as reporter:
                reporter.report(machine)
            ((run_id, _, _),) = mlflow_server.runs(name)
            known[machine.revision] = mlflow_server.content(run_id)
        return known[machine.revision]

    return look


@pytest.fixture
def held(mlflow_server, undisturbed):
    """Compare each run of an experiment, one per machine, with its expected content; return their ids."""

    def look(reporter, *machines):
        found = [
            (run_id, mlflow_server.content(run_id))
            for run_id, _, _ in mlflow_server.runs(reporter.experiment)
        ]
        by_revision = {content["tags"]["newsdesk.revision"]: run_id for run_id, content in found}
        assert len(found) == len(by_revision) == len(machines), "each record is there once"
        contents = dict(found)
        run_ids = [by_revision[machine.revision] for machine in machines]
        for machine, run_id in zip(machines, run_ids, strict=True):
            assert contents[run_id]["artifacts"] == {"metadata.json": machine.to_json()}
            assert contents[run_id] == undisturbed(machine)
            assert contents[run_id]["status"] == "FINISHED"
        return run_ids

    return look


def small(name, project="faults"):
    return Machine.from_dict({"name": name, "project_name": project, "model": {}, "dataset": {}})


def short(label):
    """Return the name of a request, without the parts that vary."""
    method, _, path = label.partition(" ")
    parts = path.split("/")
    return f"{method} {parts[-1] if method == 'PUT' else '/'.join(parts[-2:])}"


def test_what_is_undisturbed_is_what_must_be_there(undisturbed):
    """The expectations of all other tests are based on it."""
    expected = json.loads(
        (Path(__file__).parents[1] / "examples" / "machines" / "expected" / "ae-4tags.json").read_bytes()
    )
    content = undisturbed(MACHINE)
    assert content["metrics"] == sorted(map(tuple, expected["metrics"]))
    assert dict(expected["params"]).items() <= content["params"].items()
    assert content["status"] == "FINISHED"


# Killed and reported again


@pytest.mark.usefixtures("children", "road")
def test_a_report_that_was_killed_at_any_boundary_is_completed_by_the_next(every_kill, through, held):
    """The killed report creates the experiment too."""
    jobs = (Job(through(), MACHINE) for _ in itertools.count())
    labels = []
    for step in every_kill(jobs):
        with step.job.reporter as reporter:
            delivery = reporter.report(MACHINE)
        (run_id,) = held(reporter, MACHINE)
        assert delivery.reference.endswith(run_id)
        if not isinstance(step, Survived):
            labels.append(short(step.boundary.label))
    assert labels == [label for label in REQUESTS for _ in range(2)]


@pytest.mark.usefixtures("children")
def test_a_rebuild_that_was_killed_at_any_boundary_is_completed_by_the_next(every_kill, through, held):
    """It gets a second run; that of the first build is unchanged."""

    def jobs():
        for _ in itertools.count():
            with through() as reporter:
                reporter.report(MACHINE)
            yield Job(reporter, REBUILT)

    for step in every_kill(jobs()):
        with step.job.reporter as reporter:
            reporter.report(REBUILT)
        held(reporter, MACHINE, REBUILT)


@pytest.mark.usefixtures("children", "road")
def test_a_half_written_run_is_resumed_and_that_too_may_be_killed_at_any_boundary(
    every_kill, proxy, through, held, mlflow_server
):
    begun = {}

    def jobs():
        for _ in itertools.count():
            reporter = through()
            half = kill_at_every_boundary(
                proxy, [Job(reporter, MACHINE)], first=LOGGED, moments=(Moment.AFTER,)
            )
            assert short(next(half).boundary.label) == "POST runs/log-batch"
            ((run_id, _, status),) = mlflow_server.runs(reporter.experiment)
            assert status == "RUNNING"
            begun[reporter.experiment] = run_id
            yield Job(reporter, MACHINE)

    for step in every_kill(jobs()):
        with step.job.reporter as reporter:
            reporter.report(MACHINE)
        assert held(reporter, MACHINE) == [begun[reporter.experiment]]


# Connection reset and retried


@pytest.mark.usefixtures("road")
@pytest.mark.parametrize("moment", Moment)
def test_a_desk_delivers_although_a_connection_is_cut_at_any_request(every_cut, through, held, moment):
    labels = []
    for cut in every_cut(moment):
        reporter = through()
        with Desk(reporter, retry=AT_ONCE, deadline=60) as desk:
            (receipt,) = desk.report(MACHINE)
        held(reporter, MACHINE)
        assert receipt.ok
        labels += cut
        assert receipt.attempts == 1 + len(cut), f"cut {moment} {cut}"
    assert [short(label) for label in labels] == REQUESTS


@pytest.mark.usefixtures("road")
def test_a_desk_delivers_although_nobody_answers_at_first(proxy, through, held):
    reporter = through()
    proxy.fail(Reset(), times=2)
    with Desk(reporter, retry=AT_ONCE) as desk:
        (receipt,) = desk.report(MACHINE)
    assert (receipt.status, receipt.attempts) == (Status.DELIVERED, 3)
    held(reporter, MACHINE)


# Concurrent reports


@pytest.mark.usefixtures("children")
def test_eight_processes_that_report_the_same_machine_make_one_run(through, held):
    """The experiment does not exist, so all of them try to create it."""
    reporter = through()
    receipts = deliver_at_once(reporter, [[MACHINE]] * 8)
    assert {receipt["status"] for receipt in receipts} <= {"delivered", "unchanged"}
    held(reporter, MACHINE)


@pytest.mark.usefixtures("children")
def test_of_two_hundred_machines_from_sixteen_processes_none_is_lost(through, mlflow_server, figure):
    """All of them use one experiment, which does not exist at first."""
    reporter = through()
    machines = [small(f"machine-{number:03}") for number in range(MACHINES)]
    receipts = deliver_at_once(reporter, [machines[number::PROCESSES] for number in range(PROCESSES)])
    figure("attempts", sum(receipt["attempts"] for receipt in receipts))
    assert {receipt["status"] for receipt in receipts} == {"delivered"}
    runs = mlflow_server.runs(reporter.experiment)
    assert [(name, status) for _, name, status in runs] == [
        (machine.name, "FINISHED") for machine in machines
    ]


# Server restarts


def test_a_server_that_is_restarted_between_two_reports_and_in_the_middle_of_a_third_has_all(
    mlflow_server, proxy, through, held
):
    """It stops after storing the params and metrics of the third, before the client gets the answer."""
    restarted = []

    def restart(label):
        mlflow_server.restart()
        restarted.append(short(label))

    reporter = through()
    with Desk(reporter, retry=Retry(attempts=20, initial=1), deadline=200) as desk:
        desk.report(MACHINE)
        known = REQUESTS.index("POST experiments/create")  # not looked up and created again, but searched
        proxy.fail(Cut(LOGGED - known, Moment.AFTER, restart), times=1)
        (third,) = desk.report(REBUILT)
        (again,) = desk.report(MACHINE)
    assert (restarted, third.status) == (["POST runs/log-batch"], Status.DELIVERED)
    assert again.status is Status.UNCHANGED
    held(reporter, MACHINE, REBUILT)


# Error responses


@pytest.mark.usefixtures("road")
@pytest.mark.parametrize("request_number", range(len(REQUESTS)), ids=REQUESTS)
def test_a_server_that_has_no_time_is_tried_again_when_it_says(proxy, through, held, request_number):
    reporter = through()
    pass_on(proxy, request_number)
    proxy.fail(http_answer(429, retry_after=7))
    with pytest.raises(TransientReporterError) as caught:
        reporter.report(MACHINE)
    assert caught.value.retry_after == 7
    proxy.clear()
    reporter.report(MACHINE)
    held(reporter, MACHINE)


@pytest.mark.usefixtures("road")
@pytest.mark.parametrize(
    ("request_number", "status"),
    [
        *enumerate(itertools.islice(itertools.cycle([500, 502, 503]), len(REQUESTS))),
        (LOGGED - 1, 502),
        (LOGGED - 1, 503),
    ],
)
def test_a_server_that_is_down_is_tried_again(proxy, through, held, request_number, status):
    reporter = through()
    pass_on(proxy, request_number)
    proxy.fail(http_answer(status), times=1)
    with Desk(reporter, retry=AT_ONCE) as desk:
        (receipt,) = desk.report(MACHINE)
    assert (receipt.status, receipt.attempts) == (Status.DELIVERED, 2)
    held(reporter, MACHINE)


@pytest.mark.usefixtures("road")
@pytest.mark.parametrize("request_number", range(len(REQUESTS)), ids=REQUESTS)
def test_a_portal_that_says_that_all_is_well_is_no_mlflow(proxy, through, held, request_number):
    """The record is rejected permanently; without the fault it is delivered as usual."""
    reporter = through()
    pass_on(proxy, request_number)
    proxy.fail(html_answer())
    with pytest.raises(PermanentReporterError):
        reporter.report(MACHINE)
    proxy.clear()
    reporter.report(MACHINE)
    held(reporter, MACHINE)


def pass_on(proxy, count):
    """Let some requests pass before the next fault."""
    if count:
        proxy.fail(Delay(0), times=count)


# No answer


@pytest.mark.parametrize("fault", [BlackHole(), Refuse()], ids=["black hole", "refused"])
def test_a_best_effort_does_not_hold_up_the_build_and_is_made_good_later(
    proxy, postgres_server, through, held, *, tmp_path, fault
):
    reporter = through()
    table = f"machine_of_{proxy.port}_{type(fault).__name__.lower()}"
    postgres = PostgresReporter(url=postgres_server.url, table=table)
    outbox = Outbox(tmp_path / "outbox.db")
    proxy.fail(fault)
    with Desk(
        [Route("mlflow", reporter, required=False), Route("postgres", postgres)], deadline=5, outbox=outbox
    ) as desk:
        began = time.monotonic()
        kept, taken = desk.report(MACHINE)
        assert time.monotonic() - began < 45
        assert (kept.status, taken.status) == (Status.SPOOLED, Status.DELIVERED)
        assert postgres_server.query(f"SELECT name, revision FROM {table}") == [
            (MACHINE.name, MACHINE.revision)
        ]
        assert outbox.counts() == {("mlflow", State.OWED): 1}
        proxy.clear()
        assert [receipt.status for receipt in desk.send_owed(deadline=60)] == [Status.DELIVERED]
        assert list(desk.send_owed(deadline=60)) == []
    assert outbox.counts() == {}
    held(reporter, MACHINE)


# Deleted by others


@pytest.mark.usefixtures("road")
@pytest.mark.parametrize("request_number", range(len(REQUESTS)), ids=REQUESTS)
def test_an_experiment_that_is_deleted_at_any_time_is_restored(
    proxy, through, held, mlflow_server, request_number
):
    reporter = through()
    with through(reporter.experiment) as other:
        other.report(REBUILT)
    experiment_id, _ = mlflow_server.experiment(reporter.experiment)

    def delete(_label):
        mlflow_server.call("experiments/delete", experiment_id=str(experiment_id))
        assert mlflow_server.experiment(reporter.experiment) == (experiment_id, "deleted")

    proxy.fail(Cut(request_number + 1, Moment.BEFORE, delete), times=1)
    with Desk(reporter, retry=AT_ONCE) as desk:
        desk.report(MACHINE)
    assert mlflow_server.experiment(reporter.experiment) == (experiment_id, "active")
    held(reporter, MACHINE, REBUILT)
