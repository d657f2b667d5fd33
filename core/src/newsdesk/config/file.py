"""The config file: reporters, and the options of their desk."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from newsdesk.builtin.registry import default_registry
from newsdesk.config.lines import Lines
from newsdesk.contract.parameters import prepare_pydantic
from newsdesk.contract.suggestions import did_you_mean, listed
from newsdesk.delivery.desk import DEADLINE, DRAIN, Desk
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route, routes
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.outbox import Bounds, Outbox
from newsdesk.plugins.registry import Registry

DEFAULT_NAME = "newsdesk.yaml"
"""The file in the working folder that is used by default."""


_Path = Annotated[str, Field(min_length=1)]


def found(path: str | None) -> str | None:
    """Give the config that a command uses: the given one, or the one in the working folder.

    Raises:
        DefinitionError: the working folder cannot be read.
    """
    try:
        return path or (DEFAULT_NAME if Path(DEFAULT_NAME).is_file() else None)
    except OSError as error:
        raise DefinitionError(
            f"cannot look for {DEFAULT_NAME} in the working folder: {error.strerror}; give a config with "
            "--config, or use another folder"
        ) from error


prepare_pydantic()


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RetryModel(_Model):
    """Retries of a delivery; see `newsdesk.Retry`."""

    attempts: int = Field(default=Retry.attempts, ge=1, description="Attempts at most.")
    initial: float = Field(
        default=Retry.initial,
        ge=0,
        description="Upper bound of the first backoff in seconds; doubles with each attempt.",
    )
    maximum: float = Field(default=Retry.maximum, ge=0, description="Upper bound of any backoff, in seconds.")


class OutboxModel(_Model):
    """The outbox; see `newsdesk.outbox.Outbox`."""

    path: _Path = Field(description="The file; created when needed.")
    max_bytes: int | None = Field(
        default=None, ge=1, description="Upper bound of all records together, in bytes."
    )
    max_age: float | None = Field(
        default=None, gt=0, description="Seconds after which an owed record becomes dead."
    )
    attempts: int = Field(
        default=Bounds.attempts,
        ge=1,
        description="Failed attempts after which a record becomes dead.",
    )
    drain: int = Field(
        default=DRAIN, ge=0, description="Owed records that are sent after a successful delivery, at most."
    )


def _or_a_path(schema: dict[str, Any]) -> None:
    """Allow a path alone for the outbox.

    Not with `json_schema_input_type`: pydantic before 2.11.3 raises a KeyError for a model in it.
    """
    schema["anyOf"] = [{"minLength": 1, "type": "string"}, *schema["anyOf"]]


class ConfigModel(_Model):
    """The whole file."""

    reporters: list[Any] = Field(default_factory=list, description="Where to deliver machines.")
    retry: RetryModel = Field(default_factory=RetryModel)
    deadline: float = Field(
        default=DEADLINE, gt=0, description="Seconds for the delivery of one machine to all reporters."
    )
    outbox: OutboxModel | None = Field(
        default=None,
        description="The file for records that could not be delivered in time.",
        json_schema_extra=_or_a_path,
    )
    allow_import_paths: list[str] | None = Field(
        default=None, description="Prefixes of the import paths that a definition may use; all by default."
    )
    plugins: list[str] = Field(
        default_factory=list, description="Plugins to load for their hooks, by entry point."
    )

    @field_validator("outbox", mode="before")
    @classmethod
    def _path_alone(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value


# Pydantic's term for a YAML mapping.
_MAPPING = re.compile(r"a valid dictionary( or instance of \w+)?")
_SECTIONS: Mapping[str, type[BaseModel]] = {"retry": RetryModel, "outbox": OutboxModel}


@dataclass(frozen=True)
class Config:
    """The content of a config file; its reporters are built, but not opened."""

    routes: tuple[Route, ...] = ()
    """The reporters with their labels."""
    retry: Retry = field(default_factory=Retry)
    """Retries of a delivery."""
    deadline: float = DEADLINE
    """Seconds for the delivery of one machine."""
    allow_import_paths: tuple[str, ...] | None = None
    """Prefixes of the import paths that definitions may use; all, when None."""
    outbox: Outbox | None = None
    """Where records are kept that are still owed."""
    drain: int = DRAIN
    """Owed records that are sent after a successful delivery, at most."""
    plugins: tuple[str, ...] = ()
    """Entry points that are loaded for their hooks."""

    @classmethod
    def read(cls, path: str | os.PathLike[str], *, registry: Registry | None = None) -> "Config":
        """Read a config file.

        Raises:
            DefinitionError: it cannot be read, or has errors; all at once, with their lines.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise DefinitionError(
                f"cannot read the config {os.fspath(path)!r}: {error.reason} at byte {error.start}; save it "
                "as UTF-8"
            ) from error
        except OSError as error:
            raise DefinitionError(f"cannot read the config {os.fspath(path)!r}: {error.strerror}") from error
        return cls.from_yaml(text, name=os.fspath(path), registry=registry)

    @classmethod
    def from_yaml(cls, text: str, *, name: str = "config", registry: Registry | None = None) -> "Config":
        """Read a config from text; `name` is its name in messages."""
        lines = Lines.of(text, name)
        faults = list(lines.faults)
        document = lines.value if lines.value is not None else {}
        try:
            model = ConfigModel.model_validate(document)
        except ValidationError as error:
            faults += [_fault(entry) for entry in error.errors()]
            model = None
        raw = document if isinstance(document, Mapping) else {}
        entries = raw.get("reporters")
        allowed = model.allow_import_paths if model is not None else None
        made: tuple[Route, ...] = ()
        try:
            made = routes(
                entries if isinstance(entries, list) else [],
                registry=registry or default_registry(),
                allow_import_paths=allowed,
                has_outbox=raw.get("outbox") is not None,
            )
        except DefinitionError as error:
            faults += error.faults
        if model is not None and model.outbox is not None and "${" in model.outbox.path:
            text = "references are resolved in the parameters of reporters only; write the path"
            faults.append(Fault("outbox.path", text))
        if faults or model is None:
            raise DefinitionError(f"the config {name!r} cannot be used", lines.located(faults))
        return cls(
            made,
            Retry(**model.retry.model_dump()),
            model.deadline,
            None if allowed is None else tuple(allowed),
            _outbox(model.outbox),
            DRAIN if model.outbox is None else model.outbox.drain,
            tuple(model.plugins),
        )

    def desk(self, *, registry: Registry | None = None) -> Desk:
        """Make a desk from the config."""
        return Desk(
            self.routes,
            retry=self.retry,
            deadline=self.deadline,
            allow_import_paths=self.allow_import_paths,
            outbox=self.outbox,
            drain=self.drain,
            plugins=self.plugins,
            registry=registry,
        )


