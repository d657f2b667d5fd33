"""A real Dask cluster: two worker processes, one of which may be killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from newsdesk import Desk, Machine, Status
from newsdesk.outbox import Outbox

distributed = pytest.importorskip("distributed")

# Raised by Dask itself, when it shuts down and when a worker was killed.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SLOW = """
import os, pathlib, time
from newsdesk.builtin.files import FilesReporter

class SlowFiles(FilesReporter):
    '''Tells which process works, and takes its time.'''

    def __init__(self, path, pids):
        super().__init__(path)
        self.pids = pids

    def report(self, machine):
        pathlib.Path(self.pids, f"{os.getpid()}").touch()
        time.sleep(0.01)
        return super().report(machine)
"""


def fleet(count):
    return [Machine(name=f"m{number:03}", project_name="plant") for number in range(count)]


def files(folder):
    return sorted(path.stem for path in folder.rglob("*.json"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two worker processes of one thread each; a nanny restarts killed ones."""
    folder = tmp_path_factory.mktemp("dask")
    modules = folder / "modules"
    modules.mkdir()
    (modules / "acme_slow.py").write_text(SLOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(modules))  # for the workers
        patch.syspath_prepend(str(modules))
        options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
        with distributed.LocalCluster(**options, local_directory=str(folder)) as running:
            yield running
    sys.modules.pop("acme_slow", None)


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster, set_as_default=False) as connected:
        connected.wait_for_workers(2, timeout=60)
        yield connected


def slow_files(tmp_path):
    from acme_slow import SlowFiles

    (tmp_path / "pids").mkdir()
    return SlowFiles(str(tmp_path / "kept"), str(tmp_path / "pids"))


def test_the_workers_of_a_cluster_deliver_and_the_receipts_come_in_order(client, tmp_path):
    with Desk(slow_files(tmp_path)) as desk:
        receipts = list(desk.report_many(fleet(40), client.get_executor(pure=False), chunk_size=4))
    assert [receipt.machine.name for receipt in receipts] == [machine.name for machine in fleet(40)]
    assert {receipt.status for receipt in receipts} == {Status.DELIVERED}
    assert files(tmp_path / "kept") == [machine.name for machine in fleet(40)]
    pids = {int(path.name) for path in (tmp_path / "pids").iterdir()}
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_a_worker_that_is_killed_in_the_middle_loses_no_machine(client, tmp_path):
    """Dask gives its chunk to the other one, which is safe because the reporter is idempotent."""
    outbox = tmp_path / "outbox.db"
    receipts = []
    with Desk(slow_files(tmp_path), outbox=outbox, drain=0) as desk:
        for receipt in desk.report_many(fleet(200), client.get_executor(pure=False), chunk_size=10):
            receipts.append(receipt)
            if len(receipts) == 20:
                os.kill(int(next((tmp_path / "pids").iterdir()).name), signal.SIGKILL)
        owed = {receipt.machine.name for receipt in receipts if receipt.status is Status.SPOOLED}
        done = {receipt.machine.name for receipt in receipts if receipt.ok}
        assert [receipt.machine.name for receipt in receipts] == [machine.name for machine in fleet(200)]
        assert len(owed) + len(done) == 200
        with contextlib.closing(Outbox(outbox)) as kept:
            assert {entry.key.name for entry in kept.entries()} == owed
        assert all(receipt.ok for receipt in desk.send_owed())
    assert files(tmp_path / "kept") == [machine.name for machine in fleet(200)]


GONE = """
import json, sys
import distributed
from acme_slow import SlowFiles
from newsdesk import Desk, Machine

address, scheduler, kept, pids, outbox = sys.argv[1:]
statuses = {}
client = distributed.Client(address, set_as_default=False)
fleet = [Machine(name=f"m{number:03}", project_name="plant") for number in range(200)]
with Desk(SlowFiles(kept, pids), outbox=outbox, drain=0) as desk:
    try:
        for receipt in desk.report_many(fleet, client.get_executor(pure=False), chunk_size=10):
            statuses[receipt.machine.name] = receipt.status
            if len(statuses) == 20:
                __import__("os").kill(int(scheduler), 9)
    except Exception as error:
        print(json.dumps([str(error), statuses]), flush=True)
__import__("os")._exit(0)  # Dask would try to disconnect from its scheduler for a while
"""


