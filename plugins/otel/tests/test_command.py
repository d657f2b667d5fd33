"""The command with a receiver that is up, down, or hangs: nothing is lost, and no report waits for it."""

import json
import time

import pytest

MACHINES = 20
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
NOWHERE = "http://127.0.0.1:9"
GUARD = 60.0
"""Seconds, as a guard against a hang: several times what a process may wait for a receiver."""


@pytest.fixture
def fleet(tmp_path):
    """Return the arguments that report twenty machines to two reporters, one of which fails at first."""
    lines = [json.dumps({"name": f"m{number}", "project_name": "plant"}) for number in range(MACHINES)]
    (tmp_path / "fleet.jsonl").write_text("\n".join(lines))
    (tmp_path / "flaky.py").write_text(
        "from newsdesk import BaseReporter, TransientReporterError\n"
        "class Flaky(BaseReporter):\n"
        "    seen = set()\n"
        "    def report(self, machine):\n"
        "        if machine.name not in self.seen:\n"
        "            self.seen.add(machine.name)\n"
        "            raise TransientReporterError('busy')\n"
    )
    config = {"plugins": ["otel"], "reporters": ["null", "flaky.Flaky"], "retry": {"initial": 0}}
    (tmp_path / "newsdesk.yaml").write_text(json.dumps(config))
    return ["report", "fleet.jsonl"]


@pytest.mark.parametrize("options", [[], ["--workers", "3"]], ids=["alone", "threads"])
def test_a_receiver_that_is_up_gets_every_span_and_every_metric(receiver, newsdesk, fleet, options):
    newsdesk(
        *fleet,
        *options,
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_SERVICE_NAME="builds",
        OTEL_RESOURCE_ATTRIBUTES="team=north",
        TRACEPARENT=f"00-{TRACE}-{PARENT}-01",
    )
    reports, attempts = receiver.named("newsdesk.report"), receiver.named("newsdesk.attempt")
    assert len(receiver.spans) == len(reports) + len(attempts)
    machines = {
        (span.attributes["newsdesk.machine.name"], span.attributes["newsdesk.reporter"]) for span in reports
    }
    assert (len(reports), len(machines)) == (2 * MACHINES, 2 * MACHINES)
    assert {(span.trace, span.parent, span.service) for span in reports} == {(TRACE, PARENT, "builds")}
    for report in reports:
        own = [span for span in attempts if span.parent == report.id]
        failed = [span.message for span in own if span.is_error]
        assert len(own) == report.attributes["newsdesk.attempts"]
        assert failed == ([] if report.attributes["newsdesk.reporter"] == "null" else ["busy"])
    delivered = {
        (("newsdesk.reporter", label), ("newsdesk.status", "delivered")): MACHINES
        for label in ("flaky.Flaky", "null")
    }
    names = ("newsdesk.deliveries", "newsdesk.delivery.duration", "newsdesk.delivery.attempts")
    assert [receiver.sums(name) for name in names] == [delivered] * 3


def test_a_receiver_that_is_down_fails_no_report_and_is_said_once(newsdesk, fleet):
    done = newsdesk(*fleet, OTEL_EXPORTER_OTLP_ENDPOINT=NOWHERE, NEWSDESK_OTEL_TIMEOUT="0.5")
    assert "null: 20 delivered" in done.stdout
    assert "flaky.Flaky: 20 delivered" in done.stdout
    lines = [line for line in done.stderr.splitlines() if not line.startswith("plant/")]
    assert lines == [
        "not all spans and metrics were sent within 0.5 s; check OTEL_EXPORTER_OTLP_ENDPOINT, or raise "
        "NEWSDESK_OTEL_TIMEOUT"
    ]


def test_a_receiver_that_hangs_keeps_no_process(silent, newsdesk, fleet):
    began = time.monotonic()
    done = newsdesk(*fleet, OTEL_EXPORTER_OTLP_ENDPOINT=silent.url, OTEL_EXPORTER_OTLP_TIMEOUT="300")
    assert time.monotonic() - began < GUARD
    assert set(silent.requests) == {"/v1/traces", "/v1/metrics"}
    assert "flaky.Flaky: 20 delivered" in done.stdout
    assert "not all spans and metrics were sent within 5 s" in done.stderr


def test_what_is_lost_is_said_in_the_format_of_the_log(newsdesk, fleet):
    options = ["--log-format", "json"]
    done = newsdesk(*fleet, *options, OTEL_EXPORTER_OTLP_ENDPOINT=NOWHERE, NEWSDESK_OTEL_TIMEOUT="0.2")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines[-1]["message"].startswith("not all spans and metrics were sent within 0.2 s")
    assert (lines[-1]["level"], lines[-1]["logger"]) == ("warning", "newsdesk_otel.ending")


