"""Reporters that read back, each wrong in one way; `Shelf`, `Revisions` and `Reading` have no fault."""

import dataclasses
import hashlib
import json
from pathlib import Path

from newsdesk import (
    Machine,
    MachineDoesNotExist,
    MachineKey,
    ReporterException,
    StoredMachine,
    TransientReporterError,
    sole_project,
)

from broken.memory import Held
from broken.wire import Wire

FETCHED = {}


class Shelf(Held):
    """It reads its files back."""

    pattern = "*.json"

    def machines(self, *, all_revisions=False):
        for file in self.files(self.pattern):
            yield self.described(Machine.from_json(self.read(file)), file)

    def fetch(self, name, project_name=None, revision=None):
        if project_name is None:
            project_name = self.project_of(name)
        record = self.read(self.file_of_key(MachineKey(project_name, name)))
        if record is None:
            raise MachineDoesNotExist(name, project_name)
        return Machine.from_json(record)

    def project_of(self, name):
        return sole_project(
            name, [each.key.project_name for each in self.machines() if each.key.name == name]
        )

    def described(self, machine, file):
        return StoredMachine.of(machine, reference=str(file))

    def files(self, pattern):
        try:
            return sorted(file for file in Path(self.path).iterdir() if file.match(pattern))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self.error(error) from error

    def read(self, file):
        try:
            return file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self.error(error) from error


class ListsADigestOfWhatItStores(Shelf):
    def described(self, machine, file):
        digest = hashlib.sha256(machine.to_json()).hexdigest()
        return dataclasses.replace(super().described(machine, file), revision=digest)


class Revisions(Shelf):
    """It keeps all revisions of a machine, by number."""

    def report(self, machine):
        there = self.numbered(self.file_of(machine).stem)
        record = machine.to_json()
        same = [file for file in there if self.read(file) == record]
        file = same[0] if same else Path(self.path, f"{self.file_of(machine).stem}-{len(there):03}.json")
        return self.write(file, record)

    def holds(self, keys):
        return {key for key in keys if self.numbered(self.file_of_key(key).stem)}

    def machines(self, *, all_revisions=False):
        for stem in dict.fromkeys(file.stem.rpartition("-")[0] for file in self.files("*.json")):
            for file in self.listed(self.numbered(stem), all_revisions=all_revisions):
                yield self.described(Machine.from_json(self.read(file)), file)

    def listed(self, files, *, all_revisions):
        return files[::-1] if all_revisions else files[-1:]

    def fetch(self, name, project_name=None, revision=None):
        if project_name is None:
            project_name = self.project_of(name)
        files = self.numbered(self.file_of_key(MachineKey(project_name, name)).stem)
        machines = [Machine.from_json(self.read(file)) for file in files]
        found = [machine for machine in machines if revision in (None, machine.revision)]
        if not found:
            raise MachineDoesNotExist(name, project_name, revision=revision)
        return found[-1]

    def numbered(self, stem):
        return self.files(f"{stem}-*.json")


class ListsTheOldestFirst(Revisions):
    def listed(self, files, *, all_revisions):
        return files if all_revisions else files[-1:]


class HidesItsFetch(Shelf):
    """It is declared without."""


class FetchesWithoutItsUnknownKeys(Shelf):
    def fetch(self, name, project_name=None, revision=None):
        machine = super().fetch(name, project_name, revision)
        known = {key: value for key, value in machine.to_dict().items() if key not in machine.extra}
        return Machine.from_dict(known)


class FetchesFromAnyProject(Shelf):
    def project_of(self, name):
        found = [each.key.project_name for each in self.machines() if each.key.name == name]
        return found[0] if found else sole_project(name, [])


class FetchesAKeyError(Shelf):
    def fetch(self, name, project_name=None, revision=None):
        try:
            return super().fetch(name, project_name, revision)
        except MachineDoesNotExist as error:
            raise KeyError(name) from error


class RemembersWhatItFetched(Shelf):
    """For all of this process."""

    def fetch(self, name, project_name=None, revision=None):
        known = FETCHED.get((self.path, project_name, name))
        if known is None:
            known = FETCHED[self.path, project_name, name] = super().fetch(name, project_name, revision)
        return known


class ListsAnotherReference(Shelf):
    def described(self, machine, file):
        return StoredMachine.of(machine, reference=file.name)


class ListsWhatIsBeingWritten(Shelf):
    pattern = "*"


class ListsNothingWhereItCannotRead(Shelf):
    def files(self, pattern):
        try:
            return super().files(pattern)
        except ReporterException:
            return []


class ListsABrokenFolderAsEmpty(Shelf):
    def files(self, pattern):
        return super().files(pattern) if Path(self.path).is_dir() else []


class Reading(Wire):
    """It reads back, page by page."""

    page = 50
    under = "/records/"

    def machines(self, *, all_revisions=False):
        last = ""
        while page := self.read_page(last):
            yield from (
                StoredMachine.of(Machine.from_json(record), reference=place) for place, record in page
            )
            last = page[-1][0]

    def fetch(self, name, project_name=None, revision=None):
        if project_name is None:
            listed = [each.key.project_name for each in self.machines() if each.key.name == name]
            project_name = sole_project(name, listed)
        record = self.ask("GET", self.place(MachineKey(project_name, name)))
        if not record:
            raise MachineDoesNotExist(name, project_name)
        return Machine.from_json(record)

    def read_page(self, last):
        return json.loads(self.ask("GET", f"/list?under={self.under}&after={last}&limit={self.page}"))


class ListsOnePage(Reading):
    def read_page(self, last):
        return [] if last else super().read_page(last)


class ListsTheLastOfAPageTwice(Reading):
    """From the second page on."""

    def read_page(self, last):
        return super().read_page(last[:-1] if last.startswith("/records/") else last)


class ReadsAllBeforeItLists(Reading):
    def machines(self, *, all_revisions=False):
        return iter([*super().machines()])


class EndsItsListingInAnOutage(Reading):
    def read_page(self, last):
        try:
            return super().read_page(last)
        except TransientReporterError:
            if not last:
                raise
            return []


class ListsNothingInAnOutage(Reading):
    def read_page(self, last):
        try:
            return super().read_page(last)
        except TransientReporterError:
            return []


class TakesARefusalForAMissingMachine(Reading):
    def fetch(self, name, project_name=None, revision=None):
        try:
            return super().fetch(name, project_name, revision)
        except MachineDoesNotExist:
            raise
        except TransientReporterError:
            raise
        except ReporterException as error:
            raise MachineDoesNotExist(name, project_name) from error


class ListsItsIndex(Reading):
    """Which it writes before the record."""

    under = "/index/"

    def report(self, machine):
        self.ask("PUT", self.place(machine.key).replace("/records/", "/index/"), machine.to_json())
        return super().report(machine)
