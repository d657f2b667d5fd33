"""Whatever a record holds is shown as text, and is never markup or code."""

import dataclasses
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newsdesk import Machine, StoredMachine, record
from newsdesk.testing import machines as canned
from newsdesk_pages import PagesReporter, history
from newsdesk_pages.facts import facts_of
from newsdesk_pages.text import MOST, number, shown

EVIL = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><!--",
    "]]><![CDATA[",
    "{{ 7 * 7 }}{% raw %}",
    "${alert(1)}`",
    "javascript:alert(1)",
    "\u2028\u2029\u202e\u0000\x85\r\n\t",
    "\ud800",
    "&lt;&#0;&amp",
    "../../etc/passwd",
    "__proto__",
    "<plaintext>",
    "</desc></svg><textarea>",
]
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
texts = st.one_of(
    st.sampled_from(EVIL),
    st.text(alphabet=st.characters(exclude_categories=()), max_size=12),
    st.builds(str.__add__, st.sampled_from(EVIL), st.text(max_size=5)),
)
names = texts.filter(bool)
numbers = st.one_of(st.floats(), st.integers(-(10**6), 10**6))
scores = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("fold-mean", "fold-std", "fold-1", "fold-2", "fold-7"), numbers)
)


@st.composite
def hostile(draw) -> Machine:
    tags = draw(st.lists(names, max_size=3))
    metrics = draw(st.dictionaries(names, scores, max_size=3))
    of_tags = {f"{metric}-{tag}": draw(scores) for metric in metrics for tag in tags}
    dates = st.one_of(texts, st.just("2019-01-01 09:00:00.000000++0000"))
    model = {
        "model_creation_date": draw(dates),
        "model_builder_version": draw(texts),
        "model_training_duration_sec": draw(numbers),
        "cross_validation": {
            "scores": {**metrics, **of_tags},
            "splits": {f"fold-1-{end}": draw(dates) for end in ("train-start", "train-end", "test-end")},
        },
        "model_meta": {"history": draw(st.dictionaries(names, st.lists(numbers, max_size=4), max_size=3))},
    }
    return Machine(
        name=draw(names),
        project_name=draw(texts),
        dataset={"tag_list": tags, "train_start_date": draw(dates)},
        model=draw(st.dictionaries(names, texts, max_size=3)),
        metadata={
            "build_metadata": {"model": model},
            "user_defined": draw(st.dictionaries(names, texts, max_size=2)),
        },
    )


