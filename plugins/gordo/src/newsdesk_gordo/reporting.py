"""What `machine.report()` does: deliver to all reporters, and raise what gordo has exit codes for."""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from gordo.reporters.exceptions import ReporterException
from gordo_core.exceptions import ConfigException
from newsdesk import Config, DefinitionError, DeliveryFailed, Desk, Receipt
from newsdesk import ReporterException as NewsdeskException

CONFIG_VARIABLE = "NEWSDESK_CONFIG"
"""The environment variable with the path of the config."""
ENVIRONMENT_VARIABLE = "NEWSDESK_ENV"
"""The environment variable with the name of its environment, if it has several."""
DEFAULT_CONFIG = "newsdesk.yaml"
"""The config in the working folder that is used without it, if it exists."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reports:
    """Where a machine is reported to."""

    desk: Desk
    """The reporters of the config, or else the machine's own; none is open yet."""

    @classmethod
    def of(cls, machine: Any) -> Self:
        """Read the config, and build the reporters without connecting.

        Args:
            machine: A `gordo.machine.Machine`.

        Raises:
            ConfigException: the config or a definition cannot be used; gordo exits with 100.
        """
        try:
            return cls(_desk(_config(), machine.runtime.get("reporters")))
        except DefinitionError as error:
            raise ConfigException(str(error)) from error

    def send(self, machine: Any) -> None:
        """Deliver the machine to every reporter.

        Raises:
            ReporterException: a required reporter failed, or the machine is not valid; gordo exits with 90.
        """
        with self.desk as desk:
            try:
                receipts = desk.report(machine)
            except DeliveryFailed as error:
                _log_places(error.receipts)
                raise ReporterException(_summary(error)) from error
            except NewsdeskException as error:
                raise ReporterException(str(error)) from error
        _log_places(receipts)


def _config() -> Config:
    path = os.environ.get(CONFIG_VARIABLE) or (DEFAULT_CONFIG if Path(DEFAULT_CONFIG).is_file() else None)
    env = os.environ.get(ENVIRONMENT_VARIABLE) or None
    return Config() if path is None else Config.read(path, env=env)


def _desk(config: Config, own: Any) -> Desk:
    if config.routes:
        return config.desk()
    if not own:
        _log.warning("no reporter in a config or in the machine's runtime.reporters: it is not reported")
    return config.desk(own or [])


def _log_places(receipts: Iterable[Receipt]) -> None:
    """Log where the machine is now, and what was altered; the desk logs what became of each delivery."""
    for receipt in receipts:
        for text in filter(None, [receipt.reference, *map(str, receipt.alterations)]):
            _log.info("%s at %s: %s", receipt.machine, receipt.reporter, text)


def _summary(error: DeliveryFailed) -> str:
    """Give each failure in the message, which is all that gordo writes to its exceptions file."""
    causes = [f"{r.reporter} ({r.status}): {r.error}" for r in error.receipts if not r.settled]
    return "; ".join([error.message, *causes])
