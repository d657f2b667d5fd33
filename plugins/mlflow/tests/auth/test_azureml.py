"""Whole reports by azureml-mlflow itself: tokens, resource manager, workspace and artifacts, over TLS."""

import contextlib
import json
import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from newsdesk import Desk, Machine, MachineDoesNotExist, Retry, TransientReporterError
from newsdesk_mlflow import (
    MlflowLoggingError,
    MlFlowReporter,
    auth,
    get_mlflow_client,
    get_run_id,
    log_machine,
    mlflow_context,
)


@pytest.fixture(autouse=True)
def _nobody_is_asked_in_a_browser(certificates, monkeypatch):
    """Whoever reaches azureml-mlflow's own chain, or would prompt, fails."""
    from azure import identity
    from azureml.mlflow._internal import service_context_loader

    def fail(*arguments, **options):
        raise AssertionError("a prompt was near")

    chain = "get_service_context_from_tracking_url_default_auth"
    monkeypatch.setattr(service_context_loader, chain, fail)
    for name in ("InteractiveBrowserCredential", "DeviceCodeCredential"):
        monkeypatch.setattr(getattr(identity, name), "get_token", fail)


@pytest.fixture
def reporter(secure_azure, workspace, principal):
    """A reporter as a config builds it."""
    return MlFlowReporter(workspace_kwargs=workspace, service_principal_kwargs=principal)


def test_a_real_machine_arrives_whole_with_one_token(secure_azure, reporter, real_machine, arrives_whole):
    delivery, run = arrives_whole(reporter, real_machine)
    store, _, path = delivery.reference.partition("#")
    # azureml-mlflow itself asks the second version.
    assert store == secure_azure.tracking_uri.replace("/mlflow/v1.0/", "/mlflow/v2.0/")
    assert path.rpartition("/")[2] == run.id
    assert len(secure_azure.token_requests) == 1
    assert not [asked for asked in secure_azure.asked if "logged-models" in asked]


def test_a_model_that_the_user_has_made_the_active_one_is_left_out(
    secure_azure, reporter, machine, monkeypatch
):
    """The workspace has no logged models, and refuses a metric of one."""
    from mlflow.tracking.fluent import get_active_model_id

    monkeypatch.setenv("MLFLOW_ACTIVE_MODEL_ID", "m-1")
    with ThreadPoolExecutor(1) as fresh:  # a thread reads that once
        assert fresh.submit(get_active_model_id).result() == "m-1"
        fresh.submit(reporter.report, machine).result()
    assert secure_azure.server.run(machine.name).status == "FINISHED"


def test_a_machine_with_450_params_and_5000_metrics_arrives(secure_azure, server, reporter, large):
    machine = large(params=450, names=100, steps=50)
    delivery = reporter.report(machine)
    run = server.run(machine.name)
    assert (len(run.params), len(run.metrics()[0])) == (200, 2500)
    assert len(json.loads(run.artifact("params.json"))) == 452
    assert len(json.loads(run.artifact("metrics.json"))) == 5000
    assert run.artifact("metadata.json") == machine.to_json()
    assert {(item.path, item.kind) for item in delivery.alterations} == {
        ("metrics", "omitted"),
        ("params", "omitted"),
    }


def test_the_two_variables_of_the_original_are_enough(
    secure_azure, machine, workspace, principal, monkeypatch
):
    monkeypatch.setenv("AZUREML_WORKSPACE_STR", ":".join(workspace.values()))
    monkeypatch.setenv("DL_SERVICE_AUTH_STR", ":".join(principal.values()))
    MlFlowReporter().report(machine)
    assert secure_azure.server.run(machine.name).status == "FINISHED"


