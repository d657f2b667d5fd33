"""Folders: flushed, and as private as was asked."""

import errno
import os
import stat

import pytest
from newsdesk.atomic import make_folder, sync_folder, write_atomically


def test_each_new_folder_is_flushed_in_its_parent(tmp_path, synced):
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert synced == [tmp_path, tmp_path / "a"]


def test_a_folder_that_is_there_is_not_touched(tmp_path, synced):
    (tmp_path / "a").mkdir(mode=0o755)
    make_folder(tmp_path / "a", mode=0o700)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755
    assert synced == []


def test_the_mode_is_the_last_folders_alone(tmp_path):
    before = os.umask(0o022)
    try:
        make_folder(tmp_path / "a" / "b", mode=0o700)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a", tmp_path / "a" / "b")]
    assert modes == [0o755, 0o700]


def test_a_file_in_its_place_is_an_error(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(FileExistsError):
        make_folder(tmp_path / "a" / "b")


def test_a_folder_that_does_not_exist_cannot_be_flushed(tmp_path):
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "none")


@pytest.fixture
def flushes_with(monkeypatch):
    """Have the system answer every flush with an error, as file systems do that cannot be had here."""

    def answer(number):
        def fsync(descriptor):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fsync)

    return answer


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_share_that_cannot_flush_a_folder_is_taken_as_done(tmp_path, flushes_with, number):
    flushes_with(number)
    make_folder(tmp_path / "a")
    assert (tmp_path / "a").is_dir()


def test_a_disk_that_fails_to_flush_a_folder_is_an_error(tmp_path, flushes_with):
    flushes_with(errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        sync_folder(tmp_path)


def test_on_windows_where_no_folder_can_be_opened_none_is(tmp_path, monkeypatch):
    folder = tmp_path / "none"
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        sync_folder(folder)


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
