"""Checks: `machines` lists what the backend holds, page by page."""

from collections.abc import Iterator
from itertools import chain, islice

from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.stored import StoredMachine
from newsdesk.exceptions import TransientReporterError
from newsdesk.machine import Machine
from newsdesk.testing.capabilities import Network
from newsdesk.testing.faults.fault import Fault, Refuse
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import (
    NewReporter,
    deliver,
    error_of,
    expect_delivered,
    patiently,
    receipts_of,
)
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.harness.reading import (
    expect_fetched,
    expect_listed,
    expect_listing,
    expect_no_machine,
    shown,
)
from newsdesk.testing.inspection.io_events import io_events
from newsdesk.testing.machines import hostile, small
from newsdesk.testing.proxy.proxy import FaultProxy

_REBUILDS = 3
_FEW = 4


class ListingChecks(CheckFixtures):
    """What is listed, of how many revisions, and when it is read."""

    @check("fetch")
    def test_machines_lists_what_is_there(self, new_reporter: NewReporter) -> None:
        """If this fails, a listing lacks a machine, has one twice, or describes one wrongly.

        Each has its whole key, its revision, and the reference of its delivery. What is listed can be fetched
        meanwhile, and a listing that is not read to its end stops nothing.
        """
        names = ("unicode", "namesakes", "long-names", "path-names")
        named = [machine for name in names for machine in hostile(name)[:_FEW]]
        machines = {machine.key: machine for machine in named}
        with new_reporter() as reporter:
            expect_listed(reporter, after="nothing")
            expect_listed(reporter, after="nothing", all_revisions=True)
            deliveries = {key: reporter.report(machine) or Delivery() for key, machine in machines.items()}
            for machine in named[:_FEW]:
                reporter.report(machine)
            for stored in expect_listed(reporter, *machines.values(), after="reports, some twice,"):
                _expect_right(stored, machines[stored.key], deliveries[stored.key])
            expect_listed(reporter, *machines.values(), after="reports, some twice,", all_revisions=True)
            for stored in islice(reporter.machines(), _FEW):
                expect_fetched(reporter, machines[stored.key], after="a page", revision=stored.revision)
            next(iter(reporter.machines()))
            reporter.report(small("meanwhile"))
        with new_reporter() as reporter:
            expect_listed(reporter, *machines.values(), small("meanwhile"), after="a listing left half-way")

    @check("fetch")
    def test_machines_lists_the_newest_revision_or_all(self, new_reporter: NewReporter) -> None:
        """If this fails, a rebuilt machine is listed twice, or in an old revision, or one cannot be fetched.

        By default only the newest of each machine is listed; with `all_revisions=True` all that the backend
        keeps, the newest of each machine first.
        """
        names = ["rebuilt-a", "rebuilt-b"]
        revisions = {name: [small(name, metadata={"build": n}) for n in range(_REBUILDS)] for name in names}
        with new_reporter() as reporter:
            for build in range(_REBUILDS):
                deliver(reporter, *(revisions[name][build] for name in names))
            kept = {name: found if self._adds else found[-1:] for name, found in revisions.items()}
            newest = [found[-1] for found in kept.values()]
            everything = [machine for found in kept.values() for machine in found]
            expect_listed(reporter, *newest, after="rebuilds")
            listed = expect_listed(reporter, *everything, after="rebuilds", all_revisions=True)
            for name, found in kept.items():
                order = [stored.revision for stored in listed if stored.key.name == name]
                wanted = [machine.revision for machine in reversed(found)]
                said = f"all revisions must be listed newest first, {wanted}, but are {order}"
                expect(order == wanted, said)
                expect_fetched(reporter, found[-1], after="rebuilds")
                for machine in found:
                    expect_fetched(reporter, machine, after="rebuilds", revision=machine.revision)
            if not self._adds:
                first = revisions[names[0]][0]
                expect_no_machine(reporter, first, first.project_name, first.revision, after="rebuilds")

    @check("fetch")
    def test_all_pages_are_listed(self, new_reporter: NewReporter, fault_proxy: FaultProxy | None) -> None:
        """If this fails, a long listing loses or repeats machines, reads all before the first, or ends early.

        Ask for pages of at most 1,000, or for fewer than `machines` declares, and yield the machines of a
        page before you ask for the next. An outage on the way is a `TransientReporterError`, not the end.
        """
        machines = [small(f"listed-{number}") for number in range(self.capabilities.machines)]
        with new_reporter() as reporter:
            expect_delivered(receipts_of(reporter, machines, at_once=True), when="for a long listing")
            if fault_proxy:
                fault_proxy.recount()
            listing = _listing_of(reporter)
            with io_events() as events:
                seen = [next(listing)]
            opened = sum(event.startswith("open ") for event in events)
            said = f"machines() opens {opened} files before it yields the first of {len(machines)} machines"
            expect(opened < len(machines), said)
            before = fault_proxy.recount().requests if fault_proxy else 0
            expect_listing(chain(seen, listing), *machines, of="machines()")
            if fault_proxy:
                said = f"machines() sends all its {before} requests before it yields the first machine"
                expect(fault_proxy.recount().requests, said)
                self._expect_no_end_in_outages(reporter, fault_proxy, len(machines))

    def _expect_no_end_in_outages(self, reporter: BaseReporter, fault_proxy: FaultProxy, count: int) -> None:
        faults: list[Fault] = [Refuse(), *(self.capabilities.network or Network()).open_transient[:1]]
        for fault in faults:
            patiently(lambda: next(_listing_of(reporter)))  # connects again
            listing = _listing_of(reporter)
            seen = [next(listing)]
            fault_proxy.fail(fault)
            error = error_of(seen.extend, listing)
            fault_proxy.clear()
            complete = error is None and len(seen) == count
            said = (
                f"at {getattr(fault, 'label', fault)} on the way machines() must raise a "
                f"TransientReporterError, but it ends after {len(seen)} of {count} machines: {error!r}"
            )
            expect(complete or isinstance(error, TransientReporterError), said)

    @property
    def _adds(self) -> bool:
        return self.capabilities.changed == "adds"


def _expect_right(stored: StoredMachine, machine: Machine, delivery: Delivery) -> None:
    of = f"machines() lists {shown(machine.key)} with"
    expect(isinstance(stored, StoredMachine), f"machines() must yield StoredMachine, but yields {stored!r}")
    for field in ("model_key", "reference"):
        found = getattr(stored, field)
        wanted = machine.model_key if field == "model_key" else delivery.reference
        optional = field == "model_key" and found is None
        expect(optional or found == wanted, f"{of} the {field} {found!r} instead of {wanted!r}")
    for field in ("time", "created"):
        time = getattr(stored, field)
        said = f"{of} a {field} without a time zone: {time!r}"
        expect(time is None or time.utcoffset() is not None, said)


def _listing_of(reporter: BaseReporter) -> Iterator[StoredMachine]:
    listing = reporter.machines()
    expect(isinstance(listing, Iterator), f"machines() must return an iterator, but returns {type(listing)}")
    return listing
