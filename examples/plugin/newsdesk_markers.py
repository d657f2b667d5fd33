from pathlib import Path

from newsdesk import BaseReporter, Delivery, Machine, ReporterPlugin, hookimpl


class MarkersReporter(BaseReporter):
    """Leaves a file for each build, for a workflow that waits for one."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def report(self, machine: Machine) -> Delivery:
        marker = Path(self.folder, machine.model_key)
        marker.write_text(machine.revision)
        return Delivery(reference=str(marker))


@hookimpl
def newsdesk_reporters() -> list[ReporterPlugin]:
    return [ReporterPlugin("markers", MarkersReporter)]
