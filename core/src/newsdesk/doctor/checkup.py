"""All findings, in the order in which they are shown."""

from collections.abc import Iterator
from dataclasses import replace

from newsdesk.builtin.registry import default_registry
from newsdesk.config.choice import ConfigChoice
from newsdesk.config.file import Config
from newsdesk.contract.finding import Finding
from newsdesk.doctor import backends, installed, outbox, reporters, versions
from newsdesk.doctor import config as config_checks
from newsdesk.plugins.registry import Registry
from newsdesk.secrets import mask_text


class Checkup:
    """All checks of one installation.

    Args:
        choice: The config; by default the one that other commands would use.
        ping: Whether backends are contacted.
        registry: Where plugins are looked up.
    """

    def __init__(
        self, choice: ConfigChoice | None = None, *, ping: bool = False, registry: Registry | None = None
    ) -> None:
        self._choice = choice or ConfigChoice()
        self._ping = ping
        self._registry = registry or default_registry()

    def findings(self) -> Iterator[Finding]:
        """Give the findings as they come, with the secrets of the config's reporters masked."""
        config, read = config_checks.read(self._choice, self._registry)
        yield from versions.findings()
        yield from _masked(config, installed.findings(self._registry, config.routes))
        yield from read
        for route in config.routes:
            yield from _masked(config, config_checks.references(route, deadline=config.deadline))
        yield from outbox.findings(config)
        responding = set[str]()
        for found in backends.findings(config, self._registry) if self._ping else ():
            yield found
            if not found.remedy:
                responding.add(found.subject)
        told = reporters.findings(config.routes, asked=responding, deadline=config.deadline)
        yield from _masked(config, told)


def _masked(config: Config, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Mask what has texts of plugins in it; the others are our own, and errors in them are masked already."""
    for found in findings:
        # Each time: what a file holds is known once its reference was resolved.
        secrets = frozenset[str]().union(*(route.reporter.secret_values() for route in config.routes))
        yield replace(found, text=mask_text(found.text, secrets), remedy=mask_text(found.remedy, secrets))
