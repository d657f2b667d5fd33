"""Nothing that newsdesk writes or prints contains a secret, however it was provided."""

import json
import socket
import sqlite3
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from newsdesk import Machine

COMMAND = Path(sys.executable).with_name("newsdesk")


@pytest.fixture
def planted(postgres_server):
    """The secrets of this test, by how they are provided."""
    return {
        "in a URL": "Planted-In-A-Url-1",
        "the server's own, by ${env:}": urlsplit(postgres_server.url).password,
        "as a literal": "Planted-As-A-Literal-2",
        "by ${file:}": "Planted-In-A-File-3",
        "in the machine's own reporters": "Planted-In-The-Machine-4",
        "in a URL there": "Planted-In-Its-Url-5",
        "in a parameter there that nobody declared": "Planted-Undeclared-6",
    }


@pytest.fixture
def folder(tmp_path, planted, monkeypatch, mlflow_server, postgres_server):
    """A working folder with a config of five backends: three work, one rejects records, one is unreachable."""
    monkeypatch.setenv("PLANTED", planted["the server's own, by ${env:}"])
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        closed = sock.getsockname()[1]
    server, mlflow = urlsplit(postgres_server.url), urlsplit(mlflow_server.url)
    password = tmp_path / "password.txt"
    password.write_text(planted["by ${file:}"] + "\n")
    config = {
        "reporters": [
            {
                "mlflow": {
                    "tracking_uri": f"http://somebody:{planted['in a URL']}@{mlflow.netloc}",
                    "experiment": "secrets",
                }
            },
            {"postgres": {"url": f"postgresql://postgres:${{env:PLANTED}}@127.0.0.1:{server.port}/postgres"}},
            {"files": {"path": "delivered"}},
            {
                "postgres": {"host": "127.0.0.1", "port": server.port, "password": planted["as a literal"]},
                "label": "refused",
                "required": False,
            },
            {
                "postgres": {"host": "127.0.0.1", "port": closed, "password": f"${{file:{password}}}"},
                "label": "down",
                "required": "spooled",
            },
        ],
        "deadline": 60,
        "retry": {"attempts": 2, "initial": 0.1},
        "outbox": "box/owed.db",
    }
    (tmp_path / "newsdesk.yaml").write_text(json.dumps(config))
    machine = {
        "name": "planted",
        "project_name": "secrets",
        "runtime": {
            "reporters": [
                {"postgres": {"host": "db", "password": planted["in the machine's own reporters"]}},
                {
                    "nobody.Knows": {
                        "url": f"https://u:{planted['in a URL there']}@h/x",
                        "hook": planted["in a parameter there that nobody declared"],
                    }
                },
            ]
        },
    }
    (tmp_path / "machine.json").write_text(json.dumps(machine))
    return tmp_path


def test_no_planted_secret_is_found_anywhere(folder, planted, run, mlflow_server, postgres_server):
    said = {}
    for name, arguments, code in (
        ("plan", ["plan", "machine.json"], 0),
        ("check", ["check"], 0),
        ("doctor", ["-vv", "doctor", "--ping"], 1),
        ("report", ["-vv", "report", "machine.json"], 3),
        ("again, as JSON", ["-vv", "report", "machine.json", "--json"], 3),
        ("status", ["outbox", "status"], 0),
        ("send", ["-vv", "outbox", "send"], 1),
        ("export", ["outbox", "export"], 0),
    ):
        done = run(COMMAND, *arguments, cwd=folder, status=code)
        said[name] = done.stdout + done.stderr
    assert "refused" in said["report"]
    assert "password authentication failed" in said["report"]
    assert "spooled" in said["report"]
    assert "refused: its backend cannot be used: " in said["doctor"]
    assert said["again, as JSON"].count('"unchanged"') == 3

    [(run_id, *_)] = mlflow_server.runs("secrets")
    rows = postgres_server.query("SELECT machine::text FROM machine WHERE project_name = 'secrets'")
    machine = Machine.from_json(next((folder / "delivered").rglob("*.json")).read_bytes())
    assert machine.key == ("secrets", "planted")
    assert len(rows) == 1
    with sqlite3.connect(folder / "box" / "owed.db") as box:
        assert box.execute("SELECT count(*) FROM entries").fetchone() == (1,)
    written = {
        **said,
        **{
            str(path): path.read_bytes().decode("utf-8", "replace")
            for path in (folder / "delivered").rglob("*.json")
        },
        **{str(path): path.read_bytes().decode("utf-8", "replace") for path in (folder / "box").iterdir()},
        "the run": repr(mlflow_server.content(run_id)),
        "the row": repr(rows),
    }
    found = [
        (how, where) for how, secret in planted.items() for where, text in written.items() if secret in text
    ]
    assert found == []
