"""Charts are bounded, the same each time, and never stop a delivery."""

import math
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from newsdesk import Machine, record
from newsdesk_pages import PagesReporter, charts
from newsdesk_pages.text import shown


def score(*values: float) -> record.Score:
    """Return a score with some folds."""
    folds = {f"fold-{fold}": value for fold, value in enumerate(values, 1)}
    return record.main_scores(machine({"r2-score": {"fold-mean": values[0], **folds}}))["r2-score"]


def machine(scores=None, history=None) -> Machine:
    model = {"cross_validation": {"scores": scores or {}}, "model_meta": {"history": history or {}}}
    return Machine(name="pump-7", project_name="plant", metadata={"build_metadata": {"model": model}})


def history(*values: float) -> dict[str, record.Series]:
    return record.history(machine(history={"loss": [*values]}))


def drawn() -> str:
    """Draw one chart of each kind."""
    kinds = [*charts.folds([score(0.1, 0.5)]), charts.tags("r2-score", {"a": -0.5, "b": 0.7})]
    return "".join(chart.svg for chart in [*kinds, *charts.curves(history(3, 2, 1))])


def test_a_chart_has_nothing_that_a_page_forbids_or_that_changes_by_itself():
    svg = drawn()
    assert svg == drawn()
    assert not re.findall(r"<style|<script|<!--|\b(?:id|style|href)=", svg)
    assert svg.count("<circle") == 2
    assert svg.count('class="rect') == 2
    assert len(re.findall(r'role="img" aria-label="[^"]+', svg)) == svg.count("<svg") == 3


def test_one_fold_and_one_epoch_are_dots():
    [fold] = charts.folds([score(0.5)])
    [curve] = charts.curves(history(0.5))
    assert (fold.svg.count("<circle"), curve.svg.count("<circle")) == (1, 1)


def test_of_many_values_a_chart_shows_as_many_as_one_can_see():
    tags = charts.tags("r2-score", {f"tag-{number}": number / 1000 for number in range(1000)})
    assert tags.svg.count("<rect") == charts.MOST_TAGS
    assert tags.title == "r2-score of the 40 worst of 1,000 tags, the worst first"
    [curve] = charts.curves(history(*(math.sin(number) for number in range(100_000))))
    assert len(curve.svg) < 10_000
    [folds] = charts.folds([score(*(number / 1000 for number in range(1000)))])
    assert folds.svg.count("<circle") == charts.MOST_FOLDS


@pytest.mark.parametrize(
    "values",
    [
        (1e16, 1e16 + 2),  # pygal alone would add steps for ever
        (1.7e308, -1.7e308),
        (5e-324, 0.0),
        (1e-300, 2e-300),
        (0.0, 0.0),
        (0.1, 0.1 + 1e-17),
        (math.nan, math.inf),
        (1.0, math.nan),
        (1.0, 1e-320),
        (1e289, -1e289),
    ],
)
def test_any_number_is_drawn_or_left_out(values, caplog):
    found = [*charts.folds([score(*values)]), *charts.curves(history(*values))]
    found.append(charts.tags("r2-score", dict(zip("ab", values, strict=True))))
    assert not re.search("nan|inf", "".join(chart.svg for chart in found if chart))
    assert not caplog.records


@pytest.mark.parametrize("text", ["\0", "\x1b[0m", "\ud800", "\ufffe", "</svg><script>", "\u202e", '"&'])
def test_a_tag_is_text(text, caplog):
    chart = charts.tags(text, {text: 1.0})
    assert chart.svg.count("<rect") == 1
    assert "<script" not in chart.svg
    chart.svg.encode()
    assert shown(chart.svg) == chart.svg
    assert not caplog.records


@pytest.mark.parametrize(("fault", "mean"), [("a broken installation", 0.123), ("a chart", 0.456)])
def test_a_chart_that_cannot_be_drawn_is_left_out_and_its_numbers_are_in_the_table(
    fault, mean, tmp_path, monkeypatch, caplog
):
    drawn()
    if fault == "a chart":
        monkeypatch.delattr("pygal.XY")
    else:
        charts._pygal.cache_clear()
        monkeypatch.setitem(sys.modules, "pygal", None)
    with PagesReporter(tmp_path) as reporter:
        delivery = reporter.report(machine({"r2-score": {"fold-mean": mean, "fold-1": mean}}))
    assert not delivery.unchanged
    page = (tmp_path / "machines/plant.pump-7.html").read_text()
    assert "<svg" not in page
    assert f"<td>{mean}</td>" in page
    assert "'r2-score of each fold' is left out" in caplog.text


def test_a_process_that_is_forked_after_a_chart_draws_the_same():
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        here = drawn()
        assert pool.submit(drawn).result() == here


def test_imports_are_found_as_before_a_chart():
    code = (
        "import sys, importlib_metadata; from newsdesk_pages import charts; before = [*sys.meta_path];"
        "assert charts.tags('r2', {'a': 1.0}); assert sys.meta_path == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