def test_a_scheduler_that_goes_away_ends_the_stream_and_loses_no_machine(tmp_path):
    """Its client gets no more answers, and no error for later submissions: only cancelled futures show it."""
    (tmp_path / "acme_slow.py").write_text(SLOW)
    (tmp_path / "gone.py").write_text(GONE)
    for folder in ("kept", "pids"):
        (tmp_path / folder).mkdir()
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with separate_cluster(tmp_path, env=variables) as (address, scheduler):
        paths = [tmp_path / name for name in ("kept", "pids", "outbox.db")]
        done = subprocess.run(
            [sys.executable, tmp_path / "gone.py", address, str(scheduler.pid), *paths],
            env=variables, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told, statuses = json.loads(done.stdout)
    assert told.startswith(
        f"the executor took no more work after {len(statuses)} machines, each of which has its"
    )
    assert 20 < len(statuses) < 200
    assert list(statuses) == [machine.name for machine in fleet(len(statuses))]
    with contextlib.closing(Outbox(tmp_path / "outbox.db")) as kept:
        owed = [entry.key.name for entry in kept.entries()]
    assert owed == [name for name, status in statuses.items() if status == Status.SPOOLED] != []
    assert {name for name, status in statuses.items() if status == Status.DELIVERED} <= set(files(tmp_path))


@contextlib.contextmanager
def separate_cluster(folder, env=None):
    """Run a scheduler and a worker as separate processes; yield the address and the scheduler."""
    with contextlib.ExitStack() as running:
        local, file = ("--host", "127.0.0.1"), folder / "scheduler.json"
        scheduler = running.enter_context(dask("scheduler", *local, "--port", "0", "--scheduler-file", file))
        address = when_written(file)["address"]
        running.enter_context(dask("worker", address, *local, "--no-nanny", "--nthreads", "1", env=env))
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
        yield address, scheduler


@contextlib.contextmanager
def dask(*arguments, **options):
    """Run one of Dask's commands, and stop it at the end."""
    command = [Path(sys.executable).with_name("dask"), *map(str, arguments), "--no-dashboard"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def when_written(file, seconds=60):
    """Return the content of a JSON file, once another process has written it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return json.loads(file.read_text())
        time.sleep(0.1)
    raise AssertionError(f"{file} was not written within {seconds} s")


def test_the_command_takes_no_work_to_a_scheduler_that_is_away(tmp_path):
    from newsdesk.cli.executors import open_pool

    with separate_cluster(tmp_path) as (address, scheduler), open_pool(None, address) as members:
        assert members.executor.submit(max, 1, 2).result(60) == 2
        scheduler.kill()
        with pytest.raises(ConnectionError, match="no connection to the Dask scheduler; its client is "):
            submit_until_it_fails(members.executor)


def submit_until_it_fails(executor, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        executor.submit(max, 1, 2)
        time.sleep(0.05)


def test_the_command_uses_a_cluster_by_its_address(client, cluster, run, tmp_path):
    machines = tmp_path / "machines.jsonl"
    machines.write_bytes(b"\n".join(machine.to_json() for machine in fleet(30)))
    (tmp_path / "desk.yaml").write_text(
        "reporters:\n  - files:\n      path: kept\n".replace("kept", str(tmp_path / "kept"))
    )
    newsdesk = Path(sys.executable).with_name("newsdesk")
    done = run(
        newsdesk,
        "report",
        machines,
        "--config",
        tmp_path / "desk.yaml",
        "--dask",
        cluster.scheduler_address,
        cwd=tmp_path,
    )
    assert "files: 30 delivered" in done.stdout
    assert files(tmp_path / "kept") == [machine.name for machine in fleet(30)]
    copied = {
        "from": f"{{files: {{path: {tmp_path / 'kept'}}}}}",
        "to": f"{{files: {{path: {tmp_path / 'copy'}}}}}",
    }
    options = [word for name, value in copied.items() for word in (f"--{name}", value)]
    done = run(newsdesk, "copy", *options, "--dask", cluster.scheduler_address, cwd=tmp_path)
    assert "files: 30 delivered" in done.stdout
    assert files(tmp_path / "copy") == files(tmp_path / "kept")


def test_a_scheduler_that_is_not_there_is_told(run, tmp_path):
    machine = tmp_path / "m.json"
    machine.write_bytes(fleet(1)[0].to_json())
    newsdesk = Path(sys.executable).with_name("newsdesk")
    told = run(
        newsdesk, "report", machine, "--to", "null", "--dask", "tcp://127.0.0.1:9",
        cwd=tmp_path, status=2, DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="1s",
    ).stderr  # fmt: skip
    assert "cannot connect to the Dask scheduler 'tcp://127.0.0.1:9'" in told


def test_a_scheduler_without_workers_is_told(run, tmp_path):
    machine = tmp_path / "m.json"
    machine.write_bytes(fleet(1)[0].to_json())
    newsdesk = Path(sys.executable).with_name("newsdesk")
    options = {"n_workers": 0, "processes": False, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options, host="tcp://127.0.0.1") as empty:
        arguments = ("report", machine, "--to", "null", "--dask", empty.scheduler_address)
        told = run(newsdesk, *arguments, cwd=tmp_path, status=2).stderr
    assert "has no workers; start some, and try again" in told
