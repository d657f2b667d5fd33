"""PagesReporter: its parameters, and the methods that newsdesk calls."""

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from newsdesk import (
    BaseReporter,
    Delivery,
    Machine,
    MachineDoesNotExist,
    MachineKey,
    Plan,
    StoredMachine,
    sole_project,
)

from newsdesk_pages.files import errors_of, settle
from newsdesk_pages.site import Site


class PagesReporter(BaseReporter):
    """Writes a static site: an index of the machines, a page for each, and a comparison of any two.

    The site opens from disk, and from any web server. Any number of writers may share the folder. It keeps
    every revision of a machine; the newest is the one that was built last.

    Args:
        folder: The site's folder; it is made when the first machine comes.
        title: The heading of the index.
    """

    def __init__(self, folder: str | os.PathLike[str], title: str = "Machines") -> None:
        self.folder = folder
        self.title = title

    def prepare(self) -> None:
        """Import Jinja2."""
        from newsdesk_pages import page, rendering  # noqa: F401, PLC0415  (not for `newsdesk plan`)

    def report(self, machine: Machine) -> Delivery:
        """Write the record, the machine's page and its row in the index, unless they are there already.

        Raises:
            PermanentReporterError: the folder cannot be written to.
            TransientReporterError: the disk is full, or failed.
        """
        from newsdesk_pages import rendering  # noqa: PLC0415
        from newsdesk_pages.page import facts_of, page_of  # noqa: PLC0415

        site, slug = self._site, machine.key.slug()
        changed = site.add_revision(slug, machine, lambda each: facts_of(each, slug))
        for path, data in rendering.assets().items():
            changed |= settle(site.folder / path, lambda data=data: data)  # type: ignore[misc]

        def page() -> bytes:
            revisions = site.revisions(slug)
            newest = site.machine(slug, revisions[0].revision) or machine
            return rendering.page("machine.html.jinja", root="../", **page_of(newest, slug, revisions))

        changed |= settle(site.page(slug), page)
        changed |= site.add_row(slug)
        for name in ("index", "compare"):
            text = rendering.page(f"{name}.html.jinja", root="", title=self.title)
            changed |= settle(site.folder / f"{name}.html", lambda text=text: text)  # type: ignore[misc]
        return Delivery(reference=str(site.page(slug)), alterations=slug.alterations, unchanged=not changed)

    def ping(self) -> None:
        """See whether the folder can be written to, or made where it is missing; nothing is made yet.

        Raises:
            PermanentReporterError: it cannot.
        """
        folder = self._site.folder
        with errors_of(folder):
            nearest = next(place for place in (folder, *folder.parents) if place.exists())
            if not nearest.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, f"{str(nearest)!r} is not a folder")
            if not os.access(
                nearest, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids
            ):
                raise PermissionError(errno.EACCES, f"{str(nearest)!r} is not writable")

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Return those of the machines that have a record."""
        return {key for key in keys if self._site.has(key.slug())}

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield the machines of the site, or all revisions of them."""
        for slug in self._site.slugs():
            revisions = self._site.revisions(slug)
            for each in revisions if all_revisions else revisions[:1]:
                yield each.stored(str(self._site.page(slug)))

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:
        """Read a machine's record.

        Raises:
            MachineDoesNotExist: it has none.
            AmbiguousMachine: several projects have one, and `project_name` is missing.
            PermanentReporterError: the record cannot be read, or is damaged.
            TransientReporterError: the disk failed.
        """
        if project_name is None:
            project_name = sole_project(name, self._projects(name))
        slug = MachineKey(project_name, name).slug()
        revisions = self._site.revisions(slug)
        wanted = next((each.revision for each in revisions if revision in (None, each.revision)), None)
        machine = self._site.machine(slug, wanted) if wanted else None
        if machine is None:
            raise MachineDoesNotExist(name, project_name, projects=self._projects(name))
        return machine

    def plan(self, machine: Machine) -> Plan:
        """Tell how many files a new machine gets, and the size of its record."""
        slug = machine.key.slug()
        return Plan(requests=0, items={"files": 5}, alterations=slug.alterations, size=len(machine.to_json()))

    @property
    def _site(self) -> Site:
        return Site(Path(self.folder))

    def _projects(self, name: str) -> list[str]:
        """Return the projects that have a machine of a name."""
        return [each.key.project_name for each in self.machines() if each.key.name == name]
