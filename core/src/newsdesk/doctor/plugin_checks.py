"""The checks of plugins."""

import copy
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from newsdesk.contract.finding import Finding
from newsdesk.contract.reporter import BaseReporter
from newsdesk.delivery.route import Route
from newsdesk.exceptions import PluginError
from newsdesk.plugins.loaded import LoadedPlugin
from newsdesk.plugins.registry import Registry
from newsdesk.secrets import mask_text

_log = logging.getLogger(__name__)


def findings(registry: Registry, routes: Sequence[Route], *, ping: bool) -> Iterator[Finding]:
    """Run the checks of every plugin; one that fails is a finding, and does not affect others."""
    for plugin, check in registry.hooked("newsdesk_checks"):
        # Copies for each plugin: what one opens or changes does not affect the next.
        reporters = {route.label: copy.copy(route.reporter) for route in routes}
        try:
            yield from _isolated(plugin, check, reporters, ping=ping)
        finally:
            _close(reporters)


def _isolated(
    plugin: LoadedPlugin, check: Callable[..., Any], reporters: Mapping[str, BaseReporter], *, ping: bool
) -> Iterator[Finding]:
    try:
        yield from map(_finding, check(reporters=reporters, ping=ping))
    except (Exception, SystemExit) as error:  # noqa: BLE001  (a stranger's code: it must harm no other check)
        _log.debug("the checks of %s failed", plugin.origin, exc_info=error)
        text = f"the checks of {plugin.origin} failed: {type(error).__name__}: {error}"
        yield Finding(plugin.name, text, "report it to its author; everything else was checked")


def _finding(found: object) -> Finding:
    if not isinstance(found, Finding):
        raise PluginError(f"newsdesk_checks() must yield Finding records, not {found!r}")
    return found


def _close(reporters: Mapping[str, BaseReporter]) -> None:
    for label, reporter in reporters.items():
        try:
            reporter.close()
        except Exception as error:  # noqa: BLE001  (the same)
            text = mask_text(f"{type(error).__name__}: {error}", reporter.secret_values())
            _log.warning("the reporter %s did not close: %s", label, text)
