"""The machines that a reporter does not hold yet."""

import logging
from collections.abc import Iterable, Iterator
from itertools import islice

import click

from newsdesk.delivery.desk import Desk
from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine

_log = logging.getLogger(__name__)

CHUNK = 200
"""Machines in one request to the backend, and in memory."""


def not_held(machines: Iterable[Machine], desk: Desk) -> Iterator[Machine]:
    """Give the machines that the desk's only reporter does not hold.

    Raises:
        DefinitionError: it cannot list them.
        click.ClickException: its backend cannot be used.
    """
    label, waiting = desk.routes[0].label, iter(machines)
    while chunk := list(islice(waiting, CHUNK)):
        try:
            held = desk.holds(label, [machine.key for machine in chunk])
        except NotImplementedError as error:
            raise DefinitionError(
                f"{error}; use 'newsdesk report', which leaves what is unchanged alone"
            ) from error
        except DefinitionError:
            raise
        except Exception as error:  # a bug in the reporter, too
            _log.debug("%s cannot list what it holds", label, exc_info=error)
            text = f"{label} cannot list what it holds: {type(error).__name__}: {error}"
            raise click.ClickException(text) from error
        yield from (machine for machine in chunk if machine.key not in held)
