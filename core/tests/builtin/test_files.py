import errno
import os
import subprocess
import sys
import textwrap
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.alteration import Alteration
from newsdesk.builtin.files import FilesReporter
from newsdesk.contract.delivery import Delivery, Plan
from newsdesk.contract.reporter import BaseReporter
from newsdesk.exceptions import (
    AmbiguousMachine,
    MachineDoesNotExist,
    PermanentReporterError,
    TransientReporterError,
)
from newsdesk.machine import Machine, MachineKey

names = st.text(
    st.characters() | st.characters(min_codepoint=0xD800, max_codepoint=0xDFFF), max_size=10
) | st.sampled_from(["..", ".", "../../x", "/etc/x", "a/b", "con", "x" * 300, "C:\\x"])


@pytest.fixture
def reporter(tmp_path):
    return FilesReporter(tmp_path / "reports")


def test_a_machine_is_one_file_of_canonical_json_under_its_project(reporter, real_json, tmp_path):
    machine = Machine.from_json(real_json)
    delivery = reporter.report(machine)
    target = tmp_path / "reports" / machine.project_name / f"{machine.name}.json"
    assert delivery == Delivery(reference=str(target), alterations=[])
    assert target.read_bytes() == machine.to_json()
    assert Machine.from_json(target.read_bytes()) == machine


