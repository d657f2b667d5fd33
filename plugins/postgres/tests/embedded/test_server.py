"""A private PostgreSQL: from the system's and from the wheel's programs, as root and not."""

import contextlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
from newsdesk import Machine
from newsdesk_postgres import (
    PermanentPostgresError,
    PostgresReporter,
    TransientPostgresError,
)
from newsdesk_postgres.embedded import EmbeddedPostgres, account, binaries, cluster
from newsdesk_postgres.embedded.account import Account
from newsdesk_postgres.embedded.binaries import VARIABLE, WHEEL, find_binaries

AS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")


def wheel():
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" if spec else None


def system():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found else None


SOURCES = {"the system's": system(), "the wheel's": wheel()}


@pytest.fixture(params=[name for name, folder in SOURCES.items() if folder])
def programs(request):
    return SOURCES[request.param]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "some" / "folder"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder whose data are made already, which saves each test the making."""
    folder = tmp_path_factory.mktemp("made") / "pg"
    with EmbeddedPostgres(folder, durable=False):
        return folder


@pytest.fixture
def private(made):
    embedded = EmbeddedPostgres(made, durable=False)
    yield embedded
    embedded.stop()


def connect(server, **other):
    place = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
    return psycopg2.connect(**{**place, "dbname": server.database, **other})


def ask(server, sql):
    connection = connect(server)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def runs(folder):
    return (folder / "data" / "postmaster.pid").exists()


def test_it_starts_keeps_its_data_and_stops(folder, programs):
    private = EmbeddedPostgres(folder, binaries=programs)
    with private as server:
        ask(server, "CREATE TABLE kept AS SELECT 1 AS one")
        assert ask(server, "SHOW fsync") == [("on",)]
    assert not runs(folder)
    with private as server:
        assert ask(server, "SELECT one FROM kept") == [(1,)]
    assert not runs(folder)


@pytest.mark.parametrize(("durable", "value"), [(True, "on"), (False, "off")])
def test_only_a_durable_server_waits_for_the_disk(made, durable, value):
    with EmbeddedPostgres(made, durable=durable) as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert ask(server, f"SHOW {setting}") == [(value,)]


NOT_ROOT = """
import os, sys
import psycopg2, pwd
from newsdesk_postgres.embedded import EmbeddedPostgres
folder, programs = sys.argv[1:]
os.setgroups([]), os.setgid(65534), os.setuid(65534)
with EmbeddedPostgres(folder, durable=False, binaries=programs) as server:
    psycopg2.connect(server.url.replace("+psycopg2", "")).close()
    print(os.stat(folder + "/data").st_uid)
