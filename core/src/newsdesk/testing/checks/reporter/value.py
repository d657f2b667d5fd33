"""Checks: a reporter is a value: it can be built, written down, pickled and shown."""

from typing import Any

from newsdesk.contract.parameters.arguments import secret_names
from newsdesk.contract.reporter import BaseReporter
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.inspection.value import io_of_building, lost_in_definition, lost_in_pickle, lost_in_yaml

_CANARY = "canary-8Zq4-canary"


class ValueChecks(CheckFixtures):
    """Building, definition, pickle and repr."""

    @check(required=True)
    def test_building_it_does_no_io(self, new_reporter: NewReporter) -> None:
        """If this fails, `__init__` opens something, sleeps, or starts a thread: move that to `open`.

        A config is checked, and a plan made, where the backend cannot be reached; and `__init__` runs again
        when references are resolved.
        """
        _expect_none(io_of_building(new_reporter()))

    @check(required=True)
    def test_its_definition_builds_an_equal_one(self, new_reporter: NewReporter) -> None:
        """If this fails, `to_dict` or `__eq__` was overridden, or an argument is kept as something else."""
        _expect_none(lost_in_definition(new_reporter()))

    @check(required=True)
    def test_its_definition_can_be_written_as_yaml(self, new_reporter: NewReporter) -> None:
        """If this fails, YAML cannot write a parameter's value: take a string or a number instead."""
        _expect_none(lost_in_yaml(new_reporter()))

    @check(required=True)
    def test_it_can_be_sent_to_another_process(self, new_reporter: NewReporter) -> None:
        """If this fails, pickling is overridden, or the class cannot be imported by its name."""
        _expect_none(lost_in_pickle(new_reporter()))

    @check(required=True)
    def test_its_secrets_are_masked(self, new_reporter: NewReporter) -> None:
        """If this fails, logs will show a password: annotate the parameter as `newsdesk.Secret`."""
        reporter = new_reporter()
        for name in sorted(secret_names(type(reporter)) | {*self.capabilities.secrets}):
            _expect_masked(reporter, name)


def _expect_none(fault: str) -> None:
    expect(not fault, fault)


def _expect_masked(reporter: BaseReporter, name: str) -> None:
    given: dict[str, Any] = reporter.given_params()
    holder = type(given.get(name, ""))
    canary: Any = {"canary": _CANARY} if issubclass(holder, dict) else _CANARY
    carrier = BaseReporter.__new__(
        type(reporter), **{**given, name: canary}
    )  # not initialised: it may refuse the value
    for shown in (repr(carrier), str(carrier), f"{carrier}", repr(carrier.masked_params())):
        expect(_CANARY not in shown, f"the parameter {name!r} is a secret, but is shown: {shown}")
    found = carrier.secret_values()
    expect(_CANARY in found, f"the parameter {name!r} is a secret, but secret_values() does not have it")
