"""A desk reads what a backend holds: within its deadline, in the reporter's thread, whatever that does."""

import os
import signal
import threading
import time
from datetime import datetime

import pytest
from newsdesk import (
    AmbiguousMachine,
    BaseReporter,
    DefinitionError,
    Desk,
    Machine,
    MachineDoesNotExist,
    MachineKey,
    PermanentReporterError,
    ReporterException,
    Retry,
    StoredMachine,
    TransientReporterError,
)
from newsdesk.delivery.reading.listing import PAGE
from newsdesk.testing.doubles import MemoryReporter

SOON = 0.5
"""Seconds, for what hangs for ever otherwise: a deadline that is sure to pass."""


class Archive(MemoryReporter):
    """Keeps every revision, and notes who reads."""

    def __init__(self, *kept, token=""):
        super().__init__()
        self.revisions = [Machine.of(each) for each in kept]
        self.token = token
        self.yielded = 0
        self.threads = set()
        self.ended = []

    def machines(self, *, all_revisions=False):
        try:
            for machine in self.revisions:
                self.yielded += 1
                self.threads.add(threading.get_ident())
                yield StoredMachine.of(machine, reference=f"memory {self.token}")
        finally:
            self.ended.append(threading.get_ident())

    def fetch(self, name, project_name=None, revision=None):
        self.threads.add(threading.get_ident())
        for machine in self.revisions:
            if (
                machine.name == name
                and project_name in (None, machine.project_name)
                and revision in (None, machine.revision)
            ):
                return machine
        raise MachineDoesNotExist(name, project_name)

    def close(self):
        self.ended.append("close")


def machine(number, **parts):
    return Machine(name=f"pump-{number}", project_name="plant", **parts)


def numbered(count):
    return [machine(number) for number in range(count)]


class TestFetch:
    def test_a_machine_comes_back_as_it_was_reported(self):
        with Desk(MemoryReporter()) as desk:
            desk.report(machine(1, metadata={"x": [1.0, "NaN"]}))
            assert desk.fetch("MemoryReporter", "pump-1", "plant") == machine(1, metadata={"x": [1.0, "NaN"]})
            with pytest.raises(MachineDoesNotExist, match="'pump-2' does not exist; report it first"):
                desk.fetch("MemoryReporter", "pump-2")

    def test_transient_failures_are_tried_again_and_others_are_not(self):
        class Flaky(MemoryReporter):
            asked = 0

            def fetch(self, name, project_name=None, revision=None):
                Flaky.asked += 1
                if name == "refused":
                    raise PermanentReporterError("no")
                if Flaky.asked < 3:
                    raise TransientReporterError("down")
                return Machine(name)

        with Desk(Flaky(), retry=Retry(attempts=5, initial=0)) as desk:
            assert desk.fetch("Flaky", "pump").name == "pump"
            assert Flaky.asked == 3
            with pytest.raises(PermanentReporterError):
                desk.fetch("Flaky", "refused")
            assert Flaky.asked == 4

    def test_one_that_hangs_is_left_behind_and_the_next_is_asked_of_another(self):
        class Hangs(MemoryReporter):
            asked = 0

            def fetch(self, name, project_name=None, revision=None):
                Hangs.asked += 1
                if Hangs.asked == 1:
                    threading.Event().wait()
                return Machine(name)

        with Desk(Hangs(), deadline=SOON) as desk:
            with pytest.raises(TransientReporterError, match="'Hangs' did not finish before the deadline"):
                desk.fetch("Hangs", "pump")
            assert desk.fetch("Hangs", "pump").name == "pump"

    @pytest.mark.parametrize("ask", ["fetch", "machines"])
    def test_one_that_cannot_is_named(self, ask):
        class Webhook(BaseReporter):
            def report(self, machine): ...

        class Bare(Webhook):
            def fetch(self, *_):
                raise NotImplementedError

            def machines(self, **_):
                raise NotImplementedError

        with Desk([{"null": {}, "label": "web"}, Webhook(), Bare()]) as desk:
            for label, reason in (
                ("Webhook", "Webhook cannot (read machines back|list what its backend holds)"),
                ("Bare", rf"Bare has no {ask}\(\)"),
                ("web", "NullReporter cannot"),
            ):
                expected = rf"^the reporter '{label}' cannot be read: {reason}.*; choose another reporter$"
                with pytest.raises(DefinitionError, match=expected):
                    list([desk.fetch(label, "pump")] if ask == "fetch" else desk.machines(label))
            with pytest.raises(DefinitionError, match="no reporter with the label 'x'; labels: web, "):
                desk.fetch("x", "pump") if ask == "fetch" else desk.machines("x")

    @pytest.mark.parametrize("revision", [None, machine(1).revision])
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"name": "pump-1"}, r"Wrong.fetch\(\) must return a newsdesk.Machine, but returned a dict"),
            (None, "but returned a NoneType"),
            (machine(2), r"Wrong.fetch\(\) returned the machine 'plant/pump-2', not 'plant/pump-1'"),
            (Machine("pump-1"), "returned the machine '/pump-1', not 'plant/pump-1'"),
            (
                ZeroDivisionError("x"),
                r"the reporter 'Wrong' failed: Wrong.fetch\(\) raised ZeroDivisionError: x",
            ),
        ],
    )
    def test_a_bug_of_a_reporter_is_said(self, given, expected, revision):
        class Wrong(MemoryReporter):
            def fetch(self, name, project_name=None, revision=None):
                if isinstance(given, Exception):
                    raise given
                return given

        with Desk(Wrong()) as desk, pytest.raises(ReporterException) as caught:
            desk.fetch("Wrong", "pump-1", "plant", revision)
        if revision is None or not isinstance(given, Machine):
            assert caught.match(expected)
        else:
            assert isinstance(caught.value, MachineDoesNotExist)  # a backend of one revision has another


