"""The metrics of deliveries."""

from newsdesk import Receipt
from opentelemetry.metrics import Meter

from newsdesk_otel import attributes

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
"""Bounds of the histogram of durations, in seconds: from a local file to a long outage."""

ATTEMPTS = (0, 1, 2, 3, 4, 5, 8, 12, 20)
"""Bounds of the histogram of attempts."""


class Metrics:
    """The metrics of deliveries; their attributes name no machine.

    Args:
        meter: What makes the instruments.
    """

    def __init__(self, meter: Meter) -> None:
        self._deliveries = meter.create_counter(
            "newsdesk.deliveries",
            unit="{delivery}",
            description="Machines at reporters, by what became of them.",
        )
        self._seconds = meter.create_histogram(
            "newsdesk.delivery.duration",
            unit="s",
            description="How long a delivery took, with all attempts and pauses.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self._attempts = meter.create_histogram(
            "newsdesk.delivery.attempts",
            unit="{attempt}",
            description="How often a delivery was tried.",
            explicit_bucket_boundaries_advisory=ATTEMPTS,
        )

    def receipt(self, receipt: Receipt) -> None:
        """Count a delivery."""
        told = attributes.of_receipt(receipt)
        self._deliveries.add(1, told)
        if receipt.attempts:
            self._seconds.record(receipt.seconds, told)
            self._attempts.record(receipt.attempts, told)
