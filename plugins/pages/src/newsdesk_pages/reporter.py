"""PagesReporter: its parameters, and the methods that newsdesk calls."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from newsdesk import (
    BaseReporter,
    Delivery,
    Machine,
    MachineDoesNotExist,
    MachineKey,
    PermanentReporterError,
    Plan,
    StoredMachine,
    sole_project,
)

from newsdesk_pages import receipts
from newsdesk_pages.site import Site


class PagesReporter(BaseReporter):
    """Writes a static site: an index of the machines, a page for each, and a comparison of any two.

    The site opens from disk, and from any web server. Any number of writers may share the folder. It keeps
    every revision of a machine; the newest is the one that was built last.

    Args:
        folder: The site's folder; it is made when the first machine comes.
        title: The heading of the index.
    """

    _is_open = False

    def __init__(self, folder: str | os.PathLike[str], title: str = "Machines") -> None:
        self.folder = folder
        self.title = title

    def prepare(self) -> None:
        """Import Jinja2."""
        from newsdesk_pages import publishing  # noqa: F401, PLC0415  (not for `newsdesk plan`)

    def open(self) -> None:
        """Begin to keep the receipts of other reporters."""
        receipts.open_folders.append(self._site.folder)
        self._is_open = True

    def close(self) -> None:
        """End that."""
        if self._is_open:
            receipts.open_folders.remove(self._site.folder)
            self._is_open = False

    def abandon(self) -> None:
        """End that in a process that was forked."""
        self.close()

    def report(self, machine: Machine) -> Delivery:
        """Write the record, the machine's page and its row in the index, unless they are there already.

        Raises:
            PermanentReporterError: the folder cannot be written to.
            TransientReporterError: the disk is full, or failed.
        """
        from newsdesk_pages.publishing import publish  # noqa: PLC0415

        slug = machine.key.slug()
        changed = publish(self._site, machine, self.title)
        reference = str(self._site.page(slug))
        return Delivery(reference=reference, alterations=slug.alterations, unchanged=not changed)

    def ping(self) -> None:
        """See whether the folder can be written to, or made where it is missing; nothing is made yet.

        Raises:
            PermanentReporterError: it cannot.
        """
        folder = self._site.folder
        nearest = next(str(place) for place in (folder, *folder.parents) if os.path.exists(place))  # noqa: PTH110
        if not os.path.isdir(nearest) or not os.access(nearest, os.W_OK | os.X_OK):  # noqa: PTH112
            raise PermanentReporterError(
                f"{nearest!r} is not a folder that can be written to; fix it, or set another 'folder'"
            )

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Return those of the machines that have a record."""
        return {key for key in keys if self._site.recorded(key.slug())}

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield the machines of the site, or all revisions of them."""
        for slug in self._site.slugs():
            for each in self._site.revisions(slug)[: None if all_revisions else 1]:
                yield dataclasses.replace(each, reference=str(self._site.page(slug)))

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
        return Site(Path(self.folder).absolute())

    def _projects(self, name: str) -> list[str]:
        """Return the projects that have a machine of a name."""
        return [each.key.project_name for each in self.machines() if each.key.name == name]
