"""Copied from MLflow to PostgreSQL to files and back, every record is there once, byte by byte, whatever fails.

`nox -s copies` runs this with 300 generated machines.
"""

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from newsdesk import Config, Desk, Machine, Retry
from newsdesk.testing import FaultProxy, Refuse, http_answer
from newsdesk.testing.machines import HOSTILE, canned, hostile, many_metrics, real

pytestmark = pytest.mark.large

COUNT = int(os.environ.get("NEWSDESK_COPIES", "12"))
"""Generated machines."""
EXAMPLES = Path(__file__).parents[1] / "examples" / "machines"
REAL = [json.loads((EXAMPLES / f"{name}.json").read_bytes()) for name in ("ae-4tags", "buildonly-4tags")]
PROJECTS = ["north", "Süd/Hafen ☃", "", "north "]
NUMBERS = itertools.count()
NEWSDESK = Path(sys.executable).with_name("newsdesk")
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


def all_canned():
    """The twelve: an ordinary one, real and hostile ones, and one with many metrics."""
    names = [*real(), "ordinary"]
    found = [*map(canned, names), *map(hostile, HOSTILE), [many_metrics(2_000)]]
    assert len(found) == 12
    return [machine for machines in found for machine in machines]


def generated(count, seed=0):
    """Machines that differ in size, names, numbers and depth."""
    chance = random.Random(seed)
    odd = [
        0.1,
        -0.0,
        1e-320,
        2**70,
        -(2**53) - 1,
        "NaN",
        "Infinity",
        None,
        True,
        "\u2028",
        "é😀",
        "\0",
        "\ud800",
        "",
    ]
    for number in range(count):
        record = json.loads(json.dumps(REAL[number % 2])) if number % 4 < 2 else {"model": {"m": number}}
        record |= {"name": f"gen {number:03}", "project_name": PROJECTS[number % 4]}
        values = [chance.choice([chance.random(), chance.choice(odd)]) for _ in range(chance.randrange(40))]
        deep = values
        for level in range(chance.randrange(20)):
            deep = {f"level {level}": deep, "odd": chance.choice(odd)}
        record["metadata"] = {**record.get("metadata", {}), "user_defined": {"values": values, "deep": deep}}
        if chance.random() < 0.3:
            record["extra key"] = chance.choice(odd)
        yield Machine.from_dict(record)


@pytest.fixture(scope="module")
def proxies(mlflow_server, postgres_server):
    """A proxy in front of each server."""
    with FaultProxy.to(mlflow_server.url) as mlflow, FaultProxy.to(postgres_server.url) as postgres:
        yield {"mlflow": mlflow, "postgres": postgres}