@pytest.fixture(scope="module", autouse=True)
def unsynced():
    """What survives a loss of power is not looked at here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


def page(*builds: Machine):
    """Report builds of a machine; return the one that its page shows, and the tree that a browser makes of it."""
    with tempfile.TemporaryDirectory() as folder, PagesReporter(folder) as reporter:
        file = [reporter.report(each).reference for each in builds][-1]
        newest = reporter.fetch(builds[0].name, builds[0].project_name)
        text = Path(file).read_bytes()
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    tree = parser.parse(text, transport_encoding="utf-8")
    assert not parser.errors, parser.errors
    return newest, tree


def text_of(node) -> str:
    return "".join(node.itertext()).strip()


def tables(tree) -> Iterator[list[list[str]]]:
    for table in tree.iter("table"):
        yield [[text_of(cell) for cell in row] for row in table.iter("tr")]


def definitions(tree) -> Iterator[tuple[str, str]]:
    """Yield key and value of each part of the record that the page shows."""
    for pair in tree.iter("div"):
        if [child.tag for child in pair] == ["dt", "dd"]:
            yield text_of(pair[0]), text_of(pair[1])


ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "a",
        "main",
        "nav",
        "header",
        "h1",
        "h2",
        "bdi",
    ),
    *("p", "span", "time", "section", "dl", "div", "dt", "dd", "figure", "figcaption", "svg", "text"),
    *("g", "circle", "rect", "path", "table", "caption", "thead", "tbody", "tr", "th", "td", "details"),
    *("summary", "footer", "code", "ol", "li"),
}
ATTRIBUTES = {
    *(
        "aria-label",
        "aria-labelledby",
        "charset",
        "class",
        "content",
        "cx",
        "cy",
        "d",
        "datetime",
        "defer",
        "height",
    ),
    *("href", "http-equiv", "id", "lang", "name", "open", "r", "rel", "role", "scope", "src", "tabindex"),
    *("transform", "viewBox", "width", "x", "y"),
}


def strip(text: str) -> str:
    return shown(text).strip()


@unhurried
@given(hostile(), hostile())
def test_a_record_is_text_on_its_page(machine, earlier):
    earlier = dataclasses.replace(earlier, name=machine.name, project_name=machine.project_name)
    machine, tree = page(earlier, machine)
    elements = [*tree.iter()]
    assert {str(each.tag).rpartition("}")[2] for each in elements} <= ELEMENTS
    assert {name for each in elements for name in each.attrib} <= ATTRIBUTES
    assert [(each.text, each.get("src", "")[:10]) for each in tree.iter("script")] == [(None, "../assets/")]
    assert all(
        not each.get("href", "").lower().startswith(("javascript", "data", "http", "//")) for each in elements
    )
    [heading] = tree.iter("h1")
    assert "".join(heading.itertext()) == shown(machine.name)
    [title] = tree.find("head").iter("title")
    assert title.text == f"{shown(machine.name)} · {shown(machine.project_name)}"
    assert {(strip(key), strip(value) if value else '""') for key, value in machine.model.items()} <= {
        *definitions(tree)
    }
    rows = [row for table in tables(tree) for row in table]
    for score in record.main_scores(machine).values():
        assert any(row[:2] == [strip(score.name), number(score.mean)] for row in rows)


@unhurried
@given(hostile(), hostile())
def test_a_record_is_data_in_the_scripts(machine, earlier):
    slug = machine.key.slug()
    facts = facts_of(machine, slug)
    assert facts.isascii()
    name, key, found = json.loads(b"[%b]" % facts.removeprefix(b"newsdesk.facts(").removesuffix(b");\n"))
    assert name == f"{slug}/{machine.revision}"
    assert key == [machine.project_name, machine.name]
    model = [(label, text) for section, label, text, _ in found if section == "Model"]
    assert model == [(path, value or '""') for path, value in machine.model.items()]
    revisions = [StoredMachine.of(each, time=datetime.now(UTC)) for each in (machine, earlier)]
    line, *rest = history.dumped(slug, revisions, machine).splitlines()
    assert line.isascii()
    assert json.loads(line)["name"] == machine.name
    held = history.loaded(b"\n".join([line, *rest]))
    assert [each.key for each in held] == [machine.key, earlier.key]
    assert [each.time for each in held] == [each.time for each in revisions]


@pytest.mark.parametrize("value", [1.5e308, -1.7e308, 5e-324, 0.0, float("inf"), 10**400])
def test_numbers_at_the_ends_of_floats_have_a_page(value):
    scores = {"r2-score": {"fold-mean": value, "fold-1": -value, "fold-2": value}}
    scores["r2-score-tag"] = scores["r2-score"]
    model = {"cross_validation": {"scores": scores}, "model_meta": {"history": {"loss": [value, -value, 1]}}}
    model["model_training_duration_sec"] = value
    machine = Machine(name="m", dataset={"tag_list": ["tag"]}, metadata={"build_metadata": {"model": model}})
    _, tree = page(machine)
    assert tree.find("body") is not None
    assert facts_of(machine, "m").isascii()


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_shown_text_has_nothing_that_html_changes_or_that_turns_text_around(text):
    safe = shown(text)
    safe.encode()
    assert not {*"\r\n\t\0\u2028\u2029\u202e\u2066"} & {*safe}
    assert shown(safe) == safe


@pytest.mark.parametrize("name", [*canned.HOSTILE, "ordinary"])
def test_the_hostile_machines_of_the_kit_have_pages(name):
    for machine in canned.hostile(name) if name in canned.HOSTILE else canned.canned(name):
        _, tree = page(machine)
        assert sum(1 for _ in tree.iter("h1")) == 1


def test_a_long_value_is_cut_and_says_so():
    machine = Machine(name="long", model={"text": "x" * 10_000})
    _, tree = page(machine)
    assert dict(definitions(tree))["text"] == f"{'x' * (MOST - 1)}… (10,000 characters)"
