"""Which machines a reporter does not hold yet."""

from collections.abc import Iterable, Iterator
from itertools import islice

from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine
from newsdesk.route import Route

CHUNK = 200
"""Machines that are asked for at once, and held meanwhile."""


def not_held(machines: Iterable[Machine], route: Route) -> Iterator[Machine]:
    """Give the machines that the reporter does not hold.

    Raises:
        DefinitionError: it cannot tell.
    """
    waiting = iter(machines)
    while chunk := list(islice(waiting, CHUNK)):
        try:
            held = route.reporter.holds([machine.key for machine in chunk])
        except NotImplementedError as error:
            raise DefinitionError(
                f"{error}; use 'newsdesk report', which changes nothing that is there already"
            ) from error
        yield from (machine for machine in chunk if machine.key not in held)
