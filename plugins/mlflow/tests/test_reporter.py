"""MlFlowReporter as a value: its parameters, and what they do."""

import pickle
from typing import ClassVar

import pytest
from newsdesk import BaseReporter, DefinitionError, Machine, TransientReporterError
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter

SECRETS = {"tenant_id": "t-1", "service_principal_id": "i-1", "service_principal_password": "hunter2"}
WORKSPACE = {"subscription_id": "s", "resource_group": "g", "workspace_name": "w"}

pytestmark = pytest.mark.usefixtures("road")


class Builder:
    """A builder of models as gordo has one."""

    seen: ClassVar[list[object]] = []

    def __init__(self, machine):
        Builder.seen.append(machine)

    @staticmethod
    def calculate_cache_key(machine):
        Builder.seen.append(machine)
        return f"key of {machine['name']}"


class BrokenBuilder:
    def __init__(self, machine):
        pass

    @staticmethod
    def calculate_cache_key(machine):
        return machine.no_such_thing


@pytest.mark.parametrize(
    "name", ["mlflow", "gordo.reporters.mlflow.MlFlowReporter", "newsdesk_mlflow.reporter.MlFlowReporter"]
)
def test_it_is_found_by_its_name_its_path_and_the_path_that_it_replaces(name):
    reporter = BaseReporter.from_dict({name: {"tracking_uri": "http://h", "tags": {"a": "{name}"}}})
    assert type(reporter) is MlFlowReporter
    assert BaseReporter.from_dict(reporter.to_dict()) == reporter
    assert pickle.loads(pickle.dumps(reporter)) == reporter


def test_an_unknown_parameter_is_refused_with_the_nearest():
    with pytest.raises(
        DefinitionError, match=r"experimnt: unknown parameter \(did you mean 'experiment'\?\)"
    ):
        BaseReporter.from_dict({"mlflow": {"experimnt": "x"}})
    with pytest.raises(DefinitionError, match=r"experimnt: .*did you mean 'experiment'"):
        MlFlowReporter(experimnt="x")


def test_all_wrong_parameters_are_told_at_once():
    with pytest.raises(DefinitionError) as raised:
        MlFlowReporter(
            experiment="{nam}",
            tags={"a": "{b}", "model_key": "mine"},
            limits={"metric": 1},
            tracking_uri="http://h",
            workspace_kwargs=WORKSPACE,
        )
    assert [fault.path for fault in raised.value.faults] == [
        "experiment",
        "tags.a",
        "tags.model_key",
        "workspace_kwargs",
        "limits.metric",
    ]
    text = str(raised.value)
    assert text.startswith("invalid parameters of MlFlowReporter\n")
    assert "tags.model_key: newsdesk sets this tag; choose another name" in text
    assert "workspace_kwargs: a workspace has its own tracking URI; give only one of the two" in text


