"""What `newsdesk check` does."""

import logging
from collections.abc import Iterator

import click

from newsdesk.cli.receipts.causes import named
from newsdesk.config.choice import DEFAULT_NAME, ConfigChoice
from newsdesk.config.effective import Effective, names
from newsdesk.config.file import Config
from newsdesk.config.printed import printed
from newsdesk.contract.finding import Finding
from newsdesk.delivery.route import Route
from newsdesk.doctor import config as config_checks
from newsdesk.doctor import reporters
from newsdesk.exceptions import DefinitionError
from newsdesk.secrets import mask_text

_log = logging.getLogger(__name__)


def run(choice: ConfigChoice, *, ping: bool) -> int:
    """Run the command, and return its exit code."""
    effective = choice.effective()
    config = Config() if effective is None else Config.of(effective)
    if effective is None or not config.routes:
        where = "" if effective is None else effective.where
        there = f"name a config with --config, or put {DEFAULT_NAME} here with 'reporters' in it"
        raise DefinitionError(f"no reporters{where}: {there}")
    desk = config.desk()  # its plugins are loaded, and nothing is opened
    are_others_wrong = _report_others(effective)
    failed = set(_problems(config))
    if not ping:
        click.echo(printed(effective, config))
    else:
        with desk:
            failed |= {route.label for route, error in desk.ping() if not _responds(route, error, failed)}
        if config.outbox is not None:
            with config.outbox as outbox:
                outbox.probe()
            click.echo(f"outbox: {config.outbox.place} can be written")
    if are_others_wrong and choice.env is None:
        return 2
    is_required = any(route.required for route in config.routes if route.label in failed)
    return 1 if is_required else 3 if failed else 0


def _report_others(effective: Effective) -> bool:
    """Print what is wrong with the other environments, and tell whether anything is.

    With one chosen, it is a warning: what only another one uses need not be installed here.
    """
    kind = "Error" if effective.env is None else "Warning"
    errors = []
    for name in names(effective.document):
        if name != effective.env:
            try:
                Config.of(Effective.of(effective.document, name))
            except DefinitionError as error:
                errors.append(error)
                click.echo(f"{kind}: {error}", err=True)
    return bool(errors)


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
