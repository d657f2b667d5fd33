"""What is owed: kept once, claimed by one, given back, buried, never lost in silence."""

import os
import pickle
import time

import pytest
from newsdesk.machine import Machine, MachineKey
from newsdesk.outbox import Bounds, DamagedError, Outbox, OutboxError, State, Total
from newsdesk.outbox.ledger import Ledger
from newsdesk.outbox.storage.format import LOG_SIZE

from core.tests.outbox.kinds import records, refuse_writes, tamper

LONG = 600.0


def machine(name="m", revision=0, **others):
    return Machine(name=name, project_name="p", metadata={"n": revision, **others})


def states(outbox):
    return [(entry.key.name, str(entry.state)) for entry in outbox.entries()]


def claim(outbox, *labels, lease=LONG, **others):
    [entry] = outbox.claim(labels or ["a"], lease=lease, **others)
    return entry


def flipped(record):
    middle = len(record) // 2
    return record[:middle] + bytes([record[middle] ^ 1]) + record[middle + 1 :]


def break_chain(outbox):
    """Break the chain of pages that a large record of x stands on, so that SQLite itself cannot read it."""
    outbox.close()
    content = bytearray(outbox.path.read_bytes())
    pointer = content.index(b"xxxxxxxx\0\0") + 8  # behind what of the record stands in the table itself
    content[pointer : pointer + 4] = b"\xff\xff\xff\xff"
    outbox.path.write_bytes(content)


@pytest.fixture
def bounded(new_outbox):
    return lambda **bounds: new_outbox(Bounds(**bounds))


# A store over a network gives times in whole seconds.
of_fine_clocks = pytest.mark.parametrize("kind", ["sqlite", "memory"], indirect=True)
of_sqlite = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


class TestPut:
    def test_what_was_put_is_owed_and_comes_back_whole(self, outbox, real_machine):
        number = outbox.put("mlflow", real_machine, error="it was down")
        [entry] = outbox.entries()
        assert outbox.load(entry) == real_machine.redacted()
        assert (entry.id, entry.label, entry.key, entry.state) == (
            number,
            "mlflow",
            real_machine.key,
            State.OWED,
        )
        assert (entry.revision, entry.size) == (real_machine.revision, len(real_machine.to_json()))
        assert (entry.attempts, entry.error, entry.claim) == (0, "it was down", None)

    @of_sqlite
    def test_another_outbox_of_the_same_path_has_it(self, outbox):
        outbox.put("a", machine())
        with Outbox(os.path.relpath(outbox.path)) as other:
            assert states(other) == [("m", "owed")]

    @of_sqlite
    def test_an_outbox_can_be_sent_to_another_process(self, outbox):
        outbox.put("a", machine())
        with pickle.loads(pickle.dumps(outbox)) as other:
            assert (other.path, other.bounds, states(other)) == (outbox.path, outbox.bounds, [("m", "owed")])

    def test_the_same_revision_is_kept_once(self, outbox):
        assert outbox.put("a", machine()) == outbox.put("a", machine())
        assert outbox.put("b", machine()) != outbox.put("a", machine())
        assert len(states(outbox)) == 2

    def test_the_same_revision_gets_the_place_of_the_newer_report(self, outbox):
        first = outbox.put("a", machine())
        [before] = outbox.entries()
        outbox.release(claim(outbox), error="down", pause=0)
        assert outbox.put("a", machine()) == first
        [after] = outbox.entries()
        assert after.number > before.number
        assert (after.attempts, after.error, after.created) == (1, "down", before.created)

    def test_a_damaged_record_is_replaced_when_the_machine_is_reported_again(self, outbox):
        outbox.put("a", machine())
        [entry] = outbox.entries()
        tamper(outbox, entry, flipped)
        outbox.put("a", machine())
        assert states(outbox) == [("m", "owed")]
        assert outbox.load(claim(outbox)) == machine()

    @of_sqlite
    def test_a_record_that_sqlite_cannot_read_is_replaced_when_the_machine_is_reported_again(self, outbox):
        large = machine(text="x" * 100_000)
        outbox.put("a", large)
        outbox.put("b", machine("small"))
        break_chain(outbox)
        outbox.put("a", large)
        assert outbox.load(claim(outbox)) == large

    def test_one_that_is_being_sent_is_put_again_since_one_in_between_may_overwrite_it(self, outbox):
        number = outbox.put("a", machine())
        first = claim(outbox)
        assert outbox.put("a", machine()) != number
        outbox.delivered(first)
        assert outbox.load(claim(outbox)) == machine()

    def test_the_newest_revision_replaces_the_older_ones(self, outbox):
        for revision in range(3):
            outbox.put("a", machine(revision=revision))
        assert [str(entry.state) for entry in outbox.entries()] == ["owed"]
        assert outbox.load(claim(outbox)) == machine(revision=2)
        assert outbox.claim(["a"], lease=LONG) == []

    def test_going_back_to_an_older_revision_is_the_newest(self, outbox):
        for revision in (0, 1, 0):
            outbox.put("a", machine(revision=revision))
        assert outbox.load(claim(outbox)) == machine(revision=0)

    def test_going_back_to_the_revision_that_is_being_sent_is_sent_after_the_one_between(self, outbox):
        outbox.put("a", machine(revision=0))
        first = claim(outbox)
        outbox.put("a", machine(revision=1))
        outbox.put("a", machine(revision=0))
        outbox.delivered(first)
        assert outbox.load(claim(outbox)) == machine(revision=0)

    def test_revisions_of_other_machines_projects_and_reporters_are_left_alone(self, outbox):
        outbox.put("a", machine("m"))
        outbox.put("a", machine("n"))
        outbox.put("a", Machine(name="m", project_name="q"))
        outbox.put("b", machine("m", 1))
        assert [str(entry.state) for entry in outbox.entries()] == ["owed"] * 4

    @pytest.mark.parametrize(
        "text", ["\ud800", "a\0b", "é\U0001f600", "x" * 10_000, "'; DROP TABLE entries; --", ""]
    )
    def test_any_text_may_be_a_label_a_name_a_project_or_an_error(self, outbox, text):
        kept = Machine(name=text or "n", project_name=text)
        outbox.put(text, kept, error=text)
        entry = claim(outbox, text)
        assert (entry.label, entry.key) == (text, MachineKey(text, text or "n"))
        assert outbox.load(entry) == kept
        assert entry.error == text.encode("utf-8", "backslashreplace").decode()
        outbox.release(entry, error=text, pause=0)
        assert outbox.counts() == {(text, State.OWED): 1}

    @of_sqlite
    def test_a_secret_in_the_records_own_reporters_is_masked(self, outbox):
        secret = "hunter2-" + "x" * 20
        outbox.put("a", Machine(name="m", runtime={"reporters": [{"postgres": {"password": secret}}]}))
        files = list(outbox.path.parent.iterdir())
        assert {path.name for path in files} >= {"owed.db", "owed.db-wal"}
        outbox.close()
        assert [path for path in outbox.path.parent.iterdir() if secret.encode() in path.read_bytes()] == []


