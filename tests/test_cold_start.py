"""What each command imports: nothing that it does not use, since imports are nearly all of a cold start."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from newsdesk.cli.main import _COMMANDS as COMMANDS

MACHINE = Path(__file__).parents[1] / "examples/machines/ae-4tags.json"

# Runs the command, and notes each module that it imports, with the module that imports it first.
TRACER = """
import sys

class Tracer:
    def find_spec(self, name, path=None, target=None):
        frame = sys._getframe(1)
        while frame is not None and top(frame.f_globals["__name__"]) in ("importlib", "_frozen_importlib"):
            frame = frame.f_back
        importers.setdefault(name, frame.f_globals["__name__"] if frame else "")

def top(name):
    return name.partition(".")[0]

importers = {}
sys.meta_path.insert(0, Tracer())
result = sys.argv.pop(1)
try:
    exec(sys.argv.pop(1))
finally:
    import json
    with open(result, "w") as file:
        json.dump({name: by for name, by in importers.items() if name in sys.modules}, file)
"""
COMMAND = "from newsdesk.cli import main; main(prog_name='newsdesk')"

MOST = {
    "click": 16,
    "orjson": 3,
    "pluggy": 15,
    "yaml": 20,
    "psycopg2": 8,
    "sqlalchemy": 90,
    "newsdesk_postgres": 28,
    "newsdesk_mlflow": 50,
    "newsdesk_otel": 2,
    "newsdesk_pages": 16,
    "jinja2": 30,
    "markupsafe": 3,
    "pygal": 50,
    "requests": 20,
    "urllib3": 40,
}
"""Modules that a package may import at most: some more than it does now."""

METADATA = ("importlib.metadata",) if sys.version_info >= (3, 12) else ("importlib_metadata", "zipp")
"""What finds the plugins."""
HELP = ("click", "errno", "json", "locale", "logging", "math", "shutil", "signal")
"""What the help needs of the standard library; and click, of which every command is made."""
CORE = (
    *HELP, *METADATA, "base64", "concurrent.futures", "contextvars", "dataclasses", "decimal", "difflib", "encodings.utf_8_sig",
    "glob", "hashlib", "html", "pathlib", "queue", "random", "secrets", "urllib.parse",
)  # fmt: skip
"""What core needs of it for a delivery."""


class Start(NamedTuple):
    """A command, and what it may import."""

    arguments: str
    own: int
    """Modules of newsdesk, at most."""
    packages: tuple[str, ...] = ("click", "orjson", "pluggy")
    library: tuple[str, ...] = CORE
    """Modules of the standard library; what these import themselves differs from one Python to the next."""


STARTS = [
    Start("--version", 12, ("click",), (*HELP, *METADATA, "dataclasses", "pathlib")),
    Start("--help", 8, ("click",), HELP),
    *(Start(f"{name} --help", 12, ("click",), (*HELP, "pathlib")) for name in COMMANDS),
    Start("report m.json --to null", 110),
    Start("report m.json --to null --json", 110),
    Start("report m.json --config files.json", 110),
    Start("report m.json --config files.yaml", 110, ("click", "orjson", "pluggy", "yaml")),
    Start("list --config files.json", 130),
    Start("diff m.json m.json", 130),
    Start("gate m.json --baseline m.json", 130),
    Start("show m.json --json", 110),
    Start("copy --config two.json --from a --to b", 130),
    Start("verify --config two.json --from a --to b", 130),
    Start("missing m.json --config two.json --to b", 122),
    Start("check --config files.yaml", 110, ("click", "orjson", "pluggy", "yaml")),
    Start(
        "check --config both.json",
        110,
        ("click", "orjson", "pluggy", "newsdesk_mlflow", "newsdesk_postgres"),
        (*CORE, "http", "importlib.metadata"),
    ),
    Start("postgres dashboard", 80, ("click", "orjson", "pluggy", "newsdesk_postgres")),
    Start(
        "outbox metrics --config owed.json", 140, ("click", "orjson", "pluggy"), (*CORE, "heapq", "sqlite3")
    ),
    Start("plan m.json --config files.yaml", 110, ("click", "orjson", "pluggy", "yaml")),
    Start("plan m.json --config postgres.json", 110, ("click", "orjson", "pluggy", "newsdesk_postgres")),
    Start("plan m.json --config otel.json", 110, ("click", "orjson", "pluggy", "newsdesk_otel")),
    Start("plan m.json --config pages.json", 110, ("click", "orjson", "pluggy", "newsdesk_pages")),
    Start(
        "report m.json --config pages.json",
        130,
        ("click", "orjson", "pluggy", "newsdesk_pages", "jinja2", "markupsafe", "pygal"),
        (*CORE, "importlib.resources", "jinja2", "pygal"),  # what Jinja2 and pygal import
    ),
    Start(
        "report m.json --config postgres.json",
        110,
        ("click", "orjson", "pluggy", "newsdesk_postgres", "psycopg2", "sqlalchemy"),
        (*CORE, "encodings.utf_16_be", "ssl", "sqlalchemy.pool"),  # what psycopg2 and SQLAlchemy import
    ),
    Start(
        "report m.json --config mlflow.json",
        110,
        ("click", "orjson", "pluggy", "newsdesk_mlflow", "requests", "urllib3"),
        (*CORE, "netrc", "pwd", "requests"),  # what requests imports, and not MLflow; and who reports
    ),
]


@pytest.fixture
def importers(run, tmp_path) -> Callable[..., Mapping[str, str]]:
    """Run code with arguments in a new process, and return what it imports, each with what imported it."""

    def trace(code: str, *arguments: str) -> Mapping[str, str]:
        result = tmp_path / "importers.json"
        run(sys.executable, "-c", TRACER, result, code, *arguments, cwd=tmp_path)
        return json.loads(result.read_text())

    return trace


def unexpected(found: Mapping[str, str], start: Start, usual: Collection[str]) -> list[str]:
    """Return the packages that a command should not import, or not so much of, and what leads to them.

    Args:
        found: the modules, each with what imported it.
        start: the command.
        usual: what the modules import that the command may import of the standard library.
    """
    allowed = {"newsdesk": start.own} | {name: MOST[name] for name in start.packages}
    counts = Counter(top(name) for name in found)
    firsts = {top(name): name for name in reversed(found)}
    return [
        f"{chain(firsts[name], found)}: {count} modules of {name}, and {allowed.get(name, 0)} allowed"
        for name, count in counts.items()
        if (count > allowed[name] if name in allowed else name not in set(map(top, usual)))
    ]


def top(module: str) -> str:
    return module.partition(".")[0]


def chain(module: str, found: Mapping[str, str]) -> str:
    """Return a module, the one that imports it, the one that imports that, and so on."""
    names = [module]
    while (by := found.get(names[-1])) and by not in names:
        names.append(by)
    return " <- ".join(names)


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.arguments)
def test_a_command_imports_nothing_that_it_does_not_use(start, importers, tmp_path, request):
    (tmp_path / "m.json").write_bytes(MACHINE.read_bytes())
    (tmp_path / "files.json").write_text('{"reporters": [{"files": {"path": "out"}}]}')
    two = [{"files": {"path": label}, "label": label} for label in "ab"]
    (tmp_path / "two.json").write_text(json.dumps({"reporters": two}))
    (tmp_path / "owed.json").write_text('{"reporters": ["null"], "outbox": "owed.db"}')
    (tmp_path / "files.yaml").write_text("reporters: [files: {path: out}]")
    (tmp_path / "postgres.json").write_text('{"reporters": [{"postgres": {"host": "db"}}]}')
    (tmp_path / "otel.json").write_text('{"plugins": ["otel"], "reporters": ["null"]}')
    (tmp_path / "pages.json").write_text('{"reporters": [{"pages": {"folder": "site"}}]}')
    both = [{"mlflow": {"tracking_uri": "http://mlflow"}}, {"postgres": {"host": "db"}}]
    (tmp_path / "both.json").write_text(json.dumps({"reporters": both}))
    for name, parameter in (("postgres", "url"), ("mlflow", "tracking_uri")):
        if f"report m.json --config {name}.json" == start.arguments:
            parameters = {parameter: request.getfixturevalue(f"{name}_server").url}
            (tmp_path / f"{name}.json").write_text(json.dumps({"reporters": [{name: parameters}]}))
    usual = importers(f"import {', '.join(start.library)}")
    found = importers(COMMAND, *start.arguments.split())
    assert "newsdesk.cli.main" in found
    assert unexpected(found, start, usual) == []


def test_a_heavy_import_is_named_with_the_modules_that_lead_to_it(importers, tmp_path):
    (tmp_path / "heavy.py").write_text("import heavy_helper, newsdesk.delivery.desk")
    (tmp_path / "heavy_helper.py").write_text("import sqlite3")
    found = importers("import heavy")
    usual = [*importers(f"import {', '.join(CORE)}"), "heavy", "heavy_helper", "_sqlite3"]
    assert unexpected(found, Start("", 110), usual) == [
        "sqlite3 <- heavy_helper <- heavy <- __main__: 2 modules of sqlite3, and 0 allowed"
    ]
    [_, many] = unexpected(found, Start("", 9), usual)
    assert many.startswith("newsdesk <- heavy <- __main__: ")
    assert many.endswith(" modules of newsdesk, and 9 allowed")
