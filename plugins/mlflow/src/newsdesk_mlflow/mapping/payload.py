"""Pure: all that is sent of one machine, ready for its server."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from newsdesk import Alteration, Machine, Plan
from newsdesk.record import paths

from newsdesk_mlflow.errors import MlflowLoggingError
from newsdesk_mlflow.limits import ServerLimits
from newsdesk_mlflow.mapping.batches import Batch, batches, body_size
from newsdesk_mlflow.mapping.fitting import fit
from newsdesk_mlflow.mapping.items import Items, Tag, read_items
from newsdesk_mlflow.mapping.naming.templates import advice_on, fields_of, fill
from newsdesk_mlflow.mapping.naming.text import fitting_name, storable
from newsdesk_mlflow.mapping.pages.dataset import Dataset, dataset_of
from newsdesk_mlflow.mapping.pages.hyperparameters import hyperparameters
from newsdesk_mlflow.mapping.pages.note import experiment_note
from newsdesk_mlflow.mapping.summary import summary_tag
from newsdesk_mlflow.mapping.tags import PROJECT, REVISION, identity, machine_tags
from newsdesk_mlflow.mapping.times import Span, build_span

RECORD = "metadata.json"
"""The artifact that holds the whole record, untouched."""

# Look up the experiment; search for the run, or make the experiment; create the run; search again; finish it.
_REQUESTS_BESIDES_CONTENT = 5
# What tells of the report, which the run gets when it is made; and what AzureML sets itself: mlflow.runName
# and mlflow.rootRunId.
_OF_REPORT = 5
_TAGS_BESIDES = _OF_REPORT + 2


class NameTemplates(NamedTuple):
    """How a reporter names what it makes; each a template."""

    experiment: str
    run_name: str
    tags: Mapping[str, str]


class Choice(NamedTuple):
    """What of a machine is logged besides its record."""

    per_tag_metrics: bool = False
    metrics: str = "all"
    dataset: bool = True
    figure: bool = False


class Payload(NamedTuple):
    """What is sent of one machine."""

    experiment: str
    run_name: str
    identity: list[Tag]
    """What its run is found again by: which model, and which revision of its record."""
    tags: list[Tag]
    """What the run is created with."""
    batches: list[Batch]
    artifacts: dict[str, bytes]
    alterations: list[Alteration]
    span: Span | None = None
    """When its run begins and ends; None for the report."""
    dataset: Dataset | None = None
    """The input of its run."""
    experiment_tags: Mapping[str, str] = MappingProxyType({})
    """What its experiment is made with, if it has to be made."""
    advice: str = ""
    """What would suit many machines better."""

    @property
    def plan(self) -> Plan:
        """What it takes to send it for the first time."""
        counts = {kind: sum(len(getattr(batch, kind)) for batch in self.batches) for kind in Batch._fields}
        counts["tags"] += len(self.tags) + _OF_REPORT
        sizes = [
            *map(body_size, self.batches),
            body_size(Batch([], [], self.tags)),
            *map(len, self.artifacts.values()),
        ]
        contents = len(self.batches) + len(self.artifacts) + (self.dataset is not None)
        return Plan(
            requests=_REQUESTS_BESIDES_CONTENT + contents,
            items={**counts, "artifacts": len(self.artifacts)},
            alterations=self.alterations,
            size=sum(sizes),
            advice=self.advice,
        )


def build_payload(
    machine: Machine, model_key: str, templates: NameTemplates, limits: ServerLimits, choice: Choice
) -> Payload:
    """Give what is sent of a machine.

    Raises:
        MlflowLoggingError: the name of the experiment is empty.
        ItemTooLargeError: one item alone is more than a request holds.
    """
    fields = {
        "name": machine.name,
        "project_name": machine.project_name,
        "model_key": model_key,
        "revision": machine.revision,
    }
    alterations: list[Alteration] = []
    experiment = _name("experiment", templates.experiment, fields, limits.experiment_name_length, alterations)
    if not experiment:
        raise MlflowLoggingError(
            f"the template {templates.experiment!r} gives an empty experiment name for the machine "
            f"{str(machine.key)!r}; use {{name}} in it"
        )
    run_name = _name("run_name", templates.run_name, fields, limits.run_name_length, alterations)
    own = [*machine_tags(machine, model_key), *summary_tag(machine, limits.tag_value_length)]
    users = [Tag(key, fill(value, fields), f"tags.{key}") for key, value in templates.tags.items()]
    replaced = {tag.key for tag in users}
    own = [tag for tag in own if tag.key not in replaced]
    fitted = fit(_items(machine, limits, choice), [*own, *users], _with_room_for_tags(limits))
    return Payload(
        experiment,
        run_name,
        [identity(model_key), Tag(REVISION, machine.revision)],
        # The user's own may be many and long: they go with the rest, in requests of limited size.
        fitted.tags[: len(own)],
        [*batches(fitted.metrics, fitted.params, fitted.tags[len(own) :], limits)],
        {**fitted.artifacts, **(_picture(machine) if choice.figure else {}), RECORD: machine.to_json()},
        [*alterations, *fitted.alterations],
        # Where runs are ordered by their start only, that must be the report.
        build_span(machine) if limits.ordered_search else None,
        dataset_of(machine) if choice.dataset and limits.inputs else None,
        _experiment_tags(templates.experiment, machine, limits.tag_value_length),
        advice_on(templates.experiment),
    )


def _picture(machine: Machine) -> dict[str, bytes]:
    from newsdesk_mlflow.mapping.pages.figure import FIGURE, figure  # noqa: PLC0415  (on request only)

    content = figure(machine)
    return {} if content is None else {FIGURE: content}


def _items(machine: Machine, limits: ServerLimits, choice: Choice) -> Items:
    """Give what gordo logs, and as many hyperparameters as are no further request."""
    items = read_items(machine, per_tag_metrics=choice.per_tag_metrics, metrics=choice.metrics)
    most = min(limits.params, limits.params_per_run or limits.params)
    added, alterations = hyperparameters(machine, max(0, most - len(items.params)))
    # The dates of the splits, which are many, come after the model: MLflow shows params in this order.
    params = sorted([*items.params, *added], key=lambda param: param.path.startswith(paths.SPLITS))
    return items._replace(params=params, alterations=[*items.alterations, *alterations])


def _experiment_tags(template: str, machine: Machine, length: int) -> dict[str, str]:
    """Describe an experiment; its project is told only where all its machines are of that one."""
    project = machine.project_name if fields_of(template) - {"name"} else None
    described = {
        "mlflow.note.content": experiment_note(project),
        PROJECT: project or "",
        # For MLflow 3, whose pages otherwise guess whether an experiment has traces or runs.
        "mlflow.experimentKind": "custom_model_development",
    }
    return {key: storable(value)[:length] for key, value in described.items() if value}


def _with_room_for_tags(limits: ServerLimits) -> ServerLimits:
    if limits.tags_per_run is None:
        return limits
    return replace(limits, tags_per_run=limits.tags_per_run - _TAGS_BESIDES)


def _name(
    parameter: str, template: str, fields: Mapping[str, str], length: int, alterations: list[Alteration]
) -> str:
    text = fill(template, fields)
    name = fitting_name(text, length)
    if name != text:
        detail = f"named {name!r}: MLflow allows {length} characters, and no NUL or lone surrogates"
        alterations.append(Alteration(parameter, "renamed", detail))
    return name
