"""The machines that a reporter does not hold yet."""

from collections.abc import Iterable, Iterator
from itertools import islice

import click

from newsdesk.delivery.desk import Desk
from newsdesk.exceptions import DefinitionError, DeliveryError
from newsdesk.machine import Machine

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
        except DeliveryError as error:
            raise click.ClickException(f"{label} cannot list what it holds: {error}") from error
        yield from (machine for machine in chunk if machine.key not in held)
