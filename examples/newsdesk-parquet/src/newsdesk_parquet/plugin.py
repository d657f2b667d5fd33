"""The plugin: registers the reporter, and imports nothing heavy."""

from collections.abc import Iterator

from newsdesk import ReporterPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Register the reporter; its class is imported when it is first used."""
    yield ReporterPlugin(
        name="parquet",
        reporter="newsdesk_parquet.reporter:ParquetReporter",
        summary="a Parquet dataset, one file per machine",
        api_version=1,
    )
