"""Signals end the command in order: what was taken is in the outbox, and the exit code tells the signal."""

import contextlib
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import pytest
from newsdesk.builtin.files import FilesReporter
from newsdesk.cli.stops import Stops
from newsdesk.machine import Machine
from newsdesk.outbox import Outbox, State

COMMAND = [str(Path(sysconfig.get_path("scripts"), "newsdesk"))]
MACHINES = [{"name": f"m{number}", "project_name": "north"} for number in range(3)]
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}

SILENT = """
    import time
    from urllib.request import urlopen

    from newsdesk import BaseReporter

    class Silent(BaseReporter):
        '''Asks a server that never answers.'''

        def __init__(self, port: int) -> None:
            self.port = port

        def report(self, machine):
            urlopen(f"http://127.0.0.1:{self.port}").close()

        def holds(self, keys):
            return set()

    class Logs(BaseReporter):
        '''Logs what it begins, and what it has delivered.'''

        def report(self, machine):
            with open("log", "a") as log:
                print("begun", machine.name, file=log, flush=True)
                time.sleep(0.01)
                print("delivered", machine.name, file=log, flush=True)
"""


class Backend:
    """A server that takes connections and never answers."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.asked = threading.Event()
        self._connections = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                self._connections.append(self._listener.accept()[0])
            except OSError:
                return
            self.asked.set()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            connection.close()


@pytest.fixture
def backend():
    made = Backend()
    yield made
    made.close()


@pytest.fixture
def start(distribution, write, backend):
    """Start the command in a process of its own, with a config whose one backend is silent."""
    site = distribution("silent", {"silent": SILENT})
    write("many.json", MACHINES)
    for record in MACHINES:
        FilesReporter("archive").report(record)
    write(
        "newsdesk.yaml",
        f"reporters: [{{silent.Silent: {{port: {backend.port}}}, label: it, required: spooled}}]\n"
        "outbox: owed.db\ndeadline: 1000\n",
    )
    begun = []

    def start(*arguments, command=COMMAND, **options):
        with hearing_all():
            process = subprocess.Popen(
                [*command, *arguments],
                env={**os.environ, "PYTHONPATH": str(site)},
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                **options,
            )
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def hearing_all():
    """Have a command ignore no signal from its start, as one does when the tests run under `nohup`."""
    ignored = [number for number in CODES if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)


def wait_until_taken(backend):
    """Wait until the backend is asked, and all machines are taken: then each has a ticket."""
    assert backend.asked.wait(60)
    with contextlib.closing(sqlite3.connect("owed.db", timeout=60)) as outbox:
        while outbox.execute("SELECT count(*) FROM tickets").fetchone() != (len(MACHINES),):
            time.sleep(0.01)


def owed():
    with Outbox("owed.db") as outbox:
        return sorted(entry.key.name for entry in outbox.entries(State.OWED))


@pytest.mark.parametrize("number", CODES)
@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "many.json"],
        ["report", "many.json", "--workers", "2"],
        ["copy", "--from", "{files: {path: archive}, label: archive}"],
        ["copy", "--from", "{files: {path: archive}, label: archive}", "--workers", "2"],
    ],
    ids=lambda arguments: f"{arguments[0]}-{len(arguments)}",
)
def test_what_was_taken_is_kept(start, backend, number, arguments):
    process = start(*arguments)
    wait_until_taken(backend)
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == CODES[number]
    assert told.endswith(f"Stopped by {signal.Signals(number).name}.\n")
    assert owed() == ["m0", "m1", "m2"]


def test_a_backfill_keeps_what_was_taken(start, backend):
    process = start("backfill", "many.json")
    wait_until_taken(backend)
    process.terminate()
    assert process.wait(60) == 143
    assert owed() == ["m0", "m1", "m2"]


def test_a_send_gives_back_what_it_has_claimed(start, backend):
    with Outbox("owed.db") as outbox:
        outbox.put("it", Machine.from_dict(MACHINES[0]))
    process = start("outbox", "send")
    assert backend.asked.wait(60)
    process.terminate()
    assert process.wait(60) == 143
    assert owed() == ["m0"]


def test_an_export_ends(start):
    with Outbox("owed.db") as outbox:
        for number in range(100):
            outbox.put("it", Machine(name=f"m{number}", metadata={"x": "x" * 10_000}))
    process = start("outbox", "export")
    assert process.stdout.readline()  # it waits for its reader now: a pipe holds 64 kB
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert len(owed()) == 100


def test_records_from_standard_input_may_never_end(start, folder, monkeypatch):
    (folder / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
    process = start("report", "-", stdin=subprocess.PIPE)
    while not list((folder / "tmp").iterdir()):
        time.sleep(0.01)
    process.terminate()
    assert process.wait(60) == 143
    assert list((folder / "tmp").iterdir()) == []


@pytest.mark.parametrize("seed", range(6))
def test_further_signals_while_it_ends_lose_nothing(start, backend, seed):
    chance = random.Random(seed)
    process = start("report", "many.json")
    wait_until_taken(backend)
    first = chance.choice([signal.SIGINT, signal.SIGTERM])
    process.send_signal(first)
    for _ in range(3):
        time.sleep(chance.uniform(0, 0.2))
        process.send_signal(chance.choice([signal.SIGINT, signal.SIGTERM]))
    _, told = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in told) == (CODES[first], False), told
    assert owed() == ["m0", "m1", "m2"]


def test_further_signals_while_the_outbox_is_locked_lose_nothing(start, backend):
    process = start("report", "many.json")
    wait_until_taken(backend)
    other = sqlite3.connect("owed.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
        time.sleep(0.4)
    assert process.poll() is None
    other.execute("ROLLBACK")
    other.close()
    _, told = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in told) == (143, False), told
    assert owed() == ["m0", "m1", "m2"]


@pytest.mark.parametrize("seed", range(6))
def test_at_any_time_it_ends_and_nothing_that_was_taken_is_lost(start, backend, seed):
    """Also before it handles signals, or has begun: then they do what they do by default."""
    chance = random.Random(seed)
    process = start("report", "many.json")
    time.sleep(chance.uniform(0, 1.5))
    was_asked = backend.asked.is_set()
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode in (143, -signal.SIGTERM)
    if was_asked:  # it may not have taken the others
        kept = owed()
        assert (process.returncode, kept) == (143, ["m0", "m1", "m2"][: max(1, len(kept))])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("option", [[], ["--workers", "3"]], ids=len)
def test_of_many_machines_each_that_was_begun_is_delivered_or_kept(start, write, seed, option):
    chance = random.Random(seed)
    write("newsdesk.yaml", "reporters: [{silent.Logs: , label: it, required: spooled}]\noutbox: owed.db")
    write("many.json", [{"name": f"m{number}", "project_name": "north"} for number in range(400)])
    process = start("report", "many.json", *option)
    while not Path("log").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 1))
    for _ in range(3):
        process.terminate()
        time.sleep(chance.uniform(0, 0.1))
    _, told = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in told) == (143, False), told
    events = [line.split() for line in Path("log").read_text().splitlines()]
    begun, delivered = ({name for event, name in events if event == kind} for kind in ("begun", "delivered"))
    assert begun
    assert begun - delivered <= set(owed())


def test_in_a_scripts_background_sigterm_ends_it_and_ctrl_c_does_not(start, backend):
    """A shell without job control has its background jobs ignore Ctrl-C, which is for what is in front."""
    script = f"{COMMAND[0]} report many.json & echo $!; wait $!; echo $?"
    shell = start(command=["sh", "-c", script])
    process = int(shell.stdout.readline())
    assert backend.asked.wait(60)
    os.kill(process, signal.SIGINT)
    time.sleep(0.5)
    os.kill(process, signal.SIGTERM)
    told, errors = shell.communicate(timeout=60)
    assert told.splitlines()[-1] == "143"
    assert errors.endswith("Stopped by SIGTERM.\n")
    assert owed() == ["m0", "m1", "m2"]


def test_a_signal_whose_error_is_swallowed_ends_the_command_all_the_same():
    """Python cannot raise out of a destructor, or out of some callbacks: there it prints the error and goes on."""
    program = """if True:
        import os, signal, time
        from newsdesk.cli.stops import Stops

        class Swallows:
            def __del__(self):
                os.kill(os.getpid(), signal.SIGTERM)

        stops = Stops()
        stops.begin()
        Swallows()
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.2)
            print("once", stops.exit_code)
        stops.end()
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=50
    )
    assert done.stdout == "once 143\n"
    assert "Exception ignored" in done.stderr


