"""The exit code for a backend that cannot be read: nothing is known of what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from newsdesk.cli.sources.backend import AmbiguousNameError, NotFoundError
from newsdesk.exceptions import DefinitionError, MachineError, ReporterException


class UnansweredError(click.ClickException):
    """A backend does not answer, so the command has no result."""

    exit_code = 4


@contextmanager
def answered() -> Iterator[None]:
    """Give the errors of backends, and no others, that exit code."""
    try:
        yield
    except (DefinitionError, MachineError, NotFoundError, AmbiguousNameError):
        raise
    except ReporterException as error:
        raise UnansweredError(str(error)) from error
