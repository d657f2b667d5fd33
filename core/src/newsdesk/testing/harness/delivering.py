"""What a check does with a reporter: build it, deliver with it, and catch what it raises."""

from collections.abc import Callable
from contextlib import closing

from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine

NewReporter = Callable[[], BaseReporter]
"""Builds a reporter, always for the same place."""


def deliver(reporter: BaseReporter, *machines: Machine) -> None:
    """Deliver machines, and close the reporter."""
    with closing(reporter):
        for machine in machines:
            reporter.report(machine)


def error_of(call: Callable[..., object], *arguments: object) -> Exception | None:
    """Give the exception that a call raises, or None."""
    try:
        call(*arguments)
    except Exception as error:  # noqa: BLE001  (whatever it is, the check judges it)
        return error
    return None
