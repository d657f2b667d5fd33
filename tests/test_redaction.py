"""A secret that is planted anywhere in a record, and redacted, is in no byte that is written, logged or returned."""

import base64
import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newsdesk import (
    BaseReporter,
    DeliveryFailed,
    Desk,
    Machine,
    PermanentReporterError,
    Retry,
    TransientReporterError,
)
from newsdesk.routing.paths import text_of
from newsdesk.testing.strategies import records

PLANTED, CONTROL = "P1antedSecret", "C0ntrolValue"
PARTS = ("model", "dataset", "metadata", "runtime", "evaluation")
SLOW = {"deadline": None, "suppress_health_check": [*HealthCheck]}


class Quoting(BaseReporter):
    """Fails with all that it got, as often as it is to; what it logs and raises quotes the record."""

    def __init__(self, failures: int = 1000, *, permanent: bool = False) -> None:
        self.failures, self.permanent = failures, permanent
        self.count = 0

    def report(self, machine):
        quoted = f"got {machine.to_json()!r} {machine.source!r} {vars(machine)!r}"
        logging.getLogger("newsdesk.quoting").debug(quoted)
        self.count += 1
        if self.count <= self.failures:
            try:
                raise ValueError(quoted)
            except ValueError as error:
                raise (PermanentReporterError if self.permanent else TransientReporterError)(
                    quoted
                ) from error


class Places:
    """Where everything goes, and all that is there."""

    def __init__(self, folder, mlflow, postgres):
        self.folder, self.mlflow, self.postgres = folder, mlflow, postgres
        self.said = io.StringIO()
        self.outboxes = [str(folder / "box" / "owed.db"), f"file://{folder}/box/objects"]

    def backends(self, **options):
        """Return entries of the backends."""
        url = self.postgres.url.replace("+psycopg2", "")
        return [
            {"files": {"path": str(self.folder / "files")}, **options},
            {"mlflow": {"tracking_uri": self.mlflow.url, "experiment": "redaction"}, **options},
            {"postgres": {"url": url}, **options},
            {f"{__name__}.Quoting": {"failures": 1}, "label": "flaky", **options},
        ]

    def say(self, receipts):
        """Keep what a user may print of receipts."""
        for receipt in receipts:
            print(receipt, json.dumps(receipt.to_dict()), file=self.said)
            error = receipt.error
            while error is not None:
                print(repr(error), vars(error), file=self.said)
                error = error.__cause__ or error.__context__

    def having(self, text):
        """Return which places have a text, or its base64, in any byte."""
        forms = [text.encode(), *(base64.b64encode(b"\0" * n + text.encode())[4:-4] for n in range(3))]
        files = {
            "files": self.folder / "files",
            "sqlite": self.folder / "box",
            "objects": self.folder / "box" / "objects",
            "mlflow": self.mlflow.folder,
            "postgres": self.postgres.folder,
        }
        contents = {
            name: b"".join(each.read_bytes() for each in self._files(folder, name))
            for name, folder in files.items()
        }
        contents["rows"] = repr(self.postgres.query("SELECT machine::text FROM machine")).encode()
        contents["said"] = self.said.getvalue().encode()
        return {name for name, content in contents.items() if any(form in content for form in forms)}

    def _files(self, folder, name):
        found = folder.glob("owed.db*") if name == "sqlite" else Path(folder).rglob("*")
        return [each for each in found if each.is_file()]


