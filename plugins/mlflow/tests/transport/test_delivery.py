"""One machine into one run of a real server, whatever was there before and whoever else is at it."""

import json
import threading
import uuid

import pytest
from newsdesk import Machine, TransientReporterError
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter
from newsdesk_mlflow.transport.delivery import now
from newsdesk_mlflow.transport.tracking import Tracking

NEW = [
    "GET experiments/get-by-name",
    "POST experiments/create",
    "POST runs/create",
    "POST runs/log-batch",
    "POST runs/log-inputs",
    "PUT /api/2.0/mlflow-artifacts/artifacts",
    "POST runs/search",
    "POST runs/update",
]

pytestmark = pytest.mark.usefixtures("road")


def changed(machine, **build):
    """The same model, built again with another result."""
    record = machine.to_dict()
    record["metadata"]["build_metadata"]["model"].update(build)
    return Machine.from_dict(record)


def kinds(proxy):
    seen = [request.partition("/artifacts/")[0] for request in proxy.requests]
    proxy.requests.clear()
    return [f"{request}/artifacts" if request.startswith("PUT") else request for request in seen]


def test_a_run_holds_exactly_the_items_of_a_real_machine_and_its_record(server, record, expected):
    for name in ("ae-4tags", "diff-20tags", "sk-20tags"):
        machine = Machine.from_dict({**record(name), "extra": uuid.uuid4().hex})
        experiment = f"{name}-{uuid.uuid4().hex[:6]}"
        delivery = MlFlowReporter(tracking_uri=server.url, experiment=experiment).report(machine)
        run = server.run(experiment)
        points, timestamps = run.metrics()
        assert points == sorted(map(tuple, expected(name)["metrics"]), key=repr)
        assert dict(expected(name)["params"]).items() <= run.params.items()
        assert {key.partition(".")[0] for key in run.params.keys() - dict(expected(name)["params"])} == {
            "model"
        }
        assert run.artifact("metadata.json") == machine.to_json()
        assert len(timestamps) == 1
        assert (run.status, run.name) == ("FINISHED", name)
        assert delivery.alterations == []
        assert (
            delivery.reference
            == f"{server.url}/#/experiments/{server.experiment(experiment)['experiment_id']}/runs/{run.id}"
        )


def test_a_build_without_cross_validation_is_reported_with_what_it_has(server, record):
    machine = Machine.from_dict(record("buildonly-4tags"))
    experiment = uuid.uuid4().hex
    MlFlowReporter(tracking_uri=server.url, experiment=experiment).report(machine)
    run = server.run(experiment)
    assert run.metric_keys == {"model_training_duration_sec", "accuracy", "loss"}
    assert len([key for key in run.params if not key.startswith("model.")]) == 14  # and the class, "model"


def test_a_run_is_tagged_with_what_it_is_found_by_and_what_a_person_reads(server, machine):
    MlFlowReporter(tracking_uri=server.url, tags={"team": "{project_name}-people"}).report(machine)
    tags = server.run(machine.name).tags
    assert tags["model_key"] == machine.model_key
    assert tags["newsdesk.revision"] == machine.revision
    assert (tags["machine_name"], tags["project_name"]) == (machine.name, "local-build")
    assert tags["model_builder_version"] == "6.3.3"
    assert f"**{machine.name}** of the project" in tags["mlflow.note.content"]
    assert tags["team"] == "local-build-people"


def test_a_new_machine_takes_eight_requests_and_the_same_again_two(proxy, machine):
    reporter = MlFlowReporter(tracking_uri=proxy.url)
    planned = reporter.plan(machine)
    assert not reporter.report(machine).unchanged
    assert kinds(proxy) == NEW
    assert planned.requests == len(NEW)
    assert MlFlowReporter(tracking_uri=proxy.url).report(machine).unchanged
    assert kinds(proxy) == ["GET experiments/get-by-name", "POST runs/search"]


def test_an_experiment_that_is_known_is_not_looked_up_again(proxy, machine):
    with MlFlowReporter(tracking_uri=proxy.url) as reporter:
        reporter.report(machine)
        proxy.count()
        reporter.report(changed(machine, model_offset=1))
        assert proxy.count() == 7
        reporter.report(machine)
        assert kinds(proxy) == ["POST runs/search"]


def test_a_plan_tells_what_is_sent(server, machine):
    reporter = MlFlowReporter(tracking_uri=server.url)
    plan = reporter.plan(machine)
    reporter.report(machine)
    run = server.run(machine.name)
    sent = {"metrics": len(run.metrics()[0]), "params": len(run.params), "artifacts": 1}
    assert {kind: plan.items[kind] for kind in sent} == sent
    # MLflow adds the run's name as a tag of its own.
    assert plan.items["tags"] == len(run.tags) - 1
    assert len(machine.to_json()) < plan.size < 3 * len(machine.to_json())


