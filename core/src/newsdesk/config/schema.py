"""The config as a JSON Schema, for editors.

It accepts every valid config, and rejects some that are not valid: `newsdesk check` finds more.
"""

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from newsdesk.config.effective import KEY
from newsdesk.config.model import ConfigModel
from newsdesk.config.section import model_in
from newsdesk.contract.parameters.arguments import annotations, signature
from newsdesk.contract.parameters.docstrings import argument_texts
from newsdesk.contract.parameters.secrecy import masked
from newsdesk.contract.reporter import BaseReporter
from newsdesk.contract.types.json_schema import Schema, json_schema, titled
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.plugins.definition import OPTIONS
from newsdesk.plugins.registry import Registry

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Looser than Python's identifiers: an editor's regular expressions know no letters but ASCII's.
_IMPORT_PATH = r"^[^.:\s]+([.:][^.:\s]+)+$"
_REFERENCE: Schema = {"type": "string", "pattern": r"\$\{(env|file):[^}]*\}"}
_OPTIONS: Mapping[str, Schema] = {
    "required": {"enum": [True, False, "delivered", "spooled"], "default": True},
    "spool": {"enum": ["on_failure", "always", "never"], "default": "on_failure"},
    "label": {"type": "string", "minLength": 1},
    "redact": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "when": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
        },
    },
}


@dataclass(frozen=True)
class Offer:
    """A reporter under one of its names."""

    name: str
    """Its name, or an alias."""
    reporter: type[BaseReporter]
    """Its class."""
    summary: str = ""
    """A one-line description."""


def offers(registry: Registry) -> tuple[list[Offer], list[Fault]]:
    """Give every installed reporter under each of its names, and why others are missing."""
    offered: list[Offer] = []
    faults: list[Fault] = []
    for plugin in registry.plugins():
        if plugin.error is not None:
            faults.append(Fault(plugin.name, f"{type(plugin.error).__name__}: {plugin.error}"))
        for record in plugin.records:
            try:
                reporter = registry.find(record.name)
            except DefinitionError as error:
                faults.append(Fault(record.name, str(error)))
                continue
            names = [*record.names]
            if len(plugin.records) == 1:  # then the name of the entry point is one of its names
                names.append(plugin.name)
            offered += [Offer(name, reporter, record.summary) for name in dict.fromkeys(names)]
    return offered, faults


def config_schema(offered: Sequence[Offer]) -> Schema:
    """Give the schema of a config with these reporters, and any import path."""
    models = {key.name: model for key in fields(ConfigModel) if (model := model_in(key.type))}
    document = _model(ConfigModel)
    keys = document["properties"]
    keys["reporters"]["items"] = {"$ref": "#/$defs/Entry"}
    keys[KEY]["additionalProperties"] = {"anyOf": [{"$ref": "#/$defs/Environment"}, {"type": "null"}]}
    # A reporter with several names is described once.
    classes = dict.fromkeys(offer.reporter for offer in offered)
    required = {name: {"required": names} for name, model in models.items() if (names := _required(model))}
    return {
        "$schema": DIALECT,
        "$defs": {
            **{model.__name__: _model(model) for model in sorted(models.values(), key=_name)},
            "Entry": _entry(offered),
            "Environment": _environment(keys),
            **{_key(cls): _parameters(cls) for cls in classes},
            "Reference": _REFERENCE,
        },
        **document,
        # An environment may add what the base lacks.
        "if": {"required": [KEY]},
        "else": {"properties": {**required, "reporters": {"items": {"properties": _required_of(offered)}}}},
        "title": "newsdesk",
        "description": "newsdesk's config file.",
    }


def _entry(offered: Sequence[Offer]) -> Schema:
    names = [offer.name for offer in offered]
    return {
        "anyOf": [
            {"enum": names},
            {"type": "string", "pattern": _IMPORT_PATH},
            {"type": "null", "description": "The reporter `null`, as YAML parses it."},
            *map(_named, offered),
            _imported(names),
        ]
    }


