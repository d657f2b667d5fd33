"""The plugin: registers the reporter and a server for tests, and imports nothing heavy."""

from collections.abc import Iterator

from newsdesk import ReporterPlugin, ServerPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Register the reporter; its class is imported when it is first used."""
    yield ReporterPlugin(
        name="s3",
        reporter="newsdesk_s3.reporter:S3Reporter",
        summary="an object for each machine in S3, or in a compatible store",
        api_version=1,
    )


@hookimpl
def newsdesk_servers() -> Iterator[ServerPlugin]:
    """Register the server for tests, and for `newsdesk servers`."""
    yield ServerPlugin(
        name="s3",
        serve="newsdesk_s3.server:serve",
    )
