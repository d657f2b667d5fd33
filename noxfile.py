"""The project's nox sessions: `nox` runs lint, typing and tests; `nox -s demo` demonstrates newsdesk."""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = True
# Tests come last, so that pytest's summary ends the output.
nox.options.sessions = ["lint", "typing", "objects", "azureml", "tests"]

WORKSPACE = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(nox.project.load_toml("core/pyproject.toml"))
DISTRIBUTIONS = [
    "core[dask,template,testing]",
    "plugins/gordo",
    "plugins/mlflow[local]",
    "plugins/otel[prometheus]",
    "plugins/pages",
    "plugins/postgres[embedded]",
]
DOCS_TESTS = ["tests/test_readme.py", *sorted(map(str, Path("tests").glob("test_docs_*.py")))]
# Four workers, since tests often wait for servers. By module or class, so that its servers start once, and in
# the order of pyproject.toml, so that the slowest ones start first.
AT_ONCE = ["--numprocesses=4", "--dist=loadscope", "--no-loadscope-reorder"]
# Modules that take minutes, beside the tests that are marked as large.
SLOW = ["tests/test_faults_mlflow.py", "tests/test_third_party.py"]
# Without cached bytecode, each MLflow server compiles for 12 s of CPU.
COMPILED = {"PYTHONDONTWRITEBYTECODE": None}
# Where gordo is installed once for all sessions: not in a session's own folder, which nox clears.
GORDO = {"GORDO_ENVIRONMENTS": str(Path(".nox", "gordo-environments").resolve())}
UNIT_TESTS = [
    "core/tests",
    "plugins/gordo/tests",
    "plugins/mlflow/tests",
    "plugins/otel/tests",
    "plugins/pages/tests",
    "plugins/postgres/tests",
]
# The MLflow servers that are tested besides the newest, and the tests that take both ways to one.
MLFLOWS = ["2.14.3", "2.22.5"]
BOTH_WAYS = [
    "plugins/mlflow/tests/reading",
    "plugins/mlflow/tests/transport",
    "plugins/mlflow/tests/test_contract.py",
    "plugins/mlflow/tests/test_hostile.py",
    "plugins/mlflow/tests/test_large.py",
]
# The tests that need obstore and a store, which are marked as `stores`; elsewhere they are skipped.
OBJECTS = ["core/tests/builtin/test_objects.py", "core/tests/outbox"]
SOURCES = [
    "core/src",
    "plugins/gordo/src",
    "plugins/mlflow/src",
    "plugins/otel/src",
    "plugins/pages/src",
    "plugins/postgres/src",
]


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, of the code and of an example of a user's code."""
    install_distributions(session, "typing")
    session.run("mypy", *SOURCES, "examples/plugin", "tests/typing")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests on this Python; arguments are passed to pytest."""
    run_tests(session)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run all tests with coverage, and print the lines that they do not reach."""
    # Not part of `tests`: it is slow, and on CPython 3.11 it may fail tests that start many threads, since
    # only one thread at a time can install a trace function.
    install_distributions(session, "test", "coverage", "build", "docs")
    session.run("pytest", "--cov", *AT_ONCE, *session.posargs, env=COMPILED)


@nox.session(name="tests-matrix", python=PYTHONS, default=False)
def tests_matrix(session: nox.Session) -> None:
    """Run all tests on every supported Python; arguments are passed to pytest."""
    run_tests(session)


@nox.session(default=False)
def oldest(session: nox.Session) -> None:
    """Test each plugin with the oldest core that it supports, if that is not this one."""
    install_distributions(session, "test", "build")
    for plugin in ("plugins/mlflow", "plugins/otel", "plugins/pages", "plugins/postgres"):
        result = session.run("python", "tests/oldest_core.py", plugin, session.create_tmp(), silent=True)
        session.log(result.strip())
        if result.rstrip().endswith(".whl"):
            wheel = Path(result.rstrip().rpartition(": ")[2])
            session.install("--reinstall-package", "newsdesk", f"newsdesk[testing] @ {wheel.as_uri()}")
            session.run("pytest", f"{plugin}/tests", *session.posargs)


@nox.session(python=PYTHONS[0], default=False)
def lowest(session: nox.Session) -> None:
    """Test core and the plugins with the oldest versions of their direct dependencies."""
    install_distributions(session, "test", "build", resolution="lowest-direct")
    # MLflow before 2.16 imports pkg_resources without requiring it; later setuptools warn on its import.
    session.install("setuptools==65.5.0")
    session.run("pytest", *AT_ONCE, *(session.posargs or UNIT_TESTS), env=COMPILED)