def test_a_tracking_uri_of_a_workspace_is_enough_too_wherever_it_comes_from(
    secure_azure, server, record, principal, monkeypatch
):
    for given in (secure_azure.tracking_uri, None):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", secure_azure.tracking_uri)
        machine = Machine.from_dict({**record("ae-4tags"), "name": uuid.uuid4().hex})
        reporter = MlFlowReporter(tracking_uri=given, service_principal_kwargs=principal)
        reporter.report(machine)
        assert server.run(machine.name).artifact("metadata.json") == machine.to_json()
        reporter.ping()
        assert reporter.holds([machine.key]) == {machine.key}


@pytest.mark.parametrize(
    "template", ["{name}", "{project_name}-{name}", "all of {project_name}", "{revision}"]
)
def test_what_a_workspace_holds_is_listed_and_read_back(secure_azure, workspace, principal, record, template):
    tag = uuid.uuid4().hex[:8]
    record = {**record("ae-4tags"), "name": f"it's {tag}", "project_name": tag}
    old, new = Machine.from_dict(record), Machine.from_dict({**record, "dataset": {}})
    with MlFlowReporter(
        workspace_kwargs=workspace, service_principal_kwargs=principal, experiment=f"{tag} {template}"
    ) as reporter:
        for machine in (new, old):
            reporter.report(machine)
        assert reporter.fetch(old.name) == reporter.fetch(old.name, tag) == old
        assert reporter.fetch(old.name, revision=new.revision).to_json() == new.to_json()
        [listed] = reporter.machines()
        assert (listed.key, listed.revision, len(listed.scores)) == (old.key, old.revision, 4)
        assert [each.revision for each in reporter.machines(all_revisions=True)] == [
            old.revision,
            new.revision,
        ]
        with pytest.raises(MachineDoesNotExist):
            reporter.fetch("never reported", tag)


def test_a_record_that_a_workspace_has_lost_names_the_run(secure_azure, server, reporter, machine):
    delivery = reporter.report(machine)
    server.change_record(server.run(machine.name), None)
    with pytest.raises(MlflowLoggingError, match=r"has no artifact metadata\.json any more; delete the run"):
        reporter.fetch(machine.name)
    secure_azure.artifacts.clear()
    with pytest.raises(MlflowLoggingError) as raised:
        reporter.fetch(machine.name)
    assert delivery.reference in str(raised.value)


@pytest.mark.parametrize("at", ["contentinfo", "blob"])
def test_a_workspace_that_does_not_give_a_record_now_is_transient(
    secure_azure, reporter, machine, answers, at
):
    reporter.report(machine)
    secure_azure.disturb = lambda asked: answers(503) if at in asked.path and asked.method == "GET" else None
    with pytest.raises(TransientReporterError, match=r"cannot read the artifact metadata\.json"):
        reporter.fetch(machine.name)
    secure_azure.disturb = lambda asked: None
    assert reporter.fetch(machine.name) == machine


def test_nothing_global_is_changed_and_no_token_or_secret_is_shown(
    secure_azure, reporter, machine, caplog, capfd
):
    import mlflow

    before = mlflow.get_tracking_uri()
    caplog.set_level("DEBUG")
    reporter.report(machine)
    assert mlflow.get_tracking_uri() == before
    shown = f"{caplog.text} {reporter!r} {reporter.tracking.store.client!r} {capfd.readouterr()}"
    for secret in (*secure_azure.issued, reporter.service_principal_kwargs["service_principal_password"]):
        assert secret not in shown


def test_a_token_that_expires_on_the_way_is_replaced_by_a_new_one(secure_azure, server, reporter, machine):
    reporter.report(Machine(uuid.uuid4().hex))
    secure_azure.expire()
    with pytest.raises(TransientReporterError) as raised:
        reporter.report(machine)
    assert str(raised.value).endswith("; the next attempt gets a new token")
    assert secure_azure.issued[0] not in f"{raised.value!r} {raised.value.__cause__!r}"
    reporter.report(machine)
    assert server.run(machine.name).artifact("metadata.json") == machine.to_json()
    assert len(secure_azure.issued) == 2


