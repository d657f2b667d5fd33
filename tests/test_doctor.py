"""`newsdesk doctor` with all distributions installed, as shown on its page."""

import re
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "doctor.md").read_text("utf-8")
NEWSDESK = Path(sys.executable).with_name("newsdesk")


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]


def without_versions(text):
    return re.sub(r"\d+\.\d+\.\d+\S*\]", "VERSION]", text).splitlines()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "newsdesk.yaml").write_text(block("yaml"))
    return tmp_path


def test_it_says_what_the_page_shows(folder, run):
    told = without_versions(run(NEWSDESK, "doctor", cwd=folder, status=1).stdout)
    shown = without_versions(block("text"))
    assert [line for line in shown if line not in told] == []
    assert {line.partition(":")[0] for line in told} >= {
        "Python",
        "newsdesk",
        "newsdesk-mlflow",
        "newsdesk-postgres",
    }
    assert len([line for line in told if line.startswith("  fix: ")]) == 1


def test_it_asks_real_backends(tmp_path, run, mlflow_server, postgres_server):
    config = (
        f"reporters: [mlflow: {{tracking_uri: '{mlflow_server.url}'}}, postgres: {{url: '${{env:PLACE}}'}}]"
    )
    (tmp_path / "newsdesk.yaml").write_text(config)
    done = run(NEWSDESK, "doctor", "--ping", cwd=tmp_path, PLACE=postgres_server.url)
    assert "mlflow: its backend responds\n" in done.stdout
    assert "mlflow: artifacts go to mlflow-artifacts:/" in done.stdout
    assert "postgres: PostgreSQL " in done.stdout
    assert done.stdout.endswith("\nNo problems found.\n")
    assert postgres_server.url not in done.stdout


def test_a_password_that_is_also_a_reporters_name_changes_no_text_of_newsdesk(tmp_path, run):
    (tmp_path / "newsdesk.yaml").write_text("reporters: [postgres: {host: db, password: postgres}]\n")
    doctor = run(NEWSDESK, "doctor", cwd=tmp_path).stdout
    assert "newsdesk-postgres: " in doctor
    assert "its reporters: postgres\n" in doctor
    assert "postgres: loads and follows the contract  [newsdesk-postgres " in doctor
    check = run(NEWSDESK, "check", cwd=tmp_path).stdout
    assert "\n  - postgres: " in check
    assert '\n      password: "***" ' in check