def test_receivers_of_spans_and_metrics_are_independent(silent, receiver, newsdesk, fleet):
    newsdesk(
        *fleet,
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{silent.url}/v1/traces",
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"{receiver.url}/v1/metrics",
        NEWSDESK_OTEL_TIMEOUT="3",
    )
    assert sum(receiver.sums("newsdesk.deliveries").values()) == 2 * MACHINES


@pytest.mark.parametrize(
    "switch",
    [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}],
)
def test_it_can_be_switched_off(receiver, newsdesk, fleet, switch):
    done = newsdesk(*fleet, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url, **switch)
    assert "null: 20 delivered" in done.stdout
    assert receiver.requests == []


def test_a_program_that_has_providers_uses_those(receiver, newsdesk):
    """And has its own shutdown; what it instruments is within the attempt."""
    code = """
import newsdesk
from newsdesk import BaseReporter, Desk
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans, points = InMemorySpanExporter(), InMemoryMetricReader()
trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(spans))
metrics.set_meter_provider(MeterProvider([points]))
tracer = trace.get_tracer("build")

class Store(BaseReporter):
    def report(self, machine):
        with tracer.start_as_current_span("request"):
            pass

with tracer.start_as_current_span("build"), Desk(Store(), plugins=["otel"]) as desk:
    desk.report({"name": "pump", "project_name": "plant"})
by_id = {span.context.span_id: span for span in spans.get_finished_spans()}
[span] = [span for span in by_id.values() if span.name == "request"]
while span.parent:
    print(span.name)
    span = by_id[span.parent.span_id]
print(span.name)
[resource] = points.get_metrics_data().resource_metrics
print([metric.name for metric in resource.scope_metrics[0].metrics][0])
"""
    done = newsdesk(code=code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    assert done.stdout.split() == [
        "request",
        "newsdesk.attempt",
        "newsdesk.report",
        "build",
        "newsdesk.deliveries",
    ]
    assert receiver.requests == []


def test_a_forked_process_sends_its_own(receiver, newsdesk):
    code = """
import os, sys
from newsdesk import Desk

def report(name):
    with Desk("null", plugins=["otel"]) as desk:
        desk.report({"name": name, "project_name": "plant"})

report("parent")
child = os.fork()
if child == 0:
    report("child")
    sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    newsdesk(code=code, OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    names = [span.attributes["newsdesk.machine.name"] for span in receiver.named("newsdesk.report")]
    assert sorted(names) == ["child", "parent"]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"OTEL_TRACES_EXPORTER": "jaeger"},
            "OTEL_TRACES_EXPORTER asks for the exporter 'jaeger', which is not installed; there are: otlp, none,",
        ),
        (
            {"OTEL_METRICS_EXPORTER": "prometeus"},
            "OTEL_METRICS_EXPORTER asks for the exporter 'prometeus', which is not installed (did you mean 'prometheus'?)",
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
            "OTEL_EXPORTER_OTLP_PROTOCOL is 'http/json'; use http/protobuf\n",
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'; pip install opentelemetry-exporter-otlp-proto-grpc, or use "
            "http/protobuf\n",
        ),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is 'grpc'; pip install ",
        ),
        (
            {"NEWSDESK_OTEL_TIMEOUT": "5s"},
            "NEWSDESK_OTEL_TIMEOUT is '5s', not a number of seconds; 5 s hold instead\n",
        ),
        ({"NEWSDESK_OTEL_TIMEOUT": "inf"}, ""),
        ({"NEWSDESK_OTEL_TIMEOUT": "1e10"}, ""),
        ({"NEWSDESK_OTEL_TIMEOUT": "nan"}, "NEWSDESK_OTEL_TIMEOUT is 'nan', not a number of seconds; "),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "x"}, ""),
        (
            {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": "x"},
            "no metrics are sent: ValueError: ",
        ),
    ],
)
def test_a_variable_that_is_wrong_fails_no_report(receiver, newsdesk, fleet, variables, said):
    done = newsdesk(*fleet, **{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, **variables})
    assert "null: 20 delivered" in done.stdout
    assert not said or done.stderr.count(said) == 1
    assert "Traceback" not in done.stderr


def test_it_imports_opentelemetry_with_the_first_delivery(newsdesk, fleet):
    code = """
import sys
from newsdesk.builtin.registry import default_registry

default_registry().load("otel")
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    assert newsdesk(code=code).stdout == "[]\n"
    listed = newsdesk("reporters").stdout
    assert (
        "otel: no reporter; 'plugins: [otel]' uses newsdesk_attempt, newsdesk_receipt  [newsdesk-otel "
        in listed
    )
    assert "otel: loads; has no reporter" in newsdesk("doctor").stdout