def test_a_desk_delivers_over_an_expired_token_by_itself(secure_azure, server, reporter, record):
    first, second = (
        Machine.from_dict({**record("ae-4tags"), "name": f"{uuid.uuid4().hex}"}) for _ in range(2)
    )
    with Desk(reporter, retry=Retry(attempts=3, initial=0.01)) as desk:
        desk.report(first)
        expire_at = ["artifacts/batch/metadata"]

        def disturb(asked):
            if expire_at and asked.path.endswith(expire_at[0]):
                expire_at.clear()
                secure_azure.expire()

        secure_azure.disturb = disturb
        [receipt] = desk.report(second)
    assert (receipt.status, receipt.attempts) == ("delivered", 2)
    assert server.run(second.name).artifact("metadata.json") == second.to_json()


def test_a_workspace_that_refuses_a_new_token_as_well_is_permanent(secure_azure, reporter, machine, answers):
    reporter.report(Machine(uuid.uuid4().hex))
    secure_azure.disturb = lambda asked: answers(401, {"error": {"code": "UserError", "message": "no"}})
    with pytest.raises(TransientReporterError):
        reporter.report(machine)
    secure_azure.disturb = lambda asked: (
        answers(401, {"error": {"code": "UserError", "message": "no"}}) if "/mlflow/" in asked.path else None
    )
    with pytest.raises(MlflowLoggingError) as raised:
        reporter.report(machine)
    assert str(raised.value).endswith(
        "; assign this identity the role 'AzureML Data Scientist' in the workspace"
    )


def test_a_wrong_password_is_told_as_such_at_whatever_request_it_comes_up(secure_azure, principal, machine):
    principal["service_principal_password"] = "hunter3"
    reporter = MlFlowReporter(tracking_uri=secure_azure.tracking_uri, service_principal_kwargs=principal)
    for _ in range(2):
        with pytest.raises(MlflowLoggingError) as raised:
            reporter.report(machine)
        assert str(raised.value).startswith("Azure issues no token for ")
        assert "AADSTS7000215; check tenant_id, service_principal_id" in str(raised.value)


@pytest.mark.parametrize("part", ["/api/2.0/mlflow/runs/create", "/artifacts/batch/metadata"])
def test_who_may_not_write_is_told_the_role(secure_azure, reporter, machine, answers, part):
    reporter.open()
    secure_azure.disturb = lambda asked: (
        answers(403, {"error": {"code": "ForbiddenError"}}) if asked.path.endswith(part) else None
    )
    with pytest.raises(MlflowLoggingError) as raised:
        reporter.report(machine)
    assert str(raised.value).endswith(
        "; assign this identity the role 'AzureML Data Scientist' in the workspace"
    )


def test_who_comes_too_often_is_told_when_to_come_again(secure_azure, server, reporter, machine, answers):
    reporter.open()
    pauses = [answers(429, {"error": {"code": "TooManyRequests"}}, Retry_After="0.3")]
    secure_azure.disturb = lambda asked: pauses.pop() if pauses and asked.path.endswith("log-batch") else None
    with pytest.raises(TransientReporterError) as raised:
        reporter.report(machine)
    assert raised.value.retry_after == 0.3
    reporter.report(machine)
    assert server.run(machine.name).status == "FINISHED"


@pytest.mark.parametrize("part", ["/artifacts/batch/metadata", ".blob.core.windows.net/"])
def test_an_artifact_is_tried_once_for_trying_again_is_the_desks_work(
    secure_azure, reporter, machine, answers, part
):
    reporter.open()
    asked_for = []

    def disturb(asked):
        if part in asked.path:
            asked_for.append(asked.path)
            return answers(503)
        return None

    secure_azure.disturb = disturb
    with pytest.raises(TransientReporterError):
        reporter.report(machine)
    assert len(asked_for) == 1
    secure_azure.disturb = lambda asked: None
    reporter.report(machine)
    run = secure_azure.server.run(machine.name)
    assert run.status == "FINISHED"
    assert run.artifact("metadata.json") == machine.to_json()


