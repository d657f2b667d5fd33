"""The project's sessions: `nox` runs lint, typing and tests; `nox -s demo` shows newsdesk at work."""

from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_missing_interpreters = True
# Tests come last, so that pytest's summary closes the output.
nox.options.sessions = ["lint", "typing", "azureml", "tests"]

WORKSPACE = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(nox.project.load_toml("core/pyproject.toml"))
DISTRIBUTIONS = ["core[dask,template]", "plugins/mlflow[local]", "plugins/postgres[embedded]"]
DOCS_TESTS = ["tests/test_readme.py", *sorted(map(str, Path("tests").glob("test_docs_*.py")))]
# Four at a time: much of the time tests wait for servers. By file or class, so that its servers start once,
# and in the order of pyproject.toml: what takes longest begins first.
AT_ONCE = ["--numprocesses=4", "--dist=loadscope", "--no-loadscope-reorder"]
# Where the environment forbids to keep what was compiled, each MLflow server compiles for 12 s of CPU.
COMPILED = {"PYTHONDONTWRITEBYTECODE": None}
UNIT_TESTS = ["core/tests", "plugins/mlflow/tests", "plugins/postgres/tests"]
SOURCES = ["core/src", "plugins/mlflow/src", "plugins/postgres/src"]


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, of the code and of a file as a user would write it."""
    install_distributions(session, "typing")
    session.run("mypy", *SOURCES, "examples/plugin", "tests/typing")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests on this Python; arguments go to pytest."""
    install_distributions(session, "test", "build", "docs")
    # The whole kit through AzureML's gateway is run by `nox -s azureml`.
    slow = "plugins/mlflow/tests/auth/test_contract.py"
    session.run("pytest", *AT_ONCE, f"--ignore={slow}", *session.posargs, env=COMPILED)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run all tests, and print what of the code they did not reach."""
    # Not in `tests`: CPython 3.11 lets one thread at a time install a trace function and fails the others,
    # so that a test that begins many threads at once may fail of being measured. It also makes all slower.
    install_distributions(session, "test", "coverage", "build", "docs")
    session.run("pytest", "--cov", *AT_ONCE, *session.posargs, env=COMPILED)


@nox.session(name="tests-matrix", python=PYTHONS, default=False)
def tests_matrix(session: nox.Session) -> None:
    """Run all tests on every Python that newsdesk supports."""
    install_distributions(session, "test", "build", "docs")
    session.run("pytest", *session.posargs)


@nox.session(default=False)
def oldest(session: nox.Session) -> None:
    """Test each plugin with the oldest core that it admits, where that is not this one."""
    install_distributions(session, "test", "build")
    for plugin in ("plugins/mlflow", "plugins/postgres"):
        told = session.run("python", "tests/oldest_core.py", plugin, session.create_tmp(), silent=True)
        session.log(told.strip())
        if told.rstrip().endswith(".whl"):
            wheel = Path(told.rstrip().rpartition(": ")[2])
            session.install("--reinstall-package", "newsdesk", f"newsdesk[testing] @ {wheel.as_uri()}")
            session.run("pytest", f"{plugin}/tests", *session.posargs)


@nox.session(python=PYTHONS[0], default=False)
def lowest(session: nox.Session) -> None:
    """Test core and the plugins with the oldest version of everything that they require directly."""
    install_distributions(session, "test", "build", resolution="lowest-direct")
    # MLflow before 2.16 imports pkg_resources without requiring it; later versions of it warn when imported.
    session.install("setuptools==65.5.0")
    session.run("pytest", *AT_ONCE, *(session.posargs or UNIT_TESTS), env=COMPILED)


@nox.session
def azureml(session: nox.Session) -> None:
    """Test the reporter against an AzureML of this machine, with what `newsdesk-mlflow[azureml]` installs."""
    wheels, server = Path(session.create_tmp(), "dist"), Path(session.create_tmp(), "server")
    session.install("uv")
    session.run("uv", "build", "--quiet", "--all-packages", "--wheel", "--clear", "--out-dir", str(wheels))
    [core], [plugin] = wheels.glob("newsdesk-*.whl"), wheels.glob("newsdesk_mlflow-*.whl")
    session.install(f"{core}[testing]", f"{plugin}[azureml]", *group("azureml"))
    # mlflow-skinny has no server: that runs in an environment of its own.
    session.run("uv", "venv", "--quiet", "--clear", str(server))
    served = (f"{core}[testing]", f"{plugin}[local]")
    session.run("uv", "pip", "install", "--quiet", "--python", str(server), *served)
    python = {"MLFLOW_SERVER_PYTHON": str(server.resolve() / "bin" / "python")}
    tests = ["plugins/mlflow/tests/auth", *session.posargs]
    # Two at a time: each of its workers compiles a server of its own at the first start.
    at_once = ["--numprocesses=2", "--dist=loadscope"]
    session.run("pytest", *at_once, *tests, env={**COMPILED, **python})


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the site into `site/`, check its links, and execute what the README and the docs show."""
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
def demo(session: nox.Session) -> None:
    """Report four real machines to a local MLflow store and to a private PostgreSQL."""
    install_distributions(session)
    machines = sorted(map(str, Path("examples/machines").glob("*.json")))
    session.run("newsdesk", "report", *machines, "--config", "examples/local.yaml")
    session.run("python", "examples/look.py")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure what newsdesk costs beside the raw drivers; arguments are parts, such as `core`."""
    install_distributions(session)
    session.run("python", "-m", "benchmarks", *session.posargs)


def install_distributions(session: nox.Session, *groups: str, resolution: str = "highest") -> None:
    """Install every distribution from this tree, with the tools of some dependency groups."""
    editable = [argument for path in DISTRIBUTIONS for argument in ("-e", path)]
    tools = [requirement for name in groups for requirement in group(name)]
    # Only uv knows other resolutions than the highest.
    resolved = [] if resolution == "highest" else [f"--resolution={resolution}"]
    session.install(*resolved, *editable, *tools)


def group(name: str) -> tuple[str, ...]:
    """Give the requirements of one dependency group."""
    return nox.project.dependency_groups(WORKSPACE, name)