assert not os.path.exists(folder + "/data/postmaster.pid")
"""


@needs_root
def test_a_user_who_is_not_root_starts_it_directly(run_script, programs):
    with tempfile.TemporaryDirectory() as parent:
        os.chown(parent, 65534, 65534)
        if not reachable(programs):
            pytest.skip(f"{programs} cannot be reached by a user who is not root")
        assert run_script(NOT_ROOT, f"{parent}/pg", programs) == "65534\n"


def reachable(programs):
    user = {"user": 65534, "group": 65534, "extra_groups": [], "cwd": "/"}
    try:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, **user)
    except PermissionError:
        return False
    return True


@needs_root
def test_a_folder_that_only_root_can_enter_works_and_nothing_is_opened_to_others(folder):
    folder.parent.mkdir()
    folder.parent.chmod(0o700)
    with EmbeddedPostgres(folder, durable=False) as server:
        assert ask(server, "SELECT 1") == [(1,)]
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        assert (folder / "data").stat().st_uid != 0


@needs_root
def test_the_wheels_programs_are_copied_where_the_server_cannot_reach_them(tmp_path, monkeypatch):
    source = wheel()
    if source is None:
        pytest.skip("the extra 'embedded' is not installed")
    hidden = tmp_path / "hidden"
    shutil.copytree(source.parent, hidden / WHEEL / "pginstall18", symlinks=True)
    shutil.copytree(source.parents[2] / f"{WHEEL}.libs", hidden / f"{WHEEL}.libs")
    hidden.chmod(0o700)
    with tempfile.TemporaryDirectory() as cache:
        Path(cache).chmod(0o755)
        monkeypatch.setattr(binaries, "CACHE", Path(cache) / "newsdesk")
        programs = hidden / WHEEL / "pginstall18" / "bin"
        with EmbeddedPostgres(tmp_path / "pg", durable=False, binaries=programs) as server:
            assert ask(server, "SELECT 1") == [(1,)]
            again = find_binaries(Account.for_data(tmp_path / "pg" / "data"), folder=programs)
        assert again.folder.is_relative_to(cache)
        assert len(list(Path(cache).glob("newsdesk/*"))) == 1


@needs_root
def test_other_programs_that_the_server_cannot_reach_are_reported(tmp_path):
    bin_folder = tmp_path / "opt" / "bin"
    bin_folder.mkdir(parents=True)
    for program in ("initdb", "postgres", "pg_ctl"):
        (bin_folder / program).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 17.1'\n")
        (bin_folder / program).chmod(0o755)
    tmp_path.chmod(0o700)
    with pytest.raises(PermanentPostgresError) as caught:
        EmbeddedPostgres(tmp_path / "pg", binaries=bin_folder).start()
    assert str(caught.value) == (
        f"the user 'nobody' cannot run the PostgreSQL in {bin_folder}: set {VARIABLE} to a folder that it can enter"
    )


def test_starting_and_stopping_twice_is_fine(private, made):
    assert private.start() is private.start()
    private.stop()
    private.stop()
    assert not runs(made)


def test_a_second_user_joins_and_the_last_one_stops_it(private, made):
    other = EmbeddedPostgres(made)
    server = private.start()
    assert other.start() == server
    private.stop()
    assert ask(server, "SELECT 1") == [(1,)]
    other.stop()
    assert not runs(made)


KILLED = """
import os, signal, sys
from newsdesk_postgres.embedded import EmbeddedPostgres
EmbeddedPostgres(sys.argv[1], durable=False).start()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_server_whose_user_was_killed_is_joined_and_stopped(private, made):
    done = subprocess.run([sys.executable, "-c", KILLED, made], check=False)
    assert done.returncode == -signal.SIGKILL
    assert runs(made)
    process = (made / "data" / "postmaster.pid").read_text().split()[0]
    assert ask(private.start(), "SELECT 1") == [(1,)]
    assert (made / "data" / "postmaster.pid").read_text().split()[0] == process
    private.stop()
    assert not runs(made)


FORGETFUL = """
import sys
from newsdesk_postgres.embedded import EmbeddedPostgres
EmbeddedPostgres(sys.argv[1], durable=False).start()
"""


def test_a_user_who_forgets_to_stop_leaves_no_server_behind(run_script, made):
    run_script(FORGETFUL, made)
    assert not runs(made)


@contextlib.contextmanager
def stopping(folder):
    """Let a server begin to stop, and not finish before the end of the body."""
    with EmbeddedPostgres(folder, durable=False) as server:
        [(checkpointer,)] = ask(
            server, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
        )
        os.kill(checkpointer, signal.SIGSTOP)  # the last process to finish
        pid_file = folder / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)
        while pid_file.read_text().split()[-1] != "stopping":
            time.sleep(0.01)
        try:
            yield
        finally:
            os.kill(checkpointer, signal.SIGCONT)


def test_a_server_that_is_stopping_is_waited_for_and_started_again(private, made):
    with ThreadPoolExecutor(1) as pool:
        with stopping(made):
            starting = pool.submit(private.start)
            wait([starting], timeout=0.5)
        assert ask(starting.result(), "SELECT 1") == [(1,)]


def test_a_server_that_takes_no_connections_is_reported(private, made, monkeypatch):
    with stopping(made), monkeypatch.context() as patch:
        patch.setattr(cluster, "TIMEOUT", 0)
        with pytest.raises(TransientPostgresError) as caught:
            private.start()
    assert str(caught.value) == (
        f"the private PostgreSQL in {made / 'data'} takes no connections: "
        f"its log {made / 'data' / 'server.log'} says why"
    )


PG_CTL = """#!/bin/sh
case "$*" in *stop*)
    touch {gate}/stopping
    while [ ! -e {gate}/go ]; do sleep 0.01; done
    {program} "$@"
    touch {gate}/stopped
    exit
esac
exec {program} "$@"
"""

LEFT_BEHIND = """
import os, sys, threading, time
from pathlib import Path
from newsdesk_postgres.embedded import EmbeddedPostgres
folder, programs, gate = map(Path, sys.argv[1:])
private = EmbeddedPostgres(folder, durable=False, binaries=programs)
private.start()
threading.Thread(target=private.stop, daemon=True).start()
while not (gate / "stopping").exists():
    time.sleep(0.01)
"""


