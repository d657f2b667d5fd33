"""The traces of deliveries: a span for each report, with a child for each attempt."""

import os
import time
from collections.abc import Generator
from dataclasses import dataclass, field

from newsdesk import Attempt, MachineKey, Receipt
from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from newsdesk_otel import attributes

MOST = 10_000
"""Reports that are open at a time at most: those of a chunk, for each thread and each reporter."""

_Key = tuple[int, MachineKey, str, str]


@dataclass
class _Report:
    """A report of a machine to a reporter that has no receipt yet."""

    span: Span
    attempts: list[Span] = field(default_factory=list)


class Traces:
    """The spans of deliveries, within the trace of who reports.

    Args:
        tracer: What makes the spans.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._open: dict[_Key, _Report] = {}

    def attempt(self, attempt: Attempt) -> Generator[None, Exception | None, None]:
        """Make a span of an attempt; it is the current one in the context of who iterates."""
        parent = parent_context()
        report = self._report(attempt, parent)
        span = self._tracer.start_span(
            "newsdesk.attempt",
            trace.set_span_in_context(report.span, parent),
            attributes={**attributes.of_machine(attempt), attributes.ATTEMPT: attempt.number},
        )
        report.attempts.append(span)
        # Never detached: the context is a copy for this attempt.
        context.attach(trace.set_span_in_context(span, parent))
        _end(span, (yield))

    def receipt(self, receipt: Receipt) -> None:
        """End the span of a report."""
        parent = parent_context()
        report = self._open.pop(_key(receipt, parent), None)
        if report is None:  # it was not tried, or in another process
            began = time.time_ns() - round(receipt.seconds * 1e9)
            report = _Report(self._start(receipt, parent, began))
        for attempt in report.attempts:
            _end(attempt, receipt.error)  # of one that was abandoned
        span = report.span
        span.set_attributes({**attributes.of_receipt(receipt), attributes.ATTEMPTS: receipt.attempts})
        if receipt.alterations:
            span.set_attribute(attributes.ALTERATIONS, len(receipt.alterations))
        if receipt.reference is not None:
            span.set_attribute(attributes.REFERENCE, receipt.reference)
        _end(span, attributes.failure(receipt))

    def _report(self, attempt: Attempt, parent: Context) -> _Report:
        key = _key(attempt, parent)
        if key not in self._open:
            while len(self._open) >= MOST:  # their receipts were missed, while the plugin hung
                self._open.pop(next(iter(self._open))).span.end()
            self._open[key] = _Report(self._start(attempt, parent))
        return self._open[key]

    def _start(self, subject: Attempt | Receipt, parent: Context, began: int | None = None) -> Span:
        told = attributes.of_machine(subject)
        return self._tracer.start_span("newsdesk.report", parent, attributes=told, start_time=began)


def parent_context() -> Context:
    """Return the context of who reports: the current one, or with the span that the environment names.

    See https://opentelemetry.io/docs/specs/otel/context/env-carriers/.
    """
    current = context.get_current()
    if trace.get_current_span(current).get_span_context().is_valid:
        return current
    carrier = {name: os.environ.get(name.upper(), "") for name in ("traceparent", "tracestate")}
    return TraceContextTextMapPropagator().extract(carrier, current)


def _key(subject: Attempt | Receipt, parent: Context) -> _Key:
    # Two builds that report the same at once are two reports: each in its own trace.
    build = trace.get_current_span(parent).get_span_context().span_id
    return build, subject.machine, subject.revision, subject.reporter


def _end(span: Span, error: Exception | None) -> None:
    if span.is_recording():
        if error is not None:
            span.set_attributes(attributes.of_error(error))
            span.set_status(StatusCode.ERROR, str(error))
        span.end()
