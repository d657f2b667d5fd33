"""The hook that registers the reporter with newsdesk."""

from collections.abc import Iterator

from newsdesk import ReporterPlugin, hookimpl


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Yield the one reporter of this distribution."""
    yield ReporterPlugin(
        name="pages",
        reporter="newsdesk_pages.reporter:PagesReporter",
        summary="a static site of the machines, which opens from disk",
        example={"folder": "site", "title": "Machines"},
        local={"folder": "site"},
    )
