"""The wheels, installed as users install them."""

import json
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "newsdesk": "newsdesk",
    "newsdesk-gordo": "newsdesk_gordo",
    "newsdesk-mlflow": "newsdesk_mlflow",
    "newsdesk-otel": "newsdesk_otel",
    "newsdesk-pages": "newsdesk_pages",
    "newsdesk-postgres": "newsdesk_postgres",
}
PLUGINS = [
    ("newsdesk-mlflow", "mlflow", "newsdesk_mlflow.reporter.MlFlowReporter"),
    ("newsdesk-pages", "pages", "newsdesk_pages.reporter.PagesReporter"),
    ("newsdesk-postgres", "postgres", "newsdesk_postgres.reporter.PostgresReporter"),
]
ORIGINALS = {
    "newsdesk-mlflow": "gordo.reporters.mlflow.MlFlowReporter",
    "newsdesk-postgres": "gordo.reporters.postgres.PostgresReporter",
}

FOUND = """
import json, sys
from newsdesk.builtin.registry import default_registry
cls = default_registry().find({target!r})
print(json.dumps(f"{{cls.__module__}}.{{cls.__qualname__}}"))
"""


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_the_workspace_builds_these_distributions_and_no_other(wheels):
    assert wheels.keys() == PACKAGES.keys()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_wheel_holds_its_package_its_licence_and_no_tests(wheels, name):
    with zipfile.ZipFile(wheels[name]) as archive:
        files = archive.namelist()
    package = PACKAGES[name]
    assert f"{package}/py.typed" in files
    assert any(file.endswith(".dist-info/licenses/LICENSE") for file in files)
    assert {file.split("/")[0].split("-")[0] for file in files} == {package}
    own = [file for file in files if not file.startswith("newsdesk/template/")]
    assert not [
        file for file in own if "/tests/" in file or "test_" in file or "conftest" in file or ".pyc" in file
    ]


def test_the_template_of_a_plugin_is_in_the_wheel_file_by_file(wheels):
    source = ROOT / "core" / "src"
    template = {path.relative_to(source) for path in source.glob("newsdesk/template/**/*") if path.is_file()}
    with zipfile.ZipFile(wheels["newsdesk"]) as archive:
        shipped = {Path(name) for name in archive.namelist() if name.startswith("newsdesk/template/")}
    assert shipped == template != set()


def test_the_wheel_has_the_dashboard_of_grafana_which_the_command_prints(environment):
    installed = environment("newsdesk", "newsdesk-postgres")
    printed = json.loads(installed.newsdesk("postgres", "dashboard", "--datasource", "plant").stdout)
    assert printed["templating"]["list"][0]["current"]["value"] == "plant"
    assert installed.newsdesk("postgres", "views").stdout.count("CREATE OR REPLACE VIEW") == 4


@pytest.mark.parametrize("name", PACKAGES)
def test_a_wheel_says_what_it_is_on_its_page(wheels, name):
    said = metadata(wheels[name])
    assert said["License-Expression"] == "Apache-2.0"
    assert said["Requires-Python"] == ">=3.11"
    assert said["Description-Content-Type"] == "text/markdown"
    assert said.get_payload().startswith(f"# {name}\n")


@pytest.mark.parametrize("name", PACKAGES)
def test_a_wheel_names_its_author_and_the_pages_of_the_project(wheels, name):
    said = metadata(wheels[name])
    urls = dict(line.split(", ") for line in said.get_all("Project-URL"))
    assert said["Author"] == "newsdesk developers"
    assert urls.keys() == {"Homepage", "Documentation", "Source", "Changelog", "Issues"}
    assert (ROOT / urls["Source"].partition("/tree/main/")[2] / "pyproject.toml").is_file()
    assert all(url.startswith(f"{urls['Homepage']}/") for what, url in urls.items() if what != "Homepage")


def test_the_distributions_share_one_version(wheels):
    assert len({metadata(wheel)["Version"] for wheel in wheels.values()}) == 1


@pytest.mark.parametrize("name", sorted(PACKAGES.keys() - {"newsdesk"}))
def test_a_plugin_asks_for_this_minor_version_of_core_and_no_other(wheels, name):
    said = metadata(wheels[name])
    needed = [Requirement(text) for text in said.get_all("Requires-Dist")]
    [core] = [requirement.specifier for requirement in needed if requirement.name == "newsdesk"]
    own = Version(said["Version"])
    assert core.contains(own)
    assert core.contains(f"{own.major}.{own.minor}.{own.micro + 99}")
    assert not core.contains(f"{own.major}.{own.minor + 1}.0")
    assert not core.contains(f"{own.major}.{own.minor}.0.dev0", prereleases=True)
    assert not core.contains("0.0.1")


