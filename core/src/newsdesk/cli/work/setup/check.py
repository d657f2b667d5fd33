"""What `newsdesk check` does."""

import logging
from collections.abc import Iterator, Sequence

import click

from newsdesk.cli.logs import say
from newsdesk.cli.receipts.causes import named
from newsdesk.config.choice import DEFAULT_NAME, ConfigChoice
from newsdesk.config.effective import Effective, names
from newsdesk.config.file import Config
from newsdesk.config.printed import printed
from newsdesk.contract.finding import Finding
from newsdesk.contract.suggestions import listed
from newsdesk.delivery.route import Route
from newsdesk.doctor import config as config_checks
from newsdesk.doctor import reporters
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.secrets import mask_text

_log = logging.getLogger(__name__)


def run(choice: ConfigChoice, *, ping: bool) -> int:
    """Run the command, and return its exit code."""
    effective = choice.effective()
    if effective is None:
        there = f"name a config with --config, or put {DEFAULT_NAME} here with 'reporters' in it"
        raise DefinitionError(f"no reporters: {there}")
    known = names(effective.document)
    config, are_others_wrong = _read(effective, known)
    if config is None or (are_others_wrong and choice.env is None and not config.routes):
        return 2
    if not config.routes:
        say(f"The base has no reporters; choose an environment with --env: {listed(known)}.")
        if not ping:
            click.echo(printed(effective, config))
        return 0
    desk = config.desk()  # nothing is opened
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


def _read(effective: Effective, known: Sequence[str]) -> tuple[Config | None, bool]:
    """Read a config in all its environments, and print what is wrong, each fault once.

    With one chosen, others have warnings: what only another one uses need not be installed here.

    Returns:
        The config as chosen, None if it cannot be used, and whether anything is wrong with the others.
    """
    seen: set[Fault] = set()
    config = _usable(effective, "Error", seen)
    others = [name for name in known if name != effective.env]
    kind = "Error" if effective.env is None else "Warning"
    read = [_usable(Effective.of(effective.document, name), kind, seen) for name in others]
    return config, None in read


def _usable(effective: Effective, kind: str, seen: set[Fault]) -> Config | None:
    """Read a config in one environment; print those of its faults that were not printed before."""
    try:
        return _config(effective)
    except DefinitionError as error:
        faults = [fault for fault in error.faults if fault not in seen]
        if faults or not error.faults:
            text = f"{kind}: {DefinitionError(error.message, faults)}"
            say(text, logging.ERROR if kind == "Error" else logging.WARNING)
        _log.debug("the config cannot be used", exc_info=error)
        seen.update(faults)
        return None


def _config(effective: Effective) -> Config:
    config = Config.of(effective, loads_plugins=True)
    if not config.routes and (effective.env is not None or not names(effective.document)):
        name = effective.document.name
        raise DefinitionError(f"the config {name!r} has no reporters{effective.where}; add 'reporters' to it")
    return config


def _problems(config: Config) -> Iterator[str]:
    """Print what was found of the reporters, and give the labels of those that cannot be used."""
    for route, finding in _findings(config):
        said = "; ".join(filter(None, [finding.text, finding.remedy]))
        text = f"{_name(route)}: {mask_text(said, route.reporter.secret_values())}"
        if finding.remedy:
            say(text, logging.ERROR)
            yield route.label
        else:
            say(f"Warning: {text}", logging.WARNING)


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
