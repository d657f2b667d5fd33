"""`newsdesk show`."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from newsdesk import Config, Machine
from newsdesk.cli.pages.marks import Marks
from newsdesk.cli.pages.page import Page
from newsdesk.testing import machines as canned
from newsdesk.testing.strategies import machines as generated
from rich.console import Console

EXAMPLES = Path(__file__).parents[4] / "examples" / "machines"
FROM = ("--from", "{files: {path: held}}")
AE = EXAMPLES / "ae-4tags.json"


@pytest.fixture(autouse=True)
def _width(folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")


@pytest.fixture
def held(folder):
    def held(*machines, path="held"):
        with Config.from_yaml(f"reporters: [{{files: {{path: {path}}}}}]").desk() as desk:
            assert all(receipt.ok for receipt in desk.report_many(machines))

    return held


CHANGED = Machine("pump", "plant", metadata={"x": 1})

PAGE = """\
local-build/ae-4tags
  built       2026-11-22 22:28 UTC, builder 6.3.3
  took        training 15.2 s, cross-validation 30.8 s, data 0.23 s
  data        2019-01-01 DASH 2019-03-01, every 10T, RandomDataset
  tags        4: TAG-001, TAG-002, TAG-003, TAG-004
  evaluation  full_build
  model key   10bf9e7f9385
  revision    b2e66cb31cb2
  read from   PLACE

Model
  sklearn.pipeline.Pipeline
    steps:
      sklearn.preprocessing.MinMaxScaler
      gordo.machine.model.models.KerasAutoEncoder  batch_size=128 epochs=3 kind=feedforward_hourglass

Scores
  explained-variance-score  0.1161   ± 0.1013  ▃█▁  0.0904  0.251  0.006885
  mean-absolute-error       0.2627  ± 0.07694  █▂▁  0.3703  0.2229  0.1948
  mean-squared-error         0.102  ± 0.05257  █▂▁  0.1758  0.07271  0.05746
  r2-score                  -1.097     ± 1.28  ▁██  -2.905  -0.2742  -0.112

Worst tags by explained-variance-score
  TAG-001  -0.09674  ± 0.2193  ▁█▆  -0.3989  0.1147  -0.00598
  TAG-002    0.1422  ± 0.1346  █▃▁  0.3266  0.09129  0.008793
  TAG-004    0.1817  ± 0.3323  ▁█▁  -0.0575  0.6516  -0.04902
  TAG-003    0.2371  ± 0.1823  █▂▁  0.4915  0.1462  0.07375

Training (3 epochs)
  accuracy  0.1398 → 0.1077   █▄▁
  loss      0.3442 → 0.07586  █▂▁

Cross-validation
     ━ training  █ test                                            rows
  1  ━━━━━━━━━━━━━━━███████████████                                2094 / 2094
  2  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━███████████████                 4188 / 2094
  3  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━███████████████  6282 / 2094
     2019-01-01                                        2019-03-01