def test_a_thousand_names_go_out_in_as_few_requests_as_the_limits_allow(proxy, machine):
    history = {f"loss {n}": [0.5, 0.25] for n in range(1100)}
    big = changed(machine, model_meta={"history": {**history, "params": {f"p{n}": n for n in range(180)}}})
    MlFlowReporter(tracking_uri=proxy.url).report(big)
    assert kinds(proxy).count("POST runs/log-batch") == 3
    bodies = [body for body in proxy.bodies if body.startswith(b'{"run_') and b'"metrics"' in body]
    assert len(bodies) == 3
    assert all(len(body) < 1_000_000 for body in bodies)


def test_a_rebuilt_machine_with_other_content_gets_a_new_run(server, machine):
    reporter = MlFlowReporter(tracking_uri=server.url)
    first, second = reporter.report(machine), reporter.report(changed(machine, model_offset=1))
    assert first.reference != second.reference
    assert {run.params["model_offset"] for run in server.runs(machine.name)} == {"0", "1"}
    assert reporter.report(machine) == type(first)(first.reference, [], unchanged=True)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("request_number", range(len(NEW)))
def test_a_report_that_is_cut_off_at_any_request_is_completed_by_the_next(
    server, proxy, machine, moment, request_number
):
    """Whatever was cut off, and whether the server had answered, there is one run in the end, and it is whole."""
    machine = changed(
        machine, model_meta={"history": {"loss": [0.5, "NaN", "Infinity"], "params": {"epochs": 3}}}
    )
    proxy.disturb = lambda *_: moment if len(proxy.requests) > request_number else None
    with pytest.raises(TransientReporterError):
        MlFlowReporter(tracking_uri=proxy.url).report(machine)
    proxy.disturb = lambda *_: None
    MlFlowReporter(tracking_uri=proxy.url).report(machine)
    run = server.run(machine.name)
    assert run.status == "FINISHED"
    assert run.artifact("metadata.json") == machine.to_json()
    points, timestamps = run.metrics()
    assert len(timestamps) == 1
    assert {repr(point) for point in points if point[0] == "loss"} == {
        "('loss', 0.5, 0)",
        "('loss', 'NaN', 1)",
        "('loss', 1.7976931348623157e+308, 2)",
    }
    assert len(points) == len(set(map(repr, points))) == 28 + 4
    assert MlFlowReporter(tracking_uri=server.url).report(machine).unchanged


def test_a_failed_report_leaves_its_run_failed_and_the_first_error_is_told(server, proxy, machine):
    body = json.dumps({"error_code": "INVALID_PARAMETER_VALUE", "message": "not so"}).encode()
    proxy.disturb = lambda method, path: (400, {}, body) if path.endswith("log-batch") else None
    with pytest.raises(
        MlflowLoggingError, match=r"cannot log to the run [0-9a-f]+: INVALID_PARAMETER_VALUE: not so"
    ):
        MlFlowReporter(tracking_uri=proxy.url).report(machine)
    assert server.run(machine.name).status == "FAILED"
    proxy.disturb = lambda *_: None
    MlFlowReporter(tracking_uri=proxy.url).report(machine)
    assert server.run(machine.name).status == "FINISHED"


def test_when_not_even_the_failure_can_be_told_it_is_noted_on_the_first_error(proxy, machine):
    seen = threading.Event()

    def disturb(method, path):
        if path.endswith("log-batch"):
            seen.set()
        return "before" if seen.is_set() else None

    proxy.disturb = disturb
    with pytest.raises(TransientReporterError, match="cannot log to the run") as raised:
        MlFlowReporter(tracking_uri=proxy.url).report(machine)
    (note,) = raised.value.__notes__
    assert "could not be marked as FAILED: MLflow at" in note


def test_an_interrupt_leaves_the_run_failed(server, machine):
    class Interrupted(Tracking):
        def upload(self, run, artifacts):
            raise KeyboardInterrupt

    reporter = MlFlowReporter(tracking_uri=server.url)
    reporter.open()
    reporter.tracking = Interrupted(reporter.tracking.store)
    with pytest.raises(KeyboardInterrupt):
        reporter.report(machine)
    assert server.run(machine.name).status == "FAILED"


