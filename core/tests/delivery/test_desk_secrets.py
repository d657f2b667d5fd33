"""No secret of a reporter is in what a desk gives, raises or logs."""

import json
import logging
import os
import pickle
import threading
import traceback
from typing import ClassVar

import newsdesk
import pytest
from newsdesk import (
    BaseReporter,
    Delivery,
    DeliveryFailed,
    Desk,
    Machine,
    PermanentReporterError,
    Retry,
    Secret,
    TransientReporterError,
)
from newsdesk.secrets import MASK

PLANTED = "hunter2-correct-horse"
MACHINE = {"name": "compressor", "project_name": "north"}


class Leaks(BaseReporter):
    """Tells its secrets in every way that an error can."""

    def __init__(self, act, password: Secret = "", url: str = "", **others):
        self.act, self.password, self.url, self.others = act, password, url, others

    def report(self, machine):
        secret = self.password or self.url or self.others["token"]
        return ACTS[self.act](secret)


def _raise(error, cause=None):
    raise error from cause


def _during_another(secret):
    try:
        raise KeyError(secret)
    except KeyError:
        raise PermanentReporterError("refused")  # noqa: B904  (its context is what is looked at)


class Response:
    def __init__(self, text):
        self.text = text


def _with_attributes(secret):
    error = PermanentReporterError("refused")
    error.request, error.headers = f"GET /?p={secret}", {"Authorization": [secret]}
    error.add_note(f"sent {secret}")
    raise error


ACTS = {
    "message": lambda secret: _raise(PermanentReporterError(f"login as {secret} refused")),
    "transient": lambda secret: _raise(TransientReporterError(f"login as {secret} timed out")),
    "a bug": lambda secret: {}[secret],
    "cause": lambda secret: _raise(PermanentReporterError("refused"), ValueError(f"bad {secret}")),
    "context": _during_another,
    "attributes": _with_attributes,
    "operating system": lambda secret: _raise(ConnectionRefusedError(111, f"no {secret}", f"/{secret}")),
    "cause of the system": lambda s: _raise(PermanentReporterError("x"), FileNotFoundError(2, "no", f"/{s}")),
    "unicode": lambda secret: f"\ud800{secret}".encode(),
    "group": lambda secret: _raise(ExceptionGroup(f"several {secret}", [ValueError(secret)])),
    "exit": lambda secret: _raise(SystemExit(f"cannot go on with {secret}")),
    "reference": lambda secret: Delivery(reference=f"https://user:{secret}@host/run"),
}


def everything_told(reporter, caplog):
    """All that comes out of a report: receipts, errors with their causes, logs, pickles."""
    caplog.set_level(logging.DEBUG)
    with Desk(reporter, retry=Retry(attempts=2, initial=0)) as desk:
        try:
            receipts = desk.report(MACHINE)
        except DeliveryFailed as failure:
            receipts = failure.receipts
            seen, todo = [], [failure]
            while todo:
                error = todo.pop()
                seen += [repr(error), str(error), vars(error)]
                todo += filter(None, [error.__cause__, error.__context__, *getattr(error, "exceptions", ())])
                seen += traceback.format_exception_only(error)
        else:
            seen = []
        stream = list(desk.report_many([MACHINE]))
        told = [repr(desk.routes), *(receipt.to_dict() for receipt in [*receipts, *stream])]
    return repr([seen, told, repr(receipts), repr(stream), caplog.text, pickle.dumps(stream)])


@pytest.fixture(params=["literal", "env", "file", "url", "undeclared"])
def given(request, monkeypatch, tmp_path):
    """The ways in which a secret comes to a reporter."""
    monkeypatch.setenv("PLANTED", PLANTED)
    (tmp_path / "secret").write_text(f"{PLANTED}\n")
    return {
        "literal": {"password": PLANTED},
        "env": {"password": "${env:PLANTED}"},
        "file": {"password": f"${{file:{tmp_path}/secret}}"},
        "url": {"url": f"postgresql://user:{PLANTED}@host/db"},
        "undeclared": {"token": PLANTED},
    }[request.param]


@pytest.mark.parametrize("act", ACTS)
def test_a_planted_secret_is_nowhere_in_what_comes_out(act, given, caplog):
    told = everything_told(Leaks(act, **given), caplog)
    assert PLANTED not in told
    assert MASK in told


