"""Alerts of the docs: checked by Prometheus's own tools, and seen by a real Prometheus in an outage."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from newsdesk.cli.owed.metrics import gauges
from newsdesk.outbox import State, Total
from newsdesk.testing import Server

ROOT = Path(__file__).parents[1]
ALERTS = ROOT / "docs" / "newsdesk-alerts.yaml"
PAGE = ROOT / "docs" / "monitoring.md"
SERIES = Path(__file__).with_name("monitoring") / "alerts.test.yaml"

RULES = [rule for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]


def program(name: str) -> str:
    """Return the path of a program of Prometheus, or skip the test."""
    if (found := shutil.which(name)) is None:
        pytest.skip(f"{name} is not installed: Debian has it in prometheus, or prometheus-node-exporter")
    return found


@pytest.mark.parametrize(
    "arguments", [["check", "rules", ALERTS], ["test", "rules", SERIES]], ids=lambda arguments: arguments[0]
)
def test_promtool_agrees_with_the_rules_and_with_the_alerts_that_series_give(arguments, run, tmp_path):
    run(program("promtool"), *arguments, cwd=tmp_path)


def test_the_rules_ask_for_metrics_that_there_are():
    made = {gauge.name for gauge in gauges("owed.db", {("a", State.OWED): Total(1, 1, 1.0)}, [], 1.0)}
    asked = {
        name for rule in RULES for name in re.findall(r"(?<![\w:])newsdesk_outbox_\w+(?!:)\b", rule["expr"])
    }
    assert asked == made - {"newsdesk_outbox_bytes"}


def test_the_page_has_every_alert_and_every_metric():
    page = PAGE.read_text("utf-8")
    alerts = {rule["alert"] for rule in RULES if "alert" in rule}
    assert set(re.findall(r"^\| `(Newsdesk\w+)` \|", page, re.MULTILINE)) == alerts
    made = {gauge.name for gauge in gauges("owed.db", {("a", State.OWED): Total(1, 1, 1.0)}, [], 1.0)}
    assert set(re.findall(r"^\| `(newsdesk_outbox_\w+)` \|", page, re.MULTILINE)) == made


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Prometheus:
    """A Prometheus that scrapes a node-exporter each second, which reads the files of a folder.

    And a program that serves its own metrics at `served`, if there is one.
    """

    def __init__(self, folder: Path, rules: str) -> None:
        self.textfiles = folder / "textfiles"
        self.textfiles.mkdir()
        self.port, self._folder, self._running = free_port(), folder, ExitStack()
        exporter, self.served = free_port(), free_port()
        (folder / "rules.yaml").write_text(rules)
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(folder / "rules.yaml")],
            "scrape_configs": [
                {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                for name, port in (("node", exporter), ("builds", self.served))
            ],
        }
        (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
        self._commands = [
            [
                program("prometheus-node-exporter"),
                "--collector.disable-defaults",
                "--collector.textfile",
                f"--collector.textfile.directory={self.textfiles}",
                f"--web.listen-address=127.0.0.1:{exporter}",
            ],
            [
                program("prometheus"),
                f"--config.file={folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
        ]

    def __enter__(self) -> "Prometheus":
        log = self._running.enter_context((self._folder / "log").open("wb"))
        for command in self._commands:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            self._running.callback(process.wait)
            self._running.callback(process.terminate)
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    def ask(self, path: str, **parameters: object) -> Any:
        """Call its HTTP API."""
        query = urllib.parse.urlencode(parameters)
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]

    def wait_for(self, query: str, holds: Callable[[list[Any]], bool], seconds: float = 60) -> None:
        """Wait until the answer to a query is as expected."""
        end, found = time.monotonic() + seconds, []
        while time.monotonic() < end:
            try:
                found = self.ask("query", query=query)
            except OSError:  # it is starting
                found = []
            if holds(found):
                return
            time.sleep(0.5)
        raise AssertionError(f"{query}: {found}\n{(self._folder / 'log').read_text()[-3000:]}")


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Prometheus]:
    """Alerts come within seconds here: an hour is three seconds."""
    quick = ALERTS.read_text("utf-8").replace("3600", "3").replace("15m", "6s")
    folder = tmp_path / "prometheus"
    folder.mkdir()
    with Prometheus(folder, re.sub(r"for: \dm", "for: 1s", quick)) as started:
        yield started


def test_any_label_is_scraped_as_it_is(prometheus):
    """What promtool reads, Prometheus itself may not: it has a parser of its own."""
    labels = ['a"b\\c\nd', "Grüße 🚀 \u2028", "nul\x00 \x1b[31m \r", "{},=# n"]
    totals = {(label, State.OWED): Total(3, 300, 1764144000.5) for label in labels}
    write(prometheus.textfiles, gauges("owed.db", totals, [], time.time()))
    prometheus.wait_for("newsdesk_outbox_entries", lambda found: len(found) == 4 * len(labels))
    found = prometheus.ask("query", query="newsdesk_outbox_oldest_timestamp_seconds")
    assert {each["metric"]["reporter"] for each in found} == {*labels}
    assert {float(each["value"][1]) for each in found} == {1764144000.5}


def write(folder: Path, made: Any) -> None:
    from newsdesk.cli.owed.exposition import lines

    (folder / "newsdesk.prom").write_bytes("".join(f"{line}\n" for line in lines(made)).encode())


CONFIG = """
reporters:
  - postgres: {url: "${env:DATABASE}"}
    label: db
    required: spooled
  - files: {path: reports}
    label: archive
