"""The hooks of newsdesk that this distribution implements."""

from collections.abc import Generator

from newsdesk import Attempt, Receipt, hookimpl


@hookimpl
def newsdesk_attempt(attempt: Attempt) -> Generator[None, Exception | None, None]:
    """Make a span of an attempt, which is current while the reporter runs."""
    from newsdesk_otel.telemetry import telemetry  # noqa: PLC0415  (a plugin is loaded to be listed, too)

    yield from telemetry().traces.attempt(attempt)


@hookimpl
def newsdesk_receipt(receipt: Receipt) -> None:
    """Count a delivery, and end its span."""
    from newsdesk_otel.telemetry import telemetry  # noqa: PLC0415  (the same)

    telemetry().traces.receipt(receipt)
    telemetry().metrics.receipt(receipt)
