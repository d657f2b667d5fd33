"""Pytest fixtures that run the servers of installed plugins, each for the whole session.

A test suite asks for them in the `conftest.py` beside its pytest.ini or pyproject.toml::

    pytest_plugins = ["newsdesk.testing.fixtures"]

    def test_a_run_arrives(mlflow_server):
        assert mlflow_server.url

It is not an entry point of pytest: that would be imported in every test run where newsdesk is installed,
before coverage is measured, and offer fixtures that were not asked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from newsdesk.builtin.registry import new_registry
from newsdesk.plugins.hookspecs import ServerPlugin
from newsdesk.plugins.loaded import LoadedPlugin
from newsdesk.testing.harness.summary import print_summary
from newsdesk.testing.servers.server import Server, ServerMissing

_FIRST_PARTY: Mapping[str, str] = {
    "mlflow": "newsdesk-mlflow[local]",
    "postgres": "newsdesk-postgres[embedded]",
}
"""What to install for our own servers, whose fixtures exist everywhere and skip where that is missing."""


def pytest_configure(config: pytest.Config) -> None:
    """Let the run end with the number of conformance checks that hold, also with xdist."""
    print_summary(config)


def _fixture(name: str) -> Callable[..., Iterator[Server]]:
    def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
        # With xdist each worker is a session, with its own server, folder and port.
        server = Server(_offer(name).serve, tmp_path_factory.mktemp(f"{name}-server"))
        try:
            server.start()
        except ServerMissing as error:
            pytest.skip(str(error))
        with server:
            yield server

    run.__doc__ = f"Run the server {name!r} for all tests of this process, see `newsdesk.testing.Server`."
    fixture: Callable[..., Iterator[Server]] = pytest.fixture(scope="session", name=f"{name}_server")(run)
    return fixture


def _offer(name: str) -> ServerPlugin:
    plugins = new_registry().plugins()
    offers = [(plugin, record) for plugin in plugins for record in plugin.servers if record.name == name]
    if not offers:
        _fail_if_broken(name, plugins)
        pytest.skip(f"no installed plugin offers the server {name!r}: {_what_to_do(name)}")
    if len(offers) > 1:
        origins = " and ".join(plugin.origin for plugin, _ in offers)
        pytest.fail(f"the server {name!r} is offered by {origins}; uninstall all but one", pytrace=False)
    return offers[0][1]


def _fail_if_broken(name: str, plugins: Sequence[LoadedPlugin]) -> None:
    for plugin in plugins:
        if plugin.name == name and plugin.error is not None:
            message = f"the plugin {name!r} of {plugin.origin} is broken: {plugin.error}"
            pytest.fail(f"{message}; fix it, or uninstall it to skip its tests", pytrace=False)


def _what_to_do(name: str) -> str:
    install = _FIRST_PARTY.get(name)
    return f"pip install '{install}'" if install else "install its plugin again"


_OFFERED = {record.name for plugin in new_registry().plugins() for record in plugin.servers}

for _name in sorted({*_FIRST_PARTY, *_OFFERED}):
    globals()[f"{_name}_server"] = _fixture(_name)