def _environment(keys: Mapping[str, Schema]) -> Schema:
    properties = {name: {"$ref": f"#/properties/{name}"} for name in keys if name != KEY}
    label = {"type": "string", "minLength": 1, "description": "The label of a reporter of the base."}
    entries = {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Entry"}, label]}}
    return {
        "type": "object",
        "description": "What differs in one environment.",
        "properties": {**properties, "reporters": {**keys["reporters"], **entries}},
        "additionalProperties": False,
    }


def _required_of(offered: Sequence[Offer]) -> Schema:
    needed = {
        offer.name: [p.name for p in _named_parameters(offer.reporter) if p.default is p.empty]
        for offer in offered
    }
    return {name: {"required": names} for name, names in needed.items() if names}


def _required(model: type[Any]) -> list[str]:
    return [key.name for key in fields(model) if key.default is key.default_factory is MISSING]


def _name(model: type) -> str:
    return model.__name__


def _model(model: type[Any]) -> Schema:
    """Give the schema of a part of the config."""
    return {
        "additionalProperties": False,
        "description": model.__doc__,
        "properties": {key.name: _key_of_config(key) for key in fields(model)},
        "title": model.__name__,
        "type": "object",
    }


def _key_of_config(key: Field[Any]) -> Schema:
    model = model_in(key.type)
    reference = {"$ref": f"#/$defs/{_name(model)}"} if model else {}
    if model is key.type:
        return reference
    if model is None:
        schema = {**json_schema(key.type), "title": titled(key.name)}
    else:
        alone = [json_schema(k.type) for k in fields(model) if k.name == key.metadata["short"]]
        schema = {"anyOf": [*alone, reference, {"type": "null"}]}
    schema["description"] = key.metadata["description"]
    if key.default is not MISSING:
        schema["default"] = key.default
    return dict(sorted(schema.items()))


def _named(offer: Offer) -> Schema:
    params = {"anyOf": [{"$ref": f"#/$defs/{_key(offer.reporter)}"}, {"type": "null"}]}
    described = {"description": offer.summary} if offer.summary else {}
    return {
        "type": "object",
        "required": [offer.name],
        "properties": {offer.name: params | described, **_options()},
        "additionalProperties": False,
    }


def _imported(known: Sequence[str]) -> Schema:
    return {
        "type": "object",
        "properties": {**dict.fromkeys(known, False), **_options()},
        "patternProperties": {_IMPORT_PATH: {"type": ["object", "null"]}},
        "additionalProperties": False,
        "not": {"propertyNames": {"enum": [*OPTIONS]}},
    }


def _options() -> dict[str, Schema]:
    return {name: {**_OPTIONS[name], "description": text} for name, text in OPTIONS.items()}


def _key(cls: type[BaseReporter]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _named_parameters(cls: type[BaseReporter]) -> list[inspect.Parameter]:
    parameters = signature(cls).parameters.values()
    return [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def _parameters(cls: type[BaseReporter]) -> Schema:
    texts = argument_texts(cls.__doc__)
    return {
        "type": "object",
        "properties": {p.name: _parameter(cls, p, texts.get(p.name)) for p in _named_parameters(cls)},
        "additionalProperties": any(p.kind is p.VAR_KEYWORD for p in signature(cls).parameters.values()),
    }


def _parameter(cls: type[BaseReporter], parameter: inspect.Parameter, text: str | None) -> Schema:
    described: Schema = {"description": text} if text else {}
    default = parameter.default
    if _is_json(default) and masked(cls, parameter.name, default) == default:
        described["default"] = default
    return {**_or_reference(json_schema(annotations(cls).get(parameter.name, Any))), **described}


def _is_json(value: object) -> bool:
    return isinstance(value, str | int | None) or (isinstance(value, float) and math.isfinite(value))


def _or_reference(schema: Schema) -> Schema:
    """Accept a reference in place of every value."""
    if not schema or schema == {"type": "string"}:
        return schema
    if "anyOf" in schema:
        within = [_inner(choice) for choice in schema["anyOf"]]
        free = {"type": "string"} in within
        return {**schema, "anyOf": within if free else [*within, {"$ref": "#/$defs/Reference"}]}
    return {"anyOf": [_inner(schema), {"$ref": "#/$defs/Reference"}]}


def _inner(schema: Schema) -> Schema:
    """Do the same for the values in a list or a mapping."""
    below: Schema = {
        key: _or_reference(held)
        for key in ("items", "additionalProperties")
        if isinstance(held := schema.get(key), dict)  # or a yes or no to all
    }
    if "prefixItems" in schema:
        below["prefixItems"] = [_or_reference(item) for item in schema["prefixItems"]]
    if "properties" in schema:
        below["properties"] = {name: _or_reference(item) for name, item in schema["properties"].items()}
    return {**schema, **below}
