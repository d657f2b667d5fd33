"""Writes what a machine's record and its receipts make of a site."""

from functools import partial

from newsdesk import Machine

from newsdesk_pages import rendering
from newsdesk_pages.files import settle
from newsdesk_pages.page import facts_of, page_of
from newsdesk_pages.site import Site


def publish(site: Site, machine: Machine, title: str) -> bool:
    """Write all that a machine's record makes of a site; return whether anything changed."""
    slug = machine.key.slug()
    changed = site.add_revision(slug, machine, partial(facts_of, slug=slug))
    for path, data in rendering.assets().items():
        changed |= settle(site.folder / path, partial(bytes, data))
    changed |= publish_page(site, slug)
    changed |= site.add_row(slug)
    for name in ("index", "compare"):
        page = partial(rendering.page, f"{name}.html.jinja", root="", title=title)
        changed |= settle(site.folder / f"{name}.html", page)
    return changed


def publish_page(site: Site, slug: str) -> bool:
    """Write the page of a machine that the site has; return whether anything changed."""

    def page() -> bytes:
        revisions = site.revisions(slug)
        machine = site.machine(slug, revisions[0].revision) if revisions else None
        if machine is None:  # somebody has just removed it
            return b""
        values = page_of(machine, slug, revisions, site.receipts(slug))
        return rendering.page("machine.html.jinja", root="../", **values)

    return settle(site.page(slug), page)
