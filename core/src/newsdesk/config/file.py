"""The config file: reporters, and the options of their desk."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from newsdesk.builtin.registry import default_registry
from newsdesk.config.document import Document
from newsdesk.config.effective import Effective
from newsdesk.config.model import ConfigModel, OutboxModel
from newsdesk.config.section import read
from newsdesk.contract.parameters.references import malformed
from newsdesk.delivery.desk import DEADLINE, DRAIN, Desk
from newsdesk.delivery.retry import Retry
from newsdesk.delivery.route import Route, routes
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.outbox.bounds import Bounds
from newsdesk.plugins.registry import Registry

if TYPE_CHECKING:
    from newsdesk.outbox import BaseOutbox


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
    outbox: "BaseOutbox | None" = None
    """Where records are kept that are still owed."""
    drain: int = DRAIN
    """Owed records that are sent after a successful delivery, at most."""
    plugins: tuple[str, ...] = ()
    """Entry points that are loaded for their hooks."""

    @classmethod
    def read(
        cls, path: str | os.PathLike[str], *, env: str | None = None, registry: Registry | None = None
    ) -> "Config":
        """Read a config file.

        Args:
            path: The file.
            env: One of its environments; by default, its base alone.
            registry: Where names are looked up.

        Raises:
            DefinitionError: it cannot be read, has no such environment, or has errors; all at once, with
                their lines.
        """
        return cls.of(Effective.of(Document.read(path), env), registry=registry)

    @classmethod
    def from_yaml(
        cls, text: str, *, name: str = "config", env: str | None = None, registry: Registry | None = None
    ) -> "Config":
        """Read a config from text; `name` is its name in messages. For the rest, see `read`."""
        return cls.of(Effective.of(Document.of(text, name), env), registry=registry)

    @classmethod
    def of(
        cls, effective: Effective, *, registry: Registry | None = None, loads_plugins: bool = False
    ) -> "Config":
        """Read a config whose environment is chosen; see `read`.

        Args:
            effective: The config.
            registry: Where names are looked up.
            loads_plugins: Load its `plugins`, so that one that cannot be used is a fault.

        Raises:
            DefinitionError: it has errors.
        """
        registry = registry or default_registry()
        model, faults = read(ConfigModel, effective.value)
        raw = effective.value if isinstance(effective.value, Mapping) else {}
        entries = raw.get("reporters")
        allowed = None if model is None else model.allow_import_paths
        made: tuple[Route, ...] = ()
        try:
            made = routes(
                entries if isinstance(entries, list) else [],
                registry=registry,
                allow_import_paths=allowed,
                has_outbox=raw.get("outbox") is not None,
            )
        except DefinitionError as error:
            faults += error.faults
        if model is not None and model.outbox is not None:
            faults += _faults_of(model.outbox)
        if loads_plugins:
            faults += _faults_of_plugins(raw.get("plugins"), registry)
        if faults or effective.faults or model is None:
            raise effective.error(faults)
        return cls(
            made,
            Retry(**asdict(model.retry)),
            model.deadline,
            None if allowed is None else tuple(allowed),
            _outbox(model.outbox),
            DRAIN if model.outbox is None else model.outbox.drain,
            tuple(model.plugins),
        )

    def desk(self, reporters: Any = None, *, registry: Registry | None = None) -> Desk:
        """Make a desk from the config.

        Args:
            reporters: Definitions or reporters to use in place of the config's own, see `Desk`.
            registry: Where names are looked up.

        Raises:
            DefinitionError: a definition cannot be used.
        """
        return Desk(
            self.routes if reporters is None else reporters,
            retry=self.retry,
            deadline=self.deadline,
            allow_import_paths=self.allow_import_paths,
            outbox=self.outbox,
            drain=self.drain,
            plugins=self.plugins,
            registry=registry,
        )


def _faults_of_plugins(plugins: object, registry: Registry) -> Iterator[Fault]:
    for index, name in enumerate(plugins if isinstance(plugins, list) else []):
        try:
            if isinstance(name, str):
                registry.load(name)
        except DefinitionError as error:
            yield Fault(f"plugins.{index}", str(error))


def _faults_of(model: OutboxModel) -> list[Fault]:
    if "${" in model.path:
        text = "references are resolved in the parameters of reporters only; write the path"
        return [Fault("outbox.path", text)]
    from newsdesk.outbox.places import faults_of  # noqa: PLC0415  (only for those who have an outbox)

    return [*malformed(model.options, "outbox.options"), *faults_of(model.path, model.options)]


def _outbox(model: OutboxModel | None) -> "BaseOutbox | None":
    if model is None:
        return None
    from newsdesk.outbox.places import outbox_at  # noqa: PLC0415  (only for those who have an outbox)

    bounds = Bounds(model.max_bytes, model.max_age, model.attempts)
    return outbox_at(model.path, model.options, bounds)