""".replace("DASH", Marks().dash)


def test_a_page_has_what_matters_of_a_machine(newsdesk, records):
    assert newsdesk("show", "ae-4tags.json").stdout == PAGE.replace("PLACE", "ae-4tags.json")


def test_a_machine_is_read_from_a_backend_too(newsdesk, held):
    held(Machine.from_json(AE.read_bytes()))
    for name in ("ae-4tags", "local-build/ae-4tags", "ae-4tags#b2e66cb"):
        assert newsdesk("show", name, *FROM).stdout == PAGE.replace("PLACE", "files")
    assert newsdesk("show", "ae-4tags", *FROM, "--project", "local-build").stdout == PAGE.replace(
        "PLACE", "files"
    )


def test_json_is_the_record_as_it_was_reported(newsdesk, held, write):
    write("newsdesk.yaml", "reporters: [{files: {path: held}, label: archive}]")
    files = ["ordinary", *canned.real()]
    machines = [machine for name in files for machine in canned.canned(name)]
    machines += [machine for name in canned.HOSTILE for machine in canned.hostile(name)]
    for machine in machines:
        held(machine)
        result = newsdesk("show", f"{machine.key}@archive", "--json")
        assert result.stdout_bytes == machine.redacted().to_json() + b"\n"


def test_standard_input_is_read(newsdesk):
    assert newsdesk("show", "-", stdin=AE.read_text()).stdout == PAGE.replace("PLACE", "standard input")


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (
            ["gone", *FROM],
            1,
            "Error: files: the machine 'gone' does not exist; report it first, or correct the name\n",
        ),
        (
            ["gone.json", *FROM],
            1,
            "Error: there is no file 'gone.json'; files: the machine 'gone.json' does not ",
        ),
        (
            ["pump", *FROM],
            2,
            "Error: files: 2 projects have a machine 'pump': 'mine', 'plant'; give the project",
        ),
        (["damaged", *FROM], 4, "Error: files: "),
        (["pump"], 2, "there is no file 'pump', and no reporter is configured; name one with --from"),
        (["pump", *FROM, "--everywhere"], 2, "--everywhere needs a config with reporters"),
        (["pump", "--everywhere", "--json"], 2, "give --everywhere or --json, not both"),
        (["bad.json"], 2, "Error: bad.json: not valid JSON"),
    ],
)
def test_what_cannot_be_shown_is_said(  # noqa: PLR0917  (fixtures)
    newsdesk, held, write, folder, arguments, code, expected
):
    held(Machine("pump", "plant"), Machine("pump", "mine"), Machine("damaged", "plant"))
    (folder / "held" / "plant" / "damaged.json").write_text("{")
    write("bad.json", "{")
    assert expected in newsdesk("show", *arguments, code=code).stderr


def test_everywhere_has_each_reporter_of_the_config(newsdesk, held, write, folder, monkeypatch):
    machine = Machine("pump", "plant")
    held(machine, path="a")
    held(CHANGED, path="b")
    held(Machine("pump", "other"), path="c")
    (folder / "d").write_text("not a folder")
    entries = [{"files": {"path": path}, "label": path} for path in "abcd"]
    write("newsdesk.yaml", {"reporters": [*entries, "console"], "retry": {"attempts": 1}})
    monkeypatch.setenv("COLUMNS", "300")
    shown = newsdesk("show", "pump@a", "--everywhere").stdout
    where = [line.split() for line in shown.partition("Where it is\n")[2].splitlines()]
    assert where[0][:3] == ["a", "this", "revision"]
    assert where[0][-1].endswith("folder/a/plant/pump.json")
    assert where[1][1:3] == ["revision", CHANGED.revision[:12]]
    assert " ".join(where[2]) == "c not there"
    assert where[3][0] == "d"
    assert "cannot be read" in " ".join(where[3])
    assert " ".join(where[-1]) == "console cannot be read"


def shown(machine, width, encoding="utf-8"):
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(*Page(machine, console, encoding).sections("disk"))
    return console.file.getvalue()


@pytest.mark.parametrize("width", [200, 80, 40])
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_a_page_fits_the_terminal(path, width):
    lines = shown(Machine.from_json(path.read_bytes()), width).splitlines()
    assert max(map(len, lines)) <= width
    assert {"Model", "Scores"} <= set(lines) or "buildonly" in path.stem


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    machine=generated(),
    width=st.sampled_from([1, 10, 40, 80, 200]),
    encoding=st.sampled_from(["utf-8", "ascii"]),
)
def test_any_machine_has_a_page_without_commands_to_the_terminal(machine, width, encoding):
    text = shown(machine, width, encoding)
    assert text.replace("\n", "").isprintable()


HOSTILE = "\x1b[31mred\x1b]0;title\x07\u202e\r"


def test_hostile_names_and_values_are_shown_and_not_obeyed(on_terminal, write):
    record = json.loads(AE.read_text().replace("TAG-001", json.dumps(HOSTILE)[1:-1]))
    record["name"] = f"[bold]{HOSTILE}"
    record["model"] = {HOSTILE: {HOSTILE: HOSTILE, "list": [HOSTILE]}}
    model = record["metadata"]["build_metadata"]["model"]
    model["model_meta"]["history"][HOSTILE] = [1, 2]
    model["model_creation_date"] = model["model_builder_version"] = record["evaluation"]["cv_mode"] = HOSTILE
    record["dataset"]["resolution"] = record["dataset"]["type"] = HOSTILE
    write("hostile.json", record)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    text = on_terminal(["show", "hostile.json"], environment, raw=True, no_color=True)
    for command in ("\x1b[31m", "\x1b]0", "\x07", "\u202e", "\r"):
        assert command not in text
    assert "[bold]\\x1b[31mred" in text
    coloured = on_terminal(["show", "hostile.json"], environment, raw=True)
    assert "\x1b[36m" in coloured
    assert "\x1b[31m" not in coloured
    assert "\x1b[36m" not in text
