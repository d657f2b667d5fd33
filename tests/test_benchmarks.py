"""The benchmarks measure what they claim to; nothing here depends on how long something takes."""

import json
import re
import sys
from pathlib import Path

import pytest
from newsdesk import Machine, report
from newsdesk_mlflow import MlFlowReporter

from benchmarks import bucket, chart
from benchmarks.__main__ import main
from benchmarks.page import DOCS, Page
from benchmarks.parts import gordo
from benchmarks.parts.cold import RAW, new_file
from benchmarks.processes.runner import Runner
from benchmarks.processes.workers import Side, workers
from benchmarks.ratio import Figure, pairs
from benchmarks.raw import mlflow_requests, psycopg2_upsert, sqlalchemy_core
from benchmarks.tables import rows
from benchmarks.wire import recorded

MEGABYTES = 200


def test_both_ways_are_measured_in_turns_and_the_first_pair_is_not_kept():
    seen = []

    def measure(way):
        seen.append(way)
        return way

    kept = pairs(2, iter(["a0", "a1", "a2"]), iter(["b0", "b1", "b2"]), measure)
    assert seen == ["b0", "a0", "a1", "b1", "b2", "a2"]
    assert kept == [("a1", "b1"), ("a2", "b2")]


def test_a_ratio_is_the_median_of_the_ratios_of_pairs():
    figure = Figure.of_pairs("x", 2, "s", [(1.0, 1.0), (30.0, 10.0), (4.0, 2.0)])
    assert (figure.ours, figure.raw, figure.value, figure.is_met) == (4.0, 2.0, 2.0, True)
    assert Figure.from_dict(json.loads(json.dumps(figure.to_dict()))) == figure


def test_the_peak_memory_of_a_process_is_its_own(tmp_path):
    ours = bytearray(b"x" * MEGABYTES * 1_000_000)
    with Runner(tmp_path) as runner:
        small = runner.run([sys.executable, "-c", "pass"])
        large = runner.run([sys.executable, "-c", f"b'x' * {MEGABYTES * 1_000_000}"])
    assert small.peak < len(ours) / 1e6 / 2
    assert MEGABYTES < large.peak < 2 * MEGABYTES


def test_cpu_is_that_of_the_process(tmp_path):
    with Runner(tmp_path) as runner:
        sleeping = runner.run([sys.executable, "-c", "import time; time.sleep(1)"])
        busy = runner.run([sys.executable, "-c", "import time\nwhile time.process_time() < 1: pass"])
    assert sleeping.cpu < 1 <= min(busy.cpu, busy.wall, sleeping.wall)


def test_a_process_that_fails_ends_the_measurement_with_its_output(tmp_path):
    with Runner(tmp_path) as runner, pytest.raises(RuntimeError, match=r"exited with 3: alas"):
        runner.run([sys.executable, "-c", "import sys; print('alas'); sys.exit(3)"])


@pytest.fixture
def file(tmp_path):
    return new_file(tmp_path)


@pytest.fixture
def machine(file):
    return Machine.from_json(file.read_bytes())


def test_the_script_for_mlflow_makes_the_calls_of_a_report(file, machine, mlflow_server, tmp_path):
    other = Machine.from_json(new_file(tmp_path).read_bytes())
    with MlFlowReporter(tracking_uri=mlflow_server.url) as reporter, recorded() as ours:
        report(other, [reporter])
    with recorded() as raw:
        mlflow_requests.main(str(file), mlflow_server.url)
    assert [_call(request) for request in raw] == [_call(request) for request in ours]
    theirs, mine = (mlflow_server.content(_run(mlflow_server, name)) for name in (machine.name, other.name))
    assert theirs["params"].keys() == mine["params"].keys()
    assert (theirs["metrics"], theirs["status"]) == (mine["metrics"], mine["status"])
    assert len(theirs["metrics"]) > 20
    assert json.loads(theirs["artifacts"]["metadata.json"]) == machine.to_dict()


def _call(request):
    path = re.sub(r"[0-9a-f]{32}|artifacts/\d+", "*", request.url.partition("?")[0])
    return request.method, path


def _run(server, experiment):
    [(run_id, _, _)] = server.runs(experiment)
    return run_id


@pytest.mark.parametrize("script", [sqlalchemy_core, psycopg2_upsert], ids=["core", "psycopg2"])
def test_the_scripts_for_postgresql_write_the_row_of_a_report(script, file, machine, postgres_server):
    url = postgres_server.url
    script_url = url if script is sqlalchemy_core else url.replace("+psycopg2", "")
    parts = "name, project_name, dataset, model, metadata, runtime, evaluation"
    query = f"SELECT {parts} FROM machine WHERE name = %s"
    report(
        Machine.from_dict({**machine.to_dict(), "name": "prepares the table"}), [{"postgres": {"url": url}}]
    )
    for _ in range(2):
        script.main(str(file), script_url, "machine")
    [raw] = postgres_server.query(query, machine.name)
    [receipt] = report(machine, [{"postgres": {"url": url}}])
    assert receipt.status == "delivered"  # with another revision
    assert postgres_server.query(query, machine.name) == [raw]


def test_every_script_is_tested():
    assert {path.stem for path in RAW.glob("[!_]*.py")} == {
        "mlflow_requests",
        "sqlalchemy_core",
        "psycopg2_upsert",
    }


def figure(measure, ours, raw, goal, unit):
    return Figure.of_pairs("`x`, vs y", goal, unit, [(ours, raw)], measure=measure)


