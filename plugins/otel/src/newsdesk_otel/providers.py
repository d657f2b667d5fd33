"""What makes spans and metrics: the program's own, or one by OpenTelemetry's environment variables.

See https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/. Only what is public of
the SDK is used: its classes read their own variables, and exporters are found by their entry points.
"""

import logging
import os
import uuid
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from newsdesk import did_you_mean
from opentelemetry import metrics, trace

_log = logging.getLogger(__name__)

PROTOCOLS = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
"""The entry points of OTLP's exporters."""

DEFAULT_PROTOCOL = "http/protobuf"
"""The one whose exporter comes with this distribution."""


def is_disabled() -> bool:
    """Tell whether OTEL_SDK_DISABLED is set."""
    return os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def global_tracer_provider() -> trace.TracerProvider | None:
    """Return the provider that the program has set, if it has."""
    provider = trace.get_tracer_provider()
    return None if isinstance(provider, trace.ProxyTracerProvider) else provider


def global_meter_provider() -> metrics.MeterProvider | None:
    """Return the provider that the program has set, if it has."""
    provider = metrics.get_meter_provider()
    # The class of the one that stands for none is not public.
    is_of_api = type(provider).__module__.startswith(metrics.__name__)
    return None if is_of_api and not isinstance(provider, metrics.NoOpMeterProvider) else provider


def make_tracer_provider() -> Any:
    """Return a provider of the SDK by its variables; None where nothing is to be exported."""
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  (only where the program has none)
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  (the same)

    exporters = [exporter() for exporter in _exporters("TRACES")]
    if not exporters:
        return None
    provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def make_meter_provider() -> Any:
    """Return a provider of the SDK by its variables; None where nothing is to be exported."""
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415  (only where the program has none)
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415  (the same)
        MetricReader,
        PeriodicExportingMetricReader,
    )

    readers = [
        exporter() if issubclass(exporter, MetricReader) else PeriodicExportingMetricReader(exporter())
        for exporter in _exporters("METRICS")
    ]
    if not readers:
        return None
    return MeterProvider(readers, resource=_resource(), shutdown_on_exit=False)


def _exporters(signal: str) -> Iterator[type[Any]]:
    """Yield the exporters that OTEL_…_EXPORTER names; OTLP by default."""
    variable = f"OTEL_{signal}_EXPORTER"
    names = [name.strip() for name in (os.environ.get(variable, "").strip() or "otlp").split(",")]
    known = {entry.name: entry for entry in entry_points(group=f"opentelemetry_{signal.lower()}_exporter")}
    for name in names:
        variable_of_protocol, protocol = _protocol(signal)
        wanted = PROTOCOLS.get(protocol, "") if name == "otlp" else name
        if wanted in known:
            exporter = known[wanted].load()
            _calm(logging.getLogger(exporter.__module__))
            yield exporter
        elif name == "otlp":
            get = f"pip install opentelemetry-exporter-{wanted.replace('_', '-')}, or " if wanted else ""
            _warn_once(f"{variable_of_protocol} is {protocol!r}; {get}use {DEFAULT_PROTOCOL}")
        elif name != "none":
            there = ["otlp", "none", *(other for other in known if other not in PROTOCOLS.values())]
            _log.warning(
                "%s asks for the exporter %r, which is not installed%s; there are: %s",
                *(variable, wanted, did_you_mean(wanted, there), ", ".join(there)),
            )


def _calm(logger: logging.Logger) -> None:
    """Have an exporter log what is lost, and not each time that it tries again; unless a program has said."""
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.ERROR)


def _protocol(signal: str) -> tuple[str, str]:
    """Return which protocol OTLP has for a signal, after the variable that says so."""
    of_all = "OTEL_EXPORTER_OTLP_PROTOCOL"
    for variable in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", of_all):
        if protocol := os.environ.get(variable, "").strip():
            return variable, protocol
    return of_all, DEFAULT_PROTOCOL


@cache
def _warn_once(text: str) -> None:
    """Log what holds for both signals, once."""
    _log.warning("%s", text)


def _resource() -> Any:
    """Return what OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say; each process is an instance."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  (only where the program has none)

    found = Resource.create()
    default = {"service.instance.id": str(uuid.uuid4())}
    if str(found.attributes.get("service.name", "")).startswith("unknown_service"):
        found = found.merge(Resource({"service.name": "newsdesk"}))
    return Resource(default).merge(found)