def test_two_reporters_of_one_workspace_log_in_each_as_they_were_told(
    secure_azure, server, workspace, principal, record
):
    """MLflow keeps one store for each URI, with the login that it had at first."""
    other = {**principal, "service_principal_id": "the other"}
    for who in (principal, other, principal):
        machine = Machine.from_dict({**record("ae-4tags"), "name": uuid.uuid4().hex})
        seen = set()
        secure_azure.disturb = lambda asked: seen.add(asked.headers.get("authorization"))  # noqa: B023
        MlFlowReporter(workspace_kwargs=workspace, service_principal_kwargs=who).report(machine)
        number = 0 if who is principal else 1
        assert seen - {None} == {f"Bearer {secure_azure.issued[number]}"}
    assert [form["client_id"] for form in secure_azure.token_requests] == [
        principal["service_principal_id"],
        "the other",
    ]


def cut_off(azure, reporter, machine, answers, part):
    """Report a machine until a part of it is refused, as a kill there would leave it."""
    azure.disturb = lambda asked: answers(503) if part in asked.path else None
    with pytest.raises(TransientReporterError):
        reporter.report(machine)
    azure.disturb = lambda asked: None


def test_a_run_whose_artifact_was_begun_and_never_written_is_given_up_for_another(
    secure_azure, server, reporter, machine, answers
):
    """AzureML replaces no artifact: the run could never be finished."""
    cut_off(secure_azure, reporter, machine, answers, "runs/update")
    (begun,) = server.runs(machine.name)
    place = f"{begun.artifact_uri.removeprefix('mlflow-artifacts:')}/metadata.json"
    assert secure_azure.forward("DELETE", f"/api/2.0/mlflow-artifacts/artifacts{place}").status == 200
    assert not reporter.report(machine).unchanged
    run = server.run(machine.name)
    assert run.id != begun.id
    assert run.artifact("metadata.json") == machine.to_json()
    assert reporter.report(machine).unchanged


def test_a_run_whose_artifact_is_there_is_resumed(secure_azure, server, reporter, machine, answers):
    cut_off(secure_azure, reporter, machine, answers, "runs/update")
    (begun,) = server.runs(machine.name)
    assert not reporter.report(machine).unchanged
    run = server.run(machine.name)
    assert (run.id, run.status) == (begun.id, "FINISHED")
    assert run.artifact("metadata.json") == machine.to_json()


def test_the_functions_of_the_original_reach_a_workspace(secure_azure, server, workspace, principal, record):
    name = uuid.uuid4().hex
    with mlflow_context(name, "k", workspace, principal) as (client, run_id):
        first = log_machine(client, run_id, record("ae-4tags"))
        assert log_machine(client, run_id, record("ae-4tags")) == first
    run = server.run(name)
    assert (run.id, run.status, len(run.metrics()[0])) == (run_id, "FINISHED", 35)
    assert get_run_id(get_mlflow_client(workspace, principal), name, "k") == run_id
    assert (workspace["workspace_name"], principal["tenant_id"][:4]) == ("w-1", "1111")


def test_code_that_sets_the_global_uri_goes_on_with_the_same_login(
    secure_azure, workspace, principal, monkeypatch
):
    import mlflow

    client = get_mlflow_client(workspace, principal)
    run_id = get_run_id(client, name := uuid.uuid4().hex, "k")
    try:
        mlflow.set_tracking_uri(client.tracking_uri)
        # azureml-mlflow's own store of artifacts looks there for its workspace.
        mlflow.MlflowClient().log_text(run_id, "hello", "note.txt")
    finally:
        # Not to what it was: MLflow would keep that, whatever the environment says.
        mlflow.set_tracking_uri(None)
        os.environ.pop("MLFLOW_TRACKING_URI", None)  # which that has set
    assert secure_azure.server.run(name).artifact("note.txt") == b"hello"
    assert len(secure_azure.token_requests) == 1