def test_the_same_revision_again_is_unchanged_and_writes_nothing(reporter, real_machine):
    target = Path(reporter.report(real_machine).reference)
    before = target.stat()
    again = reporter.report(real_machine)
    assert again == Delivery(reference=str(target), alterations=[], unchanged=True)
    assert (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_revision_replaces_the_file(reporter):
    reporter.report(Machine("m", "p"))
    delivery = reporter.report(Machine("m", "p", metadata={"x": 1}))
    assert not delivery.unchanged
    assert Machine.from_json(Path(delivery.reference).read_bytes()).metadata == {"x": 1}


def test_secrets_of_a_machines_own_reporters_are_not_written(reporter):
    delivery = reporter.report(
        {"name": "m", "runtime": {"reporters": [{"postgres": {"password": "hunter2"}}]}}
    )
    assert b"hunter2" not in Path(delivery.reference).read_bytes()


def test_a_ping_makes_nothing(reporter, tmp_path):
    reporter.ping()
    assert not [*tmp_path.iterdir()]
    reporter.report(Machine("m", "p"))
    reporter.ping()


@pytest.mark.parametrize("path", [["file"], ["file", "below", "it"]])
def test_a_ping_says_why_a_folder_cannot_be_written_to(tmp_path, path):
    file = tmp_path / "file"
    file.write_text("")
    folder = tmp_path.joinpath(*path)
    with pytest.raises(PermanentReporterError) as caught:
        FilesReporter(folder).ping()
    assert str(caught.value) == (
        f"{str(folder)!r} cannot be written: {str(file)!r} is not a folder; "
        "fix the folder, or set another 'path'"
    )


@pytest.mark.usefixtures("permissions")
def test_a_ping_says_that_a_folder_is_read_only(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(PermanentReporterError, match="is not writable"):
        FilesReporter(tmp_path / "reports").ping()


@given(names, names.filter(bool))
def test_no_name_leads_out_of_the_folder_and_every_record_reads_back(tmp_path_factory, project, name):
    folder = tmp_path_factory.mktemp("out")
    machine = Machine(name, project)
    target = Path(FilesReporter(folder).report(machine).reference)
    assert target.resolve().relative_to(folder.resolve()).parts == (target.parent.name, target.name)
    assert [path for path in folder.rglob("*") if path.is_file()] == [target]
    assert Machine.from_json(target.read_bytes()) == machine


def test_a_long_name_is_told_as_an_alteration(reporter):
    delivery = reporter.report(Machine("x" * 300, "p" * 300))
    target = Path(delivery.reference)
    assert delivery.alterations == [
        Alteration(
            path,
            "renamed",
            f"has 300 characters, of which 200 fit, so the name here is {file!r}; the record has the full name",
        )
        for path, file in (("project_name", target.parent.name), ("name", target.stem))
    ]
    assert Machine.from_json(target.read_bytes()).name == "x" * 300


def test_namesakes_are_kept_apart_on_a_file_system_that_ignores_case_or_normalises(reporter):
    namesakes = [
        "pump",
        "Pump",
        "PUMP",
        "p\u00fcmp",
        "pu\u0308mp",
        "pump.",
        "con",
        "CON",
        "a/b",
        "a\\b",
        "a b",
    ]
    keys = [MachineKey(project, name) for project in ("", *namesakes) for name in namesakes]
    found = [reporter.report(Machine(key.name, key.project_name)) for key in keys]
    places = {unicodedata.normalize("NFC", delivery.reference).casefold() for delivery in found}
    assert len(places) == len(keys)
    assert reporter.holds(keys) == set(keys)


def test_a_plan_tells_the_size_and_writes_nothing(reporter, tmp_path):
    machine = Machine("m", "p")
    assert reporter.plan(machine) == Plan(0, {"files": 1}, [], len(machine.to_json()))
    assert [alteration.kind for alteration in reporter.plan(Machine("x" * 300)).alterations] == ["renamed"]
    assert list(tmp_path.iterdir()) == []


def test_it_tells_which_machines_it_holds(reporter):
    reporter.report(Machine("a", "p"))
    keys = [MachineKey("p", "a"), MachineKey("p", "b"), MachineKey("q", "a")]
    assert reporter.holds(keys) == {MachineKey("p", "a")}


def test_a_folder_given_as_text_is_relative_to_where_the_program_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert FilesReporter("reports").report(Machine("m", "p")).reference == str(
        tmp_path / "reports" / "p" / "m.json"
    )


def test_it_comes_back_from_its_definition(tmp_path):
    for path in ("reports", tmp_path):
        reporter = FilesReporter(path)
        assert BaseReporter.from_dict(reporter.to_dict()) == reporter
    assert repr(FilesReporter("reports")) == "FilesReporter(path='reports')"


def test_the_folder_may_be_a_reference(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWSDESK_FOLDER", str(tmp_path))
    delivery = FilesReporter("${env:NEWSDESK_FOLDER}/x").report(Machine("m", "p"))
    assert delivery.reference == str(tmp_path / "x" / "p" / "m.json")


class TestFailures:
    def test_a_file_in_the_folders_place_never_will_work(self, tmp_path):
        (tmp_path / "reports").write_text("")
        target = tmp_path / "reports" / "p" / "m.json"
        with pytest.raises(PermanentReporterError) as caught:
            FilesReporter(tmp_path / "reports").report(Machine("m", "p"))
        assert str(caught.value) == (
            f"'{target}' cannot be written: File exists; fix the folder, or set another 'path'"
        )
        assert isinstance(caught.value.__cause__, OSError)

    def test_a_folder_in_the_files_place_never_will_work(self, reporter, tmp_path):
        (tmp_path / "reports" / "p" / "m.json").mkdir(parents=True)
        with pytest.raises(PermanentReporterError, match="cannot be written: Is a directory; fix the folder"):
            reporter.report(Machine("m", "p"))
        assert [path.name for path in (tmp_path / "reports" / "p").iterdir()] == ["m.json"]

    def test_a_folder_that_may_not_be_written_to_never_will_work(self, tmp_path, tmp_path_factory):
        """In a process without root's right to write everywhere."""
        (tmp_path / "reports").mkdir(mode=0o555)
        code = """
            import os, sys
            from newsdesk import Machine, PermanentReporterError
            from newsdesk.builtin.files import FilesReporter
            if os.geteuid() == 0:
                os.seteuid(65534)
            try:
                FilesReporter(sys.argv[1]).report(Machine("m", "p"))
            except PermanentReporterError as error:
                print(error)
        """
        if os.geteuid() == 0:  # pytest's folders are for root alone
            base = tmp_path_factory.getbasetemp()
            for folder in (base.parent, base, tmp_path):
                folder.chmod(0o755)
        ran = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "reports")],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        assert ran.stdout == (
            f"'{tmp_path / 'reports' / 'p' / 'm.json'}' cannot be written: Permission denied; "
            "fix the folder, or set another 'path'\n"
        )

    @pytest.mark.parametrize("number", [errno.EROFS, errno.ENAMETOOLONG, errno.EPERM])
    def test_what_the_system_will_refuse_again_is_permanent(self, reporter, monkeypatch, number):
        monkeypatch.setattr(
            os, "fsync", lambda _: (_ for _ in ()).throw(OSError(number, os.strerror(number)))
        )
        with pytest.raises(PermanentReporterError, match=os.strerror(number)):
            reporter.report(Machine("m", "p"))

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EMFILE])
    def test_what_may_pass_is_worth_another_try(self, reporter, tmp_path, monkeypatch, number):
        monkeypatch.setattr(
            os, "fsync", lambda _: (_ for _ in ()).throw(OSError(number, os.strerror(number)))
        )
        with pytest.raises(TransientReporterError) as caught:
            reporter.report(Machine("m", "p"))
        target = tmp_path / "reports" / "p" / "m.json"
        assert str(caught.value) == f"'{target}' cannot be written now: {os.strerror(number)}"
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_the_file_of_another_machine_is_never_overwritten(self, reporter, tmp_path):
        """As when somebody has copied one there."""
        target = tmp_path / "reports" / "p" / "pump.json"
        target.parent.mkdir(parents=True)
        target.write_bytes(Machine("Pump", "p").to_json())
        with pytest.raises(PermanentReporterError) as caught:
            reporter.report(Machine("pump", "p"))
        assert str(caught.value) == (
            f"'{target}' holds the machine 'p/Pump', not 'p/pump'; move that file away, or set 'path' to another folder"
        )
        assert Machine.from_json(target.read_bytes()).name == "Pump"

    def test_a_damaged_file_is_mended(self, reporter, tmp_path):
        target = tmp_path / "reports" / "p" / "m.json"
        target.parent.mkdir(parents=True)
        target.write_bytes(b'{"name": "m"')
        reporter.report(Machine("m", "p"))
        assert target.read_bytes() == Machine("m", "p").to_json()