class TestRevision:
    OLD, NEW = machine(1, metadata={"is": "old"}), machine(1, metadata={"is": "new"})
    OTHER = Machine("pump-1", "mine", metadata={"is": "old"})

    @pytest.fixture
    def desk(self):
        with Desk(Archive(self.NEW, self.OLD, machine(2), self.OTHER)) as desk:
            yield desk

    @pytest.mark.parametrize("digits", [7, 12, 64])
    @pytest.mark.parametrize("project", ["plant", None])
    def test_its_first_digits_are_enough(self, desk, digits, project):
        for wanted in (self.OLD, self.NEW):
            assert desk.fetch("Archive", "pump-1", project, wanted.revision[:digits].upper()) == wanted

    def test_the_reporter_gets_the_whole(self):
        class Notes(Archive):
            asked = ()

            def fetch(self, name, project_name=None, revision=None):
                Notes.asked = (name, project_name, revision)
                return super().fetch(*Notes.asked)

        with Desk(Notes(self.OLD)) as desk:
            desk.fetch("Notes", "pump-1", revision=self.OLD.revision[:8])
        assert Notes.asked == ("pump-1", "plant", self.OLD.revision)

    @pytest.mark.parametrize("wrong", ["", "abcdef", "HEAD", "g" * 7, "a" * 65, " abcdef1"])
    def test_what_is_not_one_is_refused(self, desk, wrong):
        with pytest.raises(DefinitionError, match=r"64 hexadecimal digits, or at least the first 7$"):
            desk.fetch("Archive", "pump-1", "plant", wrong)

    def test_one_that_the_machine_does_not_have_is_told_from_a_machine_that_is_not_there(self, desk):
        with pytest.raises(
            MachineDoesNotExist, match="'pump-1' in the project 'plant' has no revision '000000000'"
        ):
            desk.fetch("Archive", "pump-1", "plant", "0" * 9)
        with pytest.raises(MachineDoesNotExist, match="the name exists in 'mine', 'plant'"):
            desk.fetch("Archive", "pump-1", "theirs", "0" * 9)
        with pytest.raises(MachineDoesNotExist, match="'pump-9' does not exist; report it first"):
            desk.fetch("Archive", "pump-9", None, "0" * 9)

    def test_digits_of_several_are_ambiguous(self):
        class Twins(Archive):
            def machines(self, *, all_revisions=False):
                for project, end in (("a", "1"), ("a", "2"), ("b", "3")):
                    yield StoredMachine(key=MachineKey(project, "pump"), revision="abcdef0" + end * 57)

        with Desk(Twins()) as desk:
            with pytest.raises(
                ReporterException,
                match=r"^2 revisions of 'pump' begin with abcdef0: .*abcdef01111, abcdef02222; give more digits$",
            ):
                desk.fetch("Twins", "pump", "a", "abcdef0")
            with pytest.raises(AmbiguousMachine, match="2 projects have a machine 'pump': 'a', 'b'"):
                desk.fetch("Twins", "pump", None, "abcdef0")


