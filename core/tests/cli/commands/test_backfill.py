"""`newsdesk missing` and `newsdesk backfill`: what a reporter does not hold yet."""

import json

import pytest

FILES = "{files: {path: out}}"


@pytest.fixture
def half(newsdesk, write):
    """Four machines, of which the folder holds two."""
    machines = [{"name": name, "project_name": "north"} for name in "abcd"]
    newsdesk("report", write("half.json", machines[::2]), "--to", FILES)
    return write("all.json", machines)


def test_what_is_missing_is_listed(newsdesk, half):
    assert newsdesk("missing", half, "--to", FILES).stdout == "north/b\nnorth/d\n"


def test_only_what_is_missing_is_delivered(newsdesk, half):
    told = newsdesk("backfill", half, "--to", FILES, "--json").stdout
    assert [json.loads(line)["machine"]["name"] for line in told.splitlines()] == ["b", "d"]
    assert newsdesk("missing", half, "--to", FILES).stdout == ""


@pytest.mark.parametrize("command", ["missing", "backfill"])
def test_it_is_for_one_reporter_at_a_time(newsdesk, half, command):
    two = newsdesk(command, half, "--to", FILES, "--to", "null", code=2).stderr
    assert "give one reporter with --to; the config has: files, null" in two
    assert "give one reporter with --to; the config has: none" in newsdesk(command, half, code=2).stderr


@pytest.mark.parametrize("command", ["missing", "backfill"])
def test_a_reporter_that_cannot_tell_is_refused(newsdesk, acme, half, command):
    told = newsdesk(command, half, "--to", "acme_reporters.Bare", code=2).stderr
    assert "use 'newsdesk report', which leaves what is unchanged alone" in told


UNSURE = """
    from pathlib import Path
    from newsdesk import BaseReporter, TransientReporterError

    class Unsure(BaseReporter):
        '''Answers the first question only, and leaves a file when it is closed.'''

        def __init__(self, answers=1):
            self.answers, self.asked = answers, 0

        def holds(self, keys):
            self.asked += 1
            if self.asked > self.answers:
                raise TransientReporterError("the backend is down")
            return set()

        def report(self, machine):
            pass

        def close(self):
            Path("closed").touch()
"""


@pytest.fixture
def unsure(distribution):
    return distribution("unsure", {"unsure": UNSURE})


@pytest.mark.parametrize("command", ["missing", "backfill"])
def test_a_backend_that_cannot_be_asked_is_told(newsdesk, unsure, half, command):
    told = newsdesk(command, half, "--to", "{unsure.Unsure: {answers: 0}}", code=1).stderr
    assert (
        "Error: unsure.Unsure cannot list what it holds: TransientReporterError: the backend is down" in told
    )


def test_what_was_delivered_before_the_backend_went_down_is_told(newsdesk, unsure, write):
    many = write("many.json", [{"name": f"m{n:03}", "project_name": "north"} for n in range(201)])
    told = newsdesk("backfill", many, "--to", "unsure.Unsure", code=1)
    assert "unsure.Unsure: 200 delivered" in told.stdout
    assert "Error: unsure.Unsure cannot list what it holds" in told.stderr


@pytest.mark.parametrize("command", ["missing", "backfill"])
def test_the_reporter_is_closed_in_the_end(newsdesk, unsure, half, folder, command):
    newsdesk(command, half, "--to", "{unsure.Unsure: {answers: 9}}")
    assert (folder / "closed").exists()


def test_what_cannot_be_backfilled_now_is_kept_where_there_is_an_outbox(newsdesk, half, write):
    write("newsdesk.yaml", "reporters: [{files: {path: out}}]\noutbox: owed.db\n")
    newsdesk("backfill", half)
    assert newsdesk("missing", half).stdout == ""
    assert newsdesk("outbox", "status").stdout == "Nothing is owed.\n"
