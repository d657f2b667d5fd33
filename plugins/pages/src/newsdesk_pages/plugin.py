"""The hooks of newsdesk that this distribution implements."""

from collections.abc import Iterator

from newsdesk import Receipt, ReporterPlugin, hookimpl


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


@hookimpl
def newsdesk_receipt(receipt: Receipt) -> None:
    """Show on a machine's page where other reporters have put it."""
    from newsdesk_pages.receipts import keep  # noqa: PLC0415  (a plugin is loaded to be listed, too)

    keep(receipt)