class TestClaim:
    def test_what_has_waited_longest_comes_first(self, outbox):
        for name in "xyz":
            outbox.put("a", machine(name))
        assert [entry.key.name for entry in outbox.claim(["a"], lease=LONG, limit=2)] == ["x", "y"]
        assert claim(outbox).key.name == "z"

    def test_nobody_else_gets_what_is_claimed(self, outbox, new_outbox):
        outbox.put("a", machine())
        assert claim(outbox).state is State.CLAIMED
        assert new_outbox().claim(["a"], lease=LONG) == []

    def test_only_entries_of_the_labels_are_given_and_none_of_them_is_left_out(self, outbox):
        for label in ("a", "b", "c"):
            outbox.put(label, machine())
        assert [entry.label for entry in outbox.claim(["a", "c"], lease=LONG, limit=9)] == ["a", "c"]
        assert outbox.claim([], lease=LONG) == []

    def test_a_newer_revision_waits_while_an_older_one_is_being_sent(self, outbox):
        outbox.put("a", machine(revision=0))
        first = claim(outbox)
        outbox.put("a", machine(revision=1))
        assert outbox.claim(["a"], lease=LONG) == []
        assert outbox.delivered(first)
        assert outbox.load(claim(outbox)) == machine(revision=1)

    def test_a_run_gets_an_entry_once_and_another_run_again(self, outbox):
        outbox.put("a", machine())
        outbox.release(claim(outbox, run="one"), error="down", pause=0)
        assert outbox.claim(["a"], lease=LONG, run="one") == []
        assert claim(outbox, run="two").attempts == 1

    def test_what_is_not_due_yet_can_be_left_alone(self, outbox):
        outbox.put("a", machine())
        outbox.release(claim(outbox), error="down", pause=LONG)
        assert outbox.claim(["a"], lease=LONG, due_by=time.time()) == []
        assert claim(outbox).attempts == 1

    def test_the_claim_of_a_sender_that_died_expires_and_counts(self, outbox):
        outbox.put("a", machine())
        claim(outbox, lease=0)
        assert outbox.counts() == {("a", State.OWED): 1}
        again = claim(outbox)
        assert again.attempts == 1
        assert again.error == "its sender did not come back before its claim expired"

    def test_a_record_that_kills_its_senders_goes_behind_the_others_and_dies_in_the_end(self, bounded):
        outbox = bounded(attempts=2)
        outbox.put("a", machine("killer"))
        outbox.put("a", machine("good"))
        assert claim(outbox, lease=0).key.name == "killer"
        good = claim(outbox)
        assert good.key.name == "good"
        outbox.delivered(good)
        claim(outbox, lease=0)
        assert outbox.claim(["a"], lease=LONG) == []
        assert states(outbox) == [("killer", "dead")]

    @pytest.mark.parametrize("jump", [-1e6, 1e6])
    def test_a_clock_that_is_set_neither_ends_a_claim_nor_makes_it_last(self, outbox, monkeypatch, jump):
        outbox.put("a", machine("held"))
        outbox.put("a", machine("lost"))
        claim(outbox)
        claim(outbox, lease=0)
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + jump)
        assert [entry.key.name for entry in outbox.claim(["a"], lease=LONG, limit=9)] == ["lost"]

    @of_sqlite
    def test_a_claim_from_before_the_computer_was_started_anew_holds_no_more(self, outbox, monkeypatch):
        outbox.put("a", machine())
        claim(outbox)
        monkeypatch.setattr(time, "monotonic", lambda: 1.0)
        assert claim(outbox).attempts == 1