WRITER = """
    import sys
    from newsdesk import Machine
    from newsdesk.builtin.files import FilesReporter

    reporter = FilesReporter(sys.argv[1])
    for revision in range(40):
        reporter.report(Machine("shared", "p", metadata={"writer": sys.argv[2], "revision": revision, "pad": "x" * 50_000}))
        reporter.report(Machine(f"own-{sys.argv[2]}-{revision}", "p"))
"""


def test_many_processes_may_write_into_one_folder_and_a_reader_always_sees_a_whole_record(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path), str(number)])
        for number in range(3)
    ]
    shared, seen = tmp_path / "p" / "shared.json", set()
    while any(writer.poll() is None for writer in writers):
        if shared.exists():
            seen.add(Machine.from_json(shared.read_bytes()).revision)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert Machine.from_json(shared.read_bytes()).metadata["revision"] == 39
    assert len(seen) > 1
    files = {path.name for path in (tmp_path / "p").iterdir()}
    assert files == {
        "shared.json",
        *(f"own-{writer}-{revision}.json" for writer in range(3) for revision in range(40)),
    }


def test_what_was_reported_is_fetched_and_listed(reporter, real_machine):
    reference = reporter.report(real_machine).reference
    assert reporter.fetch(real_machine.name, real_machine.project_name) == real_machine
    assert reporter.fetch(real_machine.name) == real_machine
    [stored] = reporter.machines()
    assert (stored.key, stored.revision, stored.model_key, stored.reference) == (
        real_machine.key,
        real_machine.revision,
        real_machine.model_key,
        reference,
    )
    assert stored.time == datetime.fromtimestamp(Path(reference).stat().st_mtime, UTC)


def test_an_unused_folder_holds_nothing_and_is_not_made(reporter, tmp_path):
    assert [*reporter.machines()] == []
    with pytest.raises(MachineDoesNotExist, match="the machine 'm' does not exist; report it first"):
        reporter.fetch("m")
    assert not (tmp_path / "reports").exists()


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in (("file", "Not a directory"), ("loop", "Too many levels of symbolic links")):
        reporter = FilesReporter(tmp_path / name)
        reads = [lambda: reporter.holds([MachineKey("p", "m")]), lambda: reporter.fetch("m", "p")]  # noqa: B023
        for read in [*reads, lambda: [*reporter.machines()]]:  # noqa: B023
            with pytest.raises(PermanentReporterError, match=f"cannot be read: {reason}; fix the folder"):
                read()


def test_a_machine_of_several_projects_needs_its_project(reporter):
    for project in ("Plant", "plant"):
        reporter.report(Machine("m", project))
    with pytest.raises(AmbiguousMachine, match="2 projects have a machine 'm': 'Plant', 'plant'; give"):
        reporter.fetch("m")
    assert reporter.fetch("m", "Plant") == Machine("m", "Plant")
    with pytest.raises(MachineDoesNotExist, match="does not exist; the name exists in 'Plant', 'plant'"):
        reporter.fetch("m", "other")


def test_another_revision_than_the_file_holds_does_not_exist(reporter):
    old, new = Machine("m", "p"), Machine("m", "p", metadata={"x": 1})
    reporter.report(old)
    reporter.report(new)
    assert reporter.fetch("m", "p", new.revision) == new
    with pytest.raises(MachineDoesNotExist, match=f"'m' in the project 'p' has no revision '{old.revision}'"):
        reporter.fetch("m", "p", old.revision)


def test_files_that_are_not_a_machines_own_are_not_listed_and_damaged_ones_are_without_a_revision(
    reporter, tmp_path, caplog
):
    place = Path(reporter.report(Machine("m", "p")).reference)
    place.with_name("copy.json").write_bytes(place.read_bytes())
    place.with_name(".newsdesk-0.tmp").write_bytes(b"{")
    place.with_name("torn.json").write_bytes(b'{"name": "to')
    place.with_name("notes.json").write_bytes(b'{"author": "somebody"}')
    (tmp_path / "reports" / "stray.json").write_bytes(place.read_bytes())
    revision = Machine("m", "p").revision
    assert [(stored.key, stored.revision) for stored in reporter.machines()] == [
        (("p", "m"), revision),
        (("p", "torn"), None),
    ]
    assert "torn.json does not hold a record" in caplog.text
    with pytest.raises(PermanentReporterError, match=r"torn.json' does not hold a record: .*; move it away"):
        reporter.fetch("torn", "p")
    with pytest.raises(MachineDoesNotExist):
        reporter.fetch("copy", "p")
