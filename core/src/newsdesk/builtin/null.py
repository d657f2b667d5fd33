"""A reporter that delivers to nowhere: for dry runs and measurements."""

from newsdesk.machine import Machine
from newsdesk.receipt import Delivery
from newsdesk.reporter import BaseReporter


class NullReporter(BaseReporter):
    """Takes every machine and keeps none."""

    def report(self, machine: Machine) -> Delivery:  # noqa: ARG002  (that is the point)
        """Do nothing."""
        return Delivery()
