import os
import stat

import pytest
from newsdesk.builtin.atomic import write_atomically


def test_a_file_is_written_and_replaced_whole(tmp_path):
    target = tmp_path / "a" / "b" / "file"
    write_atomically(target, b"one")
    write_atomically(target, b"two" * 100_000)
    assert target.read_bytes() == b"two" * 100_000
    assert list(target.parent.iterdir()) == [target]


def test_the_file_and_then_its_folder_are_flushed_after_new_folders(tmp_path, synced):
    target = tmp_path / "a" / "file"
    write_atomically(target, b"x")
    new, file, folder = synced
    assert (new, file.parent, folder) == (tmp_path, target.parent, target.parent)
    assert file.name.startswith(".newsdesk-")
    assert file.name.endswith(".tmp")


def test_the_file_is_as_readable_as_any_other_new_file(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_the_programs_umask_is_never_touched(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "umask", None)
    write_atomically(tmp_path / "file", b"x")


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_when_it_fails_the_old_file_is_untouched_and_nothing_is_left_behind(tmp_path, monkeypatch, broken):
    target = tmp_path / "file"
    write_atomically(target, b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
