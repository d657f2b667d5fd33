"""A site is complete and consistent, whoever writes it, in whatever order."""

import json
import os
import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from newsdesk import AmbiguousMachine, Machine, MachineDoesNotExist, PermanentReporterError
from newsdesk.atomic import write_atomically
from newsdesk_pages import PagesReporter
from newsdesk_pages.site import SHARDS, Site


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


def machine(name="pump-7", project="plant", *, created=None, score=0.5, **metadata):
    model = {"cross_validation": {"scores": {"r2-score": {"fold-mean": score, "fold-1": score}}}}
    if created:
        model["model_creation_date"] = created
    return Machine(
        name=name,
        project_name=project,
        metadata={"build_metadata": {"model": model}, "user_defined": metadata},
    )


def index(site: Path) -> dict[str, dict]:
    """Return the rows that a browser gets, by name."""
    [names] = re.findall(r"newsdesk\.shards\((.*)\);", (site / "index/shards.js").read_text())
    rows = []
    for name in json.loads(names):
        text = (site / f"index/{name}.js").read_text("ascii")
        rows += json.loads(text.removeprefix("newsdesk.rows(").removesuffix(");\n"))
    return {row["name"]: row for row in rows}


def content(site: Path) -> dict[str, bytes]:
    return {str(file.relative_to(site)): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def report(site: Path, *machines: Machine) -> list:
    with PagesReporter(site) as reporter:
        return [reporter.report(each) for each in machines]


def test_a_machine_has_a_page_a_record_and_a_row(site):
    [delivery] = report(site, machine())
    assert delivery.reference == str(site / "machines/plant.pump-7.html")
    assert "<h1><bdi>pump-7</bdi></h1>" in (site / "machines/plant.pump-7.html").read_text()
    [record] = site.glob("records/plant.pump-7/*.json")
    assert record.read_bytes() == machine().to_json()
    row = index(site)["pump-7"]
    assert (row["slug"], row["project"], row["scores"]) == (
        "plant.pump-7",
        "plant",
        [["r2-score", 0.5, None, 1]],
    )
    assert {"index.html", "compare.html"} <= content(site).keys()


def test_what_was_removed_or_damaged_is_restored(site):
    report(site, machine())
    whole = content(site)
    for name in whole:
        for broken in (lambda file: file.unlink(), lambda file: file.write_bytes(file.read_bytes()[:20])):
            broken(site / name)
            [delivery] = report(site, machine())
            assert not delivery.unchanged, name
            # The time of the report is lost with the machine's file alone.
            if name.startswith("index/") and name.endswith(".jsonl"):
                whole = content(site)
            assert content(site) == whole, name
    assert report(site, machine())[0].unchanged


def test_the_newest_build_is_shown_in_whatever_order_the_builds_come(site):
    builds = [machine(created=f"2026-11-{day} 10:00:00+00:00", score=day / 100) for day in (11, 14, 12, 13)]
    report(site, *builds)
    row = index(site)["pump-7"]
    assert row["scores"] == [["r2-score", 0.14, 0.13, 1]]
    assert row["revisions"] == 4
    with PagesReporter(site) as reporter:
        days = [each.created.day for each in reporter.machines(all_revisions=True)]
        assert days == [14, 13, 12, 11]
        assert reporter.fetch("pump-7") == builds[1]
        assert reporter.fetch("pump-7", revision=builds[0].revision) == builds[0]


def test_of_one_build_the_revision_that_was_reported_last_is_shown(site):
    first, second = machine(note="first"), machine(note="second")
    for each in (first, second, first, second, first):
        report(site, each)
        with PagesReporter(site) as reporter:
            assert reporter.fetch("pump-7") == each
    assert report(site, first)[0].unchanged


def test_a_revision_tells_what_changed_since_the_one_before_it_also_when_that_comes_later(site):
    built = [machine(created=f"2026-11-1{day} 10:00:00+00:00", score=day, limit=day) for day in (1, 2, 3)]
    report(site, built[0], built[2])
    page = site / "machines/plant.pump-7.html"
    change = '<th scope="row">metadata.user_defined.limit</th><td>{}</td><td>{}</td>'
    assert change.format(1, 3) in page.read_text()
    report(site, built[1])
    assert change.format(1, 2) in page.read_text()
    assert change.format(2, 3) in page.read_text()
    assert change.format(1, 3) not in page.read_text()
    assert report(site, built[2])[0].unchanged


def test_times_survive_a_copy_that_loses_those_of_files(site):
    report(site, machine(note="first"), machine(note="second"))
    for file in site.rglob("*"):
        os.utime(file, (0, 0))
    report(site, machine("other"))
    with PagesReporter(site) as reporter:
        assert reporter.fetch("pump-7") == machine(note="second")
        assert min(each.time for each in reporter.machines()) > datetime(2026, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """The end of a process."""


@pytest.mark.parametrize("writes", range(5))
def test_what_a_killed_writer_has_left_is_completed_by_the_next_report(site, writes, monkeypatch):
    report(site, machine(note="first"))
    left = [write_atomically] * writes

    def killed(*arguments):
        if not left:
            raise Killed
        left.pop()(*arguments)

    monkeypatch.setattr("newsdesk_pages.files.write_atomically", killed)
    with pytest.raises(Killed):
        report(site, machine(note="killed"))
    monkeypatch.undo()
    with PagesReporter(site) as reporter:
        found = [each.revision for each in reporter.machines(all_revisions=True)]
    report(site, machine(note="third"))
    revisions = {machine(note="third").revision, *found}
    assert len(revisions) == (3 if writes > 1 else 2)
    page = (site / "machines/plant.pump-7.html").read_text()
    assert all(each in page for each in revisions)
    assert {file.stem for file in site.glob("records/*/*.js")} >= revisions
    assert index(site)["pump-7"]["revisions"] == len(revisions)


def test_a_damaged_record_of_another_revision_stops_nothing(site, caplog):
    report(site, machine(note="first"))
    (site / "records/plant.pump-7" / f"{'0' * 64}.json").write_bytes(b"{")
    report(site, machine(note="second"))
    assert "is damaged" in caplog.text
    with PagesReporter(site) as reporter:
        assert len([*reporter.machines(all_revisions=True)]) == 2


def test_a_removed_revision_is_forgotten(site):
    first, second = machine(note="first"), machine(note="second")
    report(site, first, second)
    for file in site.glob(f"records/plant.pump-7/{first.revision}.*"):
        file.unlink()
    report(site, second)
    with PagesReporter(site) as reporter:
        assert [each.revision for each in reporter.machines(all_revisions=True)] == [second.revision]
        with pytest.raises(MachineDoesNotExist):
            reporter.fetch("pump-7", revision=first.revision)


@pytest.mark.parametrize("content", [b"", b"{}", machine("another").to_json()])
def test_fetch_tells_what_is_missing_ambiguous_or_damaged(site, content):
    report(site, machine(), machine(project="depot"), machine("fan"))
    with PagesReporter(site) as reporter:
        assert reporter.fetch("fan") == machine("fan")
        with pytest.raises(AmbiguousMachine, match="depot"):
            reporter.fetch("pump-7")
        with pytest.raises(MachineDoesNotExist):
            reporter.fetch("pump-8", "plant")
        [record] = site.glob("records/plant.pump-7/*.json")
        record.write_bytes(content)
        with pytest.raises(PermanentReporterError, match=r"is damaged: (?s:.*)report the machine again"):
            reporter.fetch("pump-7", "plant")


def _share(site: Path, share: int) -> None:
    """Report revisions of common machines, and some of its own, all of one part of the index."""
    with PagesReporter(site) as reporter:
        for number in range(6):
            reporter.report(machine("common", number=number, share=share))
            reporter.report(machine(f"own-{share}-{number}"))


def test_processes_that_write_at_once_lose_nothing(site, monkeypatch):
    monkeypatch.setattr("newsdesk_pages.site.SHARDS", 1)  # inherited by the fork
    with ProcessPoolExecutor(4, get_context("fork")) as pool:
        for done in [pool.submit(_share, site, share) for share in range(4)]:
            done.result()
        rows = index(site)
        assert len(rows) == 25
        assert rows["common"]["revisions"] == 24
        revisions = {each.revision for each in PagesReporter(site).machines(all_revisions=True)}
        assert len(revisions) == 48
        page = (site / "machines/plant.common.html").read_text()
        assert rows["common"]["revision"][:12] in page
        assert page.count(">newest</a>") == page.count(">one before</a>") == 23
    assert not [*site.rglob("*.tmp")]


def _writes(site: Path, name: str, monkeypatch) -> list[str]:
    written = []
    monkeypatch.setattr("newsdesk_pages.files.write_atomically", _noted(written))
    report(site, machine(name))
    return [re.sub(r"[0-9a-f]{64}", "…", str(path.relative_to(site))) for path in written]


def _noted(written):
    return lambda target, data: (written.append(target), write_atomically(target, data))


def test_one_more_machine_writes_as_many_files_however_many_there_are(site, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)
    report(site, *(machine(f"machine-{number}") for number in range(10)))
    few = _writes(site, "one-more", monkeypatch)
    shutil.rmtree(site / "machines")
    report(site, *(machine(f"machine-{number}") for number in range(10, 300)))
    many = _writes(site, "another", monkeypatch)
    assert len(few) - ("index/shards.js" in few) == len(many) - ("index/shards.js" in many) == 5


def test_the_index_has_a_limited_number_of_parts():
    parts = {Site(Path("site")).history(f"plant.machine-{number}").parent.name for number in range(5_000)}
    assert len(parts) == SHARDS == 256


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "site").touch()
    with pytest.raises(PermanentReporterError, match="fix the folder, or set another 'folder'"):
        report(tmp_path / "site", machine())
    with pytest.raises(PermanentReporterError, match="is not a folder"):
        PagesReporter(tmp_path / "site").ping()
