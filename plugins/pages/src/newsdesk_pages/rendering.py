"""The templates and the assets: what is the same for every machine, and how a value becomes HTML."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from newsdesk import record

from newsdesk_pages import facts, metrics, text

ASSETS = ("site.css", "site.js", "index.js", "compare.js")
"""What the pages load."""


@cache
def asset(name: str) -> tuple[str, bytes]:
    """Return the path of an asset in the site, and what it has; another content has another path.

    Browsers keep what they have loaded from a path, and writers of two versions may share a site.
    """
    data = files("newsdesk_pages").joinpath("assets", name).read_bytes()
    return f"assets/{hashlib.sha256(data).hexdigest()[:12]}-{name}", data


def page(template: str, **values: Any) -> bytes:
    """Return an HTML page."""
    return _environment().get_template(f"{template}.html.jinja").render(**values).encode()


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
    environment.filters.update(number=text.number, brief=text.brief)
    environment.tests.update(line=text.is_line)
    environment.globals.update(
        asset=asset,
        record=record,
        parts=facts.parts,
        direction=metrics.direction,
        tag_scores=metrics.tag_scores,
    )
    return environment


def _final(value: Any) -> Any:
    """Return what an expression of a template gives as text that HTML leaves as it is."""
    return value if isinstance(value, Markup) else text.shown(str(value))
