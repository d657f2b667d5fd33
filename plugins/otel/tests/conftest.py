"""A receiver of OTLP over HTTP, and the command with the plugin."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Received:
    """A span that has arrived."""

    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str | int]
    is_error: bool
    message: str
    service: str


class Receiver:
    """Decodes what arrives; one that is silent takes requests and never answers."""

    def __init__(self, *, is_silent=False):
        self.spans, self.points, self.requests = [], [], []
        self._go = threading.Event()
        if not is_silent:
            self._go.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append(self.path)
                receiver._go.wait(120)
                receiver._take(self.path, body)
                try:
                    self.send_response(200)
                    self.end_headers()
                except ConnectionError:
                    pass

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def named(self, name):
        return [span for span in self.spans if span.name == name]

    def sums(self, name):
        """The values of a counter, or the counts of a histogram, by their attributes."""
        return {
            tuple(sorted(attributes.items())): value
            for metric, attributes, value in self.points
            if metric == name
        }

    def _take(self, path, body):
        if path == "/v1/traces":
            message = ExportTraceServiceRequest.FromString(body)
            for resource in message.resource_spans:
                service = attributes_of(resource.resource)["service.name"]
                for scope in resource.scope_spans:
                    self.spans += [self._span(span, service) for span in scope.spans]
        elif path == "/v1/metrics":
            message = ExportMetricsServiceRequest.FromString(body)
            for resource in message.resource_metrics:
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        self.points += [
                            (metric.name, attributes_of(point), point.as_int)
                            for point in metric.sum.data_points
                        ]
                        self.points += [
                            (metric.name, attributes_of(point), point.count)
                            for point in metric.histogram.data_points
                        ]

    def _span(self, span, service):
        return Received(
            span.name,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            attributes_of(span),
            span.status.code == span.status.STATUS_CODE_ERROR,
            span.status.message,
            service,
        )


def attributes_of(holder):
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in holder.attributes}


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def silent():
    receiver = Receiver(is_silent=True)
    yield receiver
    receiver.close()


@pytest.fixture
def newsdesk(tmp_path):
    """Run the command, or other code, in a process with the given variables."""

    def run(*arguments, code=None, status=0, **variables):
        inherited = {
            name: text for name, text in os.environ.items() if not name.startswith(("OTEL_", "TRACE"))
        }
        program = ["-m", "newsdesk"] if code is None else ["-c", code]
        done = subprocess.run(
            [sys.executable, *program, *map(str, arguments)],
            cwd=tmp_path,
            env={**inherited, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done

    return run
