"""Reports that overlap: each has its place from its beginning, and the newest is what the backend ends with."""

import subprocess
import sys
import time

import pytest
from newsdesk.machine import Machine
from newsdesk.outbox import State
from newsdesk.outbox.rows.tickets import FORGOTTEN

from core.tests.outbox.kinds import set_processes, tickets_left

LONG = 600.0


class Gone:
    """Processes of which some are gone."""

    def __init__(self, name="here", gone=()):
        self.name = name
        self.gone = set(gone)

    def own(self):
        return self.name

    def is_gone(self, process):
        return process in self.gone


def machine(revision=0, name="m"):
    return Machine(name=name, project_name="p", metadata={"n": revision})


def begin(outbox, count=1, label="a"):
    tickets = [taken[label] for taken in outbox.begin([label], [machine().key] * count, lease=LONG)]
    return tickets[0] if count == 1 else tickets


def kept(outbox):
    """Give revision and state of each entry."""
    return [(outbox.load(entry).metadata["n"], str(entry.state)) for entry in outbox.entries()]


def claim(outbox, lease=LONG):
    [entry] = outbox.claim(["a"], lease=lease)
    return entry


of_clocks = pytest.mark.parametrize("kind", ["sqlite", "memory"], indirect=True)
of_real_places = pytest.mark.parametrize("kind", ["sqlite", "folder"], indirect=True)


class TestBegin:
    def test_each_machine_has_a_ticket_for_each_reporter_and_the_later_one_is_newer(self, outbox):
        keys = [machine().key, machine(name="n").key, machine().key]
        given = outbox.begin(["a", "b"], keys, lease=LONG)
        assert [{label: (t.label, t.key) for label, t in tickets.items()} for tickets in given] == [
            {label: (label, key) for label in "ab"} for key in keys
        ]
        numbers = [{ticket.number for ticket in tickets.values()} for tickets in given]
        assert [len(found) for found in numbers] == [1, 1, 1]
        assert sorted(numbers, key=min) == numbers
        assert begin(outbox).number > max(numbers[-1])

    def test_numbers_rise_though_the_clock_is_set_back(self, outbox, monkeypatch):
        first = begin(outbox)
        monkeypatch.setattr(time, "time_ns", lambda: 5)
        assert begin(outbox).number > first.number

    def test_nothing_to_begin_is_nothing(self, outbox):
        assert outbox.begin([], [machine().key], lease=LONG) == [{}]
        assert outbox.begin(["a"], [], lease=LONG) == []