class TestSettling:
    def test_what_is_delivered_is_gone(self, outbox):
        outbox.put("a", machine())
        entry = claim(outbox)
        assert outbox.delivered(entry)
        assert (states(outbox), records(outbox)) == ([], [])
        with pytest.raises(DamagedError) as told:
            outbox.load(entry)
        assert (
            str(told.value)
            == f"entry {entry.id} (p/m for a) has no record any more, because a newer one was delivered"
        )

    def test_a_newer_revision_that_is_delivered_settles_an_older_dead_one(self, outbox):
        outbox.put("a", machine(revision=0))
        outbox.bury(claim(outbox), error="refused")
        outbox.put("a", machine(revision=1))
        assert [str(entry.state) for entry in outbox.entries()] == ["dead", "owed"]
        outbox.delivered(claim(outbox))
        assert (states(outbox), records(outbox)) == ([], [])

    def test_what_failed_is_owed_again_with_the_error(self, outbox):
        outbox.put("a", machine())
        assert outbox.release(claim(outbox), error="down", pause=0) is State.OWED
        [entry] = outbox.entries()
        assert (entry.state, entry.attempts, entry.error) == (State.OWED, 1, "down")

    def test_what_failed_goes_behind_what_has_waited_since(self, outbox):
        outbox.put("a", machine("x"))
        outbox.put("a", machine("y"))
        outbox.release(claim(outbox), error="down", pause=0)
        assert claim(outbox).key.name == "y"

    def test_out_of_attempts_is_dead(self, bounded):
        outbox = bounded(attempts=2)
        outbox.put("a", machine())
        assert outbox.release(claim(outbox), error="1", pause=0) is State.OWED
        assert outbox.release(claim(outbox), error="2", pause=0) is State.DEAD
        assert outbox.claim(["a"], lease=LONG) == []

    def test_what_had_no_fair_chance_does_not_count(self, bounded):
        outbox = bounded(attempts=1)
        outbox.put("a", machine())
        assert outbox.release(claim(outbox), error="cut", pause=0, counts=False) is State.OWED
        assert claim(outbox).attempts == 0

    def test_what_failed_and_was_replaced_meanwhile_is_gone(self, outbox):
        outbox.put("a", machine(revision=0))
        first = claim(outbox)
        outbox.put("a", machine(revision=1))
        assert outbox.release(first, error="down", pause=0) is None
        assert states(outbox) == [("m", "owed")]
        assert outbox.load(claim(outbox)) == machine(revision=1)

    @pytest.mark.parametrize("is_claimed_again", [False, True])
    def test_a_sender_that_lost_its_claim_changes_nothing(self, outbox, is_claimed_again):
        outbox.put("a", machine())
        late = claim(outbox, lease=0)
        if is_claimed_again:
            claim(outbox)
        else:
            outbox.release(claim(outbox), error="other", pause=0)
        before = list(outbox.entries())
        assert outbox.delivered(late) is False
        assert outbox.bury(late, error="late") is False
        assert outbox.release(late, error="late", pause=0) is None
        assert list(outbox.entries()) == before

    def test_dead_entries_stay_until_they_are_owed_anew_from_the_start(self, outbox):
        for name in "xyz":
            outbox.put("a", machine(name))
            outbox.bury(claim(outbox), error="refused")
        assert outbox.claim(["a"], lease=LONG) == []
        ids = [entry.id for entry in outbox.entries()]
        assert outbox.requeue([ids[1]]) == 1
        assert claim(outbox).attempts == 0
        assert outbox.requeue() == 2
        assert outbox.requeue() == 0

    @of_fine_clocks
    def test_what_is_owed_anew_has_its_whole_time_again(self, bounded):
        outbox = bounded(max_age=LONG)
        outbox.put("a", machine())
        outbox.bury(claim(outbox), error="refused")
        before = next(outbox.entries()).created
        outbox.requeue()
        assert next(outbox.entries()).created > before
        assert claim(outbox).attempts == 0

    def test_a_dead_one_that_was_replaced_is_deleted_instead_of_sent(self, outbox):
        outbox.put("a", machine(revision=0))
        outbox.bury(claim(outbox), error="refused")
        outbox.put("a", machine(revision=1))
        assert outbox.requeue() == 0
        assert [str(entry.state) for entry in outbox.entries()] == ["owed"]

    def test_of_several_dead_revisions_the_newest_is_owed_anew(self, outbox):
        for revision in range(3):
            outbox.put("a", machine(revision=revision))
            outbox.bury(claim(outbox), error="refused")
        assert outbox.requeue() == 1
        assert outbox.load(claim(outbox)) == machine(revision=2)


