"""Code as users write it; checked by mypy, never run."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_type

import newsdesk
from newsdesk import (
    Alteration,
    Attempt,
    BaseReporter,
    Change,
    Config,
    DefinitionError,
    Delivery,
    DeliveryFailed,
    Delta,
    Desk,
    Diff,
    Fault,
    Finding,
    GateCheck,
    GateResult,
    GateStatus,
    Machine,
    MachineKey,
    PermanentReporterError,
    Plan,
    Receipt,
    ReporterPlugin,
    Retry,
    Rule,
    Rules,
    Secret,
    ServerPlugin,
    Status,
    TransientReporterError,
    hookimpl,
)
from newsdesk.batching import Limits, split
from newsdesk.testing import Server
from newsdesk_mlflow import MlFlowReporter, batch_log_items, get_machine_log_items
from newsdesk_postgres import MachineDoesNotExist, PostgresReporter

# Machines


class Built:
    """A record of another project, with `to_dict`."""

    def to_dict(self) -> dict[str, Any]:
        """Return the record."""
        return {"name": "compressor-7"}


machine = Machine(name="compressor-7", project_name="north-plant", model={"steps": [1, 2.5, None]})
assert_type(Machine.of(Built()), Machine)
assert_type(Machine.from_dict({"name": "compressor-7"}), Machine)
assert_type(Machine.from_json(b'{"name": "compressor-7"}'), Machine)
assert_type(machine.to_dict(), dict[str, Any])
assert_type(machine.to_json(), bytes)
assert_type(machine.key, MachineKey)
assert_type(machine.model_key, str)
assert_type(machine.revision, str)
machine.name = "another"  # type: ignore[misc]  # a machine is frozen

# Reporters


class SlackReporter(BaseReporter):
    """A reporter with a plain constructor."""

    def __init__(self, channel: str, token: Secret | None = None) -> None:
        self.channel = channel
        self.token = token

    def report(self, machine: Machine) -> Delivery:
        """Deliver one machine."""
        if self.token is None:
            raise PermanentReporterError("no token: give one as 'token'")
        if not machine.metadata:
            raise TransientReporterError("busy", retry_after=2.5)
        return Delivery(reference=self.channel, alterations=[Alteration("metadata", "omitted", "too long")])

    def report_many(self, machines: Iterable[Machine]) -> Iterator[Delivery | None]:
        """Deliver many."""
        return map(self.report, machines)

    def validate(self) -> None:
        """Check the parameters."""
        if not self.channel.startswith("#"):
            raise DefinitionError(
                "no channel", [Fault("channel", f"must begin with #, but is {self.channel}")]
            )

    def findings(self, *, ping: bool) -> Iterator[Finding]:
        """Provide findings for the doctor."""
        if ping and self.token is None:
            yield Finding("it has no token", "give it one as 'token'")

    def plan(self, machine: Machine) -> Plan:
        """Preview what would be sent."""
        return Plan(requests=1, items={"messages": 1}, size=len(machine.to_json()))


@dataclass
class NothingReporter(BaseReporter):
    """A reporter that is a dataclass and returns nothing."""

    headers: Mapping[str, Secret]
    attempts: int = 3

    def report(self, machine: Machine) -> None:
        """Deliver one machine."""


slack = SlackReporter("#builds", token="${env:SLACK_TOKEN}")
assert_type(slack.token, str | None)
assert_type(slack.to_dict(), str | dict[str, Any])
assert_type(slack.get_params(), dict[str, Any])
assert_type(BaseReporter.from_dict({"files": {"path": "reports"}}), BaseReporter)
NothingReporter(headers={"authorization": "${file:token}"})
BaseReporter()  # type: ignore[abstract]  # a reporter must report
SlackReporter(chanel="#builds")  # type: ignore[call-arg]  # a misspelled parameter

with slack as opened:
    assert_type(opened, SlackReporter)
    opened.report(machine)

# Plugins


@hookimpl
def newsdesk_reporters() -> Iterator[ReporterPlugin]:
    """Register a reporter."""
    yield ReporterPlugin("slack", "my_plugin.reporter:SlackReporter", aliases=("chat",))
    yield ReporterPlugin("nothing", NothingReporter, summary="says nothing")


@hookimpl
def newsdesk_receipt(receipt: Receipt) -> None:
    """Handle a delivery's receipt."""
    if receipt.status is Status.FAILED:
        assert_type(receipt.error, Exception | None)