def _outbox(model: OutboxModel | None) -> Outbox | None:
    if model is None:
        return None
    return Outbox(model.path, Bounds(model.max_bytes, model.max_age, model.attempts))


def _fault(entry: Mapping[str, Any]) -> Fault:
    path = ".".join(map(str, entry["loc"]))
    if entry["type"] == "extra_forbidden":
        model = _SECTIONS[str(entry["loc"][0])] if len(entry["loc"]) > 1 else ConfigModel
        names = list(model.model_fields)
        meant = did_you_mean(str(entry["loc"][-1]), names)
        return Fault(path, f"unknown key{meant}; there are: {listed(names)}")
    if entry["type"] == "missing":
        return Fault(path, f"missing; {entry['loc'][0]} requires it")
    if entry["type"] == "invalid_key":
        return Fault(str(entry["loc"][0]), f"a key must be a string, but is {_shown(entry['input'])}")
    if not entry["loc"]:
        return Fault("", f"a config must be a mapping with the keys {listed(ConfigModel.model_fields)}")
    expected = _MAPPING.sub("a mapping", entry["msg"]).replace("Input should be", "must be")
    return Fault(path, f"{expected}, but is {_shown(entry['input'])}")


def _shown(value: Any) -> str:
    """Show a number or a string; of anything else only the type, since it may contain secrets."""
    return repr(value) if isinstance(value, str | int | float | None) else f"of type {type(value).__name__}"
