"""Reports machines with gordo's reporters or with newsdesk's: `worker.py WHO BACKEND ADDRESS [FILE...]`.

With files, it reports them and ends. Without, it reports the files in each line of standard input, a JSON
list, and answers with the seconds that the reports took and how many failed. WHO is `gordo` or `newsdesk`,
BACKEND is `mlflow` or `postgres`, ADDRESS has the parameters of the reporter, as JSON. gordo's environment
has no newsdesk, so this program imports nothing else of the benchmarks.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Report = Callable[[Sequence[Any]], int]
"""Reports machines, and returns how many failed."""


def gordo(backend: str, address: dict[str, Any]) -> tuple[Callable[[dict], Any], Report]:
    """Return what makes a machine of a record, and what reports machines, one by one as gordo does."""
    # What gordo's workflow sets where no workspace of AzureML is configured.
    os.environ.update(AZUREML_WORKSPACE_STR="", DL_SERVICE_AUTH_STR="")
    from gordo.machine import Machine  # noqa: PLC0415

    if backend == "mlflow":
        import mlflow  # noqa: PLC0415
        from gordo.reporters import mlflow as reporters  # noqa: PLC0415

        def client(*_: object) -> Any:
            """Lead to the server: gordo itself knows only AzureML and a folder."""
            mlflow.set_tracking_uri(address["tracking_uri"])
            return mlflow.MlflowClient(address["tracking_uri"])

        reporters.get_mlflow_client = client
        reporter = reporters.MlFlowReporter()
    else:
        from gordo.reporters.postgres import PostgresReporter  # noqa: PLC0415

        reporter = PostgresReporter(**address)

    def report(machines: Sequence[Any]) -> int:
        failed = 0
        for machine in machines:
            try:
                reporter.report(machine)
            except Exception:  # noqa: BLE001  (MLflow's own pass through its reporter)
                failed += 1
        return failed

    return Machine.from_dict, report


def newsdesk(backend: str, address: dict[str, Any]) -> tuple[Callable[[dict], Any], Report]:
    """Return what makes a machine of a record, and what reports machines."""
    from newsdesk import Desk, Machine  # noqa: PLC0415

    desk = Desk({backend: address})

    def report(machines: Sequence[Any]) -> int:
        return sum(not receipt.ok for receipt in desk.report_many(machines))

    return Machine.from_dict, report


def main(who: str, backend: str, address: str, *files: str) -> None:
    make, report = {"gordo": gordo, "newsdesk": newsdesk}[who](backend, json.loads(address))

    def run(paths: Sequence[str]) -> tuple[float, int]:
        machines = [make(json.loads(Path(path).read_bytes())) for path in paths]
        begin = time.perf_counter()
        failed = report(machines)
        return time.perf_counter() - begin, failed

    if files:
        sys.exit(run(files)[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
