"""What other reporters say of a machine that has a page: where else it is."""

from collections import Counter
from pathlib import Path
from threading import Lock

from newsdesk import Receipt

from newsdesk_pages.site import Site

# A receipt does not say which site it is for: it is for those that this process has open.
_open: Counter[Path] = Counter()
_lock = Lock()


def expect(folder: Path, *, wanted: bool) -> None:
    """Begin or end to keep receipts for a site."""
    with _lock:
        _open[folder] += 1 if wanted else -1


def keep(receipt: Receipt) -> None:
    """Write down where another reporter has put a machine, and show it on the machine's page."""
    if not receipt.ok or receipt.reference is None:
        return
    with _lock:
        folders = [folder for folder, count in _open.items() if count > 0]
    slug = receipt.machine.slug()
    for site in map(Site, folders):
        own = receipt.reference == str(site.page(slug))
        if not own and site.has(slug) and site.add_receipt(slug, receipt):
            from newsdesk_pages.publishing import publish_page  # noqa: PLC0415  (Jinja2)

            publish_page(site, slug)
