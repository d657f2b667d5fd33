import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.builtin.console import ConsoleReporter, facts
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import DefinitionError
from newsdesk.machine import Machine


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


def printed(machine, encoding="utf-8"):
    """Give what is printed on a stream that refuses what its encoding cannot hold, as standard output does."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    before, sys.stdout = sys.stdout, stream
    try:
        assert ConsoleReporter("stdout").report(machine) == Delivery()
    finally:
        sys.stdout = before
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def test_what_matters_of_a_real_machine_is_printed(real_machine):
    text = printed(real_machine)
    assert str(real_machine.key) in text
    for name, value in facts(real_machine):
        assert name in text
        assert value in text
    names = [name for name, _ in facts(real_machine)]
    assert names[:2] == ["built", "builder"]
    assert names[-1] == "revision"
    assert "r2-score" in names
    assert not [name for name in names if name.startswith("r2-score-")]


def test_any_real_machine_can_be_printed(real_json):
    assert "revision" in printed(Machine.from_json(real_json))


def test_a_bare_machine_is_printed_with_what_it_has():
    machine = Machine("m", "p")
    assert facts(machine) == [("revision", machine.revision[:12])]


@pytest.mark.parametrize(
    "metadata",
    [
        {"build_metadata": None},
        {"build_metadata": {"model": []}},
        {"build_metadata": {"model": {"cross_validation": {"scores": [1]}}}},
        {
            "build_metadata": {
                "model": {"cross_validation": {"scores": {"r2": None, "mse": {"fold-mean": None}}}}
            }
        },
    ],
)
def test_a_record_of_another_shape_is_printed_too(metadata):
    assert "revision" in printed(Machine("m", metadata=metadata))


def test_numbers_are_printed_short():
    model = {
        "model_training_duration_sec": 12.3456789,
        "cross_validation": {
            "scores": {"r2": {"fold-mean": "NaN"}, "mse": {"fold-mean": "Infinity"}, "mae": 1}
        },
    }
    told = dict(facts(Machine("m", metadata={"build_metadata": {"model": model}})))
    assert told["training, seconds"] == "12.35"
    assert (told["r2"], told["mse"], told["mae"]) == ("NaN", "Infinity", "1")


def test_a_score_that_only_begins_like_another_is_shown():
    scores = {"r2": {"fold-mean": 0.5}, "r2-adjusted": {"fold-mean": 0.4}, "r2-TAG-1": {"fold-mean": 0.3}}
    model = {"cross_validation": {"scores": scores}}
    machine = Machine("m", dataset={"tag_list": ["TAG 1"]}, metadata={"build_metadata": {"model": model}})
    assert [name for name, _ in facts(machine)] == ["r2", "r2-adjusted", "revision"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        ("[/nothing]", "[/nothing]"),
        ("a\x1b[31mred", r"a\x1b[31mred"),
        ("a\r\nb\tc\0", r"a\r\nb\tc\x00"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("rtl\u202eabc", r"rtl\u202eabc"),
        ("\ud800", r"\ud800"),
        ("emoji 😀 ä", "emoji 😀 ä"),
        (":smile:", ":smile:"),
    ],
)
def test_a_hostile_name_is_shown_and_not_obeyed(name, shown):
    text = printed(Machine(name, model={name: 1}))
    assert shown in text
    assert text.count(shown) == 2


@given(
    st.text(
        st.characters() | st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF), min_size=1, max_size=20
    )
)
def test_no_name_moves_the_terminal(name):
    text = printed(Machine(name, name, metadata={"build_metadata": {"model": {"model_creation_date": name}}}))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_stream_that_knows_few_characters_gets_escapes(encoding):
    text = printed(Machine("ж😀", model={"ж": 1}), encoding)
    assert r"\u0436\U0001f600" in text


@pytest.mark.parametrize("reporter", [ConsoleReporter(), ConsoleReporter("stderr")])
def test_standard_output_stays_for_data(capsys, reporter):
    reporter.report({"name": "pump"})
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "pump" in captured.err


def test_it_prints_to_standard_output_when_it_is_asked_to(capsys):
    ConsoleReporter("stdout").report({"name": "pump"})
    captured = capsys.readouterr()
    assert "pump" in captured.out
    assert captured.err == ""


def test_another_stream_is_refused():
    with pytest.raises(DefinitionError, match=r"stream: must be 'stdout' or 'stderr', but is 'file'"):
        BaseReporter.from_dict({"console": {"stream": "file"}})
