"""The spans of reports and attempts, within the trace of who reports."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from newsdesk import BaseReporter, Desk, Machine, Retry, Secret, TransientReporterError, hookimpl
from newsdesk.outbox import Outbox
from newsdesk_otel import traces as traces_module
from newsdesk_otel.traces import Traces
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Sink:
    """A plugin of the traces alone, with what it exports."""

    def __init__(self):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("test")
        self.traces = Traces(self.tracer)

    @hookimpl
    def newsdesk_attempt(self, attempt):
        yield from self.traces.attempt(attempt)

    @hookimpl
    def newsdesk_receipt(self, receipt):
        self.traces.receipt(receipt)

    def spans(self, name):
        found = [span for span in self.exporter.get_finished_spans() if span.name == name]
        return sorted(found, key=lambda span: span.start_time)


@pytest.fixture
def sink(monkeypatch):
    for name in ("TRACEPARENT", "TRACESTATE"):
        monkeypatch.delenv(name, raising=False)
    sink = Sink()
    yield sink
    sink.provider.shutdown()


@pytest.fixture
def desk(sink, registry):
    registry.register(sink, name="otel")
    return lambda reporter, **options: Desk(reporter, registry=registry, **{"retry": RETRY, **options})


@pytest.fixture
def registry():
    from newsdesk.builtin.registry import new_registry

    return new_registry()


RETRY = Retry(attempts=3, initial=0)


def machine(name="pump"):
    return Machine(name=name, project_name="plant")


class Acts(BaseReporter):
    def __init__(self, *errors):
        self.errors, self.current = list(errors), []

    def report(self, machine):
        self.current.append(trace.get_current_span().get_span_context().span_id)
        if self.errors:
            raise self.errors.pop(0)


def test_a_report_has_a_span_with_a_child_for_each_attempt(sink, desk):
    reporter = Acts(TransientReporterError("busy"), TransientReporterError("full"))
    with desk(reporter) as own:
        own.report(machine())
    [report] = sink.spans("newsdesk.report")
    attempts = sink.spans("newsdesk.attempt")
    assert [span.parent.span_id for span in attempts] == [report.context.span_id] * 3
    assert [span.status.description for span in attempts] == ["busy", "full", None]
    assert [span.attributes.get("error.type") for span in attempts] == [
        "newsdesk.exceptions.TransientReporterError",
        "newsdesk.exceptions.TransientReporterError",
        None,
    ]
    assert [span.attributes["newsdesk.attempt.number"] for span in attempts] == [1, 2, 3]
    assert reporter.current == [span.context.span_id for span in attempts]
    assert report.status.is_unset
    assert report.parent is None
    assert dict(report.attributes) == {
        "newsdesk.machine.name": "pump",
        "newsdesk.machine.project": "plant",
        "newsdesk.machine.revision": machine().revision,
        "newsdesk.reporter": "Acts",
        "newsdesk.status": "delivered",
        "newsdesk.attempts": 3,
    }


def test_a_report_that_fails_has_the_error_without_secrets(sink, desk):
    class Leaks(BaseReporter):
        def __init__(self, token: Secret) -> None:
            self.token = token

        def report(self, machine):
            raise ValueError(f"no login with {self.token}")

    with desk(Leaks("hunter2hunter2")) as own:
        list(own.report_many([machine()]))
    [report], [attempt] = sink.spans("newsdesk.report"), sink.spans("newsdesk.attempt")
    for span in (report, attempt):
        assert span.status.description == "no login with ***"
        assert span.attributes["error.type"] == "ValueError"
        assert "hunter2" not in span.to_json()


def test_it_is_in_the_trace_of_the_span_that_is_current(sink, desk):
    with desk("null") as own, sink.tracer.start_as_current_span("build") as build:
        own.report(machine())
        list(own.report_many([machine("m1"), machine("m2")]))
    reports = sink.spans("newsdesk.report")
    assert [span.parent.span_id for span in reports] == [build.get_span_context().span_id] * 3
    attempts = {span.parent.span_id for span in sink.spans("newsdesk.attempt")}
    assert attempts == {span.context.span_id for span in reports}


def test_it_is_in_the_trace_that_the_environment_names(sink, desk, monkeypatch):
    monkeypatch.setenv("TRACEPARENT", TRACEPARENT)
    monkeypatch.setenv("TRACESTATE", "vendor=1")
    with desk("null") as own:
        own.report(machine())
        with sink.tracer.start_as_current_span(
            "build", context=trace.set_span_in_context(trace.INVALID_SPAN)
        ):
            own.report(machine())
    first, second = sink.spans("newsdesk.report")
    assert f"{first.context.trace_id:032x}" == TRACEPARENT.split("-")[1]
    assert f"{first.parent.span_id:016x}" == TRACEPARENT.split("-")[2]
    assert first.context.trace_state["vendor"] == "1"
    assert second.context.trace_id != first.context.trace_id, "the current span goes first"


@pytest.mark.parametrize("text", ["", "nonsense", "00-00000000000000000000000000000000-0000000000000000-01"])
def test_an_environment_that_names_no_trace_is_left_alone(sink, desk, monkeypatch, text):
    monkeypatch.setenv("TRACEPARENT", text)
    with desk("null") as own:
        own.report(machine())
    assert sink.spans("newsdesk.report")[0].parent is None


def test_two_builds_that_report_the_same_at_once_have_two_reports(sink, desk):
    meet = threading.Barrier(2)

    class Waits(BaseReporter):
        def report(self, machine): ...

    with desk(Waits()) as own:

        def build(number):
            with sink.tracer.start_as_current_span(f"build {number}"):
                meet.wait(60)
                own.report(machine())

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(build, range(2)))
    reports = {span.context.span_id: span for span in sink.spans("newsdesk.report")}
    builds = {span.context.span_id for span in sink.exporter.get_finished_spans() if "build" in span.name}
    assert {span.parent.span_id for span in reports.values()} == builds
    for attempt in sink.spans("newsdesk.attempt"):
        assert attempt.context.trace_id == reports[attempt.parent.span_id].context.trace_id


def test_an_attempt_that_is_abandoned_ends_with_the_report(sink, desk):
    go = threading.Event()

    class Hangs(BaseReporter):
        def report(self, machine):
            go.wait(60)

    with desk(Hangs(), deadline=0.5) as own:
        list(own.report_many([machine()]))
        [report], [attempt] = sink.spans("newsdesk.report"), sink.spans("newsdesk.attempt")
        go.set()
    assert attempt.parent.span_id == report.context.span_id
    assert "did not finish before the deadline" in attempt.status.description
    assert report.attributes["newsdesk.status"] == "failed"


def test_what_is_kept_in_the_outbox_is_an_error_until_it_is_sent(sink, desk, tmp_path):
    with desk(
        Acts(TransientReporterError("down")), retry=Retry(attempts=1), outbox=tmp_path / "o.db", drain=0
    ) as own:
        list(own.report_many([machine()]))
        list(own.send_owed())
    spooled, sent = sink.spans("newsdesk.report")
    assert (spooled.attributes["newsdesk.status"], spooled.status.is_ok or spooled.status.is_unset) == (
        "spooled",
        False,
    )
    assert (sent.attributes["newsdesk.status"], sent.status.is_unset) == ("delivered", True)


def test_a_report_that_nobody_tried_has_a_span(sink, desk, tmp_path):
    with Outbox(tmp_path / "o.db") as outbox, desk({"null": {}, "spool": "always"}, outbox=outbox) as own:
        list(own.report_many([machine()]))
    [report] = sink.spans("newsdesk.report")
    assert report.attributes["newsdesk.status"] == "spooled"
    assert report.status.is_unset
    assert sink.spans("newsdesk.attempt") == []


def test_reports_whose_receipts_are_missed_are_bounded(sink, monkeypatch):
    from newsdesk import Attempt

    monkeypatch.setattr(traces_module, "MOST", 3)
    for number in range(5):
        attempt = Attempt(machine(f"m{number}").key, "0", "null", 1)
        steps = sink.traces.attempt(attempt)
        next(steps)
        with pytest.raises(StopIteration):
            steps.send(None)
    assert [span.attributes["newsdesk.machine.name"] for span in sink.spans("newsdesk.report")] == [
        "m0",
        "m1",
    ]