@nox.session
def azureml(session: nox.Session) -> None:
    """Test `mlflow` against an emulation of AzureML, with what `newsdesk-mlflow[azureml]` installs."""
    run_azureml(session, "--ignore=plugins/mlflow/tests/auth/test_contract.py")


@nox.session(name="azureml-kit", default=False)
def azureml_kit(session: nox.Session) -> None:
    """Do the same, with the conformance kit through AzureML's gateway: it takes three minutes more."""
    run_azureml(session)


def run_azureml(session: nox.Session, *options: str) -> None:
    """Install the wheels for AzureML, and a server apart from them, and run the tests."""
    wheels, server = Path(session.create_tmp(), "dist"), Path(session.create_tmp(), "server")
    session.install("uv")
    session.run("uv", "build", "--quiet", "--all-packages", "--wheel", "--clear", "--out-dir", str(wheels))
    [core], [plugin] = wheels.glob("newsdesk-*.whl"), wheels.glob("newsdesk_mlflow-*.whl")
    session.install(f"{core}[testing]", f"{plugin}[azureml]", *group("azureml"))
    # mlflow-skinny has no server, so it runs in a separate environment.
    session.run("uv", "venv", "--quiet", "--clear", str(server))
    served = (f"{core}[testing]", f"{plugin}[local]")
    session.run("uv", "pip", "install", "--quiet", "--python", str(server), *served)
    python = {"MLFLOW_SERVER_PYTHON": str(server.resolve() / "bin" / "python")}
    tests = ["plugins/mlflow/tests/auth", *options, *session.posargs]
    # Two workers, since each compiles its own server at the first start.
    at_once = ["--numprocesses=2", "--dist=loadscope"]
    session.run("pytest", *at_once, *tests, env={**COMPILED, **python})


@nox.session
def objects(session: nox.Session) -> None:
    """Test what uses object stores: over moto as S3, and over Azurite as Azure where npm can install it."""
    session.install("-e", "core[objects,testing]", *group("objects"))
    at_once = ["--numprocesses=4", "--dist=loadscope", "-m", "stores and not large"]
    session.run("pytest", *at_once, *OBJECTS, *session.posargs, env={**COMPILED, **azurite(session)})


@nox.session(python=PYTHONS[0], default=False)
def gordo(session: nox.Session) -> None:
    """Install newsdesk beside gordo, and check what docs/move-from-gordo.md says with gordo itself."""
    # Not part of CI: it installs TensorFlow twice, and takes a quarter of an hour.
    install_distributions(session, "test", "build")
    session.run("pytest", "tests/gordo", *session.posargs, env={**COMPILED, **GORDO})


@nox.session(name="mlflow-versions", default=False)
@nox.parametrize("version", MLFLOWS)
def mlflow_versions(session: nox.Session, version: str) -> None:
    """Test `mlflow` over both ways to a server, REST and MLflow's client, against older servers."""
    install_distributions(session, "test")
    server = Path(session.create_tmp(), "server")
    session.install("uv")
    session.run("uv", "venv", "--quiet", "--clear", str(server))
    # Both packages in one version; MLflow before 2.16 imports pkg_resources, and 2 cannot use SQLAlchemy 2.1.
    served = [f"mlflow=={version}", f"mlflow-skinny=={version}", "sqlalchemy<2.1", "setuptools<81"]
    ours = ["-e", "core[testing]", "-e", "plugins/mlflow"]
    session.run("uv", "pip", "install", "--quiet", "--python", str(server), *served, *ours)
    python = {"MLFLOW_SERVER_PYTHON": str(server.resolve() / "bin" / "python")}
    session.run(
        "pytest",
        "--numprocesses=2",
        "--dist=loadscope",
        *BOTH_WAYS,
        *session.posargs,
        env={**COMPILED, **python},
    )


