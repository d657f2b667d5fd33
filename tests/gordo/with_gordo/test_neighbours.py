"""newsdesk beside gordo: nothing of gordo's is changed, and its own tests pass as before."""

import re
from pathlib import Path

import pytest

from tests.gordo.originals import ORIGINALS
from tests.gordo.with_gordo.conftest import TESTS

pytestmark = [pytest.mark.timeout(1800), pytest.mark.usefixtures("postgres_at_5432")]

OURS = {"newsdesk", "newsdesk-gordo", "newsdesk-mlflow", "newsdesk-postgres"}


@pytest.fixture(scope="module")
def before(alone, tmp_path_factory):
    return alone.outcomes(tmp_path_factory.mktemp("before") / "results.xml", *TESTS)


def test_installing_newsdesk_swaps_nothing_of_gordos_pins(alone, beside):
    were, are = alone.freeze(), beside.freeze()
    assert {name: are.get(name) for name in were} == were
    assert are.keys() - were.keys() == OURS | {"orjson", "pluggy"} - were.keys()
    assert were["pydantic"].startswith("1.")


def test_gordos_own_tests_pass_before(before):
    assert len(before) == 125
    assert {name: outcome for name, outcome in before.items() if outcome} == {}


def test_gordos_own_tests_have_the_same_result_after(before, beside, tmp_path):
    assert beside.outcomes(tmp_path / "results.xml", *TESTS) == before


def test_gordos_own_tests_of_its_command_pass_with_our_builder(before, beside, tmp_path):
    found = beside.outcomes(
        tmp_path / "results.xml", "tests/gordo/cli", MODEL_BUILDER_CLASS="newsdesk_gordo.ModelBuilder"
    )
    other = {name for name, outcome in found.items() if outcome != before[name]}
    # It replaces gordo's own MLflow reporter by a mock, and expects that this is called.
    assert {name.rpartition(".")[2] for name in other} == {"test_mlflow_reporter_set_cli_build"}
    assert len(found) == 42


def test_our_tests_of_the_builder_pass_with_gordo_itself(beside):
    tests = Path(__file__).parents[3] / "plugins" / "gordo" / "tests"
    text = beside.run(
        "python", "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider", "--import-mode=importlib", tests,
        cwd=beside.original.folder,
    )  # fmt: skip
    assert re.search(r"^\d+ passed", text, re.MULTILINE)


def test_the_table_of_gordos_tests_of_its_reporters_is_complete(alone):
    folder = alone.original.source / "tests" / "gordo"
    named = {
        file.stem: set(re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE))
        for file in (folder / "reporters").glob("test_*.py")
    }
    assert {name: tests.keys() for name, tests in ORIGINALS.items() if name != "test_machine"} == named
