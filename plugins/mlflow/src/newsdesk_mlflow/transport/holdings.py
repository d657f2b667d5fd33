"""Looks up which machines a server has."""

from collections.abc import Callable, Sequence
from functools import cache

from newsdesk import MachineKey

from newsdesk_mlflow.mapping.tags import machine_tag
from newsdesk_mlflow.transport.tracking import Tracking


def held(
    tracking: Tracking, keys: Sequence[MachineKey], experiment: Callable[[MachineKey], str]
) -> set[MachineKey]:
    """Give those of the machines that have a finished run, in whatever revision.

    One request for each machine, and one for each experiment: a search filter knows no "or".

    Args:
        tracking: Where to look.
        keys: The machines.
        experiment: Gives the name of a machine's experiment.
    """
    experiment_id = cache(tracking.experiment_id)
    found = set()
    for key in keys:
        place = experiment_id(experiment(key))
        if place is not None and any(run.finished for run in tracking.find_runs(place, [machine_tag(key)])):
            found.add(key)
    return found
