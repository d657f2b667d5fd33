"""What this distribution offers to newsdesk."""

from collections.abc import Iterator

from newsdesk import ReporterPlugin, ServerPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Offer the reporter for MLflow and AzureML."""
    yield ReporterPlugin(
        "mlflow",
        "newsdesk_mlflow.reporter:MlFlowReporter",
        aliases=("azureml", "gordo.reporters.mlflow.MlFlowReporter"),
        summary="a run on an MLflow server, or in an AzureML workspace",
        # Of gordo's default, one experiment for each machine, a fleet's list of experiments has pages.
        example={"tracking_uri": "http://mlflow.example:5000", "experiment": "{project_name}"},
        local={"tracking_uri": "sqlite:///mlflow.db", "experiment": "{project_name}"},
    )


@hookimpl
def newsdesk_servers() -> Iterator[ServerPlugin]:
    """Offer an MLflow server."""
    yield ServerPlugin("mlflow", "newsdesk_mlflow.testing:mlflow_server")
