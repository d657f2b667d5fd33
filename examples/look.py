"""Shows the demo's results in its two stores; run it after `nox -s demo`, in the same environment."""

from mlflow import MlflowClient
from newsdesk_postgres import PostgresReporter

STORE = "sqlite:///newsdesk-demo/mlflow.db"
SERVER = "newsdesk-demo/postgres"

client = MlflowClient(STORE)
experiments = [experiment.experiment_id for experiment in client.search_experiments()]
runs = sorted(client.search_runs(experiments), key=lambda run: run.info.run_name)

print(f"\nThe runs in {STORE}:")
for run in runs:
    print(f"  {run.info.run_name}: {len(run.data.metrics)} metrics, {len(run.data.params)} params")

print(f"\nThe rows in {SERVER}:")
with PostgresReporter(embedded=SERVER) as reporter:
    for run in runs:
        machine = reporter.fetch(run.info.run_name)
        print(f"  {machine.key}: {len(machine.to_json())} bytes, revision {machine.revision[:12]}")

print(f"\nMLflow's UI: .nox/demo/bin/mlflow ui --backend-store-uri {STORE}")
