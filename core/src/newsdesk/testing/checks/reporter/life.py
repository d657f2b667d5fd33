"""Checks: copies, other instances and child processes do not harm an open reporter."""

import contextlib
import copy
import os
import pickle
import time
import warnings
from collections.abc import Callable
from functools import partial

import pytest

from newsdesk.testing.harness.backend import BackendRecords
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.machines import small
from newsdesk.testing.proxy.proxy import FaultProxy

_CHILD_SECONDS = 60.0
_CLOSING_SECONDS = 5.0
_PAUSE = 0.02


class LifeChecks(CheckFixtures):
    """More than one reporter, more than one process."""

    @check("keeps", required=True)
    def test_copies_of_an_open_reporter_deliver(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a copy shares a connection with its original, or cannot be made while that is open.

        `BaseReporter` copies and pickles the arguments alone: do not override that.
        """
        with new_reporter() as reporter:
            reporter.report(small("original"))
            copies = [
                pickle.loads(pickle.dumps(reporter)),  # noqa: S301  (our own)
                copy.copy(reporter),
                copy.deepcopy(reporter),
            ]
            for number, each in enumerate(copies):
                with each:
                    each.report(small(f"copy-{number}"))
            reporter.report(small("afterwards"))
        names = ("original", "copy-0", "copy-1", "copy-2", "afterwards")
        held.expect(*map(small, names), after="deliveries of a reporter and its copies")

    @check("keeps", required=True)
    def test_closing_one_reporter_leaves_another_open(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, reporters share what one of them closes: keep it in `self`."""
        with new_reporter() as reporter:
            reporter.report(small("one"))
            with new_reporter() as other:
                other.report(small("other"))
            reporter.report(small("afterwards"))
        held.expect(*map(small, ("one", "other", "afterwards")), after="deliveries of two reporters")

    @check("no_network", "keeps", required=True)
    def test_reporters_of_two_places_stay_apart(
        self, new_reporter: NewReporter, held: BackendRecords
    ) -> None:
        """If this fails, a reporter delivers to the place of another: keep what it opens in `self`."""
        earlier, reporter = type(self).earlier, new_reporter()
        if earlier is None or earlier == reporter:
            return  # it is the first check that runs, or all of them use one place
        with reporter:
            reporter.report(small("here"))
            with contextlib.suppress(Exception), earlier:  # its place may be gone
                earlier.report(small("elsewhere"))
            expect(not held.of(small("elsewhere")), "a reporter of another place delivers to this one")
            reporter.report(small("still here"))
        held.expect(small("here"), small("still here"), after="a delivery to another place")

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
    @check("processes", "keeps")
    def test_a_forked_child_leaves_its_parent_alone(
        self, new_reporter: NewReporter, held: BackendRecords, fault_proxy: FaultProxy | None
    ) -> None:
        """If this fails, a forked child uses or closes its parent's connection.

        Override `abandon`: drop what `open` acquired without closing it there.
        """
        with new_reporter() as reporter:
            reporter.report(small("parent"))
            before = _traffic(fault_proxy)
            expect(_in_a_fork(reporter.close) == 0, "close() in a forked child raises")
            said = "close() in a forked child sends to, or closes, the connection of its parent"
            expect(_traffic(fault_proxy) == before, said)
            reporter.report(small("afterwards"))
            opened = fault_proxy and fault_proxy.counts.connections
            status = _in_a_fork(partial(reporter.report, small("child")))
            expect(status == 0, "a report in a forked child of an open reporter raises")
            own = fault_proxy is None or fault_proxy.counts.connections != opened
            expect(own, "a forked child reports on the connection of its parent: open another one")
            reporter.report(small("at last"))
        names = ("parent", "afterwards", "child", "at last")
        held.expect(*map(small, names), after="deliveries of a reporter and its forked child")

    @check("network")
    def test_close_leaves_no_connection(self, new_reporter: NewReporter, fault_proxy: FaultProxy) -> None:
        """If this fails, each build leaves a connection open: close what `open` and `report` have opened."""
        reporter = new_reporter()
        reporter.report(small())
        list(reporter.report_many([small("many")]))
        reporter.close()
        until = time.monotonic() + _CLOSING_SECONDS
        while fault_proxy.open_connections and time.monotonic() < until:
            time.sleep(_PAUSE)
        left = fault_proxy.open_connections
        expect(not left, f"{left} connections are open {_CLOSING_SECONDS:g} s after close()")


def _traffic(fault_proxy: FaultProxy | None) -> tuple[int, int]:
    """Give how many bytes were sent, and how many connections are open."""
    if fault_proxy is None:
        return 0, 0
    time.sleep(_PAUSE)  # what a child has sent is on its way
    return fault_proxy.counts.up, fault_proxy.open_connections


def _in_a_fork(call: Callable[[], object]) -> int:
    """Call a function in a forked child, and give the child's exit status: 0 when nothing was raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that there are threads: the proxy's
        child = os.fork()
    if not child:
        status = 1
        try:
            call()
            status = 0
        finally:
            os._exit(status)  # nothing else of the parent's is run or flushed
    until = time.monotonic() + _CHILD_SECONDS
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_PAUSE)
    os.kill(child, 9)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