class TestPruning:
    @pytest.fixture
    def all_states(self, outbox):
        """One entry in each state: dead, claimed, on standby and owed."""
        for name in ("dead", "claimed"):
            outbox.put("a", machine(name))
        outbox.bury(claim(outbox), error="refused")
        claim(outbox)
        _, newer = outbox.begin(["a"], [machine("standby").key] * 2, lease=LONG)
        outbox.settle(machine("standby"), newer["a"])
        outbox.put("a", machine("owed"))

    @pytest.mark.parametrize(
        ("dead_for", "dropped", "left"),
        [
            (None, {}, ["dead", "claimed", "standby", "owed"]),
            (LONG, {}, ["dead", "claimed", "standby", "owed"]),
            (0, {State.DEAD: 1}, ["claimed", "standby", "owed"]),
        ],
    )
    def test_the_dead_are_deleted_and_nothing_that_waits(self, outbox, all_states, dead_for, dropped, left):
        assert outbox.prune(dead_for=dead_for) == dropped
        assert states(outbox) == [(state, state) for state in left]
        assert records(outbox) == [entry.id for entry in outbox.entries()]
        assert outbox.prune(dead_for=dead_for) == {}

    @of_sqlite
    def test_the_file_gets_smaller_by_what_was_deleted(self, outbox):
        for number in range(3):
            outbox.put("a", machine(str(number), text="x" * LOG_SIZE))
            outbox.bury(claim(outbox), error="refused")
        large = outbox.path.stat().st_size
        assert outbox.prune(dead_for=0) == {State.DEAD: 3}
        assert outbox.path.stat().st_size < large - 2 * LOG_SIZE

    @of_sqlite
    def test_a_long_list_is_deleted_in_pages(self, outbox, monkeypatch):
        monkeypatch.setattr("newsdesk.outbox.outbox._PAGE", 3)
        for number in range(8):
            outbox.put("a", machine(str(number)))
            outbox.bury(claim(outbox), error="refused")
        assert outbox.prune(dead_for=0) == {State.DEAD: 8}
        assert states(outbox) == []

    def test_what_is_owed_anew_meanwhile_stays(self, outbox, monkeypatch):
        outbox.put("a", machine())
        outbox.bury(claim(outbox), error="refused")
        prune = Ledger.prune

        def slowly(ledger, ids, died_by):
            ledger.requeue(None)
            return prune(ledger, ids, died_by)

        monkeypatch.setattr(Ledger, "prune", slowly)
        assert outbox.prune(dead_for=0) == {}
        assert outbox.load(claim(outbox)) == machine()

    @of_sqlite
    def test_a_damaged_one_stays_and_is_logged_and_the_others_go(self, outbox, caplog):
        for name in ("large", "small"):
            outbox.put("a", machine(name, text="x" * 100_000 if name == "large" else ""))
            outbox.bury(claim(outbox), error="refused")
        break_chain(outbox)
        assert outbox.prune(dead_for=0) == {State.DEAD: 1}
        assert states(outbox) == [("large", "dead")]
        assert "entry 1 stays in the outbox: its record is damaged, and cannot be deleted" in caplog.text


