"""The examples of the README."""

import re
from pathlib import Path

import pytest
import yaml
from newsdesk import BaseReporter, Machine

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_its_queries_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    scores = {"r2-score": {"fold-mean": 0.5, "fold-1": 0.25}}
    metadata = {"build_metadata": {"model": {"cross_validation": {"scores": scores}}}}
    for definition in yaml.safe_load(blocks("yaml")[0])["reporters"]:
        with BaseReporter.from_dict(definition) as reporter:
            reporter.report(Machine(name="pump-7", project_name="plant", metadata=metadata))
    for code in blocks("python"):
        exec(code, {})
    assert "pump-7" in capsys.readouterr().out
