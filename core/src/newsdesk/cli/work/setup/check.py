"""What `newsdesk check` does."""

import logging
from collections.abc import Iterator

import click

from newsdesk.cli.desks import Desks
from newsdesk.cli.receipts.causes import named
from newsdesk.config.choice import ConfigChoice
from newsdesk.config.file import Config
from newsdesk.contract.finding import Finding
from newsdesk.delivery.route import Route
from newsdesk.doctor import config as config_checks
from newsdesk.doctor import reporters
from newsdesk.exceptions import DefinitionError
from newsdesk.secrets import mask_text

_log = logging.getLogger(__name__)


def run(choice: ConfigChoice, *, ping: bool) -> int:
    """Run the command, and return its exit code."""
    config = Desks(choice, ()).config
    if not config.routes:
        raise DefinitionError(
            "no reporters: name a config with --config, or put newsdesk.yaml here with 'reporters' in it"
        )
    desk = config.desk()  # its plugins are loaded, and nothing is opened
    failed = set(_problems(config))
    if not ping:
        for route in config.routes:
            click.echo(f"{_name(route)}: {route.reporter!r}")
    else:
        with desk:
            failed |= {route.label for route, error in desk.ping() if not _responds(route, error, failed)}
        if config.outbox is not None:
            with config.outbox as outbox:
                outbox.probe()
            click.echo(f"outbox: {config.outbox.place} can be written")
    is_required = any(route.required for route in config.routes if route.label in failed)
    return 1 if is_required else 3 if failed else 0


def _problems(config: Config) -> Iterator[str]:
    """Print what was found of the reporters, and give the labels of those that cannot be used."""
    for route, finding in _findings(config):
        said = "; ".join(filter(None, [finding.text, finding.remedy]))
        text = f"{_name(route)}: {mask_text(said, route.reporter.secret_values())}"
        click.echo(text if finding.remedy else f"Warning: {text}", err=True)
        if finding.remedy:
            yield route.label


def _findings(config: Config) -> Iterator[tuple[Route, Finding]]:
    routes = {route.label: route for route in config.routes}
    for route in config.routes:
        for finding in config_checks.problems(route, deadline=config.deadline):
            yield route, finding
    for finding in reporters.findings(config.routes, deadline=config.deadline):
        if finding.remedy:
            yield routes[finding.subject], finding


def _responds(route: Route, error: Exception | None, reported: set[str]) -> bool:
    if error is None:
        click.echo(f"{_name(route)}: reached")
    elif route.label not in reported:  # else its cause has been reported
        _log.debug("%s does not respond", route.label, exc_info=error)
        click.echo(f"{_name(route)}: {type(error).__name__}: {error}")
    return error is None


def _name(route: Route) -> str:
    return named(route.label, required=route.required)