class TestOrder:
    def test_a_report_that_is_delivered_alone_leaves_nothing(self, outbox):
        ticket = begin(outbox)
        assert outbox.settle(machine(), ticket)
        assert (kept(outbox), tickets_left(outbox)) == ([], 0)

    def test_what_is_delivered_settles_what_is_older(self, outbox):
        for revision in range(2):
            outbox.put("a", machine(revision))
            if not revision:
                outbox.bury(claim(outbox), error="refused")
        assert outbox.settle(machine(2), begin(outbox))
        assert kept(outbox) == []

    def test_what_is_older_is_not_kept_though_it_is_put_later(self, outbox):
        old, new = begin(outbox, 2)
        outbox.put("a", machine(1), ticket=new)
        assert outbox.put("a", machine(0), ticket=old) is None
        assert kept(outbox) == [(1, "owed")]

    def test_what_is_newer_and_owed_is_not_settled_by_what_is_older(self, outbox):
        old, new = begin(outbox, 2)
        outbox.put("a", machine(1), ticket=new)
        assert outbox.settle(machine(0), old)
        assert kept(outbox) == [(1, "owed")]

    def test_an_older_one_that_is_put_after_the_newer_was_delivered_is_not_kept(self, outbox):
        old, new = begin(outbox, 2)
        assert outbox.settle(machine(1), new)
        assert outbox.put("a", machine(0), ticket=old) is None
        assert kept(outbox) == [(1, "owed")], "the older one may have been written after it"
        outbox.delivered(claim(outbox))
        assert kept(outbox) == []

    @pytest.mark.parametrize("end", ["settle", "end"])
    def test_what_is_delivered_while_an_older_one_is_in_flight_is_sent_once_more(self, outbox, end):
        old, new = begin(outbox, 2)
        assert outbox.settle(machine(1), new)
        assert kept(outbox) == [(1, "standby")]
        assert outbox.claim(["a"], lease=LONG) == []
        if end == "settle":
            assert not outbox.settle(machine(0), old), "it was late"
        else:
            outbox.end(old)
        assert outbox.delivered(claim(outbox))
        assert (kept(outbox), tickets_left(outbox)) == ([], 0)

    def test_what_was_in_flight_when_an_older_one_was_delivered_is_sent_once_more(self, outbox):
        old, new = begin(outbox, 2)
        assert outbox.settle(machine(0), old)
        assert outbox.settle(machine(1), new)
        assert kept(outbox) == [(1, "owed")], "nobody knows which of them was written last"
        assert outbox.delivered(claim(outbox))
        assert kept(outbox) == []

    def test_reports_one_after_the_other_send_nothing_twice(self, outbox):
        for revision in range(3):
            assert outbox.settle(machine(revision), begin(outbox))
            assert kept(outbox) == []

    def test_other_machines_and_reporters_in_flight_do_not_matter(self, outbox):
        outbox.begin(["a"], [machine(name="n").key], lease=LONG)
        outbox.begin(["b"], [machine().key], lease=LONG)
        assert outbox.settle(machine(), begin(outbox))
        assert kept(outbox) == []

    def test_back_to_a_former_revision_is_the_newest(self, outbox):
        for revision in (0, 1, 0):
            outbox.put("a", machine(revision), ticket=begin(outbox))
        assert kept(outbox) == [(0, "owed")]

    def test_a_report_is_late_when_a_newer_one_is_owed_or_delivered(self, outbox):
        old, middle, new = begin(outbox, 3)
        assert not outbox.is_late(old)
        outbox.put("a", machine(1), ticket=middle)
        assert outbox.is_late(old)
        claimed = claim(outbox)
        assert outbox.is_late(old)
        outbox.delivered(claimed)
        assert outbox.is_late(old)
        assert not outbox.is_late(new)

    def test_a_dead_newer_one_makes_nothing_late(self, outbox):
        old, new = begin(outbox, 2)
        outbox.put("a", machine(1), ticket=new)
        outbox.bury(claim(outbox), error="refused")
        assert not outbox.is_late(old)
        outbox.put("a", machine(0), ticket=old)
        assert kept(outbox) == [(1, "dead"), (0, "owed")]

    def test_what_a_newer_one_replaces_that_then_dies_was_not_what_the_backend_had(self, outbox):
        """What was delivered, and is to be sent once more, is not given up for what was never delivered."""
        old, delivered, new = begin(outbox, 3)
        outbox.settle(machine(1), delivered)
        outbox.end(old)
        outbox.put("a", machine(2), ticket=new)
        assert kept(outbox) == [(1, "owed"), (2, "owed")]
        for entry in outbox.claim(["a"], lease=LONG):
            outbox.bury(entry, error="refused")
        assert outbox.delivered(claim(outbox))


class TestLeftBehind:
    """A call that hung is left behind in its thread, and may still write."""

    def test_its_record_is_owed_and_what_is_delivered_later_is_sent_once_more_when_it_ends(self, outbox):
        left = begin(outbox)
        outbox.put("a", machine(0), ticket=left, running=True)
        assert outbox.delivered(claim(outbox))
        assert kept(outbox) == [], "it writes the same"
        assert outbox.settle(machine(1), begin(outbox))
        assert kept(outbox) == [(1, "standby")]
        outbox.end(left)
        assert kept(outbox) == [(1, "owed")]

    def test_one_that_delivers_after_all_settles_what_was_kept_of_it(self, outbox):
        left = begin(outbox)
        outbox.put("a", machine(0), ticket=left, running=True)
        assert outbox.settle(machine(0), left)
        assert (kept(outbox), tickets_left(outbox)) == ([], 0)

    def test_a_sender_that_left_a_call_behind_may_still_write(self, outbox):
        outbox.put("a", machine(0))
        claimed = claim(outbox)
        assert outbox.release(claimed, error="hung", pause=0, running=True) is State.OWED
        assert outbox.settle(machine(1), begin(outbox))
        assert kept(outbox) == [(1, "standby")]


