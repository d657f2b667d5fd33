"""The templates and the assets: what is the same for every machine, and how a value becomes HTML."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from newsdesk_pages.text import number, shortened, shown

ASSETS = ("site.css", "index.js", "compare.js", "machine.js")
"""What the pages load."""


@cache
def assets() -> dict[str, bytes]:
    """Return the assets by their paths in the site, which change with their content."""
    return {_path(name, data): data for name in ASSETS if (data := _source(name)) is not None}


def page(template: str, **values: Any) -> bytes:
    """Return an HTML page."""
    return _environment().get_template(template).render(**values).encode()


def _source(name: str) -> bytes:
    return files("newsdesk_pages").joinpath("assets", name).read_bytes()


def _path(name: str, data: bytes) -> str:
    stem, _, suffix = name.partition(".")
    return f"assets/{stem}-{hashlib.sha256(data).hexdigest()[:12]}.{suffix}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("newsdesk_pages"),
        autoescape=True,
        finalize=_final,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, shortened=shortened)
    environment.globals["assets"] = {name: _path(name, _source(name)) for name in ASSETS}
    return environment


def _final(value: Any) -> Any:
    """Return what an expression of a template gives as text that HTML leaves as it is."""
    return value if isinstance(value, Markup) else shown(str(value))
