"""Failures of thousands of machines are as many messages as they have causes."""

import uuid

import pytest
from newsdesk.cli.receipts.causes import APART, KEPT, LONGEST, NAMED, Causes
from newsdesk.machine import MachineKey

MACHINES = [MachineKey(f"site-{number % 5}", f"pump-{number}") for number in range(2000)]


def messages(texts):
    """Return the messages of failures with these texts, one for each machine."""
    causes = Causes()
    for machine, text in zip(MACHINES, texts, strict=False):
        causes.add("db", "failed", machine, text)
    return [message for _, message in causes.texts()]


@pytest.mark.parametrize(
    "text",
    [
        "refused",
        "{name}.json is too large",
        "the run 'run of {number}' exists",
        "row {number}: the value of {project}/{name} has {number} characters",
        "row {number} rejected\nDETAIL: Failing row contains ({name}, {number}, ...).",
        "HTTP 502 from https://mlflow.example/runs?id={uuid} (request {uuid}) at 2026-11-26T08:{minute:02}:00Z",
        "cannot connect to db-{number}.example:5432: refused",
        "/var/lib/reports/{number}.json: permission denied",
        "the column `tag_{number}` is not there",
    ],
)
def test_one_cause_is_one_message_whatever_in_its_text_belongs_to_the_machine(text):
    shown = [
        text.format(
            name=key.name, project=key.project_name, number=number, uuid=uuid.uuid4(), minute=number % 60
        )
        for number, key in enumerate(MACHINES)
    ]
    [message] = messages(shown)
    assert message.startswith("db: 2000 failed (site-0/pump-0, site-1/pump-1, site-2/pump-2 and 1997 more): ")
    assert shown[0].split("\n")[0] in message


def test_a_text_that_stands_for_others_is_said_to_do_so():
    [message] = messages(f"row {number} is refused" for number in range(300))
    assert message.endswith(": texts differ, such as: row 0 is refused")
    [message] = messages(["refused"] * 300)
    assert message.endswith(": refused")


def test_a_few_causes_of_one_form_stay_apart_the_most_frequent_first():
    statuses = [404, *[502] * 3, 429, 429]
    told = messages(f"HTTP {status}" for status in statuses)
    assert [(line.split()[1], line[-8:]) for line in told] == [
        ("3", "HTTP 502"),
        ("2", "HTTP 429"),
        ("1", "HTTP 404"),
    ]


def test_a_cause_is_counted_with_all_its_forms_when_they_become_too_many():
    codes = [number % (APART + 1) for number in range(APART * 100)] + [7] * 100
    told = messages(f"code {code}" for code in codes)
    assert [line.split()[1] for line in told] == [str(len(codes))]


def test_messages_are_bounded_and_what_is_left_out_is_counted():
    told = messages("no " + "y" * number for number in range(100))
    assert len(told) == KEPT + 1
    assert told[-1] == f"… and {100 - KEPT} more failures"


def test_a_long_text_is_cut_and_says_where_the_rest_is():
    [message] = messages(["x" * 100_000])
    assert len(message) < LONGEST + 200
    assert message.endswith("… (--json has all of it)")


@pytest.mark.timeout(60)  # a pattern that begins at each character would take hours
@pytest.mark.parametrize("text", ["a", "a-", "'", "\"'`", "1", "*", "\\", "a' "])
def test_a_text_of_a_megabyte_is_grouped_at_once(text):
    assert len(messages([text * 10**6] * 20)) == 1


def test_no_text_or_name_is_a_command_to_the_terminal():
    causes = Causes()
    causes.add("d\x1b[2Jb", "failed", MachineKey("p\r", "n\x07"), "Error: \x1b]0;title\x07\nsecond \x9b line")
    [(_, message)] = causes.texts()
    assert message == ("d\\x1b[2Jb: 1 failed (p\\r/n\\x07): Error: \\x1b]0;title\\x07\n  second \\x9b line")


def test_a_machine_that_is_added_again_in_a_row_counts_once_where_that_is_asked_for():
    causes = Causes(once=True)
    for machine in MACHINES[:5]:
        for tag in range(50):
            causes.add("db", "altered", machine, f"metadata.tags.TAG-{tag} truncated: 5 of 9 characters")
    [(_, message)] = causes.texts()
    assert message.startswith("db: 5 altered (site-0/pump-0, site-1/pump-1, site-2/pump-2 and 2 more): ")


def test_whether_all_machines_are_named_is_known():
    causes = Causes()
    for machine in MACHINES[:NAMED]:
        causes.add("db", "failed", machine, "refused")
    assert causes.names_all
    causes.add("db", "failed", MACHINES[NAMED], "refused")
    assert not causes.names_all