class TestClaims:
    def test_a_late_sender_is_found_out_and_the_newest_is_sent_once_more(self, outbox):
        outbox.put("a", machine(0))
        late = claim(outbox, lease=0)
        assert outbox.settle(machine(1), begin(outbox))
        assert outbox.claim(["a"], lease=LONG) == []
        assert not outbox.delivered(late)
        assert outbox.delivered(claim(outbox))
        assert (kept(outbox), tickets_left(outbox)) == ([], 0)

    def test_a_sender_within_its_lease_that_is_overtaken_is_found_out(self, outbox):
        outbox.put("a", machine(0))
        claimed = claim(outbox)
        assert outbox.settle(machine(1), begin(outbox))
        assert outbox.load(claimed) == machine(0), "what it sends is kept until it ends"
        assert not outbox.delivered(claimed)
        assert kept(outbox) == [(1, "owed")]

    def test_a_report_that_overtakes_a_claim_and_a_claim_that_is_crossed(self, outbox):
        old = begin(outbox)
        outbox.put("a", machine(1))
        claimed = claim(outbox)
        assert outbox.settle(machine(0), old)
        assert outbox.delivered(claimed)
        assert kept(outbox) == [(1, "owed")]
        assert outbox.delivered(claim(outbox))
        assert kept(outbox) == []

    def test_a_run_sends_once_more_what_it_has_sent_when_that_was_crossed(self, outbox):
        old = begin(outbox)
        outbox.put("a", machine(1))
        [entry] = outbox.claim(["a"], lease=LONG, run="one")
        outbox.end(old)
        assert outbox.delivered(entry)
        assert len(outbox.claim(["a"], lease=LONG, run="one")) == 1


class TestGoneProcesses:
    def test_a_claim_of_a_process_that_is_gone_is_over_before_its_lease_and_counts(self, outbox):
        set_processes(outbox, Gone("other"))
        outbox.put("a", machine())
        claim(outbox)
        set_processes(outbox, Gone("here", ["other"]))
        again = claim(outbox)
        assert (again.attempts, again.error) == (1, "its sender has died")
        assert tickets_left(outbox) == 1

    def test_a_report_of_a_process_that_is_gone_is_in_nobodys_way(self, outbox):
        set_processes(outbox, Gone("other"))
        begin(outbox)
        set_processes(outbox, Gone("here", ["other"]))
        assert outbox.settle(machine(1), begin(outbox))
        assert (kept(outbox), tickets_left(outbox)) == ([], 0)

    def test_what_was_delivered_while_it_lived_is_sent_once_more(self, outbox):
        """It may have written its own in between."""
        set_processes(outbox, Gone("other"))
        begin(outbox)
        set_processes(outbox, Gone("here"))
        assert outbox.settle(machine(1), begin(outbox))
        assert kept(outbox) == [(1, "standby")]
        set_processes(outbox, Gone("here", ["other"]))
        assert outbox.delivered(claim(outbox))
        assert kept(outbox) == []

    @of_clocks
    @pytest.mark.parametrize(("after", "left"), [(-1.0, 1), (1.0, 0)])
    def test_a_lost_ticket_is_forgotten_a_day_after_its_lease(self, outbox, monkeypatch, after, left):
        begin(outbox)
        outbox.settle(machine(1), begin(outbox))
        now = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: now() + LONG + FORGOTTEN + after)
        wall = time.time
        monkeypatch.setattr(time, "time", lambda: wall() + 2 * FORGOTTEN)
        for entry in outbox.claim(["a"], lease=LONG):
            outbox.release(entry, error="down", pause=0)
        assert tickets_left(outbox) == left
        assert kept(outbox) == [(1, "standby" if left else "owed")]

    @of_real_places
    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux shows which process it was")
    def test_a_real_process_that_was_killed_is_gone_and_one_that_lives_is_not(self, outbox):
        program = (
            "import sys, time\nfrom newsdesk.machine import MachineKey\nfrom newsdesk.outbox.places import outbox_at\n"
            f"outbox_at({outbox.place!r}).begin(['a'], [MachineKey('p', 'm')], lease=600)\n"
            "print('begun', flush=True)\ntime.sleep(600)"
        )
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as other:
            assert other.stdout.readline() == b"begun\n"
            outbox.end(begin(outbox))
            assert tickets_left(outbox) == 1
            other.kill()
            other.wait()
            outbox.end(begin(outbox))
            assert tickets_left(outbox) == 0
