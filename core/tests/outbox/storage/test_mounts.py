"""Which file system a path is on."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from newsdesk.outbox.storage import mounts
from newsdesk.outbox.storage.mounts import remote_type, type_of

# As Linux tells it: the root need not come first, and some lines have more fields than others.
TOLD = r"""21 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
28 1 259:2 / / rw,relatime shared:1 master:2 - ext4 /dev/root rw,discard
40 28 0:45 / /home rw - nfs4 server:/export/home rw,vers=4.2
41 40 259:3 / /home/me/disk rw - xfs /dev/vdb rw
42 28 0:46 / /mnt/a\040b\134c rw shared:9 - cifs //server/share rw
43 28 0:47 / /mnt/auto rw shared:10 - autofs systemd-1 rw
44 43 0:48 / /mnt/auto rw shared:11 - nfs server:/auto rw
45 28 0:49 / /mnt/s3 rw - fuse.s3fs s3fs rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "ext4"),
        ("/var/lib/owed.db", "ext4"),
        ("/sys/x", "sysfs"),
        ("/home", "nfs4"),
        ("/home/me/owed.db", "nfs4"),
        ("/home/me/disk/owed.db", "xfs"),
        ("/home/me/diskette/owed.db", "nfs4"),
        ("/homes/owed.db", "ext4"),
        (r"/mnt/a b\c/owed.db", "cifs"),
        ("/mnt/auto/owed.db", "nfs"),
        ("/mnt/s3/owed.db", "fuse.s3fs"),
    ],
)
def test_the_deepest_mount_around_a_path_tells_its_type(path, expected):
    assert type_of(path, TOLD) == expected


NAMES = st.sampled_from(["a", "b", "ab", "a b", "a\tb", "\\", "\\040", "é", "-", "\udcff", "\u2028"])
PLACES = st.lists(NAMES, max_size=3).map(tuple)


def line(place, kind, *, optional=()):
    escaped = "".join(f"\\{ord(c):03o}" if c in " \t\n\\" else c for c in "/" + "/".join(place))
    return " ".join(["1", "2", "0:3", "/", escaped, "rw", *optional, "-", kind, "source", "rw"])


@given(
    st.lists(st.tuples(PLACES, st.sampled_from(["ext4", "nfs4", "tmpfs"]), st.booleans()), max_size=6), PLACES
)
def test_any_name_is_found_in_the_deepest_and_last_of_the_mounts_around_it(made, path):
    told = [line(place, kind, optional=("shared:1",) * more) for place, kind, more in made]
    best = None
    for place, kind, _ in made:
        if path[: len(place)] == place and (best is None or len(place) >= len(best[0])):
            best = (place, kind)
    assert type_of("/" + "/".join(path), "\n".join(told)) == (None if best is None else best[1])


@given(st.text(), st.text())
def test_whatever_the_system_tells_is_no_error(path, told):
    assert type_of(f"/{path}", told) is None or " - " in told


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """Say that a folder is on a file system of some type."""

    def mount(folder, kind):
        told = [line((), "ext4"), line(folder.parts[1:], kind)]
        (tmp_path / "mountinfo").write_bytes(os.fsencode("\n".join(told)))
        monkeypatch.setattr(mounts, "MOUNTINFO", tmp_path / "mountinfo")

    return mount


def test_a_type_that_comes_from_another_computer_is_told_and_no_other(tmp_path, mounted):
    for kind, expected in (("nfs4", "nfs4"), ("xfs", None), ("fuse.sshfs", "fuse.sshfs"), ("overlay", None)):
        mounted(tmp_path / "there", kind)
        assert remote_type(tmp_path / "there" / "owed.db") == expected
        assert remote_type(tmp_path / "here.db") is None


def test_links_are_followed(tmp_path, mounted):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    mounted(tmp_path / "there", "cifs")
    assert remote_type(tmp_path / "link" / "owed.db") == "cifs"


def test_where_the_system_does_not_tell_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.setattr(mounts, "MOUNTINFO", tmp_path / "none")
    assert remote_type(tmp_path) is None


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="needs Linux")
def test_of_what_this_system_tells_every_place_is_understood():
    told = os.fsdecode(mounts.MOUNTINFO.read_bytes())
    assert type_of("/proc", told) == "proc"
    assert type_of("/", told) is not None
