"""Reads one machine back."""

from collections.abc import Iterable

from newsdesk import Machine, MachineDoesNotExist, MachineKey, sole_project

from newsdesk_mlflow.mapping.items import Tag
from newsdesk_mlflow.mapping.naming.places import Places
from newsdesk_mlflow.mapping.tags import NAME, REVISION, is_filterable, machine_tag
from newsdesk_mlflow.reading.records import read_record
from newsdesk_mlflow.reading.search import Found, search
from newsdesk_mlflow.transport.tracking import Tracking


def fetch(
    tracking: Tracking,
    places: Places,
    name: str,
    project_name: str | None,
    revision: str | None,
    *,
    is_tagged: bool,
) -> Machine:
    """Read the record that was reported last of a machine, or that of a revision.

    Args:
        tracking: The server.
        places: The reporter's experiments.
        name: The machine's name.
        project_name: Its project; None if there is only one.
        revision: The revision; None for the last one.
        is_tagged: Whether runs carry the names of their machines.

    Raises:
        MachineDoesNotExist: no finished run has it.
        AmbiguousMachine: machines of several projects have that name.
        TransientReporterError: the server does not answer.
        MlflowLoggingError: it refuses, or the record is damaged.
    """
    if project_name is None:
        found = _named(tracking, places, name, is_tagged=is_tagged)
        project_name = sole_project(name, (each.key.project_name for each in found))
    else:
        found = _of_key(tracking, places, MachineKey(project_name, name))
    if not found:
        others = _named(tracking, places, name, is_tagged=is_tagged)
        raise MachineDoesNotExist(name, project_name, projects=_projects(others))
    runs = [each.run for each in found if revision in (None, each.run.tags[REVISION])]
    if not runs:
        raise MachineDoesNotExist(name, project_name, revision=revision)
    return read_record(tracking, runs[0])


def _of_key(tracking: Tracking, places: Places, key: MachineKey) -> list[Found]:
    parts = search(tracking, places, [machine_tag(key)], **key._asdict())
    return _last_first(each for part in parts for each in part)


def _named(tracking: Tracking, places: Places, name: str, *, is_tagged: bool) -> list[Found]:
    """Find the runs of machines of a name; where a filter cannot hold that, all are looked at."""
    tags = [Tag(NAME, name)] if is_tagged and is_filterable(name) else []
    parts = search(tracking, places, tags, name=name)
    return _last_first(each for part in parts for each in part if each.key.name == name)


def _last_first(found: Iterable[Found]) -> list[Found]:
    return sorted(found, key=lambda each: each.run.timestamp, reverse=True)


def _projects(found: Iterable[Found]) -> list[str]:
    return sorted({each.key.project_name for each in found})
