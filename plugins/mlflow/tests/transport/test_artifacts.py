"""Where artifacts go: nothing is delivered onto the disk of the client, and what is missing is named."""

import shutil
import uuid

import pytest
from newsdesk import DeliveryFailed, Desk
from newsdesk_mlflow import MlflowLoggingError, MlFlowReporter, get_mlflow_client, get_run_id, log_machine
from newsdesk_mlflow.transport import artifacts
from newsdesk_mlflow.transport.artifacts import missing_library, proxied_url, stays_here

pytestmark = pytest.mark.usefixtures("road")


@pytest.fixture
def experiment(server):
    """Give a function that makes an experiment whose artifacts go to a given place."""

    def make(root):
        name = f"experiment-{uuid.uuid4().hex[:12]}"
        server.call("POST", "experiments/create", name=name, artifact_location=root)
        return name

    return make


@pytest.mark.parametrize("root", ["{0}/artifacts", "file://{0}/artifacts", "./artifacts", "artifacts"])
def test_a_folder_as_the_root_of_a_server_gets_nothing_and_the_receipt_says_so(
    server, machine, experiment, monkeypatch, *, tmp_path, root
):
    monkeypatch.chdir(tmp_path)
    reporter = MlFlowReporter(tracking_uri=server.url, experiment=experiment(root.format(tmp_path)))
    with Desk(reporter) as desk:
        receipts = [*desk.report(machine), *desk.report(machine)]
    assert [str(receipt.status) for receipt in receipts] == ["delivered", "unchanged"]
    for receipt in receipts:
        (left_out,) = receipt.alterations
        assert (left_out.path, left_out.kind) == ("metadata.json", "omitted")
        assert left_out.detail.startswith("not stored: MLflow's client would write it to its own disk, ")
        assert "; start the server with --artifacts-destination" in left_out.detail
    assert server.run(reporter.experiment).status == "FINISHED"
    assert [*tmp_path.iterdir()] == []


def test_the_functions_of_the_original_leave_it_out_as_well(
    server, machine, experiment, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
    client = get_mlflow_client()
    run_id = get_run_id(client, experiment(f"{tmp_path}/artifacts"), "key")
    delivery = log_machine(client, run_id, machine)
    assert [item.path for item in delivery.alterations] == ["metadata.json"]
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("scheme", ["s3", "gs", "wasbs"])
def test_a_root_whose_library_is_missing_is_refused_before_a_run_is_made(server, machine, experiment, scheme):
    if (distribution := missing_library(f"{scheme}://bucket")) is None:
        pytest.skip(f"what {scheme} needs is installed")
    reporter = MlFlowReporter(
        tracking_uri=server.url, experiment=experiment(f"{scheme}://user:hunter2@bucket/x")
    )
    with Desk(reporter) as desk, pytest.raises(DeliveryFailed) as raised:
        desk.report(machine)
    (receipt,) = raised.value.receipts
    assert (type(receipt.error), receipt.attempts) == (MlflowLoggingError, 1)
    assert str(receipt.error) == (
        f"artifacts go to {scheme}://***@bucket/x, which needs {distribution} here: pip install {distribution}"
    )
    assert server.runs(reporter.experiment) == []


@pytest.mark.parametrize(
    ("tracking_uri", "artifact_uri", "stays"),
    [
        ("http://h", "/srv/mlruns/0", True),
        ("https://h", "file:///srv/mlruns/0", True),
        ("http://h", "C:\\mlruns\\0", True),
        ("postgresql+psycopg2://h/d", "file:///work/mlruns/0", True),
        ("http://h", "mlflow-artifacts:/0", False),
        ("http://h", "s3://bucket/0", False),
        ("http://h", "", False),
        ("sqlite:////data/store.db", "file:///data/mlartifacts/0", False),
        ("./mlruns", "./mlruns/0", False),
    ],
)
def test_artifacts_stay_on_this_disk_where_the_runs_do_not(tracking_uri, artifact_uri, stays):
    assert stays_here(tracking_uri, artifact_uri) is stays


@pytest.mark.parametrize("uri", ["mlflow-artifacts:/0", "ftp://h/x", "/x", "unknown://x"])
def test_a_scheme_that_needs_no_library_misses_none(uri):
    assert missing_library(uri) is None


def test_the_library_of_a_root_is_looked_for_where_mlflow_imports_it(monkeypatch):
    monkeypatch.setitem(artifacts._LIBRARIES, "s3", ("no_such_parent.module", "no-such-parent"))
    monkeypatch.setitem(artifacts._LIBRARIES, "gs", ("json.decoder", "json"))
    assert missing_library("s3://bucket/x") == "no-such-parent"
    assert missing_library("gs://bucket/x") is None


def test_a_root_in_a_store_of_its_own_gets_the_artifact_by_mlflows_own_code(
    server, proxy, machine, experiment, *, tmp_path, monkeypatch
):
    """As a bucket; which code writes to which store is registered with MLflow, by the scheme."""
    from mlflow.store.artifact.artifact_repo import ArtifactRepository
    from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry

    class Bucket(ArtifactRepository):
        def log_artifact(self, local_file, artifact_path=None):
            shutil.copy(local_file, tmp_path)

        def log_artifacts(self, local_dir, artifact_path=None): ...
        def list_artifacts(self, path=None): ...
        def _download_file(self, remote_file_path, local_path): ...

    monkeypatch.setitem(_artifact_repository_registry._registry, "bucket", Bucket)
    reporter = MlFlowReporter(tracking_uri=proxy.url, experiment=experiment("bucket://b/x"))
    assert not reporter.report(machine).alterations
    assert [request for request in proxy.requests if request.startswith("PUT")] == []
    assert server.run(reporter.experiment).status == "FINISHED"
    assert (tmp_path / "metadata.json").read_bytes() == machine.to_json()


@pytest.mark.parametrize(
    "tracking_uri", ["http://h", "https://me:pw@h:5000/", "http://h/a/b/", "http://[::1]:5"]
)
@pytest.mark.parametrize(
    "artifact_uri",
    [
        "mlflow-artifacts:/0/r/artifacts",
        "mlflow-artifacts:///0/r/artifacts",
        "mlflow-artifacts://other:5001/0/r/artifacts",
        "mlflow-artifacts://other/0/r a/\u00e9",
        "mlflow-artifacts:/workspaces/w/0//r/",
    ],
)
def test_artifacts_go_where_mlflows_client_would_send_them(tracking_uri, artifact_uri):
    from mlflow.store.artifact.mlflow_artifacts_repo import MlflowArtifactsRepository

    expected = MlflowArtifactsRepository.resolve_uri(artifact_uri, tracking_uri)
    assert proxied_url(artifact_uri, tracking_uri) == expected


@pytest.mark.parametrize("uri", ["s3://b/x", "dbfs:/x", "/x", "https://h/x", ""])
def test_other_artifacts_do_not_go_through_the_server(uri):
    assert proxied_url(uri, "http://h") is None
    assert proxied_url("mlflow-artifacts:/0", "sqlite:///x.db") is None