@pytest.fixture(scope="module")
def places(tmp_path_factory, mlflow_server, postgres_server):
    """Give the places, while the debug log of everything is among them."""
    made = Places(tmp_path_factory.mktemp("redaction"), mlflow_server, postgres_server)
    handler, root = logging.StreamHandler(made.said), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield made
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def within(value, keys=()):
    """Yield each place within a record."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*keys, key)
        yield from within(item, (*keys, key))


@st.composite
def planted(draw):
    """Give a record with secrets in it, and paths to them."""
    record = {**draw(records()), "contract": {"token": 1}}
    paths = set()
    for number in range(draw(st.integers(1, 3))):
        keys = draw(
            st.sampled_from(
                [
                    keys
                    for keys in within(record)
                    if keys[0] not in ("name", "project_name") and (len(keys) > 1 or keys[0] not in PARTS)
                ]
            )
        )
        secret = f"{PLANTED}{number}"
        holder = record
        for key in keys[:-1]:
            holder = holder[key]
        holder[keys[-1]] = draw(
            st.sampled_from([secret, f"a {secret} in text", {"deep": [{secret: secret}]}])
        )
        ways = [text_of(keys), ".".join([text_of(keys[:-1]), "*"][len(keys) < 2 :])]
        if isinstance(keys[-1], str):
            ways.append(f"**.{text_of(keys[-1:])}")
        if len(keys) > 2:
            ways.append(text_of(keys[:-1]))
        paths.add(draw(st.sampled_from(ways)))
    return record, sorted(paths)


def deliver(places, record, paths):
    """Send a record everywhere: at once, after a failure, in vain, by an outbox and by a pool's workers."""
    original, redact = Machine.of(record).redacted(), {"redact": paths} if paths else {}
    for outbox in places.outboxes:
        vain = [
            {f"{__name__}.Quoting": {}, "label": "mlflow", "spool": "on_failure", **redact},
            {f"{__name__}.Quoting": {"permanent": True}, "label": "refusing", **redact},
        ]
        with Desk(vain, outbox=outbox, retry=Retry(attempts=2, initial=0), drain=0) as desk:
            with pytest.raises(DeliveryFailed) as failed:
                desk.report(record)
            places.say(failed.value.receipts)
            print(repr(failed.value), str(failed.value), file=places.said)
        assert [str(receipt.status) for receipt in failed.value.receipts] == ["spooled", "failed"]
    with Desk(places.backends(**redact), retry=Retry(attempts=2, initial=0)) as desk:
        with ThreadPoolExecutor(1) as pool:
            receipts = [*desk.report(record), *desk.report_many([record], pool)]
        # In its revision: MLflow keeps all that were reported of a name, and the last is perhaps another one.
        asked = original.name, original.project_name, original.revision
        read = [desk.fetch(label, *asked) for label in ("files", "mlflow", "postgres")]
    for outbox in places.outboxes:
        with Desk(places.backends()[1], outbox=outbox, retry=Retry(attempts=2, initial=0)) as desk:
            receipts += desk.send_owed()  # without `redact` in the config
    places.say(receipts)
    assert len(receipts) == 10
    assert all(receipt.ok for receipt in receipts)
    assert {receipt.revision for receipt in receipts} == {original.revision}
    assert {machine.revision for machine in read} == {original.revision}
    assert {machine.model_key for machine in read} == {original.model_key}
    altered = [any(each.kind == "redacted" for each in receipt.alterations) for receipt in receipts]
    assert altered == [bool(paths)] * 10


def test_what_is_not_redacted_is_found_in_every_place(places):
    """Else the next tests could not fail."""
    deliver(places, {"name": CONTROL, "metadata": {"token": CONTROL}}, [])
    assert places.having(CONTROL) == {"files", "sqlite", "objects", "mlflow", "postgres", "rows", "said"}


@settings(max_examples=5, **SLOW)
@given(planted())
def test_what_is_redacted_is_found_nowhere(places, made):
    record, paths = made
    deliver(places, record, paths)
    assert places.having(PLANTED) == set()


@pytest.mark.large
@pytest.mark.timeout(1200)  # each example reads all that the servers have written
@settings(max_examples=100, **SLOW)
@given(planted())
def test_what_is_redacted_is_found_nowhere_of_many_records(places, made):
    record, paths = made
    deliver(places, record, paths)
    assert places.having(PLANTED) == set()


def test_a_finished_run_that_was_redacted_otherwise_stays_and_the_receipt_says_so(mlflow_server):
    """MLflow's runs do not change: whoever adds `redact` must hear that an older run still has the value."""
    record = {"name": "redacted-later", "metadata": {"user_defined": {"token": "t0ken"}}}
    entry = {"mlflow": {"tracking_uri": mlflow_server.url, "experiment": "redacted-later"}}
    redact = {"redact": ["**.token"]}
    with Desk(entry) as whole, Desk({**entry, **redact}) as part:
        receipts = [desk.report(record)[0] for desk in (whole, whole, part)]
        ((run, *_),) = mlflow_server.runs("redacted-later")
        mlflow_server.call("runs/delete", run_id=run)
        receipts += [desk.report(record)[0] for desk in (part, part, whole)]
    told = [[f"{each.path} {each.kind}" for each in receipt.alterations] for receipt in receipts]
    was, token = "redact omitted", "metadata.user_defined.token redacted"
    assert told == [[], [], [token, was], [token], [token], [was]]
    assert [receipt.status for receipt in receipts[2:4]] == ["unchanged", "delivered"]
    assert "delete the run, and report the machine again" in receipts[2].alterations[1].detail