class TestBounds:
    def test_what_would_go_over_the_size_is_refused_with_its_name(self, bounded):
        size = len(machine().to_json())
        outbox = bounded(max_bytes=size + 10)
        outbox.put("a", machine())
        with pytest.raises(OutboxError) as told:
            outbox.put("a", machine("n"))
        assert str(told.value) == (
            f"p/n could not be kept for a: the record needs {size} bytes, and {size} of the outbox's {size + 10} are taken; "
            "send what is owed with 'newsdesk outbox send', or raise 'max_bytes'"
        )
        assert states(outbox) == [("m", "owed")]

    def test_a_delivery_makes_room(self, bounded):
        outbox = bounded(max_bytes=len(machine().to_json()))
        outbox.put("a", machine())
        outbox.delivered(claim(outbox))
        outbox.put("a", machine("n"))
        assert states(outbox) == [("n", "owed")]

    def test_a_refused_revision_replaces_nothing(self, bounded):
        outbox = bounded(max_bytes=len(machine().to_json()))
        outbox.put("a", machine())
        with pytest.raises(OutboxError):
            outbox.put("a", machine(text="larger"))
        assert outbox.load(claim(outbox)) == machine()

    def test_what_it_replaces_makes_room_for_the_newest_revision(self, bounded):
        outbox = bounded(max_bytes=len(machine().to_json()))
        for revision in range(3):
            outbox.put("a", machine(revision=revision))
        assert outbox.load(claim(outbox)) == machine(revision=2)

    def test_what_is_being_sent_leaves_its_room_to_the_newest_revision(self, bounded):
        outbox = bounded(max_bytes=len(machine().to_json()))
        outbox.put("a", machine())
        sent = claim(outbox)
        outbox.put("a", machine(revision=1))
        with pytest.raises(OutboxError, match="are taken"):
            outbox.put("a", machine("n"))
        outbox.delivered(sent)
        assert outbox.load(claim(outbox)) == machine(revision=1)

    @of_sqlite
    def test_a_damaged_total_is_counted_anew(self, bounded):
        outbox = bounded(max_bytes=2 * len(machine().to_json()))
        outbox.put("a", machine())
        outbox._database.write(lambda db: db.execute("UPDATE totals SET bytes = bytes + 4096"))
        outbox.put("a", machine("n"))
        with pytest.raises(OutboxError, match="are taken"):
            outbox.put("a", machine("o"))

    @of_fine_clocks
    def test_what_waited_too_long_is_dead_with_both_reasons(self, bounded):
        outbox = bounded(max_age=0.01)
        outbox.put("a", machine(), error="down")
        time.sleep(0.02)
        assert outbox.claim(["a"], lease=LONG) == []
        [entry] = outbox.entries()
        assert (str(entry.state), entry.error) == ("dead", "down; it has waited for more than 0.01 seconds")