def test_a_signal_within_pythons_own_locks_is_raised_when_they_are_free():
    """An error between the steps of a condition variable leaves it locked, or becomes a RuntimeError."""
    program = """if True:
        import os, random, signal, threading, time
        from newsdesk.cli.stops import Stops

        chance, condition = random.Random(0), threading.Condition()
        for _ in range(100):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            stops = Stops()
            stops.begin()
            seconds = chance.uniform(0, 0.002)
            kill = lambda: (time.sleep(seconds), os.kill(os.getpid(), signal.SIGTERM))
            killer = threading.Thread(target=kill)
            killer.start()
            try:
                while True:
                    with condition:
                        condition.notify()
                    sum(range(100))
            except KeyboardInterrupt:
                pass
            assert stops.exit_code == 143
            stops.end()
            killer.join()
            got = []
            other = threading.Thread(target=lambda: got.append(condition.acquire(timeout=5)))
            other.start()
            other.join()
            assert got == [True], "it stayed locked"
            condition = threading.Condition()
        print("free")
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout == "free\n", done.stderr


def test_an_error_that_comes_of_a_signal_does_not_hold_up_the_end_of_the_process():
    """A thread that is begun while Python ends never runs."""
    program = """if True:
        import os, signal
        from newsdesk.cli.stops import Stops

        stops = Stops()
        stops.begin()
        try:
            try:
                os.kill(os.getpid(), signal.SIGTERM)
            except KeyboardInterrupt:
                raise RuntimeError("in place of it")
        finally:
            stops.end()
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=50
    )
    assert (done.returncode, "in place of it" in done.stderr) == (1, True)


def test_without_a_signal_the_handlers_are_those_of_before():
    before = signal.getsignal(signal.SIGTERM)
    stops = Stops()
    stops.begin()
    assert signal.getsignal(signal.SIGTERM) != before
    stops.end()
    assert (signal.getsignal(signal.SIGTERM), stops.exit_code) == (before, None)


def test_another_thread_than_the_main_one_leaves_signals_alone():
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=Stops().begin)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) == before