class TestMachines:
    @pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
    def test_all_are_listed_in_one_thread_that_is_not_the_callers(self, count):
        archive = Archive(*numbered(count))
        with Desk(archive) as desk:
            assert [each.key.name for each in desk.machines("Archive")] == [
                f"pump-{number}" for number in range(count)
            ]
        assert len(archive.threads | {*archive.ended[:1]}) == 1
        assert threading.get_ident() not in archive.threads

    def test_only_a_page_is_read_ahead(self):
        archive = Archive(*numbered(5 * PAGE))
        with Desk(archive) as desk:
            listing = desk.machines("Archive")
            assert archive.yielded == 0
            next(listing)
            assert archive.yielded <= PAGE

    def test_machines_can_be_fetched_and_reported_meanwhile(self):
        archive = Archive(*numbered(2 * PAGE + 1))
        with Desk(archive, deadline=SOON) as desk:
            for stored in desk.machines("Archive"):
                assert desk.fetch("Archive", *reversed(stored.key), stored.revision).key == stored.key
                assert desk.report({"name": "x"})[0].ok
        assert len(archive.threads) == 1

    @pytest.mark.parametrize("is_closed", [True, False])
    def test_one_that_is_left_early_is_closed_in_its_thread_before_the_reporter(self, is_closed):
        archive = Archive(*numbered(2 * PAGE))
        with Desk(archive) as desk:
            listing = desk.machines("Archive")
            next(listing)
            if is_closed:
                listing.close()
        [thread] = archive.threads
        assert archive.ended == [thread, "close"]
        if is_closed:
            assert list(listing) == []
        else:
            with pytest.raises(
                TransientReporterError, match="'Archive' was closed, or hung in another call, "
            ):
                list(listing)

    def test_the_deadline_is_for_the_next_one_and_not_for_all(self):
        class Slow(Archive):
            def machines(self, *, all_revisions=False):
                for stored in super().machines():
                    time.sleep(SOON / 2)
                    yield stored

        with Desk(Slow(*numbered(5)), deadline=SOON) as desk:
            assert len(list(desk.machines("Slow"))) == 5

    def test_one_that_hangs_is_left_behind_and_closed_when_it_goes_on(self):
        go, ended = threading.Event(), threading.Event()

        class Hangs(Archive):
            def machines(self, *, all_revisions=False):
                try:
                    for number, stored in enumerate(super().machines()):
                        if number == PAGE:
                            go.wait()
                        yield stored
                finally:
                    ended.set()

        with Desk(Hangs(*numbered(2 * PAGE)), deadline=SOON) as desk:
            listing = desk.machines("Hangs")
            next(listing)
            with pytest.raises(TransientReporterError, match="'Hangs' did not finish before the deadline"):
                list(listing)
            assert desk.report({"name": "x"})[0].ok
            go.set()
            assert ended.wait(60)

    def test_a_listing_ends_with_an_error_when_its_reporter_hung_in_another_call(self):
        class Hangs(Archive):
            def fetch(self, name, project_name=None, revision=None):
                threading.Event().wait()

        with Desk(Hangs(*numbered(2 * PAGE)), deadline=SOON) as desk:
            listing = desk.machines("Hangs")
            next(listing)
            with pytest.raises(TransientReporterError):
                desk.fetch("Hangs", "pump-1")
            with pytest.raises(TransientReporterError, match="before all was listed; list again"):
                list(listing)

    def test_a_failure_of_the_first_page_is_tried_again_and_a_later_one_is_not(self):
        class Flaky(Archive):
            begun = 0

            def machines(self, *, all_revisions=False):
                Flaky.begun += 1
                for number, stored in enumerate(super().machines()):
                    if number == (5 if Flaky.begun < 3 else PAGE + 5):
                        raise TransientReporterError("down")
                    yield stored

        with Desk(Flaky(*numbered(2 * PAGE)), retry=Retry(attempts=4, initial=0)) as desk:
            names = []
            with pytest.raises(TransientReporterError, match=r"^down$"):
                names.extend(each.key.name for each in desk.machines("Flaky"))
            assert Flaky.begun == 3

    @pytest.mark.skipif(os.name != "posix", reason="a signal to this thread")
    def test_ctrl_c_ends_it(self):
        class Hangs(Archive):
            def machines(self, *, all_revisions=False):
                os.kill(os.getpid(), signal.SIGINT)
                threading.Event().wait()
                yield

        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with Desk(Hangs(), deadline=60) as desk:
                with pytest.raises(KeyboardInterrupt):
                    list(desk.machines("Hangs"))
                assert desk.report({"name": "x"})[0].ok
        finally:
            signal.signal(signal.SIGINT, before)

    KEY = MachineKey("plant", "pump")

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            (machine(1), r"Wrong.machines\(\) must yield newsdesk.StoredMachine, but yielded a Machine"),
            (
                StoredMachine(key=("plant", "pump")),
                r"must yield a newsdesk.MachineKey as key, but yielded \('plant',",
            ),
            (StoredMachine(key=MachineKey("plant", None)), r"as key, but yielded MachineKey\("),
            (
                StoredMachine(key=KEY, revision=7),
                "yield str or None as revision, but yielded a int for 'plant/pump'",
            ),
            (StoredMachine(key=KEY, time="now"), "yield datetime or None as time, but yielded a str"),
            (StoredMachine(key=KEY, scores=[1]), "yield Mapping or None as scores, but yielded a list"),
            (
                StoredMachine(key=KEY, scores={"r2": "0.5"}),
                "numbers by their names, but yielded '0.5' as 'r2'",
            ),
            (StoredMachine(key=KEY, scores={2: 0.5}), "yielded 0.5 as 2 for 'plant/pump'"),
            (
                StoredMachine(key=KEY, created=datetime(2024, 1, 1)),  # noqa: DTZ001
                "yield created with a time zone, but yielded 2024-01-01 00:00:00 for 'plant/pump'",
            ),
            (
                ZeroDivisionError("x"),
                r"^the reporter 'Wrong' failed: Wrong.machines\(\) raised ZeroDivisionError: x$",
            ),
        ],
    )
    def test_a_bug_of_a_reporter_is_said_and_its_listing_closed(self, given, expected):
        ended = []

        class Wrong(MemoryReporter):
            def machines(self, *, all_revisions=False):
                try:
                    if isinstance(given, Exception):
                        raise given
                    yield given
                finally:
                    ended.append(threading.current_thread().name)

        with Desk(Wrong()) as desk:
            with pytest.raises(ReporterException, match=expected):
                list(desk.machines("Wrong"))
            assert ended == ["newsdesk Wrong"]

    def test_one_that_forgets_to_yield_is_said(self):
        class Forgets(MemoryReporter):
            def machines(self, *, all_revisions=False):
                return None

        with (
            Desk(Forgets()) as desk,
            pytest.raises(
                ReporterException, match=r"must yield newsdesk\.StoredMachine, but returned a NoneType"
            ),
        ):
            list(desk.machines("Forgets"))

    def test_all_revisions_are_asked_for(self):
        asked = []

        class Notes(MemoryReporter):
            def machines(self, *, all_revisions=False):
                asked.append(all_revisions)
                return []

        with Desk(Notes()) as desk:
            assert list(desk.machines("Notes")) == list(desk.machines("Notes", all_revisions=True)) == []
        assert asked == [False, True]

    def test_a_secret_in_a_reference_is_masked(self):
        with Desk(Archive(machine(1), token="hunter2-hunter2")) as desk:
            [stored] = desk.machines("Archive")
        assert "hunter2" not in stored.reference
