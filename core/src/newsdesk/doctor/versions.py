"""Versions: of Python, of newsdesk, of the plugins, and of their dependencies."""

import platform
from collections.abc import Iterable, Iterator
from importlib import metadata

from packaging.requirements import Requirement

from newsdesk.contract.finding import Finding
from newsdesk.plugins import entry_points

_CORE = "newsdesk"


def findings() -> Iterator[Finding]:
    """Report each version, and what is not compatible."""
    yield Finding(platform.python_version(), subject="Python")
    for name in (_CORE, *sorted(_plugins())):
        yield from of_distribution(name)
    for fault in entry_points.damaged():
        yield Finding.of_message(fault, "reinstall it", subject="distributions")


def of_distribution(name: str) -> list[Finding]:
    """Report the versions of a distribution and its direct dependencies, and those that do not fit."""
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:  # its metadata is damaged, which is reported with its plugin
        return []
    try:
        distribution.version  # noqa: B018  (read)
    except Exception as error:  # noqa: BLE001  (damaged metadata raise anything)
        text = f"its metadata cannot be read: {type(error).__name__}: {error}"
        return [Finding(text, f"pip install --force-reinstall {name}", subject=name)]
    try:
        return list(_checked(name, distribution))
    except ValueError as error:  # not a valid requirement or version
        text = f"{distribution.version}; its requirements cannot be read: {error}"
        remedy = f"pip install --force-reinstall {name}, or report it to its author"
        return [Finding(text, remedy, subject=name)]


def _checked(name: str, distribution: metadata.Distribution) -> Iterator[Finding]:
    dependencies: dict[str, str] = {}
    for requirement in _requirements(distribution):
        found = _version(requirement.name)
        if found is None and _is_needed(requirement):
            text = f"{distribution.version} requires {requirement.name}, which is not installed"
            yield Finding(text, _install(requirement), subject=name)
        elif found is not None:
            dependencies[requirement.name] = found
            if not requirement.specifier.contains(found, prereleases=True):
                asks = f"{distribution.version} requires {requirement.name}{requirement.specifier}"
                yield Finding(f"{asks}, but {found} is installed", _install(requirement), subject=name)
    others = ", ".join(f"{other} {version}" for other, version in sorted(dependencies.items()))
    yield Finding(f"{distribution.version}{f', with {others}' if others else ''}", subject=name)


def _plugins() -> set[str]:
    return {entry.distribution for entries in entry_points.installed().values() for entry in entries} - {
        _CORE
    }


def _requirements(distribution: metadata.Distribution) -> Iterator[Requirement]:
    """Give the requirements of a distribution on this system, and those of extras that are installed."""
    asked = [Requirement(text) for text in distribution.requires or ()]
    named = distribution.metadata.get_all("Provides-Extra") or ()
    extras = ["", *(extra for extra in named if _is_there(extra, asked))]
    for requirement in asked:
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
            yield requirement


def _is_there(extra: str, asked: Iterable[Requirement]) -> bool:
    """Whether all that an extra adds is installed; otherwise the extra was not asked for."""
    added = (r for r in asked if not _is_needed(r) and r.marker and r.marker.evaluate({"extra": extra}))
    return all(_version(requirement.name) is not None for requirement in added)


def _is_needed(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except Exception:  # noqa: BLE001  (not there, or damaged: to install it helps either way)
        return None


def _install(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"pip install '{requirement.name}{extras}{requirement.specifier}'"
