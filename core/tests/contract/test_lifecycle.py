import dataclasses
import os
import pickle
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import MachineError, UnresolvedReferenceError
from newsdesk.secrets import Secret


class Recording(BaseReporter):
    """Notes what happens to it, in a list that all with its name share."""

    events: ClassVar[dict[str, list[str]]] = {}

    def __init__(
        self,
        name: str,
        host: str = "db",
        port: int = 5432,
        password: Secret = "x",
        tags: dict[str, str] | None = None,
    ):
        self.name, self.host, self.port, self.password, self.tags = name, host, port, password, tags
        self.connection = None
        self.log = self.events.setdefault(name, [])

    def open(self):
        if "down" in self.log:
            self.log.remove("down")
            raise OSError(f"cannot log in with {self.password}")
        self.log.append(f"open {self.host}:{self.port} {self.password} {self.tags}")
        self.connection = threading.Lock()  # what cannot be pickled

    def close(self):
        self.log.append(f"close {self.password}")
        self.connection = None

    def ping(self):
        self.log.append("ping")

    def holds(self, keys):
        self.log.append("holds")
        return set(keys)

    def report(self, machine):
        assert self.connection is not None
        self.log.append(f"report {machine.name}")


@dataclasses.dataclass(frozen=True)
class Frozen(BaseReporter):
    host: str
    seen: list = dataclasses.field(default_factory=list)

    def open(self):
        self.seen.append(self.host)

    def report(self, machine):
        return None


@pytest.fixture
def make(request, monkeypatch):
    monkeypatch.setenv("NEWSDESK_HOST", "real")
    monkeypatch.setenv("NEWSDESK_PORT", "1234")
    monkeypatch.setenv("NEWSDESK_PW", "hunter2")
    monkeypatch.delenv("NEWSDESK_NONE", raising=False)
    Recording.events.pop(request.node.name, None)
    return lambda *args, **kwargs: Recording(request.node.name, *args, **kwargs)


def test_building_printing_and_planning_open_nothing(make):
    reporter = make()
    repr(reporter), reporter.to_dict(), hash(reporter), reporter.plan({"name": "m"})
    assert reporter.log == []


@pytest.mark.parametrize(
    ("use", "event"),
    [
        (lambda r: r.report({"name": "m"}), "report m"),
        (lambda r: list(r.report_many([{"name": "m"}])), "report m"),
        (lambda r: r.ping(), "ping"),
        (lambda r: r.holds([]), "holds"),
    ],
)
def test_the_first_use_opens_and_later_ones_do_not(make, use, event):
    reporter = make()
    use(reporter)
    use(reporter)
    reporter.open()
    assert reporter.log == ["open db:5432 x None", event, event]


def test_bad_input_is_told_before_anything_is_opened(make):
    reporter = make()
    with pytest.raises(MachineError):
        reporter.report({"no": "name"})
    assert reporter.log == []


def test_closing_twice_is_fine_closing_what_was_never_open_too_and_a_later_use_opens_again(make):
    reporter = make()
    reporter.close()
    reporter.report({"name": "a"})
    reporter.close()
    reporter.close()
    reporter.report({"name": "b"})
    assert reporter.log == ["open db:5432 x None", "report a", "close x", "open db:5432 x None", "report b"]


def test_as_a_context_manager_it_opens_and_closes_also_after_an_error(make):
    reporter = make()

    def use():
        with reporter as opened:
            assert opened is reporter
            assert reporter.log == ["open db:5432 x None"]
            raise KeyError

    with pytest.raises(KeyError):
        use()
    assert reporter.log == ["open db:5432 x None", "close x"]


class Connecting:
    """No reporter, but what several of them share."""

    def open(self):
        super().open()
        self.events.append(f"open with {self.token}")

    def close(self):
        self.events.append("close")
        super().close()


class Delivering:
    def report(self, machine):
        self.events.append(f"report {machine.name}")


class Mixed(Connecting, Delivering, BaseReporter):
    events: ClassVar[list[str]] = []

    def __init__(self, token: Secret = ""):
        self.token = token


class Heir(Mixed):
    def open(self):
        super().open()


@pytest.mark.parametrize("cls", [Mixed, Heir])
def test_what_a_class_mixes_in_that_is_no_reporter_is_opened_once_too(cls, monkeypatch):
    monkeypatch.setenv("TOKEN", "t0ken")
    monkeypatch.setattr(Mixed, "events", [])
    with cls("${env:TOKEN}") as reporter:
        reporter.report({"name": "a"})
        reporter.report({"name": "b"})
    assert Mixed.events == ["open with t0ken", "report a", "report b", "close"]