def test_an_artifact_that_the_function_would_have_to_replace_is_told(
    secure_azure, server, workspace, principal, record
):
    client = get_mlflow_client(workspace, principal)
    run_id = get_run_id(client, uuid.uuid4().hex, "k")
    log_machine(client, run_id, record("ae-4tags"))
    changed = record("ae-4tags")
    changed["metadata"]["user_defined"] = {"changed": True}
    with pytest.raises(MlflowLoggingError) as raised:
        log_machine(client, run_id, changed)
    assert str(raised.value) == (
        f"the run {run_id} already has another artifact metadata.json, which AzureML cannot overwrite; get a new run with get_run_id"
    )


def test_artifacts_at_a_place_that_is_none_of_a_run_are_told(tmp_path):
    with pytest.raises(MlflowLoggingError) as raised:
        auth.upload(None, "azureml://host/LocalUpload/a/b", tmp_path / "file")
    assert str(raised.value) == (
        "the artifacts of the run are at 'azureml://host/LocalUpload/a/b', and those of a run in a workspace at "
        "azureml://…/experiments/<experiment>/runs/<run>/artifacts; use another experiment"
    )


def test_within_a_job_of_azureml_its_own_token_is_used(secure_azure, machine):
    """In a process of its own, since azureml-mlflow begins a timer there that never ends."""
    import jwt

    token = jwt.encode({"exp": 4_000_000_000}, "k" * 32)
    secure_azure.tokens.add(token)
    job = {
        "MLFLOW_TRACKING_URI": secure_azure.tracking_uri.replace("v1.0", "v2.0"),
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_RUN_ID": "job",
        "MLFLOW_EXPERIMENT_NAME": "job",
        "AZUREML_CURRENT_CLOUD": "AzureCloud",
    }
    script = (
        "import sys\n"
        "from newsdesk import Machine\n"
        "from newsdesk_mlflow import MlFlowReporter\n"
        "MlFlowReporter().report(Machine.from_json(sys.stdin.read()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=machine.to_json(),
        env=os.environ | job,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert secure_azure.server.run(machine.name).artifact("metadata.json") == machine.to_json()
    assert secure_azure.token_requests == []


def test_a_tracking_uri_that_is_none_of_a_workspace_is_told(principal):
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri="azureml://host/mlflow/v1.0", service_principal_kwargs=principal).open()
    assert str(raised.value) == (
        "the tracking URI 'azureml://host/mlflow/v1.0' is not that of an AzureML workspace, such as "
        "azureml://<host>/mlflow/v1.0/subscriptions/<subscription>/resourceGroups/<group>"
        "/providers/Microsoft.MachineLearningServices/workspaces/<name>; use that, or workspace_kwargs"
    )


def test_a_workspace_s_server_that_is_gone_is_worth_another_try(
    secure_azure, server, workspace, principal, machine
):
    reporter = MlFlowReporter(workspace_kwargs=workspace, service_principal_kwargs=principal)
    reporter.open()
    secure_azure.close()
    with pytest.raises(TransientReporterError, match=r"^cannot connect to azureml://") as raised:
        reporter.report(machine)
    assert "#" not in str(raised.value), "the login's number is nobody's concern"
    with contextlib.suppress(OSError):
        reporter.close()


def test_a_wrong_password_is_sent_to_azure_once(secure_azure, workspace, principal):
    """Each try counts towards a lockout of the identity."""
    wrong = {**principal, "service_principal_password": f"wrong-{uuid.uuid4().hex}"}
    reporter = MlFlowReporter(workspace_kwargs=workspace, service_principal_kwargs=wrong)
    for _ in range(3):
        with pytest.raises(MlflowLoggingError, match="AADSTS7000215"):
            reporter.open()
    assert len(secure_azure.token_requests) == 1
