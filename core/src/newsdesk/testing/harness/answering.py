"""Answers in a server's place to one of the requests of an open reporter."""

from collections.abc import Callable
from dataclasses import replace

from newsdesk.contract.reporter import BaseReporter
from newsdesk.testing.faults.fault import Answer
from newsdesk.testing.harness.delivering import error_of, patiently
from newsdesk.testing.machines import small
from newsdesk.testing.proxy.proxy import FaultProxy


def requests_of_a_report(reporter: BaseReporter, fault_proxy: FaultProxy) -> int:
    """Give how many requests an open reporter makes to deliver a new machine."""
    patiently(reporter.report, small("opened"))
    fault_proxy.recount()
    reporter.report(small("counted"))
    return fault_proxy.recount().requests


def error_at_any_request(
    fault_proxy: FaultProxy, answer: Answer, requests: int, call: Callable[[int], object]
) -> Exception | None:
    """Give the answer to the last request of a call, or of another call to the one before it, and so on.

    The first requests may only test a connection, which the reporter then opens again.

    Args:
        fault_proxy: The proxy.
        answer: The answer.
        requests: How many requests a call makes.
        call: Gets the number of the request that is answered so.

    Returns:
        The first error that is raised; None, when none is.
    """
    for request in range(requests, 0, -1):
        fault_proxy.fail(replace(answer, request=request), 1)
        error = error_of(call, request)
        fault_proxy.clear()
        if error is not None:
            return error
    return None
