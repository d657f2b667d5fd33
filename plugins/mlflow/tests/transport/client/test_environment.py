"""MLflow's client tries once while a call of ours runs."""

import os
import subprocess
import sys
import threading

import pytest
from newsdesk_mlflow.transport.client.environment import QUIET, one_quiet_try

RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"


def values():
    return {name: os.environ.get(name) for name in QUIET}


def test_the_variables_are_set_within_and_gone_afterwards():
    with one_quiet_try():
        assert values() == QUIET
    assert values() == dict.fromkeys(QUIET)


def test_they_are_gone_after_an_error_too():
    with pytest.raises(ZeroDivisionError), one_quiet_try():
        1 / 0  # noqa: B018
    assert values() == dict.fromkeys(QUIET)


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv(RETRIES, "3")
    with one_quiet_try():
        assert os.environ[RETRIES] == "3"
    assert os.environ[RETRIES] == "3"


def test_what_the_user_sets_meanwhile_stays():
    with one_quiet_try():
        os.environ[RETRIES] = "3"
    assert os.environ.pop(RETRIES) == "3"


def test_the_last_thread_out_restores_them():
    inside, leave = threading.Event(), threading.Event()

    def other():
        with one_quiet_try():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    with one_quiet_try():
        pass
    assert values() == QUIET
    leave.set()
    thread.join(10)
    assert values() == dict.fromkeys(QUIET)


def test_a_child_that_is_forked_meanwhile_has_its_environment_back():
    script = (
        "import os, threading\n"
        "from newsdesk_mlflow.transport.client.environment import QUIET, one_quiet_try\n"
        "inside, leave = threading.Event(), threading.Event()\n"
        "def other():\n"
        "    with one_quiet_try():\n"
        "        inside.set(); leave.wait(10)\n"
        "threading.Thread(target=other).start()\n"
        "inside.wait(10)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    clean = not any(name in os.environ for name in QUIET)\n"
        "    with one_quiet_try():\n"
        "        clean = clean and all(name in os.environ for name in QUIET)\n"
        "    os._exit(0 if clean and not any(name in os.environ for name in QUIET) else 1)\n"
        "status = os.waitpid(child, 0)[1]\n"
        "leave.set()\n"
        "raise SystemExit(os.waitstatus_to_exitcode(status))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == 0
