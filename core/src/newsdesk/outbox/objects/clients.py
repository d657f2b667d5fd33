"""The clients of the store of an outbox, one for each timeout."""

from collections.abc import Mapping

from newsdesk.contract.parameters.references import resolve
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.objectstore.opening import opened
from newsdesk.objectstore.store import ObjectStore

_TIMEOUTS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Timeouts in seconds: obstore has them for a client, not for a request."""


class Clients:
    """Opens the clients when they are needed.

    Args:
        url: The URL.
        options: What the store takes beside it, which may hold references.
    """

    def __init__(self, url: str, options: Mapping[str, str] | None) -> None:
        self._url = url
        self._options = options or {}
        self._opened: dict[float, ObjectStore] = {}

    def within(self, seconds: float) -> ObjectStore:
        """Give the store with the longest timeout of at most so many seconds."""
        timeout = max((each for each in _TIMEOUTS if each <= seconds), default=_TIMEOUTS[0])
        if timeout not in self._opened:
            self._opened[timeout] = opened(self._url, self._resolved(), timeout=timeout)
        return self._opened[timeout]

    def close(self) -> None:
        """Drop them, and with them their connections."""
        self._opened.clear()

    def _resolved(self) -> Mapping[str, str]:
        """Give the options with what their references point to."""
        faults: list[Fault] = []
        given = {
            name: resolve(value, f"outbox.options.{name}", faults, set())
            for name, value in self._options.items()
        }
        if faults:
            raise DefinitionError("the outbox cannot be used", faults)
        return given
