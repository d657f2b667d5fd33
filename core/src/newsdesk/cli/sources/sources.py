"""The machines that a command reads, by what its user gives: a file, or a name in a backend."""

import glob
import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Self

import click

from newsdesk.builtin.registry import default_registry
from newsdesk.cli.inputs import Inputs, why_missing
from newsdesk.cli.named import named
from newsdesk.cli.sources.address import Address
from newsdesk.cli.sources.backend import Backend, NotFoundError, can_fetch
from newsdesk.config.choice import ConfigChoice
from newsdesk.contract.suggestions import listed
from newsdesk.delivery.route import Route
from newsdesk.machine import Machine

_FILES = (".json", ".jsonl", ".ndjson", ".yaml", ".yml")


class Sources:
    """What a command reads; a context manager.

    A source is `FILE`, `-`, or `NAME` or `PROJECT/NAME` with `@LABEL` and `#REVISION` behind it if needed. A
    file that exists is read as one.

    Args:
        choice: The config; by default that of the working folder, if there is one.
        reads_from: The value of `--from`: a label of the config, or a definition; by default, the only
            reporter of the config that can be read.
        project: The value of `--project`: the project of names without one.

    Raises:
        DefinitionError: The config cannot be used.
    """

    def __init__(
        self, choice: ConfigChoice, reads_from: str | None = None, project: str | None = None
    ) -> None:
        self.config = choice.config()
        self._from = reads_from
        self._project = project
        self._backends: dict[str | None, Backend] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for backend in self._backends.values():
            backend.close()

    def one(self, source: str) -> Machine:
        """Return the machine of a source.

        Raises:
            click.UsageError: It is a file of none or several, or there is nothing to read it from.
            NotFoundError: There is no such file and no such machine.
            ReporterException: It cannot be read.
        """
        machines = list(islice(self.each(source), 2))
        if len(machines) != 1:
            count = "no machine" if not machines else "several machines"
            raise click.UsageError(f"{source!r} holds {count}; give a file that holds one")
        return machines[0]

    def each(self, source: str) -> Iterator[Machine]:
        """Yield the machines of a source: a file may hold many, any other is one.

        Raises:
            click.UsageError: There is nothing to read it from.
            NotFoundError: There is no such file and no such machine.
            ReporterException: It cannot be read.
        """
        if is_file(source):
            yield from Inputs([source]).once()
        else:
            yield self._fetched(source)

    def place(self, source: str) -> str:
        """Return where a source is: the file, or the label of the reporter that it is read from."""
        if is_file(source):
            return "standard input" if source == "-" else source
        return self.backend(Address.of(source, self._is_label).label).label

    def backend(self, label: str | None = None) -> Backend:
        """Return a backend to read from, which stays open until the end.

        Args:
            label: The label or definition of its reporter; by default that of `--from`.

        Raises:
            DefinitionError: There is none of that name.
            click.UsageError: None is named, and the config has no or several reporters that can be read.
        """
        if label not in self._backends:
            [route] = [self._default()] if label is None else named([label], self.config, option="--from")
            # Reading needs no outbox, so the options of deliveries are not for it.
            route = replace(route, spool="never", accepts_spooled=False)
            self._backends[label] = Backend(replace(self.config, outbox=None).desk([route]))
        return self._backends[label]

    def _fetched(self, source: str) -> Machine:
        address = Address.of(source, self._is_label)
        if address.label is None and self._from is None and not any(map(can_fetch, self.config.routes)):
            raise click.UsageError(f"{why_missing(source)}, and {self._nowhere()}")
        try:
            return _named(address, self.backend(address.label), self._project)
        except NotFoundError as error:
            if not _looks_like_file(source):
                raise
            raise NotFoundError(f"{why_missing(source)}; {error}") from error

    def _is_label(self, text: str) -> bool:
        """Tell whether the end of a name is meant as a label."""
        known = [route.label for route in self.config.routes]
        if text in known or (text and default_registry().owner(text) is not None):
            return True
        if self._from is None and known:
            raise click.UsageError(
                f"{text!r} is not a label of the config; labels: {listed(known)}. For a name that holds a "
                "'@', give its reporter with --from"
            )
        return False

    def _default(self) -> Route:
        if self._from is not None:
            [route] = named([self._from], self.config, option="--from")
            return route
        able = [route for route in self.config.routes if can_fetch(route)]
        if not able:
            raise click.UsageError(self._nowhere())
        if len(able) > 1:
            labels = listed(route.label for route in able)
            raise click.UsageError(
                f"several reporters of the config can be read; choose with --from: {labels}"
            )
        return able[0]

    def _nowhere(self) -> str:
        """Say why there is nothing to read from, and what to do."""
        if self.config.routes:
            labels = listed(route.label for route in self.config.routes)
            reason = f"no reporter of the config can be read ({labels})"
        else:
            reason = "no reporter is configured"
        return f"{reason}; name one with --from, such as --from '{{files: {{path: reports}}}}'"


def _named(address: Address, backend: Backend, project: str | None) -> Machine:
    """Return the machine of an address, in the first way to read it that finds one."""
    if not address.text:
        raise click.UsageError("a name is empty; give the name of a machine")
    missing: list[NotFoundError] = []
    for project_name, name, revision in address.readings(project):
        try:
            return backend.fetch(name, project_name, revision)
        except NotFoundError as error:
            missing.append(error)
    raise missing[0]


def is_file(source: str) -> bool:
    """Tell whether a source is a file, a folder with records, a pattern of files, or standard input."""
    if os.path.isdir(source):  # noqa: PTH112  (any text)
        return any(Path(source).rglob("*.json"))  # else it may have the name of a machine by chance
    if source == "-" or os.path.exists(source):  # noqa: PTH110  (the same)
        return True
    return glob.has_magic(source) and any(glob.iglob(source, recursive=True))  # noqa: PTH207  (the same)


def _looks_like_file(text: str) -> bool:
    return (
        text.endswith(_FILES)
        or os.path.isdir(text)  # noqa: PTH112  (any text)
        or glob.has_magic(text)
        or any(mark in text for mark in (os.sep, os.altsep) if mark)
    )
