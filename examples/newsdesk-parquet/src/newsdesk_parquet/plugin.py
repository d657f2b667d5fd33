"""The plugin: tells newsdesk of the reporter, and imports nothing heavy."""

from collections.abc import Iterator

from newsdesk import ReporterPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Offer the reporter; its class is imported when somebody asks for it."""
    yield ReporterPlugin(
        name="parquet",
        reporter="newsdesk_parquet.reporter:ParquetReporter",
        summary="a Parquet dataset, one file for each machine",
        api_version=1,
    )
