"""Pure: items under a server's limits, with everything that had to be altered."""

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from newsdesk import Alteration

from newsdesk_mlflow.limits import ServerLimits
from newsdesk_mlflow.mapping.items import Items, Metric, Param, Tag
from newsdesk_mlflow.mapping.naming.keys import Name, assign_keys
from newsdesk_mlflow.mapping.naming.text import json_number, storable

_ONE_LINE = 80


class Fitted(NamedTuple):
    """What a server takes as it is."""

    metrics: list[Metric]
    params: list[Param]
    tags: list[Tag]
    artifacts: dict[str, bytes]
    """What is over the limits of a run: by file name, all items of the kind, untouched."""
    alterations: list[Alteration]


_T = TypeVar("_T", Param, Tag)


def fit(items: Items, tags: Sequence[Tag], limits: ServerLimits) -> Fitted:
    """Make items that a server takes without refusing or truncating any; each change is an alteration."""
    fitter = _Fitter(limits, items.alterations)
    return Fitted(
        fitter.metrics(items.metrics),
        fitter.params(items.params),
        fitter.tags(tags),
        fitter.artifacts,
        fitter.alterations,
    )


class _Fitter:
    """Makes items fit, and records each alteration."""

    def __init__(self, limits: ServerLimits, alterations: Iterable[Alteration]) -> None:
        self.limits = limits
        self.artifacts: dict[str, bytes] = {}
        self.alterations = [*alterations]

    def metrics(self, metrics: Sequence[Metric]) -> list[Metric]:
        keys = assign_keys((Name(metric.key, metric.path) for metric in metrics), self.limits.keys)
        self._tell_renamed(keys)
        named = [_with_key(metric, keys[Name(metric.key, metric.path)]) for metric in metrics]
        # By rank, then in their order: a dict keeps the first place of each key.
        order = [*dict.fromkeys(metric.key for metric in sorted(named, key=lambda metric: metric.rank))]
        kept = set(order[: self.limits.metric_names_per_run])
        if len(kept) < len(order):
            self.artifacts["metrics.json"] = _listing(metrics, lambda metric: json_number(metric.value))
            self._tell_left_out("metrics", "metric names", len(order), len(kept))
        fitted = [metric for metric in named if metric.key in kept]
        self._tell_infinite(fitted)
        # Most are as they should be: of a hundred thousand, each copy counts.
        return [
            metric if math.isfinite(metric.value) else metric._replace(value=_finite(metric.value))
            for metric in fitted
        ]

    def params(self, params: Sequence[Param]) -> list[Param]:
        values = {param.path: self._value(param, self.limits.param_value_length) for param in params}
        # The same key and value twice is one param; MLflow would refuse the second.
        once = {(param.key, values[param.path]): param for param in reversed(params)}
        distinct = [param for param in params if once[param.key, values[param.path]] is param]
        keys = assign_keys((Name(param.key, param.path) for param in distinct), self.limits.keys)
        self._tell_renamed(keys)
        fitted = [
            Param(keys[Name(param.key, param.path)], values[param.path], param.path) for param in distinct
        ]
        return self._within_run("params", fitted, params, self.limits.params_per_run)

    def tags(self, tags: Sequence[Tag]) -> list[Tag]:
        keys = assign_keys((Name(tag.key, tag.path) for tag in tags), self.limits.tag_keys)
        self._tell_renamed(keys)
        fitted = [
            Tag(keys[Name(tag.key, tag.path)], self._value(tag, self.limits.tag_value_length), tag.path)
            for tag in tags
        ]
        return self._within_run("tags", fitted, tags, self.limits.tags_per_run)

    def _within_run(self, kind: str, fitted: list[_T], originals: Sequence[_T], most: int | None) -> list[_T]:
        kept = fitted[:most]
        if len(kept) < len(fitted):
            self.artifacts[f"{kind}.json"] = _listing(originals, lambda item: item.value)
            self._tell_left_out(kind, kind, len(fitted), len(kept))
        return kept

    def _value(self, item: Param | Tag, length: int) -> str:
        value = storable(item.value)
        if value != item.value:
            detail = (
                f"NUL and lone surrogates of {item.key!r} are escaped, since MLflow's stores cannot hold them"
            )
            self._tell(item.path or item.key, "encoded", detail)
        if len(value) > length:
            detail = (
                f"{item.key!r} has {len(value)} characters, and the server keeps {length}; see metadata.json"
            )
            self._tell(item.path or item.key, "truncated", detail)
        return value[:length]

    def _tell(self, path: str, kind: Any, detail: str) -> None:
        self.alterations.append(Alteration(path, kind, detail))

    def _tell_renamed(self, keys: Mapping[Name, str]) -> None:
        for name, key in keys.items():
            if key != name.text:
                shown = name.text if len(name.text) <= _ONE_LINE else f"{name.text[:_ONE_LINE]}…"
                detail = f"{shown!r} is logged as {key!r}: its key is invalid, too long or already used"
                self._tell(name.origin or name.text, "renamed", detail)

    def _tell_infinite(self, metrics: Sequence[Metric]) -> None:
        for path, key in {metric.path: metric.key for metric in metrics if math.isinf(metric.value)}.items():
            detail = (
                f"infinite values of {key!r} become ±{sys.float_info.max}, as in every SQL store of MLflow"
            )
            self._tell(path, "encoded", detail)

    def _tell_left_out(self, kind: str, what: str, count: int, kept: int) -> None:
        detail = (
            f"{count - kept} of {count} {what} left out: a run ({self.limits.flavour}) holds {kept};"
            f" all are in the artifact {kind}.json"
        )
        self._tell(kind, "omitted", detail)


def _with_key(metric: Metric, key: str) -> Metric:
    return metric if key == metric.key else metric._replace(key=key)


def _finite(value: float) -> float:
    return math.copysign(sys.float_info.max, value) if math.isinf(value) else value


def _listing(items: Sequence[Any], value_of: Callable[[Any], Any]) -> bytes:
    """Write items as a JSON list of objects; surrogates become JSON escapes."""
    entries = [
        {name: field for name, field in {**item._asdict(), "value": value_of(item)}.items() if name != "rank"}
        for item in items
    ]
    return json.dumps(entries, allow_nan=False, indent=1).encode()
