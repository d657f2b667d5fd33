"""Pure: an entry of a config, as what it means: a target, its parameters, and options for the desk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.secrets.reference import REFERENCE

OPTIONS: Mapping[str, str] = {
    "required": "true, false, delivered or spooled",
    "spool": "on_failure, always or never",
    "label": "a non-empty string, without references",
    "redact": "a list of paths, whose values the reporter does not see",
    "when": "a mapping of paths to texts with *, which a machine must fit to be sent",
}
"""The options for the desk beside a reporter's name, and their values; see `Route`."""

NULL = "null"  # which YAML reads as None without quotes

_FORM = (
    "write a name ('mlflow'), an import path ('my_pkg.SlackReporter'), "
    "or one of them with parameters ({postgres: {host: db}})"
)


@dataclass(frozen=True)
class Definition:
    """How a config names one reporter."""

    target: str
    """A name or an import path."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The reporter's parameters; references unresolved."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options for the desk, see `OPTIONS`."""

    def to_entry(self) -> str | dict[str, Any]:
        """Give the entry that `parse` reads to an equal definition, in its shortest form."""
        if not self.params and not self.options:
            return self.target
        return {self.target: dict(self.params), **self.options}


def parse(entry: object) -> Definition:
    """Read an entry; it is not changed.

    Raises:
        DefinitionError: it has another form, no reporter, more than one, or an option that is wrong.
    """
    if entry is None:
        return Definition(NULL)
    if isinstance(entry, str) and entry.strip():
        return Definition(entry.strip())
    if not isinstance(entry, Mapping) or not entry:
        raise DefinitionError(f"not a reporter definition: {_shown(entry)}; {_FORM}")
    entry = {NULL if key is None else key: value for key, value in entry.items()}
    targets = [key for key in entry if key not in OPTIONS]
    if len(targets) != 1 or not isinstance(targets[0], str) or targets[0].strip() in ("", *OPTIONS):
        raise DefinitionError(_several(targets, entry))
    options = {key: value for key, value in entry.items() if key in OPTIONS}
    faults = _option_faults(options)
    params = entry[targets[0]]
    if params is None:
        params = {}
    if not isinstance(params, Mapping):
        faults.append(Fault(targets[0], f"the parameters must be a mapping, but are {_shown(params)}"))
    elif wrong := [key for key in params if not isinstance(key, str)]:
        faults.append(Fault(targets[0], f"a parameter's name must be a string, but is {wrong[0]!r}"))
    if faults:
        raise DefinitionError(f"the definition of {targets[0]!r} cannot be used", faults)
    return Definition(targets[0].strip(), dict(params), options)


def is_import_path(target: str) -> bool:
    """Tell whether a target has the form of an import path: `pkg.mod.Class` or `pkg.mod:Class`."""
    parts = target.replace(":", ".", 1).split(".")
    return len(parts) > 1 and all(part.isidentifier() for part in parts)


def split_import_path(path: str) -> tuple[str, str]:
    """Give module and attribute of `pkg.mod.Class` or `pkg.mod:Class`."""
    module, _, attribute = path.partition(":") if ":" in path else path.rpartition(".")
    return module, attribute


def is_allowed(path: str, prefixes: Sequence[str] | None) -> bool:
    """Tell whether an import path is under one of the prefixes, at a dot; None allows all."""
    if prefixes is None:
        return True
    dotted = path.replace(":", ".", 1)
    return any(f"{dotted}.".startswith(f"{prefix.replace(':', '.', 1).rstrip('.')}.") for prefix in prefixes)


def _option_faults(options: Mapping[str, Any]) -> list[Fault]:
    right = {
        "required": lambda value: isinstance(value, bool) or value in ("delivered", "spooled"),
        "spool": lambda value: value in ("on_failure", "always", "never"),
        "label": lambda value: isinstance(value, str) and value != "" and not REFERENCE.search(value),
    }
    faults = [
        Fault(name, f"must be {OPTIONS[name]}, but is {_shown_option(value)}")
        for name, value in options.items()
        if name in right and not right[name](value)
    ]
    if "redact" in options or "when" in options:
        faults += _routing_faults(options)
    return faults


def _routing_faults(options: Mapping[str, Any]) -> Iterator[Fault]:
    # Only for those who use them.
    from newsdesk.routing.condition import Condition  # noqa: PLC0415
    from newsdesk.routing.redaction import Redaction  # noqa: PLC0415

    for name, read in (("redact", Redaction.of), ("when", Condition.of)):
        if name in options:
            try:
                read(options[name])
            except DefinitionError as error:
                text = f"must be {OPTIONS[name]}, but is {_shown_option(options[name])}"
                below = [fault._replace(path=f"{name}.{fault.path}") for fault in error.faults]
                yield from below or [Fault(name, text)]


def _shown_option(value: object) -> str:
    return repr(value) if isinstance(value, str | int | float | None) else _shown(value)


def _several(targets: Sequence[Any], entry: Mapping[Any, Any]) -> str:
    if not targets:
        return f"there is no reporter beside {listed(map(repr, entry))}; {_FORM}"
    close = next((n for t in targets if isinstance(t, str) and (n := did_you_mean(t, OPTIONS))), "")
    reporters = [key for key in targets if entry[key] is None or isinstance(entry[key], Mapping)]
    if len(reporters) == 1 < len(targets) and not close:  # in YAML, all at one level
        parameters = listed(repr(key) for key in targets if key not in reporters)
        return f"indent {parameters} under {reporters[0]!r}; only {listed(OPTIONS)} go beside a reporter"
    return (
        f"a definition names one reporter, but this has the keys {listed(map(repr, targets))}{close}; "
        f"only {listed(OPTIONS)} go beside a reporter"
    )


def _shown(value: object) -> str:
    """Name a value without showing it: where a definition was expected, a secret may stand."""
    return "missing" if value is None else "empty" if value in ("", {}) else f"of type {type(value).__name__}"