@pytest.mark.parametrize("uri", ["127.0.0.1:5000", "mlflow.corp:5000", "localhost:5000/x"])
def test_a_tracking_uri_without_a_scheme_is_refused_wherever_it_comes_from(uri, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DefinitionError) as raised:
        BaseReporter.from_dict({"mlflow": {"tracking_uri": uri}})
    problem = f"lacks a scheme; write 'http://{uri}' or 'https://{uri}'"
    assert str(raised.value).endswith(f"tracking_uri: {problem}")
    monkeypatch.setenv("WHERE", uri)
    with pytest.raises(DefinitionError, match="tracking_uri: lacks a scheme"):
        MlFlowReporter(tracking_uri="${env:WHERE}").open()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter().report({"name": "m"})
    assert str(raised.value) == f"MLFLOW_TRACKING_URI {problem}"
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("parameters", "variables"),
    [
        ({}, {}),
        ({"workspace_kwargs": {}}, {"AZUREML_WORKSPACE_STR": "s:g:w"}),
        ({}, {"AZUREML_WORKSPACE_STR": ""}),
        ({}, {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}),
        ({"tracking_uri": "sqlite:///mlflow.db"}, {}),
        ({"tracking_uri": "${env:WHERE}"}, {"WHERE": "sqlite:///mlflow.db"}),
    ],
)
def test_azureml_without_a_workspace_is_refused_and_writes_nothing(
    parameters, variables, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    reporter = BaseReporter.from_dict({"azureml": parameters} if parameters else "azureml")
    with pytest.raises(MlflowLoggingError) as raised:
        reporter.report({"name": "m"})
    assert str(raised.value) == (
        "azureml has no workspace; give workspace_kwargs, or set AZUREML_WORKSPACE_STR to "
        "subscription_id:resource_group:workspace_name, or use the reporter mlflow for another server"
    )
    assert [*tmp_path.iterdir()] == []
    assert reporter.plan({"name": "m"}).requests == 7


def test_an_incomplete_workspace_or_service_principal_is_refused_when_it_is_configured():
    with pytest.raises(DefinitionError) as raised:
        BaseReporter.from_dict(
            {
                "azureml": {
                    "workspace_kwargs": {"subscription_id": "s", "region": "x"},
                    "service_principal_kwargs": {"tenant_id": "", "service_principal_password": "hunter2"},
                }
            }
        )
    assert [str(fault) for fault in raised.value.faults] == [
        "workspace_kwargs: lacks resource_group, workspace_name and has unknown region; it takes subscription_id, "
        "resource_group, workspace_name",
        "service_principal_kwargs: lacks tenant_id, service_principal_id; it takes tenant_id, service_principal_id, "
        "service_principal_password",
    ]
    assert "hunter2" not in str(raised.value)


def test_secrets_are_masked_and_the_given_mappings_are_never_changed():
    workspace, principal = dict(WORKSPACE), dict(SECRETS)
    reporter = MlFlowReporter(workspace_kwargs=workspace, service_principal_kwargs=principal)
    assert not any(secret in repr(reporter) for secret in SECRETS.values())
    with pytest.raises((MlflowLoggingError, TransientReporterError)) as raised:
        reporter.open()
    assert not any(secret in str(raised.value) for secret in SECRETS.values())
    assert (workspace, principal) == (WORKSPACE, SECRETS)


def test_a_password_in_the_tracking_uri_is_masked():
    reporter = MlFlowReporter(tracking_uri="http://me:hunter2@127.0.0.1:9")
    assert "hunter2" not in repr(reporter)
    with pytest.raises(TransientReporterError) as raised:
        reporter.ping()
    assert "hunter2" not in str(raised.value)


def test_references_are_resolved_when_it_opens(server, machine, monkeypatch):
    monkeypatch.setenv("WHERE", server.url)
    monkeypatch.setenv("WHAT", machine.name)
    MlFlowReporter(tracking_uri="${env:WHERE}", experiment="${env:WHAT}-{name}").report(machine)
    assert server.run(f"{machine.name}-{machine.name}").status == "FINISHED"


def test_the_tracking_uri_that_the_user_has_set_is_honoured_and_nothing_global_is_changed(
    server, machine, monkeypatch
):
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    before = mlflow.get_tracking_uri()
    MlFlowReporter().report(machine)
    assert server.run(machine.name).status == "FINISHED"
    assert mlflow.get_tracking_uri() == before == server.url


def test_a_parameter_goes_before_what_the_user_has_set(server, machine, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("AZUREML_WORKSPACE_STR", "s:g:w")
    MlFlowReporter(tracking_uri=server.url).report(machine)
    assert server.run(machine.name).artifact("metadata.json") == machine.to_json()


def test_azures_variables_are_not_demanded_but_used_when_they_are_set(monkeypatch):
    monkeypatch.setenv("AZUREML_WORKSPACE_STR", "only-two:parts")
    with pytest.raises(MlflowLoggingError, match="AZUREML_WORKSPACE_STR has 2 parts instead of 3"):
        MlFlowReporter().open()
    monkeypatch.setenv("AZUREML_WORKSPACE_STR", "s:g:w")
    monkeypatch.setenv("DL_SERVICE_AUTH_STR", "t:i")
    with pytest.raises(MlflowLoggingError, match="DL_SERVICE_AUTH_STR has 2 parts instead of 3"):
        MlFlowReporter().open()
    assert MlFlowReporter().plan(Machine("m")).requests == 7
    monkeypatch.setenv("AZUREML_WORKSPACE_STR", "")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    MlFlowReporter().open()


def test_a_workspace_has_azures_limits(machine):
    params = {f"p{n}": n for n in range(300)}
    record = machine.to_dict()
    record["metadata"]["build_metadata"]["model"]["model_meta"]["history"]["params"] = params
    plan = MlFlowReporter(workspace_kwargs=WORKSPACE).plan(record)
    assert (plan.items["params"], plan.items["artifacts"]) == (200, 2)
    assert MlFlowReporter().plan(record).items["params"] == 328


def test_the_builder_is_called_with_the_machine_as_it_was_handed_in(server, machine):
    Builder.seen.clear()
    source = machine.to_dict()
    MlFlowReporter(tracking_uri=server.url, model_builder_class=Builder).report(source)
    assert [*map(id, Builder.seen)] == [id(source)] * 2
    assert server.run(machine.name).tags["model_key"] == f"key of {machine.name}"


@pytest.mark.parametrize("path", ["hashlib.sha512", "hashlib:sha512"])
def test_the_builder_may_be_an_import_path(path):
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(model_builder_class=path).plan(Machine("m", "p"))
    assert str(raised.value).startswith(
        "model_builder_class <built-in function openssl_sha512> cannot compute the model key of 'p/m': TypeError: "
    )


@pytest.mark.parametrize("path", ["no_such_module.Builder", "hashlib.Builder", "hashlib:", "Builder"])
def test_a_builder_that_cannot_be_imported_is_told(path):
    with pytest.raises(DefinitionError) as raised:
        MlFlowReporter(model_builder_class=path).plan(Machine("m"))
    assert str(raised.value).startswith(f"model_builder_class {path!r} cannot be imported: ")
    assert str(raised.value).endswith("; give a class, or its import path 'pkg.mod.Class'")


def test_a_builder_that_fails_is_told_with_its_own_error_as_the_cause(server):
    with pytest.raises(
        MlflowLoggingError, match="BrokenBuilder cannot compute the model key of 'p/m': AttributeError"
    ) as raised:
        MlFlowReporter(tracking_uri=server.url, model_builder_class=BrokenBuilder).report(Machine("m", "p"))
    assert isinstance(raised.value.__cause__, AttributeError)


def test_per_tag_metrics_are_logged_when_they_are_asked_for(server, machine):
    MlFlowReporter(tracking_uri=server.url, per_tag_metrics=True).report(machine)
    assert "r2-score-TAG-001-mean" in server.run(machine.name).metric_keys


def test_limits_of_ones_own_hold(proxy, machine):
    MlFlowReporter(tracking_uri=proxy.url, limits={"metrics": 20, "params": 20}).report(machine)
    assert proxy.requests.count("POST runs/log-batch") == 2


def test_secrets_of_the_machines_own_reporters_are_not_in_the_artifact(server, machine):
    record = machine.to_dict()
    record["runtime"]["reporters"] = [{"postgres": {"host": "db", "password": "hunter2"}}]
    MlFlowReporter(tracking_uri=server.url).report(record)
    assert b"hunter2" not in server.run(machine.name).artifact("metadata.json")


def test_a_ping_reaches_the_server_or_says_why_not(server, proxy):
    MlFlowReporter(tracking_uri=server.url).ping()
    proxy.disturb = lambda *_: (500, {}, b"")
    with pytest.raises(TransientReporterError, match="cannot list its experiments: "):
        MlFlowReporter(tracking_uri=proxy.url).ping()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            401,
            b"who are you?",
            "it answers 401 (unauthorized): who are you?; check MLFLOW_TRACKING_USERNAME and "
            "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
        ),
        (
            403,
            b'{"error_code": "PERMISSION_DENIED", "message": "not yours"}',
            "it answers 403 (forbidden): not yours; check what this user may do there",
        ),
        (403, b"<html>no</html>", "it answers 403 (forbidden); check what this user may do there"),
    ],
)
def test_a_refused_login_is_told_with_what_to_check(proxy, status, body, said):
    proxy.disturb = lambda *_: (status, {}, body)
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter(tracking_uri=proxy.url).ping()
    assert str(raised.value) == f"MLflow at {proxy.url} cannot list its experiments: {said}"


def test_a_reporter_that_is_closed_while_it_is_used_says_so():
    with pytest.raises(MlflowLoggingError) as raised:
        MlFlowReporter()._open_tracking()
    assert (
        str(raised.value) == "the reporter was closed while in use; keep it open until all reports are done"
    )


def test_it_prints_nothing_and_closes_twice(server, machine, capfd):
    reporter = MlFlowReporter(tracking_uri=server.url)
    reporter.report(machine)
    reporter.close()
    reporter.close()
    assert reporter.report(machine).unchanged
    assert capfd.readouterr() == ("", "")
