"""The traces and metrics of this process, set up on first use."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, TypeVar

from opentelemetry import metrics, trace

from newsdesk_otel import providers
from newsdesk_otel.ending import Ending
from newsdesk_otel.metrics import Metrics
from newsdesk_otel.traces import Traces

T = TypeVar("T")

SCOPE = "newsdesk_otel"
"""The instrumentation scope of all that this distribution makes."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Telemetry:
    """Where deliveries are told."""

    traces: Traces
    """Their spans."""
    metrics: Metrics
    """Their metrics."""


@cache
def telemetry() -> Telemetry:
    """Return the process's own: with the providers that the program has set, or else by the environment."""
    own: dict[str, Any] = {}
    tracing = providers.global_tracer_provider() or _made("spans", providers.make_tracer_provider, own)
    metering = providers.global_meter_provider() or _made("metrics", providers.make_meter_provider, own)
    if own:
        Ending({name: provider.shutdown for name, provider in own.items()})
    release = version("newsdesk-otel")
    return Telemetry(
        Traces((tracing or trace.NoOpTracerProvider()).get_tracer(SCOPE, release)),
        Metrics((metering or metrics.NoOpMeterProvider()).get_meter(SCOPE, release)),
    )


def _made(name: str, make: Callable[[], Any], own: dict[str, Any]) -> Any:
    """Return what is made, and note it as ours to end; None, logged, where the environment has a mistake."""
    if providers.is_disabled():
        return None
    try:
        provider = make()
    except Exception as error:  # noqa: BLE001  (whatever an exporter raises for a wrong variable)
        _log.warning("no %s are sent: %s: %s", name, type(error).__name__, error)
        return None
    if provider is not None:
        own[name] = provider
    return provider
