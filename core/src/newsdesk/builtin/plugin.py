"""The built-in reporters, registered as any plugin registers its own."""

from collections.abc import Iterator

from newsdesk.plugins.hookspecs import ReporterPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Offer console, files, null and objects."""
    yield ReporterPlugin(
        "console", "newsdesk.builtin.console:ConsoleReporter", summary="a table for a person"
    )
    yield ReporterPlugin(
        "files",
        "newsdesk.builtin.files:FilesReporter",
        summary="a folder of JSON files",
        example={"path": "reports"},
        local={"path": "reports"},
    )
    yield ReporterPlugin("null", "newsdesk.builtin.null:NullReporter", summary="delivers to nowhere")
    yield ReporterPlugin(
        "objects",
        "newsdesk.builtin.objects:ObjectsReporter",
        summary="a bucket of JSON objects: S3, Azure, Google Cloud",
        example={"url": "s3://bucket/prefix"},
    )