class TestReferences:
    REFERENCES: ClassVar = {
        "host": "${env:NEWSDESK_HOST}",
        "port": "${env:NEWSDESK_PORT}",
        "password": "${env:NEWSDESK_PW}",
    }

    def test_they_are_resolved_at_open_and_come_back_at_close(self, make):
        reporter = make(**self.REFERENCES, tags={"a": "x-${env:NEWSDESK_HOST}"})
        assert reporter.password == "${env:NEWSDESK_PW}"
        with reporter:
            assert (reporter.host, reporter.port, reporter.password) == ("real", 1234, "hunter2")
            assert reporter.tags == {"a": "x-real"}
            assert reporter.get_params()["password"] == "${env:NEWSDESK_PW}"
            assert "hunter2" not in repr(reporter)
            assert "hunter2" not in str(reporter.to_dict())
            assert b"hunter2" not in pickle.dumps(reporter)
            assert reporter == make(**self.REFERENCES, tags={"a": "x-${env:NEWSDESK_HOST}"})
        assert (reporter.host, reporter.port, reporter.password) == tuple(self.REFERENCES.values())
        assert reporter.log == ["open real:1234 hunter2 {'a': 'x-real'}", "close hunter2"]

    def test_a_default_has_the_type_of_its_parameter_and_is_as_secret_as_that(self, make):
        given = {"host": "${env:NEWSDESK_NONE:-here}", "port": "${env:NEWSDESK_NONE:-5432}"}
        reporter = make(**given, password="${env:NEWSDESK_NONE:-hunter2}")
        with pickle.loads(pickle.dumps(reporter)) as opened:
            assert (opened.host, opened.port, opened.password) == ("here", 5432, "hunter2")
            assert (
                opened.given_params().items()
                >= {**given, "password": "${env:NEWSDESK_NONE:-hunter2}"}.items()
            )
        assert "password='${env:NEWSDESK_NONE:-***}'" in repr(reporter)
        assert "host='${env:NEWSDESK_NONE:-here}'" in repr(reporter)
        assert reporter.secret_values() >= {"hunter2"}
        assert not reporter.secret_values() & {"here", "5432"}

    def test_they_are_resolved_anew_each_time(self, make, monkeypatch):
        reporter = make(host="${env:NEWSDESK_HOST}")
        with reporter:
            pass
        monkeypatch.setenv("NEWSDESK_HOST", "moved")
        with reporter:
            assert reporter.host == "moved"

    def test_given_by_position_they_are_resolved_too(self, make):
        with make("${env:NEWSDESK_HOST}", "${env:NEWSDESK_PORT}") as reporter:
            assert (reporter.host, reporter.port) == ("real", 1234)

    def test_positional_extras_are_not_taken_for_the_parameters_behind_them(self, monkeypatch):
        class Extras(BaseReporter):
            def __init__(self, *parts: str, port: int = 1):
                self.parts, self.port = parts, port

            def report(self, machine):
                return None

        monkeypatch.setenv("NEWSDESK_A", "a")
        with Extras("${env:NEWSDESK_A}", "${env:NEWSDESK_A}", port=2) as reporter:
            assert (reporter.parts, reporter.port) == (("a", "a"), 2)

    def test_a_frozen_dataclass_resolves_them_too(self, make):
        seen = []
        reporter = Frozen("${env:NEWSDESK_HOST}", seen)
        with reporter:
            assert reporter.host == "real"
        assert reporter.host == "${env:NEWSDESK_HOST}"

    def test_a_file_is_a_reference_too(self, make, tmp_path):
        (tmp_path / "pw").write_text("from a file\n")
        with make(password=f"${{file:{tmp_path / 'pw'}}}") as reporter:
            assert reporter.password == "from a file"

    def test_all_that_do_not_resolve_or_do_not_fit_are_told_at_once_without_their_values(self, make):
        reporter = make(
            host="${env:NEWSDESK_NONE}", port="${env:NEWSDESK_PW}", tags={"a": "${env:NEWSDESK_NONE}"}
        )
        with pytest.raises(UnresolvedReferenceError) as caught:
            reporter.open()
        unset = "${env:NEWSDESK_NONE}: the environment variable NEWSDESK_NONE is not set; set it"
        assert str(caught.value) == (
            "Recording has references that cannot be resolved\n"
            f"  - host: {unset}\n"
            "  - port: must be a valid integer, unable to parse string as an integer, but is ***\n"
            f"  - tags.a: {unset}"
        )
        assert reporter.log == []

    def test_after_a_failed_open_the_references_are_back_and_it_can_be_tried_again(self, make):
        reporter = make(password="${env:NEWSDESK_PW}")
        reporter.log.append("down")
        with pytest.raises(OSError, match="hunter2"):
            reporter.open()
        assert reporter.password == "${env:NEWSDESK_PW}"
        with reporter:
            assert reporter.password == "hunter2"

    def test_a_dollar_that_begins_no_reference_stays(self, make):
        with make(password="$HOME ${x} $${env}") as reporter:
            assert reporter.password == "$HOME ${x} $${env}"