class Place:
    """A working folder with a config: `mlflow`, `postgres`, `files`, and `back`, another experiment."""

    def __init__(self, folder, proxies, mlflow_url, postgres_url):
        number = next(NUMBERS)
        self.folder, self.proxies = folder, proxies
        self.experiments = {"mlflow": f"from {number}", "back": f"back {number}", "shared": "shared"}
        self.table = f"copies{number}"
        tracking = proxies["mlflow"].through(mlflow_url)
        reporters = [
            {"postgres": {"url": proxies["postgres"].through(postgres_url), "table": self.table}},
            {"files": {"path": "files"}},
            *(
                {"mlflow": {"tracking_uri": tracking, "experiment": experiment}, "label": label}
                for label, experiment in self.experiments.items()
            ),
        ]
        retry = {"attempts": 2, "initial": 0.05}
        self.config = {"reporters": reporters, "retry": retry, "deadline": 60}
        (folder / "newsdesk.yaml").write_text(yaml.safe_dump(self.config))
        for proxy in proxies.values():
            proxy.clear()
            proxy.recount()

    def fill(self, label, machines):
        """Report machines, in this process."""
        route = self.desk_of(label)
        with route as desk:
            receipts = [*desk.report_many(machines)]
        assert [receipt for receipt in receipts if not receipt.ok] == []

    def desk_of(self, label):
        config = Config.read(self.folder / "newsdesk.yaml")
        [route] = [route for route in config.routes if route.label == label]
        if label == "files":
            return Desk({"files": {"path": str(self.folder / "files")}})
        return Desk([route], retry=Retry(attempts=3), deadline=60)

    def start(self, *arguments):
        """Start the command."""
        return subprocess.Popen(
            [NEWSDESK, *arguments],
            cwd=self.folder,
            env={**os.environ, "COLUMNS": "200", "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments, code=0):
        """Run the command to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=280)
        assert process.returncode == code, f"{arguments}: {process.returncode}\n{out}\n{err}"
        return out, err

    def copy(self, source, target, *options, code=0):
        out, err = self.run("copy", "--from", source, "--to", target, *options, code=code)
        listed, given = map(int, re.search(rf"(\d+) listed at {source}, (\d+) receipts\.", err).groups())
        assert listed == given
        return listed, out, err

    def held(self, label):
        """Read every record back, by key."""
        with self.desk_of(label) as desk:
            stored = [*desk.machines(label)]
            found = {each.key: desk.fetch(label, each.key.name, each.key.project_name) for each in stored}
        assert len(stored) == len(found), "no machine is there twice"
        return {key: machine.to_json() for key, machine in found.items()}


@pytest.fixture
def place(tmp_path, proxies, mlflow_server, postgres_server):
    return Place(tmp_path, proxies, mlflow_server.url, postgres_server.url)


@pytest.fixture(scope="module")
def shared(tmp_path_factory, proxies, mlflow_server, postgres_server):
    """The machines of the experiment `shared`, which tests only read."""
    machines = [small(number) for number in range(40)]
    folder = tmp_path_factory.mktemp("shared")
    Place(folder, proxies, mlflow_server.url, postgres_server.url).fill("shared", machines)
    return machines


def as_bytes(machines):
    return {machine.key: machine.to_json() for machine in machines}


def read_until(stream, count, mark):
    """Read lines until some of them have a mark; return whether so many came."""
    return any(count <= 0 for line in stream if (count := count - (mark in line)) is not None)


def small(number, content=0):
    return Machine(f"m{number:02}", "copies", metadata={"content": content})


# Round trips


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("kind", ["canned", pytest.param("generated", marks=pytest.mark.large)])
def test_from_mlflow_to_postgres_to_files_and_back_every_byte_is_kept(place, figure, kind):
    machines = all_canned() if kind == "canned" else [*generated(COUNT)]
    expected = as_bytes(machines)
    place.fill("mlflow", machines)
    for source, target in itertools.pairwise(["mlflow", "postgres", "files", "back"]):
        for proxy in place.proxies.values():
            proxy.recount()
        began = time.monotonic()
        listed, _, _ = place.copy(source, target, "--workers", "2")
        seconds = time.monotonic() - began
        assert listed == len(expected)
        requests = {name: proxy.recount().requests for name, proxy in place.proxies.items()}
        figure(f"s, {len(expected)} records from {source} to {target}, requests {requests}", f"{seconds:.1f}")
        _, err = place.run("verify", "--from", source, "--to", target)
        assert err.endswith(f"{target}: {len(expected)} equal.\n")
        requests = {name: proxy.recount().requests for name, proxy in place.proxies.items()}
        figure(f"requests to verify {source} and {target}", requests)
        assert place.held(target) == expected
    place.run("verify", "--from", "postgres", "--to", "back", "--deep", "--workers", "2")
    _, out, _ = place.copy("files", "back")
    assert f"back: {len(expected)} unchanged" in out


# Stopped and run again


@pytest.mark.parametrize(
    ("source", "target"),
    [
        pytest.param("files", "mlflow", marks=pytest.mark.large),
        pytest.param("files", "postgres", marks=pytest.mark.large),
        ("shared", "files"),
    ],
)
def test_killed_at_any_time_and_run_again_it_is_complete_and_nothing_is_there_twice(
    place, shared, mlflow_server, source, target
):
    chance = random.Random(f"{source} {target}")
    machines, count = shared, {"mlflow": 16, "postgres": 400, "files": len(shared)}[target]
    if source != "shared":
        machines = [small(number) for number in range(count)]
        place.fill(source, machines)
    killed = 0
    for _ in range(2):
        process = place.start("copy", "--from", source, "--to", target)
        killed += read_until(process.stderr, chance.randrange(1, count // 4), f"at {target}: delivered")
        time.sleep(chance.uniform(0, 0.02))
        process.kill()
        process.communicate()
    assert killed
    place.copy(source, target)
    place.run("verify", "--from", source, "--to", target)
    assert place.held(target) == as_bytes(machines)
    if target == "mlflow":
        finished = [run for run in mlflow_server.runs(place.experiments["mlflow"]) if run[2] == "FINISHED"]
        assert len(finished) == count


def test_a_signal_ends_it_in_order_and_the_next_run_goes_on(place, shared):
    for number, code in CODES.items():
        process = place.start("copy", "--from", "shared", "--to", "postgres", "--workers", "2")
        assert read_until(process.stderr, 1, "at postgres: delivered")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in err) == (code, False), err
        assert "40 listed at shared, " in err
        assert "postgres: " in out
    place.copy("shared", "postgres")
    assert place.held("postgres") == as_bytes(shared)


# Outages and records that cannot be copied


@pytest.mark.parametrize("down", ["shared", "postgres"])
def test_an_outage_in_the_midst_leaves_a_failure_for_each_that_is_left(place, shared, down):
    proxy = place.proxies["mlflow" if down == "shared" else down]
    process = place.start("copy", "--from", "shared", "--to", "postgres", "--json")
    first = json.loads(process.stdout.readline())
    assert first["status"] == "delivered"
    proxy.fail(Refuse())
    out, err = process.communicate(timeout=120)
    receipts = [first, *map(json.loads, out.splitlines())]
    failed = [receipt for receipt in receipts if receipt["status"] == "failed"]
    assert process.returncode == 1, err
    assert {receipt["reporter"] for receipt in failed} == {down}
    assert sorted(receipt["machine"]["name"] for receipt in receipts) == [m.name for m in shared]
    proxy.clear()
    place.copy("shared", "postgres")
    assert place.held("postgres") == as_bytes(shared)


@pytest.mark.parametrize("down", ["shared", "postgres"])
@pytest.mark.usefixtures("shared")
def test_what_is_down_from_the_start_is_named_and_verify_says_that_it_does_not_know(place, down):
    place.proxies["mlflow" if down == "shared" else down].fail(Refuse())
    _, err = place.run("copy", "--from", "shared", "--to", "postgres", code=1)
    assert f"Error: {down} cannot list what it holds: Transient" in err
    place.run("verify", "--from", "shared", "--to", "postgres", code=4)


def test_a_short_outage_is_not_noticed(place, shared):
    place.proxies["mlflow"].fail(http_answer(503), times=1)
    process = place.start("copy", "--from", "shared", "--to", "postgres")
    assert read_until(process.stderr, 1, "at postgres: delivered")
    place.proxies["mlflow"].fail(http_answer(502), times=1)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert place.held("postgres") == as_bytes(shared)


def test_a_record_that_cannot_be_read_is_a_failure_by_its_name(place, mlflow_server):
    machines = [small(number) for number in range(6)]
    place.fill("mlflow", machines)
    run_ids = {name: run_id for run_id, name, _ in mlflow_server.runs(place.experiments["mlflow"])}
    removed, cut_short, changed = (
        next(mlflow_server.folder.rglob(f"{run_ids[name]}/artifacts/metadata.json"))
        for name in ("m00", "m02", "m04")
    )
    removed.unlink()
    cut_short.write_bytes(cut_short.read_bytes()[:-9])
    changed.write_bytes(changed.read_bytes().replace(b'"content":0', b'"content":1'))
    _, out, _ = place.copy("mlflow", "postgres", "--json", code=1)
    failed = [receipt for receipt in map(json.loads, out.splitlines()) if receipt["status"] == "failed"]
    assert {(each["machine"]["name"], each["reporter"]) for each in failed} == {
        (name, "mlflow") for name in ("m00", "m02", "m04")
    }
    assert place.held("postgres") == as_bytes(machines[1::2])
    out, _ = place.run("verify", "--from", "mlflow", "--to", "postgres", code=1)
    assert out.splitlines() == [f"missing copies/m{number:02}" for number in (0, 2, 4)]


def test_a_record_that_the_target_refuses_is_a_failure_by_its_name(place, postgres_server):
    machines = [small(number) for number in range(10)]
    place.fill("files", machines)
    place.fill("postgres", machines[:1])
    postgres_server.query(f"ALTER TABLE {place.table} ADD CHECK (name <> 'm03')")
    _, _, err = place.copy("files", "postgres", code=1)
    assert "postgres: 1 failed (copies/m03): " in err
    assert place.held("postgres") == as_bytes(m for m in machines if m.name != "m03")


# Revisions


def test_all_revisions_are_copied_in_order_and_what_others_changed_is_seen(
    place, mlflow_server, postgres_server
):
    revisions = [[small(number, content) for number in range(2)] for content in range(3)]
    for machines in revisions:
        place.fill("mlflow", machines)
    listed, _, _ = place.copy("mlflow", "back", "--all-revisions", "--workers", "2")
    assert listed == 6
    runs = mlflow_server.query(
        "SELECT runs.name, r.value FROM runs JOIN experiments USING (experiment_id) JOIN tags r USING (run_uuid)"
        " WHERE experiments.name = ? AND r.key = 'newsdesk.revision' ORDER BY start_time",
        place.experiments["back"],
    )
    for number in range(2):
        in_order = [revision for name, revision in runs if name == f"m{number:02}"]
        assert in_order == [machines[number].revision for machines in revisions]
    place.run("verify", "--from", "mlflow", "--to", "back")
    place.copy("mlflow", "postgres", "--all-revisions")
    assert place.held("postgres") == as_bytes(revisions[-1])
    _, out, _ = place.copy("mlflow", "postgres", "--all-revisions")
    assert {"postgres: 2 unchanged", "postgres: 4 skipped"} <= {*out.splitlines()}
    postgres_server.query(f"UPDATE {place.table} SET metadata = '{{\"content\": 9}}' WHERE name = 'm01'")
    out, _ = place.run("verify", "--from", "mlflow", "--to", "postgres", code=1)
    assert re.fullmatch("(newer|older|different) copies/m01\n", out)


def test_what_gordo_wrote_is_compared_by_its_records(place, postgres_server):
    machines = [small(number) for number in range(3)]
    place.fill("postgres", machines)
    postgres_server.query(f"UPDATE {place.table} SET revision = NULL")
    place.copy("postgres", "files")
    assert place.held("files") == as_bytes(machines)
    place.run("verify", "--from", "postgres", "--to", "files")
    _, out, _ = place.copy("files", "postgres")
    assert "postgres: 3 unchanged" in out
