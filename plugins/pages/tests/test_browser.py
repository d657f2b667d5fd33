"""The site in a real browser: Chromium opens it from disk, and from a web server."""

import re
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from newsdesk import Machine
from newsdesk.testing.machines.fleet import PROJECTS, fleet
from newsdesk_pages import PagesReporter
from newsdesk_pages.text import MISSING, shown
from playwright.sync_api import expect, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium is installed; on Debian: apt-get install chromium"
)

MACHINES = 130
EXAMPLES = Path(__file__).parents[3] / "examples" / "machines"
# Started by root, as in a container, it needs to be told; and it would look up hosts of its own.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
]
EVIL = '<img src=x onerror="window.hacked=1">'
COLOURS = """
() => [...document.querySelectorAll("body *")]
    .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((each) => each.getClientRects().length && !each.closest(":disabled, [aria-disabled=true], option, noscript, .unseen, .skip"))
    .map((each) => [each.textContent.trim().slice(0, 40), getComputedStyle(each).color, getComputedStyle(each).fill, each instanceof SVGElement, getComputedStyle(document.body).backgroundColor])
"""
MARKS = """
() => [...document.querySelectorAll(".bar rect, .series rect, .series circle, .series path, .legend rect")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .map((each) => [each.closest("svg").getAttribute("class"), getComputedStyle(each)[each.localName === "path" ? "stroke" : "fill"], getComputedStyle(document.body).backgroundColor])
"""


def evil() -> Machine:
    """Return a machine whose every text is markup."""
    scores = {"r2-score": {"fold-mean": 0.1, "fold-1": 0.1}, EVIL: {"fold-mean": 1, "fold-1": 1}}
    model = {"cross_validation": {"scores": scores}, "model_meta": {"history": {EVIL: [1, 2]}}}
    return Machine(
        name=f"{EVIL}</script>\u202e\ud800",
        project_name=EVIL,
        model={EVIL: EVIL},
        dataset={"tag_list": [EVIL]},
        metadata={"build_metadata": {"model": model}},
    )