deadline: 5
retry: {attempts: 1}
outbox: owed.db
"""
REFRESH = "while :; do newsdesk outbox metrics --output textfiles/newsdesk.prom; sleep 0.5; done"
SHOWN = {
    "owed": 'newsdesk_outbox_entries{reporter="db",state="owed"}',
    "bytes": 'newsdesk_outbox_bytes{reporter="db",state="owed"}',
    "age": 'time() - newsdesk_outbox_oldest_timestamp_seconds{reporter="db",state="owed"}',
    "too long": 'ALERTS{alertname="NewsdeskOwedTooLong",alertstate="firing"}',
    "failing": 'ALERTS{alertname="NewsdeskReporterFailing",alertstate="firing"}',
}


class Fleet:
    """Builds that report to PostgreSQL, with the metrics of their outbox in node-exporter's folder."""

    def __init__(self, folder: Path, url: str, run: Any) -> None:
        self.url, self._folder, self._run, self._built = url, folder, run, 0
        (folder / "newsdesk.yaml").write_text(CONFIG)

    def newsdesk(self, *arguments: object) -> str:
        program = Path(sys.executable).with_name("newsdesk")
        return str(self._run(program, *arguments, cwd=self._folder, DATABASE=self.url).stdout)

    def build(self, count: int) -> None:
        """Report new machines."""
        machines = [{"name": f"m{self._built + each}", "project_name": "north"} for each in range(count)]
        self._built += count
        (self._folder / "machines.json").write_text(json.dumps(machines))
        self.newsdesk("report", "machines.json", "--quiet")

    def refresh(self) -> "subprocess.Popen[bytes]":
        """Write metrics again and again, as a cron job does."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "DATABASE": self.url}
        return subprocess.Popen(
            ["bash", "-c", REFRESH], cwd=self._folder, env=environment, start_new_session=True
        )


@pytest.mark.large
def test_an_outage_and_its_recovery_as_prometheus_saw_it(prometheus, tmp_path, run, capsys):
    (tmp_path / "server").mkdir()
    (tmp_path / "textfiles").symlink_to(prometheus.textfiles)
    with Server("newsdesk_postgres.embedded.fixture:postgres_server", tmp_path / "server") as server:
        fleet = Fleet(tmp_path, server.url, run)
        fleet.build(3)
        refreshing = fleet.refresh()
        try:
            prometheus.wait_for(SHOWN["owed"], lambda found: values(found) == [0])
            began = time.time()
            time.sleep(3)
            server.stop()
            for count in (2, 4):
                fleet.build(count)
                time.sleep(3)
            listed = fleet.newsdesk("outbox", "list")
            prometheus.wait_for(SHOWN["too long"], bool)
            prometheus.wait_for(SHOWN["failing"], bool)
            server.start()
            fleet.url = server.url
            fleet.newsdesk("outbox", "send")
            prometheus.wait_for(SHOWN["owed"], lambda found: values(found) == [0])
            prometheus.wait_for("ALERTS", lambda found: not found)
            time.sleep(2)
            ended = time.time()
        finally:
            os.killpg(refreshing.pid, signal.SIGTERM)
            refreshing.wait()
        rows = seen(prometheus, began, ended)
    with capsys.disabled():
        sys.stdout.write(f"\n{listed}\n{table(rows)}\n")
    owed = [row["owed"] for row in rows]
    assert owed[0] == owed[-1] == 0
    assert max(owed) == 6
    ages = [row["age"] for row in rows if "age" in row]
    assert ages == sorted(ages), "the oldest gets older as long as it is owed"
    assert "age" not in rows[0]
    assert "age" not in rows[-1]
    assert {"too long", "failing"} <= {name for row in rows for name in row}


DELIVERING = """
import pathlib, time
from itertools import count
from newsdesk import BaseReporter, Desk, Retry, TransientReporterError

