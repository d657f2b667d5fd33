"""Asks a reporter what its backend holds, within the deadline."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine
from newsdesk.delivery.call import Instance
from newsdesk.delivery.dispatcher import Dispatcher
from newsdesk.delivery.reading import answers, revisions
from newsdesk.delivery.reading.listing import Listing
from newsdesk.delivery.retry import Retry
from newsdesk.exceptions import AmbiguousMachine, DefinitionError, MachineDoesNotExist
from newsdesk.machine import Machine, MachineKey


class Reader:
    """Reads the backend of one reporter; its arguments and errors are those of the desk's methods.

    Args:
        dispatcher: The reporter.
        retry: How often a transient failure is tried again.
        deadline: Seconds for one answer, retries and pauses included.
    """

    def __init__(self, dispatcher: Dispatcher, retry: Retry, deadline: float) -> None:
        self._dispatcher = dispatcher
        self._retry = retry
        self._deadline = deadline

    def holds(self, keys: Sequence[MachineKey]) -> set[MachineKey]:
        """Return those of the machines that the backend holds, in whatever revision."""
        found = set[MachineKey]()

        def ask(instance: Instance, _: float) -> None:
            found.update(instance.reporter.holds(keys))

        if (error := self._error_of(ask)) is not None:
            raise error
        return found

    def fetch(self, name: str, project_name: str | None = None, revision: str | None = None) -> Machine:
        """Return a machine as it was reported."""
        if revision is not None:
            revision = revisions.checked(revision)
            if len(revision) < revisions.WHOLE:
                project_name, revision = self._expanded(name, project_name, revision)
        found: list[Machine] = []

        def attempt(reporter: BaseReporter, _number: int) -> None:
            value = reporter.fetch(name, project_name, revision)
            found.append(answers.fetched(value, reporter, name, project_name))

        def ask(instance: Instance, until: float) -> None:
            self._retry.run(partial(attempt, instance.reporter), until=until, stopped=instance.stopped)

        if (error := self._error_of(ask)) is not None:
            raise answers.error_of(self._dispatcher.route, "fetch", error) from error
        return found[0]

    def machines(self, *, all_revisions: bool = False) -> Iterator[StoredMachine]:
        """Yield what the backend holds."""
        return iter(Listing(self._dispatcher, self._retry, self._deadline, all_revisions=all_revisions))

    def _error_of(self, ask: Callable[[Instance, float], None]) -> Exception | None:
        until = time.monotonic() + self._deadline
        call = self._dispatcher.ask(lambda instance: ask(instance, until), until)
        return self._dispatcher.answer(call, until).error

    def _expanded(self, name: str, project_name: str | None, digits: str) -> tuple[str, str]:
        """Return the project and the whole revision of a machine, by the first digits of its revision.

        Raises:
            MachineDoesNotExist: None begins with them.
            AmbiguousMachine: Machines of several projects have such a revision.
            DefinitionError: Several revisions begin with them.
        """
        projects, found = set[str](), set[tuple[str, str]]()
        for stored in self.machines(all_revisions=True):
            if stored.key.name == name:
                projects.add(stored.key.project_name)
                if stored.revision is not None and stored.revision.startswith(digits):
                    found.add((stored.key.project_name, stored.revision))
        if project_name is not None:
            found = {each for each in found if each[0] == project_name}
        if not found:
            is_there = projects if project_name is None else projects & {project_name}
            raise MachineDoesNotExist(
                name, project_name, revision=digits if is_there else None, projects=sorted(projects)
            )
        if len(having := {project for project, _ in found}) > 1:
            raise AmbiguousMachine(name, sorted(having))
        if len(found) > 1:
            known = ", ".join(revision[: len(digits) + 4] for _, revision in sorted(found))
            raise DefinitionError(
                f"{len(found)} revisions of {name!r} begin with {digits}: {known}; give more digits"
            )
        return found.pop()