def test_a_failed_open_is_not_open(make):
    attempts = []

    class Flaky(BaseReporter):
        def open(self):
            attempts.append(1)
            if len(attempts) == 1:
                raise OSError("down")

        def report(self, machine):
            return None

    reporter = Flaky()
    with pytest.raises(OSError, match="down"):
        reporter.report({"name": "m"})
    reporter.close()
    reporter.report({"name": "m"})
    assert len(attempts) == 2


def test_a_close_that_fails_leaves_it_closed(make):
    class Sticky(BaseReporter):
        opened = 0

        def open(self):
            self.opened += 1

        def close(self):
            raise OSError("stuck")

        def report(self, machine):
            return None

    reporter = Sticky()
    reporter.open()
    with pytest.raises(OSError, match="stuck"):
        reporter.close()
    reporter.open()
    assert reporter.opened == 2


def test_many_threads_open_it_once(make):
    reporter = make(host="${env:NEWSDESK_HOST}")
    barrier = threading.Barrier(8)

    def use(number):
        barrier.wait()
        reporter.report({"name": str(number)})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
    assert reporter.log[0] == "open real:5432 x None"
    assert sorted(reporter.log[1:]) == [f"report {number}" for number in range(8)]


def test_a_pickled_reporter_is_closed_and_opens_by_itself(make):
    with make(password="${env:NEWSDESK_PW}") as reporter:
        twin = pickle.loads(pickle.dumps(reporter))
        assert twin.connection is None
        twin.report({"name": "m"})
    assert reporter.log == [
        "open db:5432 hunter2 None",
        "open db:5432 hunter2 None",
        "report m",
        "close hunter2",
    ]


FORKED = textwrap.dedent(
    """
    import os
    from newsdesk import BaseReporter

    class Forked(BaseReporter):
        def __init__(self, host):
            self.host, self.connection = host, None

        def open(self):
            print("open", self.host, os.getpid() == parent, flush=True)
            self.connection = os.getpid()

        def close(self):
            print("close", self.connection == os.getpid(), flush=True)

        def abandon(self):
            print("abandon", self.connection == parent, flush=True)
            self.connection = None

        def report(self, machine):
            print("report", self.connection == os.getpid(), flush=True)

    parent = os.getpid()
    reporter = Forked("${env:NEWSDESK_HOST}")
    reporter.report({"name": "m"})
    if os.fork() == 0:
        %s
        os._exit(0)
    os.wait()
    reporter.close()
    """
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
@pytest.mark.parametrize(
    ("child", "events"),
    [
        (
            "reporter.report({'name': 'm'}); reporter.close()",
            ["abandon True", "open real False", "report True", "close True"],
        ),
        ("reporter.close(); reporter.close()", ["abandon True"]),
        ("reporter.close(); reporter.open()", ["abandon True", "open real False"]),
    ],
)
def test_a_forked_child_abandons_what_its_parent_opened_and_the_parent_goes_on(child, events):
    ran = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED % child],
        capture_output=True, text=True, check=True, env={**os.environ, "NEWSDESK_HOST": "real"}, timeout=60,
    )  # fmt: skip
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ["open real True", "report True", *events, "close True"]


FORKED_WHILE_OPENING = """
    import os, signal, threading
    from newsdesk import BaseReporter

    class Slow(BaseReporter):
        def open(self):
            if os.getpid() == parent:
                opening.set()
                forked.wait()

        def abandon(self):
            print("abandon", flush=True)

        def report(self, machine):
            print("report", os.getpid() == parent, flush=True)

    parent, opening, forked = os.getpid(), threading.Event(), threading.Event()
    reporter = Slow()
    thread = threading.Thread(target=reporter.report, args=[{"name": "m"}])
    thread.start()
    opening.wait()
    if os.fork() == 0:
        signal.alarm(20)
        reporter.report({"name": "m"})
        os._exit(0)
    _, status = os.wait()
    assert status == 0, status
    forked.set()
    thread.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system does not fork")
def test_a_child_that_is_forked_while_another_thread_opens_a_reporter_abandons_it_and_opens_its_own():
    ran = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(FORKED_WHILE_OPENING)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ["abandon", "report False", "report True"]
