"""The metrics of deliveries."""

import pytest
from newsdesk import (
    BaseReporter,
    Desk,
    Machine,
    PermanentReporterError,
    Retry,
    TransientReporterError,
    hookimpl,
)
from newsdesk.builtin.registry import new_registry
from newsdesk.delivery.route import Route
from newsdesk.routing.condition import Condition
from newsdesk_otel.metrics import Metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader


class Acts(BaseReporter):
    """Fails as it is told by the machine's name."""

    def __init__(self):
        self.tries = 0

    def report(self, machine):
        self.tries += 1
        if machine.name.startswith("busy") and self.tries == 1:
            raise TransientReporterError("busy")
        if machine.name.startswith("bad"):
            raise PermanentReporterError("no")
        if machine.name.startswith("bug"):
            raise KeyError("x")


@pytest.fixture
def points():
    """Deliver machines, and give the points of the metrics by name."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    metrics = Metrics(provider.get_meter("test"))

    class Listener:
        @hookimpl
        def newsdesk_receipt(self, receipt):
            metrics.receipt(receipt)

    def deliver(*names, reporter=None):
        registry = new_registry()
        registry.register(Listener(), name="otel")
        with Desk(reporter or Acts(), retry=Retry(initial=0), registry=registry) as desk:
            list(desk.report_many([Machine(name=name, project_name="plant") for name in names]))
        [resource] = reader.get_metrics_data().resource_metrics
        [scope] = resource.scope_metrics
        return {metric.name: metric for metric in scope.metrics}

    yield deliver
    provider.shutdown()


def test_deliveries_are_counted_by_status_reporter_and_kind_of_error(points):
    counted = points("busy", "good", "good too", "bad", "worse bad", "bug")["newsdesk.deliveries"]
    assert {
        tuple(point.attributes[name] for name in sorted(point.attributes)): point.value
        for point in counted.data.data_points
    } == {
        ("Acts", "delivered"): 4,
        ("newsdesk.exceptions.PermanentReporterError", "Acts", "failed"): 1,
        ("KeyError", "Acts", "failed"): 1,
    }
    assert counted.data.is_monotonic


def test_what_is_skipped_has_no_error(points):
    counted = points("good", "bad", reporter=Route("Acts", Acts(), when=Condition.of({"name": "good"})))[
        "newsdesk.deliveries"
    ]
    found = {point.attributes["newsdesk.status"]: point.attributes for point in counted.data.data_points}
    assert found["skipped"] == {"newsdesk.status": "skipped", "newsdesk.reporter": "Acts"}


def test_no_metric_names_a_machine(points):
    for metric in points("good", "bad").values():
        for point in metric.data.data_points:
            assert point.attributes.keys() <= {"newsdesk.status", "newsdesk.reporter", "error.type"}


def test_seconds_and_attempts_are_histograms(points):
    found = points("busy", "good")
    attempts, seconds = found["newsdesk.delivery.attempts"], found["newsdesk.delivery.duration"]
    [point] = attempts.data.data_points
    assert (point.count, point.sum) == (2, 3)
    assert (seconds.unit, attempts.unit) == ("s", "{attempt}")
    [point] = seconds.data.data_points
    assert point.count == 2
    assert point.explicit_bounds[0] == 0.01