def test_a_process_that_ends_while_it_stops_the_server_harms_no_later_one(private, made, run_script):
    """A desk waits some seconds for a reporter that closes, and the process may end then."""
    with tempfile.TemporaryDirectory() as place:
        bin_folder, gate = Path(place) / "bin", Path(place) / "gate"
        for folder in (Path(place), bin_folder, gate):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o777)
        reached = private._cluster().binaries
        for program in ("initdb", "postgres"):
            (bin_folder / program).symlink_to(reached[program])
        (bin_folder / "pg_ctl").write_text(PG_CTL.format(gate=gate, program=reached["pg_ctl"]))
        (bin_folder / "pg_ctl").chmod(0o755)
        run_script(LEFT_BEHIND, made, bin_folder, gate)
        assert runs(made)
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(private.start)
            wait([starting], timeout=1)
            (gate / "go").touch()
            server = starting.result()
        while not (gate / "stopped").exists():
            time.sleep(0.01)
        assert ask(server, "SELECT 1") == [(1,)]


FORKED = """
import os, sys
from newsdesk_postgres.embedded import EmbeddedPostgres
private = EmbeddedPostgres(sys.argv[1], durable=False)
private.start()
if not os.fork():
    private.stop()
    sys.exit(0)
os.wait()
print(os.path.exists(sys.argv[1] + "/data/postmaster.pid"))
private.stop()
print(os.path.exists(sys.argv[1] + "/data/postmaster.pid"))
"""


def test_a_forked_child_does_not_stop_its_parents_server(run_script, made):
    assert run_script(FORKED, made) == "True\nFalse\n"


TOGETHER = """
import sys, psycopg2
from newsdesk_postgres.embedded import EmbeddedPostgres
for _ in range(2):
    with EmbeddedPostgres(sys.argv[1], durable=False) as server:
        psycopg2.connect(server.url.replace("+psycopg2", "")).close()
"""


