"""What each flavour of MLflow server takes, with the source of each number."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from newsdesk import Fault, did_you_mean

from newsdesk_mlflow.choice import choice_faults


class KeyRules(NamedTuple):
    """What a server asks of a key."""

    length: int = 250
    """Characters."""
    colon: bool = False
    """Whether a colon is legal."""


@dataclasses.dataclass(frozen=True, slots=True)
class ServerLimits:
    """What one flavour of server takes; the defaults are those of every MLflow server from 2.14 on.

    Source, where no other is given: `mlflow/utils/validation.py` of 2.14.3, 2.22.5 and 3.17.2, held against
    servers.
    """

    flavour: str = "mlflow"
    """The table's name."""
    metrics: int = 1000
    """Metrics in one request: MAX_METRICS_PER_BATCH."""
    params: int = 100
    """Params in one request: MAX_PARAMS_TAGS_PER_BATCH."""
    tags: int = 100
    """Tags in one request: MAX_PARAMS_TAGS_PER_BATCH."""
    total: int = 1000
    """Metrics, params and tags together in one request: MAX_ENTITIES_PER_BATCH."""
    request_bytes: int = 1_000_000
    """What the body of a request stays below: MAX_BATCH_LOG_REQUEST_SIZE.

    The open-source server does not enforce it; Databricks' documentation of log-batch says 1 MB."""
    key_length: int = 250
    """Characters in the key of a metric or param: MAX_ENTITY_KEY_LENGTH."""
    tag_key_length: int = 250
    """Characters in the key of a tag: MAX_ENTITY_KEY_LENGTH."""
    param_value_length: int = 6000
    """Characters: MAX_PARAM_VAL_LENGTH; the server would truncate without a word."""
    tag_value_length: int = 5000
    """Characters: MAX_TAG_VAL_LENGTH of 2.14; it is 8000 from 2.22 on."""
    run_name_length: int = 250
    """Characters: the column `runs.name` of a PostgreSQL store."""
    experiment_name_length: int = 256
    """Characters: the column `experiments.name` of a PostgreSQL store; MAX_EXPERIMENT_NAME_LENGTH is 500."""
    colon_in_keys: bool = False
    """Whether a key may hold a colon: 2.14 refuses it, 2.22 does not."""
    ordered_search: bool = True
    """Whether a search orders by tags, and filters by status and by what a tag is not."""
    inputs: bool = True
    """Whether a run takes a dataset as its input."""
    params_per_run: int | None = None
    """Params in a whole run."""
    tags_per_run: int | None = None
    """Tags in a whole run."""
    metric_names_per_run: int | None = None
    """Different metric keys in a whole run."""

    @property
    def keys(self) -> KeyRules:
        """What a key of a metric or param must be."""
        return KeyRules(self.key_length, self.colon_in_keys)

    @property
    def tag_keys(self) -> KeyRules:
        """What a key of a tag must be."""
        return KeyRules(self.tag_key_length, self.colon_in_keys)


FLAVOURS: Mapping[str, ServerLimits] = {
    limits.flavour: limits
    for limits in (
        ServerLimits(),
        # For those who know that their server is not older than that.
        ServerLimits("mlflow-2.22", tag_value_length=8000, colon_in_keys=True),
        ServerLimits("databricks"),
        # 200 metrics crashed above in 2020, 100 params: gordo's experience, azure-sdk issues. 200 params in a
        # run: undocumented, from threads. The others: "Service limits in Azure Machine Learning",
        # learn.microsoft.com; of a search: "Query & compare experiments and runs with MLflow", the same.
        ServerLimits(
            "azureml",
            metrics=200,
            tags=50,
            tag_key_length=100,
            tag_value_length=1000,
            run_name_length=256,
            ordered_search=False,
            inputs=False,
            params_per_run=200,
            tags_per_run=50,
            metric_names_per_run=50,
        ),
    )
}

_SWITCHES = ("colon_in_keys", "ordered_search", "inputs")
_NUMBERS = tuple(
    field.name for field in dataclasses.fields(ServerLimits) if field.name not in ("flavour", *_SWITCHES)
)
_OPTIONAL = ("params_per_run", "tags_per_run", "metric_names_per_run")
# A key that is too long ends in a hash of 8 characters: below this nothing of the name would be left.
_SHORTEST = {"key_length": 16, "tag_key_length": 16, "run_name_length": 16, "experiment_name_length": 16}
# Those that a run is found again by, those that people read, and those that are set in any case.
_FEWEST_TAGS = 20
# One metric with a key of 250 emoji, 12 bytes each, has to fit.
_FEWEST_BYTES = 10_000


def limits_for(choice: str | Mapping[str, Any] | None, tracking_uri: str | None) -> ServerLimits:
    """Give the limits that were chosen, or else those of the server that a tracking URI leads to.

    Args:
        choice: A flavour's name, or a mapping of single limits, in which `flavour` may name what they
            override; found good by `limit_faults`.
        tracking_uri: Where the server is, as far as that is known.
    """
    if isinstance(choice, str):
        return FLAVOURS[choice]
    overrides = dict(choice or {})
    flavour = overrides.pop("flavour", None) or flavour_of(tracking_uri)
    return dataclasses.replace(FLAVOURS[flavour], **overrides)


def flavour_of(tracking_uri: str | None) -> str:
    """Tell the flavour of server by a tracking URI's scheme."""
    uri = tracking_uri or ""
    scheme = uri if uri in FLAVOURS else urlsplit(uri).scheme
    return scheme if scheme in ("azureml", "databricks") else "mlflow"


def limit_faults(choice: Any) -> list[Fault]:
    """Give everything that is wrong with the parameter `limits`."""
    if choice is None:
        return []
    if isinstance(choice, str):
        return choice_faults("limits", "flavour", choice, FLAVOURS)
    if not isinstance(choice, Mapping):
        return [Fault("limits", f"must be a flavour's name or a mapping of limits, but is {choice!r}")]
    return [fault for name, value in choice.items() for fault in _entry_faults(name, value)]


def _entry_faults(name: Any, value: Any) -> list[Fault]:
    path = f"limits.{name}"
    if name == "flavour":
        return choice_faults(path, "flavour", value, FLAVOURS)
    if name in _SWITCHES:
        return [] if isinstance(value, bool) else [Fault(path, f"must be true or false, but is {value!r}")]
    if name not in _NUMBERS:
        known = ("flavour", *_SWITCHES, *_NUMBERS)
        return [Fault(path, f"unknown limit{did_you_mean(str(name), known)}; there are {', '.join(known)}")]
    if value is None and name in _OPTIONAL:
        return []
    least = {"request_bytes": _FEWEST_BYTES, "tags_per_run": _FEWEST_TAGS, **_SHORTEST}.get(name, 1)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        return [Fault(path, f"must be a whole number of at least {least}, but is {value!r}")]
    return []
