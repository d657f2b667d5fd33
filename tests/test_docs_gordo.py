"""The docs' gordo config: its reporters deliver unchanged to real backends."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import newsdesk
import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/move-from-gordo.md").read_text("utf-8")
RECORD = json.loads((ROOT / "examples/machines/ae-4tags.json").read_text("utf-8"))
POSTGRES = "gordo.reporters.postgres.PostgresReporter"


@pytest.fixture(scope="module")
def project():
    [shown] = re.findall(r"^```yaml\n# project.yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return yaml.safe_load(shown)


# Deprecated in SQLAlchemy, used by MLflow's store.
@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")
def test_a_machine_of_that_project_arrives_where_its_own_reporters_say(
    project, postgres_server, tmp_path, monkeypatch
):
    store = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    for name in ("AZUREML_WORKSPACE_STR", "DL_SERVICE_AUTH_STR"):
        monkeypatch.delenv(name, raising=False)
    reporters = project["globals"]["runtime"]["reporters"]
    place = urlsplit(postgres_server.url)
    for entry in reporters:
        if isinstance(entry, dict):
            entry[POSTGRES] |= {"host": place.hostname, "port": place.port, "password": place.password}
    name = project["machines"][0]["name"]
    built = {**RECORD, "name": name, "project_name": "north", "runtime": {"reporters": reporters}}

    receipts = newsdesk.report(built, deadline=120)

    assert [receipt.reporter for receipt in receipts] == ["gordo.reporters.mlflow.MlFlowReporter", POSTGRES]
    assert [str(receipt.status) for receipt in receipts] == ["delivered", "delivered"]
    query = "SELECT project_name, dataset->>'resolution' FROM machine WHERE name = %s"
    assert postgres_server.query(query, name) == [("north", RECORD["dataset"]["resolution"])]
    from mlflow import MlflowClient

    client = MlflowClient(store)
    experiment = client.get_experiment_by_name(name)
    [run] = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    assert place.password not in Path(client.download_artifacts(run.info.run_id, "metadata.json")).read_text()
