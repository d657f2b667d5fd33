"""Writes what a machine's record and its receipts make of a site."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import newsdesk
from newsdesk import Diff, Machine, Receipt, StoredMachine, canonical

from newsdesk_pages import charts, history, rendering
from newsdesk_pages.facts import facts_of
from newsdesk_pages.files import names, read, settle
from newsdesk_pages.site import Site
from newsdesk_pages.text import script

_diff = lru_cache(maxsize=8)(newsdesk.diff)  # as for the charts

MOST_CHANGED = 3
"""Revisions, the newest ones, of which the page shows what changed; the comparison shows it of all."""


def publish(site: Site, machine: Machine, title: str) -> bool:
    """Write all that a machine's record makes of a site; return whether anything changed."""
    slug, revision = machine.key.slug(), machine.revision
    record = {
        site.facts(slug, revision): facts_of(machine, slug),
        site.record(slug, revision): machine.to_json(),
    }
    changed = settle(lambda: record)
    time = history.time_of_report(machine, site.revisions(slug), datetime.now(UTC))
    changed |= settle(
        lambda: _of_machine(site, slug, history.with_time(site.revisions(slug), revision, time))
    )
    return changed | settle(lambda: _of_all(site, site.history(slug).parent, title))


def publish_receipt(site: Site, receipt: Receipt) -> None:
    """Write down where another reporter has put a machine, and show it on the machine's page."""
    slug = receipt.machine.slug()
    noted = canonical.dumps({name: getattr(receipt, name) for name in ("reporter", "reference", "revision")})
    if settle(lambda: {site.receipt(slug, receipt.reporter): noted}):
        settle(lambda: _of_machine(site, slug, site.revisions(slug)))


def _of_machine(site: Site, slug: str, revisions: Sequence[StoredMachine]) -> dict[Path, bytes]:
    """Return the files that follow from the records of a machine."""
    newest = site.machine(slug, revisions[0].revision or "") if revisions else None
    if newest is None:  # somebody has just removed it
        return {}
    page = rendering.page(
        "machine",
        root="../",
        slug=slug,
        machine=newest,
        revisions=revisions,
        before=history.previous_build(revisions),
        receipts=site.receipts(slug),
        changes=list(_changes(site, slug, revisions[: MOST_CHANGED + 1])),
        charts=charts.drawn(newest),
    )
    return {site.history(slug): history.dumped(slug, revisions, newest), site.page(slug): page}


def _changes(
    site: Site, slug: str, revisions: Sequence[StoredMachine]
) -> Iterator[tuple[StoredMachine, StoredMachine, Diff]]:
    """Yield each revision, the one before it, and what changed, where anything did."""
    for own, earlier in pairwise(revisions):
        records = [site.readable(slug, each.revision or "") for each in (earlier, own)]
        if all(records) and (found := _diff(*records)).changes:
            yield own, earlier, found


def _of_all(site: Site, shard: Path, title: str) -> dict[Path, bytes]:
    """Return what the machines share: a part of the index, the list of its parts, the pages that show it.

    Args:
        site: The site.
        shard: The folder with the files of those machines that are in this part.
        title: The heading of the index.
    """
    index = site.folder / "index"
    lines = (read(shard / name) or b"" for name in names(shard) if name.endswith(".jsonl"))
    # One cut line would stop the script.
    rows = [row for row, ending, _ in (line.partition(b"\n") for line in lines) if ending and row[:1] == b"{"]
    parts = [name.removesuffix(".js") for name in names(index) if len(name) == len("00.js")]
    assets = dict(map(rendering.asset, rendering.ASSETS))
    pages = {f"{name}.html": rendering.page(name, root="", title=title) for name in ("index", "compare")}
    return {
        **{site.folder / name: data for name, data in {**assets, **pages}.items()},
        shard.with_suffix(".js"): b"newsdesk.rows([\n%b\n]);\n" % b",\n".join(rows),
        index / "shards.js": script("newsdesk.shards", parts),
    }
