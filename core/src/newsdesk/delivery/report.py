"""Delivers one machine, without a desk that stays."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from newsdesk.contract.receipt import Receipt
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.desk import DEADLINE, Desk
from newsdesk.delivery.retry import Retry
from newsdesk.machine import Machine

if TYPE_CHECKING:
    import os

    from newsdesk.outbox import BaseOutbox

_log = logging.getLogger(__name__)


def report(
    machine: object,
    reporters: Iterable[str | Mapping[str, Any] | BaseReporter]
    | str
    | Mapping[str, Any]
    | BaseReporter
    | None = None,
    *,
    retry: Retry | None = None,
    deadline: float = DEADLINE,
    outbox: "BaseOutbox | str | os.PathLike[str] | None" = None,
    allow_import_paths: Sequence[str] | None = None,
) -> list[Receipt]:
    """Deliver one machine, and give a receipt for each reporter.

    Args:
        machine: A `Machine`, a mapping, or any object with a `to_dict()`.
        reporters: Definitions, as in a config, or reporters; by default those of the machine's own
            `runtime.reporters`.
        retry: How often to try again.
        deadline: Seconds for the whole delivery.
        outbox: Where to keep what could not be delivered in time.
        allow_import_paths: Prefixes of the import paths that definitions may use; all, when None.

    Raises:
        MachineError: it is no machine.
        DefinitionError: a definition cannot be used. Either way nothing was sent.
        DeliveryFailed: a required reporter failed; it has all failures and all receipts.
    """
    made = Machine.of(machine)
    if reporters is None:
        reporters = own_reporters(made)
        if not reporters:
            _log.warning("%s has no runtime.reporters and none were given, so it is not reported", made.key)
    with Desk(
        reporters, retry=retry, deadline=deadline, outbox=outbox, allow_import_paths=allow_import_paths
    ) as desk:
        return desk.report(made)


def own_reporters(machine: Machine) -> list[Any]:
    """Give the definitions in a machine's own `runtime.reporters`; none is an empty list."""
    entries = machine.runtime.get("reporters")
    return list(entries) if isinstance(entries, list) else [] if entries is None else [entries]
