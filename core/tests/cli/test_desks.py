"""The desks that machines name themselves: no more stay open than are in use."""

import json
import threading

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from newsdesk.cli import desks, named
from newsdesk.cli.desks import Desks
from newsdesk.config.choice import ConfigChoice
from newsdesk.machine import Machine

COUNTED = """
    from newsdesk import BaseReporter, Delivery

    OPEN, MOST = set(), []

    class Counted(BaseReporter):
        def __init__(self, number: int) -> None:
            self.number = number

        def open(self):
            OPEN.add(self.number)
            MOST.append(len(OPEN))

        def report(self, machine):
            assert self.number in OPEN
            return Delivery(str(self.number))

        def close(self):
            OPEN.remove(self.number)
"""


@pytest.fixture
def counted(distribution):
    distribution("counted", {"counted_reporters": COUNTED})
    import counted_reporters

    return counted_reporters


def machine(number, of=10**9):
    reporters = [{"counted_reporters.Counted": {"number": number % of}}]
    return {"name": f"m{number}", "runtime": {"reporters": reporters}}


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]])
def test_of_many_configs_only_so_many_reporters_are_open(newsdesk, counted, write, monkeypatch, workers):
    monkeypatch.setattr(desks, "KEPT", 3)
    write("many.json", [machine(number) for number in range(20)])
    result = newsdesk("report", "many.json", "--json", *workers)
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [receipt["reference"] for receipt in told] == [str(number) for number in range(20)]
    assert max(counted.MOST) <= 3
    assert not counted.OPEN


def test_machines_that_take_turns_with_a_few_configs_open_each_once(newsdesk, counted, write, monkeypatch):
    monkeypatch.setattr(desks, "KEPT", 3)
    write("many.json", [machine(number, of=3) for number in range(20)])
    newsdesk("report", "many.json")
    assert counted.MOST == [1, 2, 3]


def test_the_one_that_was_used_last_is_kept(counted, monkeypatch):
    monkeypatch.setattr(desks, "KEPT", 2)
    made = Desks(ConfigChoice(), ())
    first = made.of(Machine.from_dict(machine(1)))
    made.of(Machine.from_dict(machine(2)))
    assert made.of(Machine.from_dict(machine(1))) is first
    second_again = made.of(Machine.from_dict(machine(3)))
    assert made.of(Machine.from_dict(machine(1))) is first
    assert made.of(Machine.from_dict(machine(3))) is second_again
    made.close()


def test_desks_that_were_looked_at_alone_leave_no_threads(newsdesk, counted, write, monkeypatch):
    monkeypatch.setattr(desks, "KEPT", 3)
    write("many.json", [machine(number) for number in range(20)])
    before = threading.active_count()
    newsdesk("plan", "many.json")
    assert threading.active_count() <= before


def test_a_plugin_that_is_not_there_is_not_the_machines_fault(newsdesk, write):
    write("newsdesk.yaml", "plugins: [nobody]")
    write("a.json", {"name": "a"})
    told = newsdesk("report", "a.json", code=2).stderr
    assert "Error: no plugin 'nobody' is installed; there are: " in told
    assert "runtime.reporters" not in told


@given(st.from_regex(named._PLAIN, fullmatch=True))
@example("null")
@example("pkg.mod:Class")
def test_what_is_read_without_yaml_is_what_yaml_reads(text):
    assert (yaml.safe_load(text) or "null") == text


@pytest.mark.parametrize(
    "text", ["yes", "Null", "on", "true", "1e5", "0x1F", "2024-01-01", "~", "{files: {path: x}}"]
)
def test_what_yaml_reads_otherwise_is_left_to_yaml(text):
    assert not named._PLAIN.fullmatch(text)
