import pickle

import pytest
from newsdesk import exceptions
from newsdesk.batching import ItemTooLargeError
from newsdesk.contract.receipt import DeliveryFailed
from newsdesk.exceptions import (
    AmbiguousMachine,
    DefinitionError,
    DeliveryError,
    Fault,
    MachineDoesNotExist,
    MachineError,
    PermanentReporterError,
    PluginError,
    ReporterException,
    TransientReporterError,
    UnknownReporterError,
    UnresolvedReferenceError,
)

TREE = {
    MachineError: ReporterException,
    MachineDoesNotExist: ReporterException,
    AmbiguousMachine: ReporterException,
    DefinitionError: ReporterException,
    UnknownReporterError: DefinitionError,
    PluginError: DefinitionError,
    UnresolvedReferenceError: DefinitionError,
    DeliveryError: ReporterException,
    TransientReporterError: DeliveryError,
    PermanentReporterError: DeliveryError,
    DeliveryFailed: ReporterException,
}


@pytest.mark.parametrize(("error", "parent"), TREE.items())
def test_the_tree_of_errors_is_as_drawn(error, parent):
    assert issubclass(error, parent)
    assert error.__name__ in exceptions.__doc__


def test_wrong_records_and_definitions_are_value_errors_and_failed_deliveries_are_not():
    assert issubclass(MachineError, ValueError)
    assert issubclass(DefinitionError, ValueError)
    assert not issubclass(DeliveryError, ValueError)


def test_a_fault_is_told_with_its_path_and_the_outermost_value_has_none():
    assert str(Fault("a.b", "is wrong")) == "a.b: is wrong"
    assert str(Fault("", "is wrong")) == "is wrong"


def test_an_error_lists_every_fault_on_a_line_of_its_own():
    error = DefinitionError("it cannot be used", [Fault("a", "is missing"), Fault("", "is odd")])
    assert str(error) == "it cannot be used\n  - a: is missing\n  - is odd"
    assert error.faults == (Fault("a", "is missing"), Fault("", "is odd"))
    assert str(DefinitionError("it cannot be used")) == "it cannot be used"


@pytest.mark.parametrize(
    "error",
    [
        MachineError("no machine", [Fault("name", "is missing")]),
        UnknownReporterError("there is none"),
        TransientReporterError("later", retry_after=2.5),
        PermanentReporterError("never"),
        ItemTooLargeError("item", 3, 10, 5),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_from_a_worker_process(error):
    error.add_note("a note")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_transient_error_tells_the_seconds_that_the_backend_asked_to_wait():
    assert TransientReporterError("later", retry_after=2.5).retry_after == 2.5
    assert TransientReporterError("later").retry_after is None
    assert str(TransientReporterError("later", 1)) == "later"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", None),
        ("", None),
        ("soon", None),
        ("inf", None),
        ("nan", None),
        (float("nan"), None),
        (float("inf"), None),
        (-1, None),
        (-0.5, None),
        ([3], None),
        (10**400, None),
        (0, 0.0),
        (1e300, 1e300),
    ],
)
def test_what_is_not_a_number_of_seconds_counts_as_no_wish_to_wait(told, seconds):
    class OfItsClass(TransientReporterError):
        retry_after = told

        def __init__(self):
            pass

    class Computed(TransientReporterError):
        @property
        def retry_after(self):
            return told

        @retry_after.setter
        def retry_after(self, _):
            pass

    later = TransientReporterError("later")
    later.retry_after = told
    for error in (TransientReporterError("later", told), later, OfItsClass(), Computed("later")):
        assert error.retry_after == seconds
        assert getattr(error, "retry_after", None) == seconds
    assert pickle.loads(pickle.dumps(later)).retry_after == seconds


def test_an_author_who_forgets_the_parents_init_asks_for_no_wait():
    class Busy(TransientReporterError):
        def __init__(self, code):
            self.code = code

    assert Busy(503).retry_after is None


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            MachineDoesNotExist("pump-7"),
            "the machine 'pump-7' does not exist; report it first, or correct the name",
        ),
        (
            MachineDoesNotExist("pump-7", "north", projects=["south"]),
            "the machine 'pump-7' in the project 'north' does not exist; the name exists in 'south'",
        ),
        (
            MachineDoesNotExist("pump-7", "north", revision="ab"),
            "the machine 'pump-7' in the project 'north' has no revision 'ab'; list its revisions, or leave the "
            "revision out",
        ),
        (
            AmbiguousMachine("pump-7", ["north", "south"]),
            "2 projects have a machine 'pump-7': 'north', 'south'; give the project as well",
        ),
    ],
)
def test_a_machine_that_cannot_be_fetched_is_named_and_the_error_survives_a_pickle(error, message):
    again = pickle.loads(pickle.dumps(error))
    assert (str(error), str(again), vars(again)) == (message, message, vars(error))
