"""Looks up which machines a server has."""

from collections.abc import Sequence
from functools import cache

from newsdesk import MachineKey

from newsdesk_mlflow.mapping.naming.places import Places
from newsdesk_mlflow.mapping.tags import machine_tag
from newsdesk_mlflow.transport.tracking import Tracking


def held(tracking: Tracking, keys: Sequence[MachineKey], places: Places) -> set[MachineKey]:
    """Give those of the machines that have a finished run, in whatever revision.

    One request for each machine, and one for each experiment: a search filter knows no "or".

    Args:
        tracking: Where to look.
        keys: The machines.
        places: The experiments, each machine in one.
    """
    experiments = cache(tracking.active_experiment)
    found = set()
    for key in keys:
        runs = (
            run
            for place in experiments(places.of(key) or "")
            for run in tracking.find_runs(place.id, [machine_tag(key)])
        )
        if any(run.finished for run in runs):
            found.add(key)
    return found
