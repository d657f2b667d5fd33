"""A reporter that delivers to nowhere: for dry runs and measurements."""

from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.machine import Machine


class NullReporter(BaseReporter):
    """Takes every machine and keeps none."""

    def report(self, machine: Machine) -> Delivery:  # noqa: ARG002  (that is the point)
        """Do nothing."""
        return Delivery()