@nox.session(default=False)
def pictures(session: nox.Session) -> None:
    """Make the pictures of the README and the docs again."""
    install_distributions(session)
    session.install("pyte", *group("test"))
    session.run("python", "docs/pictures/make.py")


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the site into `site/`, check its links, and execute the examples of the README and the docs."""
    install_distributions(session, "test", "build", "docs")
    session.run("sphinx-build", "--fail-on-warning", "--keep-going", "--fresh-env", "docs", "site")
    session.run("pytest", *DOCS_TESTS, *session.posargs)


@nox.session(default=False)
def wheels(session: nox.Session) -> None:
    """Build every distribution into `dist/`, and test the wheels."""
    install_distributions(session, "test", "build")
    session.run("uv", "build", "--all-packages", "--clear", "--out-dir", "dist")
    session.run(
        "pytest",
        "tests/test_wheels.py",
        "tests/test_discovery.py",
        "tests/test_third_party.py",
        *session.posargs,
    )


@nox.session(default=False)
def large(session: nox.Session) -> None:
    """Run the tests with thousands of machines, and those that kill a copy again and again."""
    install_distributions(session, "test", "build", "docs", "objects")
    session.install("-e", "core[objects]")
    session.run("pytest", *AT_ONCE, "-m", "large", *session.posargs, env={**COMPILED, **azurite(session)})
    session.run("pytest", *AT_ONCE, *SLOW, env=COMPILED)


@nox.session(default=False)
def copies(session: nox.Session) -> None:
    """Copy 300 machines from MLflow to PostgreSQL to files and back, and print times and requests."""
    install_distributions(session, "test")
    environment = {**COMPILED, "NEWSDESK_COPIES": "300"}
    session.run("pytest", "tests/test_copy.py", "-k", "every_byte", *session.posargs, env=environment)


@nox.session(name="kit-power", default=False)
def kit_power(session: nox.Session) -> None:
    """Plant bugs in our reporters, and print which check of the kit catches each; arguments: reporters."""
    install_distributions(session, "test", "objects")
    session.install("--no-deps", "-e", "examples/newsdesk-parquet")
    session.install("pyarrow", "duckdb", "-e", "core[objects]")
    session.run("python", "-m", "tests.kit_power", *session.posargs, env=COMPILED)


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """Report made-up machines to local stores, and list what MLflow's has."""
    install_distributions(session)
    shutil.rmtree("newsdesk-demo", ignore_errors=True)
    session.run("newsdesk", "demo")
    with session.chdir("newsdesk-demo"):
        session.run("newsdesk", "list", "--from", "mlflow", "--sort", "r2-score", "--worst-first")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure newsdesk against the raw drivers; arguments select parts, such as `cold`."""
    install_distributions(session, "build")
    if "gordo" in session.posargs:
        session.run("python", "tests/gordo/environment.py", f"{GORDO['GORDO_ENVIRONMENTS']}/alone")
    session.run("python", "-m", "benchmarks", *session.posargs, env={**COMPILED, **GORDO})


def run_tests(session: nox.Session) -> None:
    """Run all tests but those of `nox -s large`, and of `nox -s azureml-kit`."""
    install_distributions(session, "test", "build", "docs")
    session.run(
        "pytest",
        *AT_ONCE,
        "--ignore=plugins/mlflow/tests/auth/test_contract.py",
        *("-m", "not large"),
        *(f"--ignore={path}" for path in SLOW),
        *session.posargs,
        env=COMPILED,
    )


def azurite(session: nox.Session) -> dict[str, str]:
    """Install Azurite from npm once, not in a session's own folder; give the variable that names it."""
    folder = Path(".nox", "azurite").resolve()
    command = folder / "node_modules" / ".bin" / "azurite-blob"
    if not command.exists() and shutil.which("npm") is not None:
        options = ("--silent", "--no-fund", "--no-audit", "--fetch-retries=1", "--fetch-timeout=20000")
        install = ("npm", "install", *options, "--prefix", str(folder), "azurite@3")
        session.run(*install, external=True, success_codes=range(256))
    if command.exists():
        return {"AZURITE": str(command)}
    session.warn("npm is missing, or cannot install Azurite: the tests over Azure Blob Storage do not run")
    return {}


def install_distributions(session: nox.Session, *groups: str, resolution: str = "highest") -> None:
    """Install every distribution from this tree, with the tools of some dependency groups."""
    editable = [argument for path in DISTRIBUTIONS for argument in ("-e", path)]
    tools = [requirement for name in groups for requirement in group(name)]
    # Only uv supports other resolutions.
    resolved = [] if resolution == "highest" else [f"--resolution={resolution}"]
    session.install(*resolved, *editable, *tools)


def group(name: str) -> tuple[str, ...]:
    """Return the requirements of a dependency group."""
    return nox.project.dependency_groups(WORKSPACE, name)