@hookimpl
def newsdesk_attempt(attempt: Attempt) -> Generator[None, Exception | None, None]:
    """Run around an attempt."""
    assert_type(attempt.number, int)
    error = yield
    assert_type(error, Exception | None)


# Other hooks of a plugin


@hookimpl
def newsdesk_servers() -> Iterator[ServerPlugin]:
    """Provide a server for tests."""
    yield ServerPlugin("slack", "my_plugin.testing:slack_server")


with Server("my_plugin.testing:slack_server", "folder") as server:
    assert_type(server.url, str)

# Deliveries

try:
    assert_type(newsdesk.report(machine), list[Receipt])
    newsdesk.report({"name": "compressor-7"}, "console", deadline=5)
    newsdesk.report(
        Built(), [slack, "console", {"postgres": {"host": "db"}, "required": False}], retry=Retry(attempts=2)
    )
except DeliveryFailed as failure:
    assert_type(failure.receipts, tuple[Receipt, ...])
    assert_type(failure.exceptions, tuple[Exception | ExceptionGroup[Exception], ...])

with Desk([slack, {"files": {"path": "reports"}}], deadline=30) as desk:
    assert_type(desk.report(machine), list[Receipt])
    for receipt in desk.report_many(Machine(name=str(number)) for number in range(3)):
        assert_type(receipt, Receipt)
        assert_type(receipt.alterations, tuple[Alteration, ...])

with Config.read("newsdesk.yaml").desk() as desk:
    desk.report(machine)

# Comparisons

difference = newsdesk.diff(machine, {"name": "compressor-7"}, volatile=True)
assert_type(difference, Diff)
assert_type(difference.differs, bool)
assert_type(difference.changes, tuple[Change, ...])
assert_type(difference.scores[0].mean.difference, float | None)
assert_type(difference.scores[0].folds, dict[int, Delta])
assert_type(difference.to_dict(), dict[str, Any])

rules = Rules((Rule("r2-score", absolute=0.01, by="mean"), Rule("*-error", relative=0.05)), new="allowed")
assert_type(newsdesk.gate(machine, {"name": "compressor-7"}), GateResult)
result = newsdesk.gate([machine], [machine], rules)
assert_type(result.passed, bool)
assert_type(result.failures, tuple[GateCheck, ...])
assert_type(result.failures[0].candidate, float | None)
assert_type(result.counts, dict[GateStatus, int])
newsdesk.gate([machine], [machine], Rules.read("rules.yaml"))
newsdesk.gate([machine], [machine], [Rule(by="median")])  # type: ignore[arg-type]  # mean, fold or both

# Batches

batches = split(["a", "bb"], Limits(total=2, size=100), size=len)
assert_type(batches, Iterator[list[str]])

# The backends

MlFlowReporter(tracking_uri="http://mlflow.example:5000", tags={"team": "north"}, per_tag_metrics=True)
MlFlowReporter(experimnt="{name}")  # type: ignore[call-arg]  # a misspelled parameter
metrics, params = get_machine_log_items(machine)
for batch in batch_log_items(metrics, params, n_max_metrics=50):
    assert_type(batch, dict[str, Any])

with PostgresReporter("db.example", password="${env:PGPASSWORD}", sslmode="verify-full") as postgres:
    try:
        assert_type(postgres.fetch("compressor-7", project_name="north-plant"), Machine)
    except MachineDoesNotExist:
        postgres.report(machine)
PostgresReporter(embedded="folder", sslmode="often")  # type: ignore[arg-type]  # not a mode of libpq
