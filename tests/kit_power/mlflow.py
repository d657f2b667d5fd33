"""Bugs in the reporter `mlflow`."""

from tests.kit_power.bug import Bug, Subject

MLFLOW = Subject(
    "mlflow",
    "plugins/mlflow/src/newsdesk_mlflow",
    "plugins/mlflow/tests/test_contract.py::TestByRest",
    [
        Bug(
            "a run that was killed is not resumed, and stays beside the new one",
            "transport/delivery.py",
            [
                (
                    "    usable = [run for run in runs if run.finished or _can_resume(run, payload)]\n"
                    "    for useless in (run for run in runs if run not in usable):\n"
                    "        tracking.discard(useless)\n",
                    "    usable = [run for run in runs if run.finished]\n",
                ),
                (
                    "    return [other for other in runs if other.id != run.id]\n",
                    "    return [other for other in runs if other.id != run.id and other.finished]\n",
                ),
            ],
        ),
        Bug(
            "metrics that are not a number are left out",
            "mapping/fitting.py",
            [
                (
                    "        fitted = [metric for metric in named if metric.key in kept]\n",
                    "        fitted = [m for m in named if m.key in kept and not math.isnan(m.value)]\n",
                )
            ],
        ),
        Bug(
            "408 and 504 are permanent errors",
            "responses.py",
            [
                (
                    '    return isinstance(error_for_status(status, doing=""), TransientReporterError)\n',
                    "    return status not in (408, 504) and isinstance(\n"
                    '        error_for_status(status, doing=""), TransientReporterError\n    )\n',
                )
            ],
        ),
        Bug(
            "holds() finds the machine of another project",
            "mapping/tags.py",
            [("hashlib.sha256(canonical.dumps([*key]))", "hashlib.sha256(canonical.dumps(key.name))")],
        ),
        Bug(
            "that a param is truncated is not told",
            "mapping/fitting.py",
            [
                (
                    '            self._tell(item.path or item.key, "truncated", detail)\n',
                    '            isinstance(item, Tag) and self._tell(item.path or item.key, "truncated", detail)\n',
                )
            ],
        ),
        Bug(
            "a run is found by the model alone: a changed record is not sent",
            "mapping/payload.py",
            [
                (
                    "        [identity(model_key), Tag(REVISION, machine.revision)],\n",
                    "        [identity(model_key)],\n",
                )
            ],
        ),
        Bug(
            "the reference has the user and the password of the URI",
            "transport/tracking.py",
            [("{without_credentials(self.uri.rstrip('/'))}/{path}", "{self.uri.rstrip('/')}/{path}")],
        ),
        Bug(
            "a run that was not completed is listed",
            "transport/tracking.py",
            [
                ("            if run.status == status and not run.deleted", "            if not run.deleted"),
                ("attributes.status = '{status}' and tags", "tags"),
            ],
        ),
        Bug(
            "only the first page is listed",
            "transport/tracking.py",
            [("            if not token:\n                return\n", "            return\n")],
        ),
        Bug(
            "the first revision is fetched instead of the last",
            "reading/fetching.py",
            [("read_record(tracking, runs[0])", "read_record(tracking, runs[-1])")],
        ),
        Bug(
            "an outage of the search is a machine that does not exist",
            "reading/fetching.py",
            [
                (
                    "    return _last_first(each for part in parts for each in part)\n",
                    "    try:\n        return _last_first(each for part in parts for each in part)\n"
                    "    except Exception:\n        return []\n",
                )
            ],
        ),
    ],
)