def test_a_secret_that_was_changed_while_the_desk_was_there_is_masked_as_well(monkeypatch, caplog):
    reporter = Leaks("message", password="${env:PLANTED}")
    monkeypatch.setenv("PLANTED", "the-old-one-1234")
    with Desk(reporter) as desk:
        monkeypatch.setenv("PLANTED", PLANTED)
        with pytest.raises(DeliveryFailed) as caught:
            desk.report(MACHINE)
    assert [str(error) for error in caught.value.exceptions] == ["login as *** refused"]
    assert PLANTED not in caplog.text


def test_a_kept_failure_holds_no_secret_in_the_frames_it_came_through():
    def locals_of(error):
        return [frame.f_locals for frame, _ in traceback.walk_tb(error.__traceback__)]

    with Desk(Leaks("message", password=PLANTED)) as desk, pytest.raises(DeliveryFailed) as caught:
        desk.report(MACHINE)
    (error,) = caught.value.exceptions
    assert "report" in [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
    assert PLANTED not in repr(locals_of(error))


def test_the_secrets_of_a_machines_own_reporters_reach_no_reporter():
    received = []

    class Takes(BaseReporter):
        def report(self, machine):
            received.append(machine.to_json())

    machine = {**MACHINE, "runtime": {"reporters": [{"postgres": {"host": "db", "password": PLANTED}}]}}
    newsdesk.report(machine, Takes())
    with Desk(Takes()) as desk:
        list(desk.report_many([machine]))
    for record in received:
        assert PLANTED.encode() not in record
        assert json.loads(record)["runtime"] == {
            "reporters": [{"postgres": {"host": "db", "password": MASK}}]
        }
    assert len(received) == 2


def test_a_machines_own_reporter_gets_its_secret_and_tells_it_to_nobody(tmp_path, distribution, caplog):
    distribution(
        "acme",
        {
            "acme_slack": f"""
                import pathlib
                from newsdesk import BaseReporter, Secret

                class Slack(BaseReporter):
                    def __init__(self, hook: Secret) -> None:
                        self.hook = hook

                    def report(self, machine):
                        pathlib.Path({str(tmp_path / "got")!r}).write_text(self.hook)
                        raise ValueError(f"no channel at {{self.hook}} for {{machine.to_json()!r}}")
            """
        },
    )
    machine = Machine.from_dict(
        {**MACHINE, "runtime": {"reporters": [{"acme_slack.Slack": {"hook": PLANTED}}]}}
    )
    with pytest.raises(DeliveryFailed) as caught:
        newsdesk.report(machine)
    assert (tmp_path / "got").read_text() == PLANTED
    assert PLANTED not in repr([caught.value, *caught.value.exceptions, caplog.text])


def test_what_a_reporter_that_hangs_was_given_is_not_told(caplog):
    class Hangs(Leaks):
        def report(self, machine):
            threading.Event().wait()

    with (
        Desk(Hangs("message", password=PLANTED), deadline=0.3) as desk,
        pytest.raises(DeliveryFailed) as caught,
    ):
        desk.report(MACHINE)
    assert PLANTED not in repr([caught.value, *map(str, caught.value.exceptions), caplog.text])


class RefusesOnce(BaseReporter):
    """Opens twice, since the first time fails in passing, and keeps what it was given."""

    seen: ClassVar[list[str]] = []

    def __init__(self, password: Secret):
        self.password = password

    def open(self):
        self.seen.append(self.password)
        if len(self.seen) == 1:
            raise TransientReporterError(f"{self.password} is refused")

    def report(self, machine):
        return Delivery(f"as {self.password}")


def test_no_file_is_read_before_the_reporter_opens_and_a_pipe_gives_its_password_once(tmp_path):
    pipe = tmp_path / "pw"
    os.mkfifo(pipe)  # until somebody writes, it holds up whoever opens it
    desk = Desk([RefusesOnce(password=f"${{file:{pipe}}}")], retry=Retry(initial=0), deadline=60)
    threading.Thread(target=pipe.write_bytes, args=(b"pip3d\n",), daemon=True).start()
    with desk:
        [receipt] = desk.report(MACHINE)
    assert receipt.reference == f"as {MASK}"
    assert RefusesOnce.seen == ["pip3d", "pip3d"]
