"""The site that Sphinx makes of these pages: `nox -s docs`."""

import re
from functools import partial
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from pygments.lexers.shell import BashLexer
from sphinx.application import Sphinx

NAVIGATION = {
    "Tutorials": ["tutorial", "first-plugin"],
    "How to": [
        "move-from-gordo",
        "azureml",
        "kubernetes",
        "secrets",
        "postgres",
        "grafana",
        "pages",
        "look-at-machines",
        "copy",
        "compare-builds",
        "scale",
        "monitoring",
        "alerts",
        "doctor",
        "plugin-tests",
    ],
    "Reference": [
        "reference-config",
        "reference-cli",
        "reference-errors",
        "limits",
        "reference-api",
        "reference-testing",
        "reference-plugins",
        "record",
        "compatibility",
    ],
    "Explanation": [
        "delivery",
    ],
    "Operators and contributors": [
        "performance",
        "design",
    ],
}
"""The pages by what a reader wants, with their own titles; a page that stands nowhere fails the build."""

project = "newsdesk"
author = "the newsdesk authors"
version = release = version_of("newsdesk")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "sphinx_copybutton"]
# A forge shows the pages as well, so they are plain Markdown but for what docstrings and commands need.
myst_heading_anchors = 4
myst_html_meta = {
    "description": "newsdesk delivers the record of a finished ML build to MLflow, AzureML, PostgreSQL, "
    "files and other backends, and reads it back."
}

smartquotes = False  # what is shown may be copied
default_role = "py:obj"  # a link where a docstring's `name` is one of ours, else code
autodoc_default_options = {"member-order": "bysource"}
autodoc_typehints_format = "short"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
maximum_signature_line_length = 80
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"
add_module_names = False

html_theme = "furo"
html_title = f"newsdesk {version}"
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_use_index = html_domain_indices = False  # the search finds more
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_favicon = html_logo = "icon.svg"
html_theme_options = {"top_of_page_buttons": []}


def setup(app: Sphinx) -> None:
    """Tell Sphinx what cannot be told by a name alone."""
    app.add_lexer("console", BashLexer)  # commands without a prompt, ready to be copied
    app.connect("source-read", _keep_to_the_site)
    app.connect("source-read", _put_charts_inline)
    app.connect("source-read", _add_navigation)
    # Before and after napoleon, to which what stands before a colon in an attribute's text is its type.
    texts: dict[str, list[str]] = {}
    app.connect("autodoc-process-docstring", partial(_keep, texts), priority=400)
    app.connect("autodoc-process-docstring", partial(_put_back, texts), priority=600)


def _keep(texts: dict[str, list[str]], _app: Sphinx, what: str, name: str, *rest: Any) -> None:
    if what in ("attribute", "data", "property"):
        texts[name] = list(rest[-1])


def _put_back(texts: dict[str, list[str]], _app: Sphinx, _what: str, name: str, *rest: Any) -> None:
    if name in texts:
        rest[-1][:] = texts.pop(name)


def _keep_to_the_site(app: Sphinx, _page: str, source: list[str]) -> None:
    """Make plain text of links that only a forge can follow: to folders, and to Markdown beside the docs."""

    def shown(link: re.Match[str]) -> str:
        target = Path(app.srcdir, link["target"])
        return link["text"] if target.is_dir() or target.suffix == ".md" else link[0]

    source[0] = re.sub(r"\[(?P<text>[^\]]+)\]\((?P<target>\.\./[^)#]+)[^)]*\)", shown, source[0])


def _put_charts_inline(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Make charts a part of their page: an image cannot follow the site's switch between light and dark."""
    source[0] = re.sub(
        r"^!\[.*\]\((.+\.svg)\)$", r"```{raw} html\n:file: \1\n```", source[0], flags=re.MULTILINE
    )


def _add_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Add the navigation to the first page: in the file it would be noise on a forge."""
    if page != app.config.root_doc:
        return
    for caption, pages in NAVIGATION.items():
        there = [name for name in pages if Path(app.srcdir, f"{name}.md").exists()]
        source[0] += "\n".join(["\n~~~{toctree}", ":hidden:", f":caption: {caption}", "", *there, "~~~\n"])
