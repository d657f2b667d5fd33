"""What other reporters say of a machine that has a page: where else it is."""

from pathlib import Path

from newsdesk import Receipt

from newsdesk_pages.site import Site

# A receipt does not say which site it is for: it is for those that this process has open, once for each
# reporter.
open_folders: list[Path] = []


def keep(receipt: Receipt) -> None:
    """Write down where another reporter has put a machine, and show it on the machine's page."""
    if not receipt.ok or receipt.reference is None:
        return
    slug = receipt.machine.slug()
    for site in map(Site, {*open_folders}):
        if receipt.reference != str(site.page(slug)) and site.recorded(slug):
            from newsdesk_pages.publishing import publish_receipt  # noqa: PLC0415  (Jinja2)

            publish_receipt(site, receipt)
