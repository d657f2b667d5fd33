"""Charts are bounded, the same each time, and never stop a delivery."""

import math
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from newsdesk import Machine
from newsdesk_pages import PagesReporter, charts
from newsdesk_pages.text import shown


def scored(*values: float) -> dict[str, float]:
    """Return a score with some folds, as a record has it."""
    return {"fold-mean": values[0], **{f"fold-{fold}": value for fold, value in enumerate(values, 1)}}


def machine(folds=(), history=(), tags=None, metric="r2-score") -> Machine:
    """Return a machine with a score of some folds, a loss for some epochs, and a score for each tag."""
    of_tags = {f"{metric}-{tag.replace(' ', '-')}": {"fold-mean": mean} for tag, mean in (tags or {}).items()}
    scores = {metric: scored(*folds) if folds else {}, **of_tags}
    model = {"cross_validation": {"scores": scores}, "model_meta": {"history": {"loss": [*history]}}}
    return Machine(
        name="pump-7",
        project_name="plant",
        dataset={"tag_list": [*(tags or {})]},
        metadata={"build_metadata": {"model": model}},
    )


def drawn() -> str:
    """Draw one chart of each of three kinds."""
    charts.drawn.cache_clear()
    figures = charts.drawn(machine([0.1, 0.5], [3, 2, 1], {"a": -0.5, "b": 0.7}))
    return figures["folds"] + figures["tags"]["r2-score"] + figures["curves"]


def test_a_chart_has_nothing_that_a_page_forbids_or_that_changes_by_itself():
    svg = drawn()
    assert svg == drawn()
    assert not re.findall(r"<style|<script|<!--|\b(?:id|style|href)=", svg)
    assert svg.count("<circle") == 2
    assert svg.count('class="rect') == 2
    assert len(re.findall(r'role="img" aria-label="[^"]+', svg)) == svg.count("<svg") == 3


def test_one_fold_and_one_epoch_are_dots():
    figures = charts.drawn(machine([0.5], [0.5]))
    assert (figures["folds"].count("<circle"), figures["curves"].count("<circle")) == (1, 1)


def test_of_many_values_a_chart_shows_as_many_as_one_can_see():
    many = [number / 1000 for number in range(1000)]
    figures = charts.drawn(
        machine(
            many,
            [math.sin(number) for number in range(100_000)],
            dict(zip(map(str, many), many, strict=True)),
        )
    )
    tags = figures["tags"]["r2-score"]
    assert tags.count('class="rect') == charts.MOST_MARKS
    assert "<figcaption>r2-score of the 40 worst of 1,000 tags, the worst first</figcaption>" in tags
    assert figures["folds"].count("<circle") == charts.MOST_MARKS
    assert "loss over 100,000 epochs" in figures["curves"]
    assert figures["curves"].count(" ") < 2.5 * charts.MOST_EPOCHS


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
    figures = charts.drawn(machine(values, values, dict(zip("ab", values, strict=True))))
    assert not re.search("nan|inf", figures["folds"] + figures["curves"] + figures["tags"]["r2-score"])
    assert not caplog.records


@pytest.mark.parametrize("text", ["\0", "\x1b[0m", "\ud800", "\ufffe", "</svg><script>", "\u202e", '"&'])
def test_a_tag_is_text(text, caplog):
    figures = charts.drawn(machine([1.0], [1.0], {text: 1.0}, metric=text))
    for figure in (figures["folds"], *figures["tags"].values()):
        assert figure.count("<svg") == 1
        assert "<script" not in figure
        figure.encode()
        assert shown(figure.replace("\n", "")) == figure.replace("\n", "")
    assert not caplog.records


@pytest.mark.parametrize(("fault", "mean"), [("a broken installation", 0.123), ("a chart", 0.456)])
def test_a_chart_that_cannot_be_drawn_is_left_out_and_its_numbers_are_in_the_table(
    fault, mean, tmp_path, monkeypatch, caplog
):
    drawn()
    if fault == "a chart":
        monkeypatch.delattr("pygal.Line")
    else:
        charts._pygal.cache_clear()
        monkeypatch.setitem(sys.modules, "pygal", None)
    with PagesReporter(tmp_path) as reporter:
        delivery = reporter.report(machine([mean]))
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
        "assert charts._pygal().Line; assert sys.meta_path == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
