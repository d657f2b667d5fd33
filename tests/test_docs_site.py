"""The site: it builds without warnings, its links work, and it loads nothing from other hosts."""

import html
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import click
import pytest
from newsdesk.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.stem for path in (ROOT / "docs").glob("*.md"))


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield every command that is not a group, with its long options."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        elif command is not None:
            options = [
                text for parameter in command.params for text in parameter.opts if text.startswith("--")
            ]
            yield (*path, name), options


COMMANDS = dict(commands(main))

# Attributes that a browser loads, and those that it only follows on a click.
FETCHED = {("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src"), ("source", "srcset")}
FOLLOWED = {("a", "href")}


class Page(NamedTuple):
    """The links and anchors of a page."""

    links: list[str]
    fetched: list[str]
    anchors: set[str]


class Reader(HTMLParser):
    """Parses a page."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page([], [], {""})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id":
                self.page.anchors.add(value)
            elif (tag, name) in FETCHED:
                self.page.fetched.append(value)
            elif (tag, name) in FOLLOWED:
                self.page.links.append(value)


def read(path: Path) -> Page:
    reader = Reader()
    reader.feed(path.read_text("utf-8"))
    return reader.page


@pytest.fixture(scope="module")
def site(run, tmp_path_factory) -> Path:
    pytest.importorskip("sphinx", reason="the dependency group 'docs'")
    folder = tmp_path_factory.mktemp("site")
    strict = ["--fail-on-warning", "--keep-going", "--quiet", "-d", folder / "doctrees"]
    run(sys.executable, "-m", "sphinx", *strict, ROOT / "docs", folder / "html", cwd=folder)
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: read(path) for path in site.rglob("*.html")}


def missing(pages: dict[Path, Page]) -> Iterator[str]:
    """Yield the broken links within the site."""
    for path, page in pages.items():
        for link in [*page.links, *page.fetched]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages.get(target)
            anchor = unquote(parts.fragment)
            if not target.exists() or (anchor and (known is None or anchor not in known.anchors)):
                yield f"{path.name}: {link}"


def test_every_page_of_the_docs_is_a_page_of_the_site(site):
    assert PAGES
    assert [name for name in PAGES if not (site / f"{name}.html").exists()] == []


def test_every_page_can_be_reached_from_the_first_one(site, pages):
    links = {urlsplit(link).path for link in pages[site / "index.html"].links}
    assert {f"{name}.html" for name in PAGES} - links == {"index.html"}


def test_every_link_leads_to_something_also_its_anchor(pages):
    assert sum(len(page.links) for page in pages.values()) > len(PAGES)
    assert list(missing(pages)) == []


def test_no_directive_is_shown_as_text(site):
    raw = re.compile(r"(?:^|>)\s*(?:\.\. [\w-]+::|[:~`]{3}\{)", re.MULTILINE)
    assert [path.name for path in site.glob("*.html") if raw.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_a_section_with_its_options(site, path):
    page = (site / "reference-cli.html").read_text("utf-8")
    anchor = "-".join(["newsdesk", *path])
    assert f'id="{anchor}"' in page
    assert all(f'id="cmdoption-{anchor}-{option.lstrip("-")}"' in page for option in COMMANDS[path])


def test_a_page_asks_no_other_host_for_anything(site, pages):
    asked = {link for page in pages.values() for link in page.fetched if urlsplit(link).netloc}
    assert asked == set()
    styles = [path.read_text("utf-8") for path in site.rglob("*.css")]
    assert styles
    assert [style for style in styles if "url(http" in style or "url(//" in style or "@import" in style] == []


def test_charts_are_part_of_their_page_so_that_they_follow_its_theme(site):
    text = (site / "performance.html").read_text("utf-8")
    assert '<svg class="chart" role="img" aria-label="' in text
    assert "performance.svg" not in text


def test_the_search_needs_no_server(site):
    assert "Search.setIndex" in (site / "searchindex.js").read_text("utf-8")


def test_a_page_has_its_own_title_in_the_navigation_a_description_and_an_icon(site):
    first = (site / "index.html").read_text("utf-8")
    sidebar = first[first.index('class="sidebar-tree"') : first.index("</aside>")]
    for page in PAGES:
        text = (site / f"{page}.html").read_text("utf-8")
        assert re.search(r'<meta content="newsdesk delivers [^"]+" name="description"', text)
        assert re.search(r'<link rel="(shortcut )?icon" href="_static/icon\.svg"', text)
        if page != "index":
            title = (ROOT / "docs" / f"{page}.md").read_text("utf-8").partition("\n")[0].removeprefix("# ")
            assert title in html.unescape(re.findall(rf'href="{page}\.html">([^<]*)<', sidebar)[0])
