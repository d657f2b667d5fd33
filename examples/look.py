"""Shows what the demo left in its two stores; run it after `nox -s demo`, in the same environment."""

from mlflow import MlflowClient
from newsdesk_postgres import PostgresReporter

STORE = "sqlite:///newsdesk-demo/mlflow.db"
SERVER = "newsdesk-demo/postgres"

print(f"\nMLflow, {STORE}:")
client = MlflowClient(STORE)
for experiment in client.search_experiments(filter_string="name != 'Default'", order_by=["name"]):
    for run in client.search_runs([experiment.experiment_id]):
        print(f"  {run.info.run_name}: {run.info.status}, {len(run.data.metrics)} metrics, {len(run.data.params)} params")
