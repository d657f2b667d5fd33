"""Pure: names with fields of the machine in them, such as `"{project_name}-{name}"`."""

import re
import string
from collections.abc import Mapping

from newsdesk import Fault, did_you_mean

FIELDS = ("name", "project_name", "model_key", "revision")

# References to the environment or a file are resolved before the template is used, and look like fields.
_REFERENCE = re.compile(r"\$\{(?:env|file):[^}]*\}")


def template_faults(template: str, path: str) -> list[Fault]:
    """Give what is wrong with a template; `path` names its parameter."""
    try:
        parts = [*string.Formatter().parse(_REFERENCE.sub("", template))]
    except ValueError as error:
        return [Fault(path, f"{template!r} is not a valid template: {error}; write {{{{ or }}}} for a brace")]
    return [
        fault
        for _, field, spec, conversion in parts
        for fault in _field_faults(path, field, spec, conversion)
    ]


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Give the text of a template that was found good."""
    return template.format_map(fields)


def fields_of(template: str) -> set[str]:
    """Give the fields that a template has."""
    return {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}


def advice_on(experiment: str) -> str:
    """Say what would suit many machines better than this template of experiments; empty, if nothing does."""
    if not fields_of(experiment) - {"project_name"}:
        return ""
    return (
        f"experiment: '{experiment}' makes an experiment for each machine; '{{project_name}}' makes one for "
        "each project, which is easier to look through"
    )


def _field_faults(path: str, field: str | None, spec: str | None, conversion: str | None) -> list[Fault]:
    if field is None:
        return []
    known = ", ".join(f"{{{name}}}" for name in FIELDS)
    if field not in FIELDS:
        return [Fault(path, f"unknown field {{{field}}}{did_you_mean(field, FIELDS)}; there are {known}")]
    if spec or conversion:
        return [
            Fault(path, f"the field {{{field}}} takes no format and no conversion; write {{{field}}} alone")
        ]
    return []
