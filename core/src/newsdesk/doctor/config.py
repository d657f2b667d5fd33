"""The config and its references: found, valid, resolving?"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from newsdesk.config.choice import DEFAULT_NAME, ConfigChoice
from newsdesk.config.document import Document
from newsdesk.config.effective import Effective
from newsdesk.config.file import Config
from newsdesk.contract.finding import Finding
from newsdesk.contract.lifecycle import validate
from newsdesk.contract.parameters.references import USED, is_reference, looks_like_one, sources
from newsdesk.delivery.route import Route
from newsdesk.exceptions import DefinitionError, Fault
from newsdesk.plugins.registry import Registry
from newsdesk.secrets import leaves, mask_text
from newsdesk.worker import Worker

SUBJECT = "config"

# `${NAME}`, and `$NAME` in capitals: a lone `$` is common in passwords and patterns.
_VARIABLE = re.compile(r"\$\{(\w+)\}|(?<![\w$])\$([A-Z_][A-Z0-9_]+)")


def read(choice: ConfigChoice, registry: Registry) -> tuple[Config, list[Finding]]:
    """Read the config that the other commands would use; one with errors counts as an empty one."""
    name = choice.found()
    if name is None:
        text = f"there is no {DEFAULT_NAME} in {Path.cwd()}: machines go to their own reporters"
        return Config(), [Finding(text, subject=SUBJECT)]
    try:
        effective = Effective.of(Document.read(name), choice.env, option=choice.option)
        config = Config.of(effective, registry=registry)
    except DefinitionError as error:
        faults = error.faults or [Fault("", error.message)]
        return Config(), [Finding(str(fault), f"fix {name}", subject=SUBJECT) for fault in faults]
    labels = ", ".join(route.label for route in config.routes)
    text = f"{name} is valid{effective.where}; its reporters: {labels or 'none, so machines name them'}"
    valid = Finding(text, subject=SUBJECT)
    wrong = [fault for plugin in config.plugins if (fault := _fault(registry, plugin, name))]
    return (replace(config, plugins=()) if wrong else config), [valid, *wrong]


def references(route: Route, *, deadline: float) -> Iterator[Finding]:
    """Report whether the references of a reporter resolve, and never to what."""
    found = list(problems(route, deadline=deadline))
    yield from found
    if not any(finding.remedy for finding in found) and _has_reference(route):
        yield Finding("its references resolve", subject=route.label)
    for name, value in route.reporter.given_params().items():
        for source in sources(value):
            if source.endswith(USED):
                yield Finding(f"{name}: {source}", subject=route.label)


def problems(route: Route, *, deadline: float) -> Iterator[Finding]:
    """Report what is wrong with the parameters and, without a remedy, what only looks like a reference."""
    for name, value in route.reporter.given_params().items():
        for text in _misspelled(route, value):
            yield Finding(f"{name}: {text}", subject=route.label)
    yield from _invalid(route, deadline)


def _misspelled(route: Route, value: Any) -> Iterator[str]:
    """Give a hint for what another tool would take for a variable; here it is data."""
    secrets = route.reporter.secret_values()
    shown, found = set[str](), set[str]()
    for text in leaves(value):
        found |= _variables(text)
        shown |= _variables(mask_text(text, secrets))
    for name in sorted(shown):
        yield f"'${name}' is taken literally; for the environment variable write ${{env:{name}}}"
    if found - shown:  # it may be a part of a password
        yield "it has a '$' and is taken literally; for an environment variable write ${env:NAME}"
    if not found and looks_like_one(value):
        yield "it has a '${' and is taken literally; references are ${env:NAME} and ${file:PATH}"


def _variables(text: str) -> set[str]:
    return {match[1] or match[2] for match in _VARIABLE.finditer(text)}


def _invalid(route: Route, deadline: float) -> Iterator[Finding]:
    """Report what does not resolve, and what the reporter refuses. A file may be a pipe that hangs."""
    worker = Worker(f"newsdesk references of {route.label}")
    otherwise = "fix what it points to" if _has_reference(route) else "fix its parameters"
    try:
        worker.submit(lambda: validate(route.reporter.resolved())).result(deadline)
    except DefinitionError as error:
        for fault in error.faults or [Fault("", error.message)]:
            yield Finding.of_message(str(fault), otherwise, subject=route.label)
    except TimeoutError:
        text = f"its references did not resolve within {deadline:g} s"
        yield Finding(text, "check the files that ${file:…} names; is one a pipe?", subject=route.label)
    finally:
        worker.stop()


def _has_reference(route: Route) -> bool:
    return is_reference(list(route.reporter.given_params().values()))


def _fault(registry: Registry, plugin: str, name: str) -> Finding | None:
    try:
        registry.load(plugin)
    except DefinitionError as error:
        return Finding(f"plugins: {error}", f"fix {name}, or install the plugin", subject=SUBJECT)
    return None
