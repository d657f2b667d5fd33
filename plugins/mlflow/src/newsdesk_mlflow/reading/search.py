"""Finds the runs of a reporter, and whose they are."""

import itertools
import logging
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from newsdesk import MachineKey

from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.naming.places import Places
from newsdesk_mlflow.mapping.tags import (
    MACHINE,
    MODEL_KEY,
    NAME,
    PROJECT,
    REVISION,
    is_filterable,
    machine_tag,
)
from newsdesk_mlflow.reading.records import read_record
from newsdesk_mlflow.transport.run import Experiment, Run
from newsdesk_mlflow.transport.tracking import Tracking

_log = logging.getLogger(__name__)

_TOGETHER = 100
"""Experiments in one search: the most that Databricks takes."""


class Found(NamedTuple):
    """A finished run."""

    run: Run
    key: MachineKey
    """Whose it is."""


def search(
    tracking: Tracking, places: Places, tags: Collection[Tag] = (), **known: str
) -> Iterator[Iterator[Found]]:
    """Yield the finished runs in a reporter's experiments, the last report first, as many as a search gives.

    Args:
        tracking: The server.
        places: The experiments.
        tags: What the runs carry.
        known: Fields of the machines: `name`, `project_name`.
    """
    confirmed = [MachineKey(**known)] if known.keys() == set(MachineKey._fields) else []
    for part in _parts(tracking, places, known):
        yield _found(tracking, places, part, tags, confirmed)


def _parts(tracking: Tracking, places: Places, known: dict[str, str]) -> Iterator[list[Experiment]]:
    """Yield the experiments, as many as one search takes."""
    name = places.sole(**known)
    if name is not None:
        yield tracking.active_experiment(name)
        return
    found = tracking.experiments(ordered=places.ordered)
    yield from together(each for each in found if places.may_be(each.name, **known))


def together(experiments: Iterable[Experiment]) -> Iterator[list[Experiment]]:
    """Yield experiments in parts, each as many as one search takes."""
    left = iter(experiments)
    while part := [*itertools.islice(left, _TOGETHER)]:
        yield part


def _found(
    tracking: Tracking,
    places: Places,
    part: Collection[Experiment],
    tags: Collection[Tag],
    confirmed: Collection[MachineKey],
) -> Iterator[Found]:
    names = {experiment.id: experiment.name for experiment in part}
    for run in tracking.runs([*names], tags, ordered=places.ordered) if names else ():
        key = _key_of(tracking, run, confirmed)
        if key is not None and _belongs(run, key, places, names[run.experiment_id]):
            yield Found(run, key)


def _belongs(run: Run, key: MachineKey, places: Places, experiment: str) -> bool:
    """Tell whether the reporter delivers to this experiment what the run holds, and would find it there."""
    model_key = run.tags.get(MODEL_KEY, "")
    fields = {**key._asdict(), "revision": run.tags[REVISION]}
    if places.sole(**fields, model_key=model_key) == experiment:
        return True
    # A server may have cut the tag.
    return (
        not is_filterable(model_key) and places.sole(**fields) is None and places.may_be(experiment, **fields)
    )


def _key_of(tracking: Tracking, run: Run, confirmed: Collection[MachineKey]) -> MachineKey | None:
    """Return whose run it is; None if that cannot be read.

    Its tags tell, if their hash confirms them: a user may have replaced them, or a server cut them. Else its
    record does.
    """
    told = MachineKey(run.tags.get(PROJECT, ""), run.tags.get(NAME, ""))
    for key in (*confirmed, told):
        if machine_tag(key).value == run.tags.get(MACHINE):
            return key
    try:
        return read_record(tracking, run).key
    except MlflowLoggingError as error:
        _log.warning("the run %s is left out: %s", run.id, error)
        return None
