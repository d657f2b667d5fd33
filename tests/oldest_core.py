"""Builds the wheel of the oldest core that a plugin supports: `python tests/oldest_core.py PLUGIN FOLDER`.

Run it in the root of the repository. Prints one line, which ends with the path of the wheel if one was built.
"""

import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version


def requirement_of(plugin: Path) -> Requirement:
    """Return a plugin's requirement of core."""
    project = tomllib.loads((plugin / "pyproject.toml").read_text())["project"]
    (found,) = (r for r in map(Requirement, project["dependencies"]) if r.name == "newsdesk")
    return found


def releases() -> dict[Version, str]:
    """Return the tags of the releases by version."""
    listed = subprocess.run(["git", "tag", "--list", "v[0-9]*"], capture_output=True, text=True, check=True)
    return {Version(tag.removeprefix("v")): tag for tag in listed.stdout.split()}


def oldest(versions: Iterable[Version], requirement: Requirement) -> Version | None:
    """Return the oldest version that satisfies a requirement."""
    return min((version for version in versions if version in requirement.specifier), default=None)


def build(tag: str, folder: Path) -> Path:
    """Build core's wheel of a tag."""
    uv = shutil.which("uv", path=os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]))
    archive = subprocess.run(["git", "archive", tag, "core"], capture_output=True, check=True).stdout
    with tempfile.TemporaryDirectory() as source:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(source, filter="data")
        command = [uv or "uv", "build", "--quiet", "--wheel", "--out-dir", folder, Path(source, "core")]
        subprocess.run(command, check=True)
    (wheel,) = folder.glob(f"newsdesk-{tag.removeprefix('v')}-*.whl")
    return wheel.absolute()


def main(plugin: Path, folder: Path) -> str:
    """Build it, unless this core is the oldest; return a message."""
    requirement, tags = requirement_of(plugin), releases()
    this = Version(tomllib.loads(Path("core/pyproject.toml").read_text())["project"]["version"])
    found = oldest(tags, requirement)
    if found is None or found == this:
        why = f"the oldest supported of {len(tags)} releases is {found or 'none'}"
        return (
            f"{plugin}: nothing to test but this core, {this}: {why if tags else 'there are no releases yet'}"
        )
    return f"{plugin}: the oldest core for '{requirement}' is {found}: {build(tags[found], folder)}"


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), Path(sys.argv[2])))  # noqa: T201  (read by a nox session)
