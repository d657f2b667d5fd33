"""A picture of folds and curves."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from newsdesk import Machine
from newsdesk.testing.strategies import machines
from newsdesk_mlflow.mapping.pages.figure import figure

SVG = "{http://www.w3.org/2000/svg}"


def made(scores=None, history=None):
    model = {"cross_validation": {"scores": scores or {}}, "model_meta": {"history": history or {}}}
    return Machine("<m> & \0", metadata={"build_metadata": {"model": model}})


def drawn(machine):
    return ET.fromstring(figure(machine))


@pytest.mark.parametrize(
    ("name", "dots", "lines"), [("ae-4tags", 12, 2), ("sk-20tags", 12, 0), ("buildonly-4tags", 0, 2)]
)
def test_of_a_real_machine(record, name, dots, lines):
    image = drawn(Machine.from_dict(record(name)))
    assert len(image.findall(f"{SVG}circle")) == dots
    assert len(image.findall(f"{SVG}polyline")) == lines
    assert name in image.find(f"{SVG}title").text


def test_each_fold_is_a_dot_between_the_lowest_and_the_highest():
    image = drawn(made({"r2": {"fold-1": -1, "fold-2": 1, "fold-3": 0, "fold-mean": 0}}))
    assert [float(dot.get("cx")) for dot in image.findall(f"{SVG}circle")] == [230, 560, 395]
    assert "-1 to 1" in [text.text for text in image.findall(f"{SVG}text")]


def test_folds_that_are_equal_and_numbers_at_the_end_of_the_range_are_drawn():
    most = 1.7976931348623157e308
    image = drawn(made({"a": {"fold-1": 5, "fold-2": 5}, "b": {"fold-1": -most, "fold-2": most}}))
    assert [float(dot.get("cx")) for dot in image.findall(f"{SVG}circle")] == [395, 395, 230, 560]


def test_names_are_text_and_no_markup():
    image = drawn(made({"<script>&'\"\ud800\0": {"fold-1": 1}}))
    assert not image.findall(f".//{SVG}script")
    assert "<script>&'\"\ufffd\ufffd" in [text.text for text in image.findall(f"{SVG}text")]


def test_a_long_training_is_thinned_out_and_ends_where_it_ended():
    [line] = drawn(made(history={"loss": [float(n) for n in range(100_000)]})).findall(f"{SVG}polyline")
    points = line.get("points").split()
    assert 390 < len(points) < 410
    assert points[0].startswith("230.0,")
    assert points[-1].startswith("560.0,")


@pytest.mark.parametrize("history", [None, {"loss": [1.0]}, {"loss": ["NaN", "Infinity"]}])
def test_nothing_to_draw_is_no_picture(history):
    assert figure(made({"r2": {"fold-mean": 1}, "a": {"fold-1": "NaN"}}, history)) is None


@given(machine=machines())
def test_of_any_machine_it_is_valid_and_the_same_again(machine):
    content = figure(machine)
    if content is not None:
        ET.fromstring(content)
        assert figure(machine) == content