class TestDamage:
    def test_a_flipped_bit_is_told(self, outbox):
        outbox.put("a", machine(text="a word"))
        entry = claim(outbox)
        tamper(outbox, entry, flipped)
        with pytest.raises(DamagedError) as told:
            outbox.load(entry)
        assert str(told.value) == (
            f"entry {entry.id} (p/m for a) is damaged: its record is not what was kept; report the machine again"
        )

    def test_a_record_that_was_replaced_by_another_is_told(self, outbox):
        outbox.put("a", machine())
        entry = claim(outbox)
        tamper(outbox, entry, lambda _: machine("other").to_json())
        with pytest.raises(DamagedError):
            outbox.load(entry)

    def test_the_others_are_sent_and_the_damaged_one_is_dead(self, outbox):
        for name in "xyz":
            outbox.put("a", machine(name))
        bad = claim(outbox)
        tamper(outbox, bad, flipped)
        outbox.bury(bad, error="damaged")
        for _ in "yz":
            entry = claim(outbox)
            assert outbox.load(entry).name == entry.key.name
            outbox.delivered(entry)
        assert states(outbox) == [("x", "dead")]

    @of_sqlite
    def test_a_page_of_a_large_record_that_is_lost_stops_no_other(self, outbox):
        outbox.put("a", machine("large", text="x" * 100_000))
        outbox.put("a", machine("small"))
        break_chain(outbox)
        large = claim(outbox)
        with pytest.raises(
            DamagedError, match=r"entry 1 \(p/large for a\) is damaged: .* disk image is malformed"
        ):
            outbox.load(large)
        assert outbox.bury(large, error="damaged")
        small = claim(outbox)
        assert outbox.delivered(small)
        outbox.put("a", machine("large", revision=1))
        assert outbox.delivered(claim(outbox)), "the older, damaged one does not undo it"
        [left] = outbox.entries()
        assert (left.key.name, str(left.state), left.error) == (
            "large",
            "dead",
            "a newer revision replaced it, but its record cannot be deleted: the file is damaged there",
        )

    @of_sqlite
    def test_a_broken_table_is_a_clear_error(self, outbox):
        outbox.put("a", machine())
        outbox.close()
        content = bytearray(outbox.path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        outbox.path.write_bytes(content)
        for use in (lambda: list(outbox.entries()), outbox.counts, lambda: claim(outbox), outbox.requeue):
            with pytest.raises(
                OutboxError, match=r"the outbox '.*' cannot be .*: .*; the file is damaged: move it away"
            ):
                use()
        with pytest.raises(
            OutboxError, match=r"^p/n could not be kept for a: the outbox '.*' cannot be written to"
        ):
            outbox.put("a", machine("n"))


def test_a_long_list_is_given_whole_and_in_order_while_others_write(outbox, monkeypatch):
    monkeypatch.setattr("newsdesk.outbox.outbox._PAGE", 3)
    for n in range(10):
        outbox.put("a", machine(str(n)))
    seen = []
    for entry in outbox.entries():
        seen.append(entry.id)
        outbox.put("b", machine(str(len(seen) % 2)))
    assert seen == sorted(set(seen))
    assert len(seen) >= 10


def test_counts_are_by_reporter_and_state(outbox):
    outbox.put("a", machine("x"))
    outbox.put("a", machine("y"))
    outbox.put("b", machine("x"))
    claim(outbox, "b")
    assert outbox.counts() == {("a", State.OWED): 2, ("b", State.CLAIMED): 1}


def test_the_totals_have_the_bytes_and_the_oldest_of_each_reporter_and_state(outbox):
    assert outbox.totals() == {}
    for label in ("b", "", "a"):
        for name in "xyz":
            outbox.put(label, machine(name))
    outbox.bury(claim(outbox, "a"), error="refused")
    entries = list(outbox.entries())
    sizes = {(entry.label, entry.state): entry.size for entry in entries}
    created = {(entry.label, entry.key.name): entry.created for entry in entries}
    assert outbox.totals() == {
        ("", State.OWED): Total(3, 3 * sizes["", State.OWED], created["", "x"]),
        ("a", State.DEAD): Total(1, sizes["a", State.DEAD], created["a", "x"]),
        ("a", State.OWED): Total(2, 2 * sizes["a", State.OWED], created["a", "y"]),
        ("b", State.OWED): Total(3, 3 * sizes["b", State.OWED], created["b", "x"]),
    }


def test_entries_can_be_those_of_some_reporters(outbox):
    for label in ("b", "", "a"):
        for name in "xy":
            outbox.put(label, machine(name))
    outbox.bury(claim(outbox, "a"), error="refused")
    found = [(entry.label, entry.key.name) for entry in outbox.entries(State.OWED, labels=["a", ""])]
    assert found == [("", "x"), ("", "y"), ("a", "y")]
    assert list(outbox.entries(labels=[])) == []


def test_an_entry_tells_from_when_on_it_may_be_sent(outbox):
    outbox.put("a", machine())
    [fresh] = outbox.entries()
    assert fresh.due == pytest.approx(fresh.created, abs=1)
    outbox.release(claim(outbox, "a"), error="down", pause=1000)
    [entry] = outbox.entries()
    assert entry.due - entry.created == pytest.approx(1000, abs=60)


class TestProbe:
    def test_an_outbox_that_can_be_written_is_as_it_was(self, outbox):
        number = outbox.put("a", machine())
        outbox.probe()
        assert (states(outbox), records(outbox)) == ([("m", "owed")], [number])

    def test_one_that_cannot_be_written_is_an_error(self, outbox):
        outbox.put("a", machine())
        refuse_writes(outbox)
        with pytest.raises(OutboxError, match=r"attempt to write a readonly database|it answers 403"):
            outbox.probe()