def builds(number: int) -> list[Machine]:
    """Return a build of each machine, of four kinds; one of seven has no scores, and from the second on another filter."""
    names = ("ae-4tags", "diff-20tags", "sk-20tags")
    real = [
        Machine.from_json((EXAMPLES / f"{name}.json").read_bytes())
        for name in (*names, *names, "buildonly-4tags")
    ]
    made = [machine.to_dict() for machine in fleet(MACHINES, build=number, of=real)]
    for record in made:
        record["dataset"]["row_filter"] = f"`TAG-001` > {(number - 1) / 10}" if number > 1 else ""
        history = record["metadata"]["build_metadata"]["model"]["model_meta"].get("history", {})
        history |= {f"val_{name}": history[name] for name in ("loss", "accuracy") if name in history}
    return [Machine.from_dict(record) for record in made]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A site of a fleet, two builds of each machine, and a machine that is hostile."""
    folder = tmp_path_factory.mktemp("pages") / "site"
    with pytest.MonkeyPatch.context() as patch, PagesReporter(folder, title="Fleet & <b>co</b>") as reporter:
        patch.setattr("os.fsync", lambda _: None)  # what survives a loss of power is not looked at here
        for machine in (*builds(1), *builds(2), evil()):
            reporter.report(machine)
    return folder


@pytest.fixture(scope="module")
def served(site):
    """The URL of the site on a web server."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, site):
    """Return a function that opens a page in a new window; nothing there may fail, or leave the site."""
    faults, requested, contexts = [], [], []

    def opened(path: str = "index.html", base: str = f"file://{site}", **options):
        context = chromium.new_context(**{"viewport": {"width": 1200, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("requestfailed", lambda request: faults.append(request.url))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(f"{base}/{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
    assert requested
    assert {urlsplit(url).hostname for url in requested} <= {"", None, "127.0.0.1"}


@pytest.fixture(params=["disk", "server"])
def base(request, site) -> str:
    return f"file://{site}" if request.param == "disk" else request.getfixturevalue("served")


def rows(page) -> list[list[str]]:
    expect(page.locator("#status")).not_to_have_text("Loading…")
    return page.locator("#machines tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )


def numbers(page, column: int) -> list[float]:
    return [float(row[column]) for row in rows(page) if row[column] != MISSING]


def test_the_index_has_every_machine_the_worst_first(open_page, base):
    page = open_page(base=base)
    expect(page.get_by_role("heading", level=1)).to_have_text("Fleet & <b>co</b>")
    expect(page.get_by_role("status")).to_have_text(f"{MACHINES + 1} machines")
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("r2-score")
    first = numbers(page, 3)
    assert len(first) == 100
    assert first == sorted(first)
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#range")).to_have_text("101 to 131 of 131")
    assert numbers(page, 3)[0] >= first[-1]
    assert rows(page)[-1][3] == MISSING  # without scores


def test_an_error_is_worst_where_it_is_greatest(open_page):
    page = open_page()
    page.get_by_label("Score").select_option("mean-absolute-error")
    found = numbers(page, 3)
    assert found == sorted(found, reverse=True)
    expect(page.locator("th[aria-sort=descending]")).to_have_text("mean-absolute-error")


def test_a_heading_sorts_by_mouse_and_by_keyboard(open_page):
    page = open_page()
    page.get_by_role("button", name="Machine").click()
    names = [row[1] for row in rows(page)]
    assert names == sorted(names)
    expect(page.get_by_role("columnheader", name="Machine")).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Machine")).to_have_attribute("aria-sort", "descending")
    assert rows(page)[0][1] > names[0]
    page.get_by_role("button", name="Change").click()
    by = [float(row[4].split()[1]) * (-1 if "▼" in row[4] else 1) for row in rows(page) if row[4] != MISSING]
    assert by == sorted(by)


def test_every_control_is_reached_by_keyboard_and_its_focus_is_seen(open_page):
    page = open_page()
    rows(page)
    seen = []
    for _ in range(14):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.innerText || document.activeElement.id"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") in ("solid", "auto")
    assert seen[0] == "Skip to the content"
    assert {"query", "Machine", "Project", "r2-score", "Change", "Training", "Built"} <= {*seen}


def test_typing_and_a_project_filter_and_the_address_keeps_both(open_page, base):
    page = open_page(base=base)
    page.get_by_label("Project").select_option(label=PROJECTS[0])
    expect(page.get_by_role("status")).to_have_text(f"44 of {MACHINES + 1} machines")
    page.get_by_role("searchbox").type("COMP 1")
    assert all("compressor" in row[1] and "1" in row[1] and row[2] == PROJECTS[0] for row in rows(page))
    few = rows(page)
    assert 0 < len(few) < 44
    page.locator("#machines tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(few[0][1])
    page.go_back()
    assert rows(page) == few
    expect(page.get_by_role("searchbox")).to_have_value("COMP 1")


def test_a_machines_page_shows_its_folds_tags_curves_splits_and_revisions(open_page, base):
    page = open_page(base=base)
    page.get_by_role("searchbox").type("valve-004")
    page.get_by_role("link", name="valve-004").click()
    for heading in (
        "Scores",
        "Scores of the tags",
        "Training",
        "Splits",
        "Revisions",
        "Dataset",
        "Model",
        "Environment",
    ):
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
    folds = page.get_by_role("img", name=re.compile("of each fold"))
    assert folds.count() == 4
    assert folds.locator("circle").count() == 4 * 3
    loss = page.get_by_role("img", name=re.compile("loss over 24 epochs"))
    assert loss.locator(".series path").count() == 2
    splits = page.get_by_role("img", name="Splits of the cross-validation")
    assert splits.locator(".series path").count() == 7
    expect(page.get_by_role("table", name="What changed with")).to_contain_text("dataset.row_filter")
    expect(page.locator(".age").first).to_have_text(re.compile(r" \(.+\)"))
    page.get_by_role("link", name="newest").click()
    expect(page.get_by_role("row", name=re.compile("^row_filter "))).to_contain_text("0.1")
    expect(page.get_by_role("row", name=re.compile("^r2-score "))).to_contain_text(re.compile("better|worse"))


def test_two_machines_are_compared(open_page, base):
    page = open_page(base=base)
    link = page.locator("#compare")
    expect(link).to_have_attribute("aria-disabled", "true")
    names = [row[1] for row in rows(page)[5:7]]
    for name in names:
        page.get_by_role("checkbox", name=f"Compare {name}").check()
    link.click()
    table = page.get_by_role("table", name="What differs")
    for name in names:
        expect(table.get_by_role("columnheader", name=name)).to_be_visible()
    expect(
        table.get_by_role("rowheader", name=re.compile("^Scores [0-9]+ of [0-9]+ are equal"))
    ).to_be_visible()
    expect(table.get_by_role("row", name=re.compile("^r2-score, fold 1 "))).to_contain_text(
        re.compile("better|worse")
    )
    hidden = page.locator("#comparison tr").count()
    page.get_by_label("Show equal values too").check()
    assert page.locator("#comparison tr").count() > hidden


def test_a_comparison_with_what_the_site_does_not_have_says_so_and_loads_nothing_else(open_page):
    page = open_page("compare.html?a=../evil&b=https://evil.example/x")
    expect(page.get_by_role("status")).to_have_text("The site does not have ../evil.")
    assert page.locator("script").count() == 2
    expect(page.get_by_role("checkbox")).to_be_hidden()


def test_hostile_texts_are_shown_and_not_run(open_page, base):
    page = open_page(base=base)
    page.get_by_role("searchbox").type("onerror")
    [row] = rows(page)
    assert row[1] == shown(evil().name)
    page.get_by_role("checkbox", name="Compare <img").check()
    page.get_by_role("searchbox").fill("pump-001")
    page.get_by_role("checkbox", name="Compare pump-001").check()
    page.locator("#compare").click()
    expect(page.get_by_role("table", name="What differs")).to_contain_text(EVIL)
    assert page.evaluate("window.hacked") is None
    page.locator("#comparison a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(shown(evil().name))
    assert page.evaluate("window.hacked") is None
    assert page.locator("img:not([role])").count() == 0


def channel(value: float) -> float:
    return value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    red, green, blue = (channel(float(each) / 255) for each in re.findall(r"[\d.]+", colour)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(*colours: str) -> float:
    dark, light = sorted(map(luminance, colours))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_in_dark(open_page, scheme):
    """4.5 to 1, as WCAG 2.2 asks for (1.4.3); the key of a chart has the colour of its line, and is bold."""
    page = open_page(color_scheme=scheme)
    rows(page)
    pages = [page.evaluate(COLOURS)]
    page.locator("#machines tbody a").nth(5).click()
    page.wait_for_selector("main svg")
    pages.append(page.evaluate(COLOURS))
    dark = [luminance(colours[0][4]) < 0.05 for colours in pages]
    assert dark == [scheme == "dark"] * 2
    low = set()
    for text, colour, fill, drawn, paper in (each for colours in pages for each in colours):
        if contrast(fill if drawn else colour, paper) < 4.5:
            low.add((text, fill if drawn else colour))
    assert low == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_bars_and_lines_are_seen_in_light_and_in_dark(open_page, scheme):
    """3 to 1, as WCAG 2.2 asks for what is needed to understand a picture (1.4.11)."""
    page = open_page(color_scheme=scheme)
    rows(page)
    marks = page.evaluate(MARKS)
    page.get_by_role("searchbox").type("valve-004")
    page.get_by_role("link", name="valve-004").click()
    page.wait_for_selector("main svg")
    marks += page.evaluate(MARKS)
    assert {style for style, *_ in marks} == {"bar", "folds", "tags", "curves", "spans"}
    assert {tuple(mark) for mark in marks if contrast(*mark[1:]) < 3} == set()


def test_pages_fit_a_phone(open_page):
    phone = {"viewport": {"width": 390, "height": 844}}
    page = open_page(**phone)
    for _ in range(2):
        page.wait_for_selector("table tbody tr")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        if page.locator("#machines").count():
            page.get_by_role("searchbox").type("turbine")
            page.locator("#machines tbody a").nth(1).click()
            page.wait_for_selector("h1 bdi")
    [(link,)] = [re.findall(r'href="\.\./(compare\.html\?[^"]+)"', page.content())[:1]]
    compared = open_page(link.replace("&amp;", "&"), **phone)
    compared.wait_for_selector("#comparison tbody")
    assert compared.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_page_is_printed_without_its_controls_and_with_what_is_folded(open_page):
    page = open_page(color_scheme="dark")
    rows(page)
    page.emulate_media(media="print")
    expect(page.locator("#controls")).to_be_hidden()
    assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) == 1
    page.locator("#machines tbody a").nth(5).click()
    expect(page.get_by_role("img", name=re.compile("^mean-squared-error of each tag"))).to_be_visible()
    assert page.pdf().startswith(b"%PDF")


def test_the_bars_of_a_few_machines_show_each_of_them(chromium, tmp_path):
    with PagesReporter(tmp_path) as reporter:
        for mean in (-1, -0.1, 1):
            scores = {"r2-score": {"fold-mean": mean}}
            model = {"cross_validation": {"scores": scores}}
            reporter.report(Machine(name=f"m{mean}", metadata={"build_metadata": {"model": model}}))
    page = chromium.new_page()
    page.goto(f"file://{tmp_path}/index.html")
    bars = page.locator("#machines .bar rect")
    expect(bars).to_have_count(3)
    assert bars.evaluate_all("bars => bars.map(bar => bar.width.baseVal.value)") == [30, 3, 30]
    page.close()


def test_of_ten_thousand_machines_the_browser_draws_a_hundred(chromium, tmp_path, site):
    shutil.copytree(site, tmp_path / "site", ignore=shutil.ignore_patterns("records", "machines"))
    shards = sorted((tmp_path / "site/index").glob("[0-9a-f][0-9a-f].js"))
    lines = [line for shard in shards for line in shard.read_text().splitlines()[1:-1]]
    for number, shard in enumerate(shards):
        many = [lines[index % len(lines)].rstrip(",") for index in range(number, 10_000, len(shards))]
        shard.write_text("newsdesk.rows([\n" + ",\n".join(many) + "\n]);\n")
    page = chromium.new_page()
    page.goto(f"file://{tmp_path}/site/index.html")
    expect(page.get_by_role("status")).to_have_text("10,000 machines")
    assert page.locator("#machines tbody tr").count() == 100
    page.get_by_role("searchbox").type("pump-001")
    expect(page.get_by_role("status")).to_have_text(re.compile("^[0-9]+ of 10,000 machines$"))
    page.close()
