import copy
import dataclasses
import json
import pickle

import pytest
from newsdesk.alteration import Alteration
from newsdesk.contract.delivery import Delivery, Plan
from newsdesk.contract.receipt import DeliveryFailed, Receipt, Status
from newsdesk.exceptions import PermanentReporterError, ReporterException, TransientReporterError
from newsdesk.machine import MachineKey

KEY = MachineKey("proj", "m1")


def receipt(status=Status.DELIVERED, error=None, **others):
    return Receipt(KEY, "ab" * 32, others.pop("reporter", "mlflow"), status, error=error, **others)


LOST = receipt(Status.FAILED, PermanentReporterError("refused"))
LATE = receipt(Status.FAILED, TransientReporterError("down", 3.0), reporter="postgres", required=False)
OWED = receipt(Status.SPOOLED, TransientReporterError("down"), reporter="spooled")


@pytest.mark.parametrize(
    ("status", "ok"),
    [(Status.DELIVERED, True), (Status.UNCHANGED, True), (Status.SPOOLED, False), (Status.FAILED, False)],
)
def test_a_receipt_is_ok_when_the_backend_holds_the_record(status, ok):
    assert receipt(status).ok is ok


def test_an_alteration_tells_where_what_and_why():
    assert (
        str(Alteration("a.b", "truncated", "600 of 700 characters")) == "a.b truncated: 600 of 700 characters"
    )


def test_a_receipt_as_a_dict_is_plain_json():
    given = receipt(
        Status.FAILED,
        PermanentReporterError("refused"),
        attempts=2,
        seconds=0.12345678,
        reference="run/1",
        alterations=(Alteration("a", "renamed", "to b"),),
    )
    assert given.to_dict() == {
        "machine": {"project_name": "proj", "name": "m1"},
        "revision": "ab" * 32,
        "reporter": "mlflow",
        "status": "failed",
        "required": True,
        "attempts": 2,
        "seconds": 0.123457,
        "reference": "run/1",
        "alterations": [{"path": "a", "kind": "renamed", "detail": "to b"}],
        "error": "PermanentReporterError: refused",
    }
    assert json.loads(json.dumps(given.to_dict())) == given.to_dict()


def test_a_receipt_of_a_good_delivery_has_no_error():
    assert receipt().to_dict()["error"] is None


@pytest.mark.parametrize(
    "value", [receipt(), Delivery("x"), Plan(2, {"rows": 1}), Alteration("a", "omitted", "b")]
)
def test_records_are_frozen_and_can_be_sent_to_another_process(value):
    assert pickle.loads(pickle.dumps(value)) == value
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, "other")


@pytest.mark.parametrize(
    ("given", "settled", "fails"),
    [
        (receipt(), True, False),
        (LOST, False, True),
        (LATE, False, False),
        (OWED, False, True),
        (receipt(Status.SPOOLED, accepts_spooled=True), True, False),
        (receipt(Status.SKIPPED), True, False),
        (receipt(Status.FAILED, ValueError(), accepts_spooled=True), False, True),
    ],
)
def test_a_report_fails_by_what_is_required_and_not_settled(given, settled, fails):
    assert (given.settled, given.fails_report) == (settled, fails)


def test_a_failed_delivery_that_is_in_the_outbox_is_spooled():
    assert LOST.spooled() == receipt(Status.SPOOLED, LOST.error)


class TestDeliveryFailed:
    def test_a_record_that_is_only_in_the_outbox_is_a_failure_with_a_way_out(self):
        (error,) = DeliveryFailed([receipt(), receipt(Status.SPOOLED)]).exceptions
        assert str(error) == (
            "proj/m1 is only in the outbox for mlflow; if that is enough, set 'required: spooled'"
        )

    def test_it_names_each_failure_and_counts_all(self):
        error = DeliveryFailed([receipt(), LOST, LATE])
        assert (
            str(error)
            == "2 of 3 deliveries failed: proj/m1 at mlflow, proj/m1 at postgres (2 sub-exceptions)"
        )

    def test_it_holds_all_failures_and_all_receipts(self):
        error = DeliveryFailed([receipt(), LOST, LATE])
        assert error.exceptions == (LOST.error, LATE.error)
        assert error.receipts == (receipt(), LOST, LATE)
        assert isinstance(error, ReporterException)

    def test_a_part_of_it_is_a_plain_group_of_the_same_message(self):
        error = DeliveryFailed([LOST, LATE])
        part, rest = error.split(PermanentReporterError)
        assert type(part) is type(rest) is ExceptionGroup
        assert part.exceptions == (LOST.error,)
        assert rest.exceptions == (LATE.error,)
        assert part.message == error.message

    def test_except_star_finds_the_failures_in_it(self):
        found = []
        try:
            raise DeliveryFailed([LOST, LATE])
        except* TransientReporterError as group:
            found += group.exceptions
        except* PermanentReporterError as group:
            found += group.exceptions
        assert found == [LATE.error, LOST.error]

    @pytest.mark.parametrize("copied", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy])
    def test_it_survives_the_way_from_a_worker_process(self, copied):
        error = DeliveryFailed([receipt(), LOST])
        twin = copied(error)
        assert type(twin) is DeliveryFailed
        assert str(twin) == str(error)
        assert [str(e) for e in twin.exceptions] == ["refused"]
        assert [r.to_dict() for r in twin.receipts] == [r.to_dict() for r in error.receipts]