@pytest.mark.parametrize("experiment_is_there", [False, True])
def test_eight_at_once_make_one_experiment_and_one_run(server, machine, experiment_is_there):
    if experiment_is_there:
        server.call("POST", "experiments/create", name=machine.name)
    barrier = threading.Barrier(8)
    outcomes = []

    def report():
        barrier.wait(30)
        for _ in range(10):
            try:
                outcomes.append(MlFlowReporter(tracking_uri=server.url).report(machine))
                return
            except TransientReporterError:
                continue

    threads = [threading.Thread(target=report) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(outcomes) == 8
    # Whoever began while another was all but done may have left a second one: the next report sees to it.
    MlFlowReporter(tracking_uri=server.url).report(machine)
    run = server.run(machine.name)
    assert (run.status, len(run.metrics()[0])) == ("FINISHED", 35)
    assert {stray.status for stray in server.runs(machine.name, "ALL")} <= {"FINISHED", "FAILED"}


def stray(server, machine, timestamp, params=()):
    """A run that somebody who was killed has left behind."""
    tags = {"model_key": machine.model_key, "newsdesk.revision": machine.revision}
    ids = server.experiment(machine.name)["experiment_id"]
    fields = [{"key": key, "value": value} for key, value in tags.items()]
    run = server.call("POST", "runs/create", experiment_id=ids, start_time=timestamp, tags=fields)["run"]
    for key, value in params:
        server.call("POST", "runs/log-parameter", run_id=run["info"]["run_id"], key=key, value=value)
    return run["info"]["run_id"]


def test_of_several_runs_the_finished_one_is_kept_and_the_others_are_discarded(server, machine):
    reporter = MlFlowReporter(tracking_uri=server.url)
    reporter.report(machine)
    kept = server.run(machine.name).id
    strays = {stray(server, machine, 1), stray(server, machine, now() + 10_000)}
    assert reporter.report(machine).unchanged
    assert server.run(machine.name).id == kept
    left = {run.id: run.status for run in server.runs(machine.name, "DELETED_ONLY")}
    assert left == dict.fromkeys(strays, "FAILED")


def test_a_half_written_run_with_other_params_cannot_be_resumed_and_makes_way(server, machine):
    server.call("POST", "experiments/create", name=machine.name)
    old = stray(server, machine, 1, [("resolution", "another")])
    MlFlowReporter(tracking_uri=server.url).report(machine)
    run = server.run(machine.name)
    assert (run.id != old, run.params["resolution"]) == (True, "10T")


def test_a_half_written_run_is_resumed_at_its_own_time(server, machine):
    server.call("POST", "experiments/create", name=machine.name)
    old = stray(server, machine, 1234, [("resolution", "10T")])
    MlFlowReporter(tracking_uri=server.url).report(machine)
    run = server.run(machine.name)
    assert (run.id, run.status, run.metrics()[1]) == (old, "FINISHED", {1234})


def test_a_run_that_begins_before_ours_is_done_is_the_one_that_is_kept(server, proxy, machine):
    """Another reporter was first, but slow: its run appears while ours is written."""
    server.call("POST", "experiments/create", name=machine.name)
    others = []

    def disturb(method, path):
        if path.endswith("log-batch") and not others:
            others.append(stray(server, machine, 1))

    proxy.disturb = disturb
    MlFlowReporter(tracking_uri=proxy.url).report(machine)
    run = server.run(machine.name)
    assert (run.id, run.status, len(run.metrics()[0])) == (others[0], "FINISHED", 35)


def at_last_search(proxy, do, answer=None):
    """Do something when a report makes its second search, once; then answer that search, or let it through."""
    searches = []

    def disturb(method, path):
        if path.endswith("runs/search"):
            searches.append(path)
            if len(searches) == 2:
                do()
                return answer
        return None

    proxy.disturb = disturb


def test_a_report_that_fails_leaves_a_run_finished_that_another_one_has_finished(server, proxy, machine):
    """Say, one that hung, and was left behind: what the other one told of its delivery stays true."""
    server.call("POST", "experiments/create", name=machine.name)
    at_last_search(proxy, lambda: MlFlowReporter(tracking_uri=server.url).report(machine), answer="before")
    with pytest.raises(TransientReporterError, match="cannot search its runs") as raised:
        MlFlowReporter(tracking_uri=proxy.url).report(machine)
    assert server.run(machine.name).status == "FINISHED"
    assert not hasattr(raised.value, "__notes__")
    assert MlFlowReporter(tracking_uri=server.url).report(machine).unchanged


def test_the_others_are_discarded_only_when_the_one_to_keep_is_finished(server, proxy, machine):
    """Whoever is killed in between leaves one too many; the next report sees to it."""
    server.call("POST", "experiments/create", name=machine.name)
    others = []
    at_last_search(proxy, lambda: others.append(stray(server, machine, now() + 10_000)))
    held = proxy.disturb
    proxy.disturb = lambda method, path: "before" if path.endswith("runs/delete") else held(method, path)
    with pytest.raises(TransientReporterError, match="cannot delete the superfluous run"):
        MlFlowReporter(tracking_uri=proxy.url).report(machine)
    statuses = {run.id: run.status for run in server.runs(machine.name)}
    (kept,) = statuses.keys() - others
    assert statuses == {kept: "FINISHED", others[0]: "FAILED"}
    assert MlFlowReporter(tracking_uri=server.url).report(machine).unchanged
    assert server.run(machine.name).id == kept


def test_two_reports_that_discard_each_others_runs_leave_one_all_the_same(server, proxy, machine):
    server.call("POST", "experiments/create", name=machine.name)
    others = []

    def disturb(method, path):
        if path.endswith("runs/delete") and len(others) == 1:
            others.append(next(run.id for run in server.runs(machine.name) if run.status == "FINISHED"))
            server.call("POST", "runs/delete", run_id=others[1])

    at_last_search(proxy, lambda: others.append(stray(server, machine, now() + 10_000)))
    first = proxy.disturb
    proxy.disturb = lambda method, path: first(method, path) or disturb(method, path)
    delivery = MlFlowReporter(tracking_uri=proxy.url).report(machine)
    run = server.run(machine.name)
    assert (run.status, len(run.metrics()[0]), run.id in others) == ("FINISHED", 35, False)
    assert delivery.reference.endswith(run.id)


def test_a_run_that_is_deleted_while_it_is_written_is_made_again(server, proxy, machine):
    deleted = []

    def disturb(method, path):
        if path.endswith("log-batch") and not deleted:
            deleted.append(server.run(machine.name).id)
            server.call("POST", "runs/delete", run_id=deleted[0])

    proxy.disturb = disturb
    MlFlowReporter(tracking_uri=proxy.url).report(machine)
    run = server.run(machine.name)
    assert (run.id != deleted[0], run.status, len(run.metrics()[0])) == (True, "FINISHED", 35)


def test_a_deleted_experiment_is_restored(server, machine):
    with MlFlowReporter(tracking_uri=server.url) as reporter:
        reporter.report(machine)
        experiment = server.experiment(machine.name)["experiment_id"]
        server.call("POST", "experiments/delete", experiment_id=experiment)
        # Both one that remembers the experiment, and one that looks it up.
        reporter.report(machine)
        server.call("POST", "experiments/delete", experiment_id=experiment)
    MlFlowReporter(tracking_uri=server.url).report(machine)
    restored = server.experiment(machine.name)
    assert (restored["experiment_id"], restored["lifecycle_stage"]) == (experiment, "active")
    assert server.run(machine.name).status == "FINISHED"


def test_an_experiment_that_somebody_else_makes_first_is_used(server, proxy, machine):
    def disturb(method, path):
        if path.endswith("experiments/create"):
            server.call("POST", "experiments/create", name=machine.name)
            proxy.disturb = lambda *_: None

    proxy.disturb = disturb
    MlFlowReporter(tracking_uri=proxy.url).report(machine)
    assert server.run(machine.name).status == "FINISHED"


def test_a_refusal_for_now_tells_when_to_come_again(proxy, machine):
    proxy.disturb = lambda *_: (503, {"Retry-After": "17"}, b"")
    with pytest.raises(TransientReporterError, match="cannot look up the experiment") as raised:
        MlFlowReporter(tracking_uri=proxy.url).report(machine)
    assert raised.value.retry_after == 17
    assert proxy.count() == 1


def test_a_server_that_is_down_is_told_at_once_and_tried_once(machine):
    with pytest.raises(TransientReporterError) as raised:
        MlFlowReporter(tracking_uri="http://127.0.0.1:9").report(machine)
    assert str(raised.value) == "cannot connect to http://127.0.0.1:9: refused; check host and port"


def test_a_server_that_is_no_mlflow_is_permanent(proxy, machine):
    proxy.disturb = lambda *_: (404, {"Content-Type": "text/html"}, b"<html>nothing here</html>")
    with pytest.raises(
        MlflowLoggingError,
        match=r"^there is no MLflow at .*: it answers 404 .not found. with a web page; check host, path and sign-in$",
    ):
        MlFlowReporter(tracking_uri=proxy.url).report(machine)
