"""The keys of a config file: their types, bounds, defaults and descriptions."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from newsdesk.delivery.desk import DEADLINE, DRAIN
from newsdesk.delivery.retry import Retry
from newsdesk.outbox.bounds import Bounds


@dataclass(frozen=True)
class Least:
    """A lower bound, by the names of `newsdesk.contract.types`."""

    ge: float | None = None
    gt: float | None = None
    min_length: int | None = None


_Path = Annotated[str, Least(min_length=1)]
_Positive = Annotated[int, Least(ge=1)]
_Count = Annotated[int, Least(ge=0)]
_Backoff = Annotated[float, Least(ge=0)]
_Seconds = Annotated[float, Least(gt=0)]


def _described(text: str, short: str | None = None, mistaken: str | None = None) -> dict[str, str | None]:
    """Describe a key.

    Args:
        text: The description.
        short: The key of its model that a text alone gives.
        mistaken: What people may write in its place.
    """
    return {"description": text, "short": short, "mistaken": mistaken}


@dataclass(frozen=True)
class RetryModel:
    """Retries of a delivery; see `newsdesk.Retry`."""

    attempts: _Positive = field(default=Retry.attempts, metadata=_described("Attempts at most."))
    initial: _Backoff = field(
        default=Retry.initial,
        metadata=_described("Upper bound of the first backoff in seconds; doubles with each attempt."),
    )
    maximum: _Backoff = field(
        default=Retry.maximum, metadata=_described("Upper bound of any backoff, in seconds.")
    )


@dataclass(frozen=True)
class OutboxModel:
    """The outbox; see `newsdesk.outbox.places`."""

    path: _Path = field(
        metadata=_described(
            "The file, created when needed; or the URL of an object store, `s3://bucket/prefix`.",
            mistaken="url",
        )
    )
    options: dict[str, str] | None = field(
        default=None,
        metadata=_described("What an object store takes beside its URL; may hold references."),
    )
    max_bytes: _Positive | None = field(
        default=None, metadata=_described("Upper bound of all records together, in bytes.")
    )
    max_age: _Seconds | None = field(
        default=None, metadata=_described("Seconds after which an owed record becomes dead.")
    )
    attempts: _Positive = field(
        default=Bounds.attempts,
        metadata=_described("Failed attempts after which a record becomes dead."),
    )
    drain: _Count = field(
        default=DRAIN,
        metadata=_described("Owed records that are sent after a successful delivery, at most."),
    )


@dataclass(frozen=True)
class ConfigModel:
    """The whole file."""

    reporters: list[Any] = field(default_factory=list, metadata=_described("Where to deliver machines."))
    retry: RetryModel = field(default_factory=RetryModel)
    deadline: _Seconds = field(
        default=DEADLINE, metadata=_described("Seconds for the delivery of one machine to all reporters.")
    )
    outbox: OutboxModel | None = field(
        default=None,
        metadata=_described(
            "The file, or the URL of an object store, for records that could not be delivered in time.",
            short="path",
        ),
    )
    allow_import_paths: list[str] | None = field(
        default=None,
        metadata=_described("Prefixes of the import paths that a definition may use; all by default."),
    )
    plugins: list[str] = field(
        default_factory=list, metadata=_described("Plugins to load for their hooks, by entry point.")
    )
    environments: dict[str, dict[str, Any] | None] = field(
        default_factory=dict,
        metadata=_described("By name, what `--env` lays over the keys above."),
    )
