"""The workspace: the environment that `uv sync` creates."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = ["pyproject.toml", "conftest.py", "core", "plugins", "examples"]
MADE = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache", "dist")


def test_uv_sync_gives_the_command_and_runs_the_tests(uv, tmp_path, monkeypatch):
    # As nox does for the environment of these tests, which must stay as it is.
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", str(tmp_path / "of-nox"))
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=MADE)
        else:
            shutil.copy(source, tmp_path / name)
    uv("sync", "--quiet", cwd=tmp_path)
    assert (tmp_path / ".venv").exists()
    assert not (tmp_path / "of-nox").exists()
    assert uv("run", "newsdesk", "--version", cwd=tmp_path).stdout.startswith("newsdesk ")
    listed = uv("run", "newsdesk", "reporters", cwd=tmp_path).stdout
    assert {line.split(":")[0] for line in listed.splitlines()} >= {"files", "mlflow", "postgres"}
    assert " passed" in uv("run", "pytest", "-q", "core/tests/test_machine.py", cwd=tmp_path).stdout
