"""Checks: a reporter is a value."""

import pickle
from typing import Any

import pytest
import yaml

from newsdesk.arguments import secret_names
from newsdesk.reporter import BaseReporter
from newsdesk.testing.audit import io_events
from newsdesk.testing.checks.bench import Bench, NewReporter
from newsdesk.testing.checks.check import check, expect

_CANARY = "canary-8Zq4-canary"


class ValueChecks(Bench):
    """It can be built, written down, sent to another process and shown."""

    @check()
    def test_building_it_does_no_io(self, new_reporter: NewReporter) -> None:
        """If this fails, `__init__` opens a file, a connection or a process: move that to `open`.

        A config is checked, and a plan made, where the backend cannot be reached; and `__init__` runs again
        when references are resolved.
        """
        reporter = new_reporter()  # once before, for what Python itself loads
        with io_events() as events:
            type(reporter)(*reporter.arguments.args, **reporter.arguments.kwargs)
        expect(not events, f"building {reporter!r} does I/O: {', '.join(events[:5])}; move it to open()")

    @check()
    def test_its_definition_builds_an_equal_one(self, new_reporter: NewReporter) -> None:
        """If this fails, `to_dict` or `__eq__` was overridden, or an argument is kept as something else."""
        reporter = new_reporter()
        again = BaseReporter.from_dict(reporter.to_dict())
        expect(_same(again, reporter), f"{reporter!r} came back from its definition as {again!r}")

    @check()
    def test_its_definition_can_be_written_as_yaml(self, new_reporter: NewReporter) -> None:
        """If this fails, a parameter takes what YAML has no form for: take a text or a number instead."""
        definition = new_reporter().to_dict()
        again = yaml.safe_load(yaml.safe_dump(definition))
        expect(again == definition, f"the definition {definition!r} came back from YAML as {again!r}")

    @check()
    def test_it_can_be_sent_to_another_process(self, new_reporter: NewReporter) -> None:
        """If this fails, pickling was overridden, or the class is not to be found under its own name."""
        reporter = new_reporter()
        again = pickle.loads(pickle.dumps(reporter))  # noqa: S301  (our own)
        expect(_same(again, reporter), f"{reporter!r} came back from pickle as {again!r}")

    @check()
    def test_its_secrets_are_masked(self, new_reporter: NewReporter) -> None:
        """If this fails, logs will show a password: annotate the parameter as `newsdesk.Secret`."""
        reporter = new_reporter()
        names = secret_names(type(reporter)) | {*self.capabilities.secrets}
        if not names:
            pytest.skip("it has no secrets")
        for name in sorted(names):
            _expect_masked(reporter, name)


def _same(one: BaseReporter, other: BaseReporter) -> bool:
    # By their arguments as well: an `==` of the reporter's own may find everything equal.
    return one == other and type(one) is type(other) and one.get_params() == other.get_params()


def _expect_masked(reporter: BaseReporter, name: str) -> None:
    given: dict[str, Any] = reporter.arguments.given
    holder = type(given.get(name, ""))
    canary: Any = {"canary": _CANARY} if issubclass(holder, dict) else _CANARY
    carrier = BaseReporter.__new__(
        type(reporter), **{**given, name: canary}
    )  # not built: it may refuse the value
    for shown in (repr(carrier), str(carrier), f"{carrier}", repr(carrier.masked_params())):
        expect(_CANARY not in shown, f"the parameter {name!r} is a secret, and is shown: {shown}")
    found = carrier.secret_values()
    expect(_CANARY in found, f"the parameter {name!r} is a secret, and secret_values() does not have it")
