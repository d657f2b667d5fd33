"""What this distribution offers to newsdesk."""

from collections.abc import Iterator, Mapping

from newsdesk import BaseReporter, Finding, ReporterPlugin, ServerPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Offer the reporter for MLflow and AzureML."""
    yield ReporterPlugin(
        "mlflow",
        "newsdesk_mlflow.reporter:MlFlowReporter",
        aliases=("azureml", "gordo.reporters.mlflow.MlFlowReporter"),
        summary="a run on an MLflow server, or in an AzureML workspace",
    )


@hookimpl
def newsdesk_servers() -> Iterator[ServerPlugin]:
    """Offer an MLflow server."""
    yield ServerPlugin("mlflow", "newsdesk_mlflow.testing:mlflow_server")


@hookimpl
def newsdesk_checks(reporters: Mapping[str, BaseReporter], ping: bool) -> Iterator[Finding]:  # noqa: FBT001  (the hook's)
    """Check flavour, limits, versions and where artifacts go."""
    from newsdesk_mlflow.checks import findings  # noqa: PLC0415  (only the doctor needs it)

    return findings(reporters, ping=ping)