class Store(BaseReporter):
    def report(self, machine):
        if pathlib.Path("down").exists():
            raise TransientReporterError("no connection")

with Desk([Store(), "null"], retry=Retry(attempts=1), plugins=["otel"]) as desk:
    for number in count():
        list(desk.report_many([{"name": f"m{number}", "project_name": "north"}]))
        time.sleep(0.05)
"""
STORE = 'newsdesk_deliveries_total{newsdesk_reporter="Store",newsdesk_status='
DELIVERED = {
    "delivered": f'{STORE}"delivered"}}',
    "failed": f'{STORE}"failed",error_type="newsdesk.exceptions.TransientReporterError"}}',
    "failing": 'ALERTS{alertname="NewsdeskDeliveriesFailing",alertstate="firing"}',
}


@pytest.mark.large
def test_an_outage_of_a_backend_as_prometheus_saw_it_in_the_metrics_of_deliveries(
    prometheus, tmp_path, capsys
):
    variables = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_TRACES_EXPORTER": "none"}
    port = {"OTEL_EXPORTER_PROMETHEUS_PORT": str(prometheus.served)}
    command = [sys.executable, "-c", DELIVERING]
    environment = {**os.environ, **variables, **port}
    delivering = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        prometheus.wait_for(DELIVERED["delivered"], bool)
        began = time.time()
        time.sleep(3)
        (tmp_path / "down").touch()
        prometheus.wait_for(DELIVERED["failing"], bool)
        time.sleep(2)
        (tmp_path / "down").unlink()
        prometheus.wait_for(DELIVERED["failing"], lambda found: not found)
        time.sleep(2)
        ended = time.time()
    finally:
        delivering.terminate()
        delivering.wait()
    alerts = prometheus.ask("query_range", query="ALERTS", start=began, end=ended, step="1s")
    assert {alert["metric"].get("newsdesk_reporter", "Store") for alert in alerts} == {"Store"}, "null is up"
    rows = seen(prometheus, began, ended, DELIVERED)
    with capsys.disabled():
        sys.stdout.write(f"\n{table(rows, DELIVERED)}\n")
    assert "failed" not in rows[0]
    assert rows[-1]["delivered"] > rows[0]["delivered"]
    assert any("failing" in row for row in rows)
    assert "failing" not in rows[-1]


def values(found: list[Any]) -> list[float]:
    return [float(each["value"][1]) for each in found]


def seen(
    prometheus: Prometheus, began: float, ended: float, shown: Mapping[str, str] = SHOWN
) -> list[dict[str, float]]:
    """Return what Prometheus has of each second: of what it has nothing, there is no key."""
    rows: dict[float, dict[str, float]] = {}
    for name, query in shown.items():
        found = prometheus.ask("query_range", query=query, start=began, end=ended, step="1s")
        for when, value in found[0]["values"] if found else []:
            rows.setdefault(when - began, {})[name] = float(value)
    return [{"second": round(when), **rows[when]} for when in sorted(rows)]


def table(rows: list[dict[str, float]], shown: Mapping[str, str] = SHOWN) -> str:
    heads = ["second", *shown]
    lines = [heads, *([f"{row[name]:.0f}" if name in row else "-" for name in heads] for row in rows)]
    return "\n".join("".join(cell.rjust(10) for cell in line) for line in lines)