def test_core_alone_installs_no_backend(environment):
    installed = environment("newsdesk").python(
        "import json; from importlib.metadata import distributions; print(json.dumps([d.name for d in distributions()]))"
    )
    assert "newsdesk" in installed
    assert not {"mlflow", "mlflow-skinny", "sqlalchemy", "psycopg2-binary", "numpy", "pandas"} & {
        name.lower() for name in installed
    }


def test_the_distributions_work_beside_old_neighbours(bare, wheels):
    """Such as gordo-client, which pins pydantic 1, and Airflow 2, which pins SQLAlchemy 1.4."""
    bare.install(*wheels.values(), "pydantic<2", "sqlalchemy<2")
    assert (bare.version("pydantic")[0], bare.version("sqlalchemy")[0]) == ("1", "1")
    machine = ROOT / "examples/machines/ae-4tags.json"
    nowhere = ("{mlflow: {tracking_uri: 'http://127.0.0.1:1'}}", "{postgres: {host: 127.0.0.1, port: 1}}")
    to = [argument for definition in nowhere for argument in ("--to", definition)]
    config = bare.folder / "newsdesk.yaml"
    config.write_text("retry: {attempts: 1}")
    done = bare.newsdesk("report", machine, "--config", config, *to, status=1)
    assert done.stderr.count("cannot connect to http://127.0.0.1:1: refused") == 1
    assert done.stderr.count("cannot connect to 127.0.0.1:1: refused") == 1


@pytest.mark.parametrize(("name", "_target", "path"), PLUGINS)
@pytest.mark.parametrize("form", ["name", "dotted", "colon", "original"])
def test_a_plugin_is_found_by_name_and_by_import_path(environment, name, _target, path, form):
    dotted, _, cls = path.rpartition(".")
    target = {
        "name": _target,
        "dotted": path,
        "colon": f"{dotted}:{cls}",
        "original": ORIGINALS.get(name, path),
    }[form]
    assert environment("newsdesk", name).python(FOUND.format(target=target)) == path


@pytest.mark.parametrize(("name", "target", "path"), PLUGINS)
def test_the_command_lists_a_plugin_with_its_distribution_and_version(
    environment, wheels, name, target, path
):
    lines = environment("newsdesk", name).newsdesk("reporters").stdout.splitlines()
    [line] = [line for line in lines if line.startswith(f"{target}: ")]
    assert f"[{name} {metadata(wheels[name])['Version']}]" in line
    assert ORIGINALS.get(name, target) in line
    assert not [line for line in lines if "broken" in line]


@pytest.mark.parametrize(("name", "target", "path"), PLUGINS)
def test_the_command_tells_a_plugins_parameters(environment, name, target, path):
    said = environment("newsdesk", name).newsdesk("reporters", target).stdout
    assert said.startswith(f"{target}: {path}\n")
    assert "Parameters:" in said


def test_the_schema_is_the_same_with_the_oldest_of_all_that_core_requires(environment, oldest):
    newest = environment("newsdesk")
    assert Version(oldest.version("pluggy")) < Version(newest.version("pluggy"))
    assert json.loads(oldest.newsdesk("schema").stdout) == json.loads(newest.newsdesk("schema").stdout)


def test_core_alone_lists_its_own_reporters_only(environment):
    lines = environment("newsdesk").newsdesk("reporters").stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == ["console", "files", "null", "objects"]


@pytest.mark.parametrize(("name", "target", "path"), PLUGINS)
@pytest.mark.parametrize("form", ["name", "path", "original"])
def test_core_alone_says_what_to_install(environment, name, target, path, form):
    asked = {"name": target, "path": path, "original": ORIGINALS.get(name, path)}[form]
    machine = ROOT / "examples" / "machines" / "ae-4tags.json"
    done = environment("newsdesk").newsdesk("report", machine, "--to", asked, status=2)
    assert f"to get it: pip install {name}" in done.stderr
    assert repr(asked) in done.stderr


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("newsdesk", "template"),
        ("newsdesk-mlflow", "local"),
        ("newsdesk-mlflow", "azureml"),
        ("newsdesk-postgres", "embedded"),
    ],
)
def test_the_extras_that_messages_and_docs_name_are_there(wheels, name, extra):
    assert extra in metadata(wheels[name]).get_all("Provides-Extra")