def test_many_processes_may_start_and_stop_it_at_once(folder):
    processes = [
        subprocess.Popen([sys.executable, "-c", TOGETHER, folder], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    told = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, told
    assert not runs(folder)


def test_nobody_gets_in_without_the_password(private, made):
    server = private.start()
    assert stat.S_IMODE((made / "password").stat().st_mode) == 0o600
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(server, password="guess")
    assert server.password not in repr(server) + repr(private)


def test_data_that_were_never_finished_are_made_anew(folder):
    (folder / "data.new" / "half").mkdir(parents=True)
    with EmbeddedPostgres(folder, durable=False) as server:
        assert ask(server, "SELECT 1") == [(1,)]
    assert not (folder / "data.new").exists()


def test_a_lost_password_is_reported(folder):
    private = EmbeddedPostgres(folder, durable=False)
    private.start()
    private.stop()
    (folder / "password").unlink()
    with pytest.raises(PermanentPostgresError) as caught:
        private.start()
    assert str(caught.value) == (
        f"{folder / 'password'} is missing, and with it the password of the data beside it: "
        "restore it, or use another folder"
    )


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PermanentPostgresError) as caught:
        EmbeddedPostgres(tmp_path / "file" / "pg").start()
    assert str(caught.value) == (
        f"a private PostgreSQL cannot be created in {tmp_path / 'file' / 'pg'}: Not a directory; "
        "use a folder that you can write to"
    )


def test_a_folder_without_programs_is_reported(tmp_path):
    with pytest.raises(PermanentPostgresError) as caught:
        EmbeddedPostgres(tmp_path / "pg", binaries=tmp_path).start()
    assert str(caught.value) == (
        f"no PostgreSQL was found in {tmp_path} (a folder with initdb, postgres, pg_ctl): pip install "
        f"'newsdesk-postgres[embedded]', install your system's postgresql, or set {VARIABLE} to the folder"
    )


def test_the_environment_can_name_the_programs(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(PermanentPostgresError, match=f"no PostgreSQL was found in {tmp_path} "):
        EmbeddedPostgres(tmp_path / "pg").start()


def test_data_of_another_version_are_reported(folder, programs):
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(PermanentPostgresError) as caught:
        EmbeddedPostgres(folder, binaries=programs).start()
    assert str(caught.value).startswith("the data were created by PostgreSQL 9, and only these were found: ")
    assert f" in {programs}; install version 9, set {VARIABLE} to its folder, or" in str(caught.value)


def test_the_programs_that_made_the_data_are_chosen():
    found = {
        find_binaries(Account.for_data(Path("/nonexistent")), folder=folder).major: folder
        for folder in SOURCES.values()
        if folder
    }
    for major, folder in found.items():
        assert find_binaries(Account.for_data(Path("/nonexistent")), major=major).major == major, folder


@needs_root
def test_data_of_another_user_are_reported(folder, run_script):
    script = """
import os, sys, pwd
from pathlib import Path
from newsdesk_postgres.embedded.account import Account
from newsdesk_postgres.errors import PermanentPostgresError
os.setuid(65534)
try:
    Account.for_data(Path("/usr/bin"))
    Account.for_data(Path(sys.argv[1]))
except PermanentPostgresError as error:
    print(error)
"""
    with tempfile.TemporaryDirectory() as other:
        os.chown(other, 1234, 1234)
        Path(other).chmod(0o755)
        assert run_script(script, other) == (
            f"{other} belongs to user number 1234, and this is user number 65534: "
            "run as that user or as root, or use another folder\n"
        )


NAMELESS = """
import os, sys
import psycopg2, pwd
from newsdesk_postgres import PermanentPostgresError
from newsdesk_postgres.embedded import EmbeddedPostgres
folder, programs = sys.argv[1:]
os.setgroups([]), os.setgid(0), os.setuid(54321)
try:
    with EmbeddedPostgres(folder, durable=False, binaries=programs) as server:
        psycopg2.connect(server.url.replace("+psycopg2", "")).close()
        print("runs")
except PermanentPostgresError as error:
    print(error)
"""


@needs_root
def test_a_user_without_a_name_cannot_create_a_server_and_is_told_why(run_script, programs):
    """As in OpenShift, where a pod runs as a number that /etc/passwd does not have."""
    with tempfile.TemporaryDirectory() as parent:
        os.chown(parent, 54321, 0)
        if not reachable(programs):
            pytest.skip(f"{programs} cannot be reached by a user who is not root")
        assert run_script(NAMELESS, f"{parent}/pg", programs) == (
            "a private PostgreSQL cannot be created by the user number 54321: initdb needs a user name, and "
            "/etc/passwd has none for it. Add one there (OpenShift: see nss_wrapper), create the folder "
            "as a named user, or use a server, with 'host' or 'url'\n"
        )


@needs_root
def test_a_user_without_a_name_can_use_a_server_that_exists_and_so_can_root(run_script, programs):
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "pg")
        if not reachable(programs):
            pytest.skip(f"{programs} cannot be reached by a user who is not root")
        with EmbeddedPostgres(folder, durable=False, binaries=programs):
            pass
        for path in (Path(parent), folder, *folder.rglob("*")):
            os.chown(path, 54321, 0)
        assert run_script(NAMELESS, folder, programs) == "runs\n"
        with EmbeddedPostgres(folder, durable=False, binaries=programs) as server:
            assert ask(server, "SELECT 1") == [(1,)]


@needs_root
def test_a_system_without_an_unprivileged_user_is_reported(monkeypatch):
    monkeypatch.setattr(account, "UNPRIVILEGED", "nobody-at-all")
    with pytest.raises(PermanentPostgresError) as caught:
        Account.for_data(Path("/nonexistent"))
    assert str(caught.value) == (
        "PostgreSQL does not run as root, and this system has no user 'nobody-at-all': run as "
        "another user, or let one own the folder 'data'"
    )


def test_a_server_that_does_not_start_tells_the_end_of_its_log(folder):
    private = EmbeddedPostgres(folder, durable=False)
    private.start()
    private.stop()
    (folder / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(TransientPostgresError) as caught:
        private.start()
    assert str(caught.value).startswith(f"the private PostgreSQL in {folder / 'data'} did not start: ")
    assert "no_such_setting" in str(caught.value)


def test_a_port_that_was_just_taken_is_exchanged_for_another(private, made, monkeypatch, postgres_server):
    taken = urlsplit(postgres_server.url).port
    ports = iter([taken])
    free = cluster._free_port
    monkeypatch.setattr(cluster, "_free_port", lambda: next(ports, None) or free())
    assert private.start().port != taken


def test_a_reporter_starts_its_own_server_and_stops_it(made):
    with PostgresReporter(embedded=str(made)) as reporter, PostgresReporter(embedded=str(made)) as other:
        reporter.report(Machine(name="m"))
        assert other.fetch("m") == Machine(name="m")
    assert not runs(made)
    with PostgresReporter(embedded=str(made)) as reporter:
        assert reporter.report(Machine(name="m")).unchanged


def test_a_reporter_that_cannot_open_stops_its_server(made):
    with pytest.raises(PermanentPostgresError, match="create=False"):
        PostgresReporter(embedded=str(made), create=False, table="missing").ping()
    assert not runs(made)