PROCESS = [
    figure("wall", 3.0, 1.0, 2, "s"),
    figure("cpu", 0.5, 0.25, None, "s"),
    figure("peak", 1234.5, 1000.0, 2, "MB"),
]
ROW = "| `x`, vs y | 3 s, 500 ms, 1,234 MB | 1 s, 250 ms, 1,000 MB | 3.00x; goal 2x: missed | 1.23x; goal 2x: met |"


def test_the_figures_of_a_process_are_one_row_with_goals():
    assert [row.replace("\N{NO-BREAK SPACE}", " ") for row in rows(PROCESS)] == [ROW]


def test_a_part_replaces_its_own_section_of_the_page(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text(
        "A\n<!-- figures: cold -->\nbefore\n<!-- end -->\nB\n<!-- figures: x y -->\n<!-- end -->\nC\n"
    )
    Page(tmp_path).keep_figures("cold", PROCESS)
    Page(tmp_path).keep_figures("y", [Figure("z", 7, None, 6, "")])
    text = page.read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert ROW in text.partition("B\n")[0]
    assert "| z | 7 |  |  | 6 | missed |" in text.partition("B\n")[2]
    assert "before" not in text
    assert text.endswith("<!-- end -->\nC\n")


def test_the_chart_has_the_colours_of_its_page_and_lines_that_both_themes_show(tmp_path):
    points = [(1, 1.0), (10, 30.0)]
    charts = [("A", "x", "y", {"a": points, "b": points}), ("B", "x", "y", {"b": points})]
    chart.write(tmp_path / "chart.svg", "two charts", charts, "today")
    first, second = (tmp_path / "chart.svg").read_text().split('id="axes_2"')
    colours = {colour for colour, _ in chart.LOOKS}
    assert set(re.findall("#[0-9a-f]{6}", first)) == {chart.LOOKS[0][0], chart.LOOKS[1][0]} <= colours
    assert set(re.findall("#[0-9a-f]{6}", second)) == {chart.LOOKS[1][0]}
    assert "currentColor" in second
    for red, green, blue in (re.findall("..", colour[1:]) for colour in colours):
        luminance = 0.2126 * light(red) + 0.7152 * light(green) + 0.0722 * light(blue)
        assert 1.05 / (luminance + 0.05) >= 3  # on white
        assert (luminance + 0.05) / (light("14") + 0.05) >= 3  # on the site's dark page


def light(channel):
    """Return a channel of sRGB as light, from 0 to 1, as WCAG does."""
    value = int(channel, 16) / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def test_the_page_begins_with_whole_processes():
    page = (DOCS / "performance.md").read_text()
    sections = re.findall(r"<!-- figures: (.+) -->", page)
    assert sections[0] == "cold"
    assert {name for section in sections for name in section.split()} >= {
        *json.loads((DOCS / "performance.json").read_text())
    }


def test_the_page_has_the_requests_that_a_report_takes(machine):
    figures = json.loads((DOCS / "performance.json").read_text())
    shown = {
        figure["name"]: figure["ours"] for part in ("mlflow", "gordo") for figure in figures[part]["figures"]
    }
    new = MlFlowReporter().plan(machine).requests
    assert shown["MLflow: requests for a new machine in a new experiment"] == new
    assert shown["MLflow: requests sent for a new machine"] == new
    assert shown["MLflow: requests for a new machine in a known experiment"] == new - 1


def test_a_figure_without_pairs_is_judged_by_the_ratio_of_its_medians():
    figure = Figure("x", 3.0, 2.0, 1.4)
    assert (figure.value, figure.is_met) == (1.5, False)
    assert Figure("x", 3.0, None, 3).is_met


def test_without_gordo_the_benchmark_names_what_to_do(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(gordo, "FOLDER", tmp_path / "nothing")
    with pytest.raises(
        SystemExit, match=r"gordo: gordo 6\.0\.4 is not installed in .*/nothing: run `nox -s bench"
    ):
        main(["gordo"])


def test_workers_report_new_machines_at_once(tmp_path):
    side = Side("newsdesk", Path(sys.executable), "files", {"path": str(tmp_path / "reports")})
    shares = [[new_file(tmp_path)] for _ in range(2)]
    with workers(side, 2, tmp_path) as both:
        seconds, failed = both.report(*shares)
    assert seconds > 0
    assert failed == 0
    names = {path.stem for share in shares for path in share}
    assert {path.stem for path in (tmp_path / "reports").rglob("*.json")} == names


def test_a_worker_that_ends_is_reported_with_what_it_printed(tmp_path):
    side = Side("newsdesk", Path(sys.executable), "no-such-backend", {})
    with workers(side, 1, tmp_path) as one, pytest.raises(RuntimeError, match="no-such-backend"):
        one.report([new_file(tmp_path)])


def test_each_side_reports_files_of_its_own():
    reported = {"ours": [], "gordo": []}

    class Reporting:
        def __init__(self, name):
            self.name = name

        def report(self, *shares):
            reported[self.name] += shares
            return {"ours": 1.0, "gordo": 2.0}[self.name], 0

    figure = gordo.compare(
        "x", (Reporting("ours"), Reporting("gordo")), ([[number]] for number in range(9)), "s", 2
    )
    assert (figure.ours, figure.raw) == (1.0, 2.0)
    assert len(reported["ours"]) == len(reported["gordo"]) == 2
    assert [share for share in reported["ours"] if share in reported["gordo"]] == []


def test_a_fleet_with_a_bucket_costs_what_the_docs_say_and_each_record_is_sent_once(capsys):
    bucket.main(30, 2)
    kept, drained = capsys.readouterr().out.splitlines()
    assert kept == "30 reports that are kept: 2.00 get, 3.00 put each, 0.00 $; 0 requests/s"
    assert drained.startswith("drained by 2 in 0 minutes: ")
