"""Which config a command uses, and which of its environments."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsdesk.exceptions import DefinitionError

if TYPE_CHECKING:
    from newsdesk.config.effective import Effective
    from newsdesk.config.file import Config
    from newsdesk.plugins.registry import Registry

DEFAULT_NAME = "newsdesk.yaml"
"""The file in the working folder that is used by default."""


@dataclass(frozen=True)
class ConfigChoice:
    """The values of `--config` and `--env`."""

    path: str | None = None
    """The config; by default `DEFAULT_NAME`, if it exists."""
    env: str | None = None
    """One of its environments; by default its base alone."""
    option: str = "--env"
    """What chose the environment, for messages: the option, or its environment variable."""

    def found(self) -> str | None:
        """Give the path of the config; None if there is none.

        Raises:
            DefinitionError: the working folder cannot be read, or there is no config to have an environment.
        """
        try:
            path = self.path or (DEFAULT_NAME if Path(DEFAULT_NAME).is_file() else None)
        except OSError as error:
            raise DefinitionError(
                f"cannot look for {DEFAULT_NAME} in the working folder: {error.strerror}; give a config with "
                "--config, or use another folder"
            ) from error
        if path is None and self.env is not None:
            unset = "" if self.option == "--env" else f", or unset {self.option}"
            raise DefinitionError(
                f"no config to take the environment {self.env!r} from: name one with --config, or put "
                f"{DEFAULT_NAME} here{unset}"
            )
        return path

    def effective(self) -> "Effective | None":
        """Read the config as it is in the environment; None if there is none.

        Raises:
            DefinitionError: it cannot be read, or has no such environment.
        """
        from newsdesk.config.document import Document  # noqa: PLC0415  (not for the help of a command)
        from newsdesk.config.effective import Effective  # noqa: PLC0415  (the same)

        path = self.found()
        return None if path is None else Effective.of(Document.read(path), self.env, option=self.option)

    def config(self, registry: "Registry | None" = None) -> "Config":
        """Read the config; without one, give an empty one.

        Raises:
            DefinitionError: it cannot be read, or has errors.
        """
        from newsdesk.config.file import Config  # noqa: PLC0415  (not for the help of a command)

        effective = self.effective()
        return Config() if effective is None else Config.of(effective, registry=registry)
