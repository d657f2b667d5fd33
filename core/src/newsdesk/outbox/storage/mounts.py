"""The type of the file system that a path is on, where the system shows it: on Linux."""

import os
import re
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
"""Where Linux lists what is mounted."""

REMOTE = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre"),
        *("ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs", "virtiofs"),
        *("fuse.blobfuse", "fuse.blobfuse2", "fuse.ceph-fuse", "fuse.davfs", "fuse.gcsfuse"),
        *("fuse.glusterfs", "fuse.goofys", "fuse.juicefs", "fuse.mount-s3", "fuse.mountpoint-s3"),
        *("fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
    }
)
"""Types whose files another kernel may have open too; locks, and memory above all, are not shared with it."""


def remote_type(path: Path) -> str | None:
    """Give the type of the file system that a path is on, when it comes from another computer.

    Returns:
        None for a local one, and where the system does not show it.
    """
    try:
        listed = MOUNTINFO.read_bytes()
    except OSError:
        return None
    found = type_of(os.path.realpath(path), os.fsdecode(listed))
    return found if found in REMOTE else None


def type_of(path: str, mountinfo: str) -> str | None:
    """Pure: give the type of the file system that an absolute path without links is on.

    Args:
        path: The path; it need not exist.
        mountinfo: What Linux lists; the man page proc_pid_mountinfo(5) describes it.
    """
    mounts = [mount for line in mountinfo.split("\n") if (mount := _mount(line)) is not None]
    # The deepest one counts, wherever it is listed; of two at one place the later one hides the other.
    around = [(len(point), index) for index, (point, _) in enumerate(mounts) if _is_below(path, point)]
    return mounts[max(around)[1]][1] if around else None


def _mount(line: str) -> tuple[str, str] | None:
    """Give mount point and type of a line: `36 35 98:0 /root /point options [more ...] - type source rw`."""
    before, separator, after = line.partition(" - ")
    fields = before.split(" ")
    if not separator or len(fields) < 6:  # noqa: PLR2004  (those that are always there)
        return None
    return _unescaped(fields[4]), after.split(" ")[0]


def _unescaped(text: str) -> str:
    r"""Give a name whose blanks and the like are written as `\040`."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(f"{point.rstrip('/')}/")
