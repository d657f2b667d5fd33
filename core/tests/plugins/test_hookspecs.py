import dataclasses
from math import inf

import newsdesk
import pytest
from newsdesk.builtin.null import NullReporter
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.exceptions import PluginError
from newsdesk.machine import MachineKey
from newsdesk.plugins import hookspecs
from newsdesk.plugins.hookspecs import (
    Attempt,
    CommandPlugin,
    HookSpecs,
    ReporterPlugin,
    ServerPlugin,
    hookimpl,
)

HOOKS = (
    "newsdesk_reporters",
    "newsdesk_receipt",
    "newsdesk_attempt",
    "newsdesk_servers",
    "newsdesk_commands",
)
OWN = "registered by the program"


def test_these_are_all_hooks():
    assert {name for name in vars(HookSpecs) if not name.startswith("_")} == {*HOOKS}


@pytest.mark.parametrize("name", ["slack", "a", "0", "my-slack_2"])
@pytest.mark.parametrize("reporter", ["pkg.mod:Class", "pkg.mod.Class", "pkg:Outer.Inner", NullReporter])
@pytest.mark.parametrize("aliases", [(), ("chat", "old.path.Class", "old.path:Class")])
def test_a_record_that_can_be_used_is_taken(name, reporter, aliases):
    record = ReporterPlugin(name, reporter, aliases, summary="posts")
    assert (record.name, record.reporter, record.aliases) == (name, reporter, aliases)
    assert record.names == (name, *aliases)
    assert record.api_version == 1, "whatever this core has come to"


def test_a_record_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ReporterPlugin("a", "b.C").name = "c"


@pytest.mark.parametrize("name", ["", "Slack", "a b", "-a", "a.b", "ä", None, 5])
def test_a_name_that_no_config_could_use_is_refused(name):
    with pytest.raises(PluginError) as caught:
        ReporterPlugin(name, "a.B")
    assert str(caught.value) == (
        f"a reporter's name must be lower-case letters, digits, '-' and '_', but is {name!r}"
    )


def test_a_newer_contract_than_this_one_knows_is_refused():
    with pytest.raises(PluginError) as caught:
        ReporterPlugin("slack", "a.B", api_version=2)
    assert str(caught.value) == (
        "the reporter 'slack' needs version 2 of newsdesk's contract, and this newsdesk supports up to 1: upgrade newsdesk"
    )


def test_an_older_contract_than_this_one_keeps_is_refused():
    with pytest.raises(PluginError) as caught:
        ReporterPlugin("slack", "a.B", api_version=0)
    assert str(caught.value) == (
        "the reporter 'slack' was written for version 0 of newsdesk's contract, and this newsdesk keeps 1 and "
        "later: upgrade the plugin"
    )


@pytest.mark.parametrize("reporter", ["Class", "", "a-b.C", dict, None, NullReporter()])
def test_what_is_no_reporter_is_refused(reporter):
    with pytest.raises(PluginError) as caught:
        ReporterPlugin("slack", reporter)
    assert str(caught.value) == (
        "the reporter 'slack' must be a BaseReporter class or its import path 'pkg.mod:Class', "
        f"but is {reporter!r}"
    )


@pytest.mark.parametrize("alias", ["", "Chat", "a b", None, 5])
def test_an_alias_that_no_config_could_use_is_refused(alias):
    with pytest.raises(PluginError) as caught:
        ReporterPlugin("slack", "a.B", aliases=("chat", alias))
    assert (
        str(caught.value)
        == f"the reporter 'slack' has the alias {alias!r}, which is neither a name nor an import path"
    )


@pytest.mark.parametrize("name", ["a", "slack", "s3_store", "x2"])
@pytest.mark.parametrize("serve", ["pkg.mod:function", "pkg.mod.function", "pkg:Outer.function"])
def test_a_server_that_can_be_used_is_taken(name, serve):
    assert dataclasses.astuple(ServerPlugin(name, serve)) == (name, serve)


@pytest.mark.parametrize("name", ["", "2x", "my-slack", "Slack", "a b", "ä", None])
def test_a_server_whose_name_cannot_be_in_a_fixtures_is_refused(name):
    with pytest.raises(PluginError) as caught:
        ServerPlugin(name, "a:b")
    assert str(caught.value) == (
        f"a server's name must be lower-case letters, digits and '_', a letter first, but is {name!r}"
    )


@pytest.mark.parametrize("serve", ["", "function", "a-b:c", None, print])
def test_a_server_that_is_no_import_path_is_refused(serve):
    with pytest.raises(PluginError) as caught:
        ServerPlugin("slack", serve)
    assert str(caught.value) == (
        f"the server 'slack' must be the import path 'pkg.mod:function' of a context manager, but is {serve!r}"
    )


@pytest.mark.parametrize("name", ["", "Slack", "a b", "-a", None])
def test_a_command_whose_name_nobody_could_type_is_refused(name):
    with pytest.raises(PluginError) as caught:
        CommandPlugin(name, "a:b")
    assert str(caught.value) == (
        f"a command's name must be lower-case letters, digits, '-' and '_', but is {name!r}"
    )


@pytest.mark.parametrize("command", ["", "function", "a-b:c", None, print])
def test_a_command_that_is_not_an_import_path_is_refused(command):
    with pytest.raises(PluginError) as caught:
        CommandPlugin("slack", command)
    assert str(caught.value) == (
        f"the command 'slack' must be the import path 'pkg.mod:command' of a command of click, but is {command!r}"
    )


def example(doc):
    """Give the code of a docstring's example."""
    lines = doc.partition("Example:\n")[2].splitlines()
    return "\n".join(line.strip()[4:] for line in lines if line.strip()[:3] in (">>>", "..."))


def test_the_examples_of_the_hooks_run(registry, capsys):
    for name in HOOKS:
        hook = getattr(HookSpecs, name)
        names = {}
        exec(example(hook.__doc__), names)
        plugin = type("Plugin", (), {hook.__name__: staticmethod(names[hook.__name__])})
        registry.register(plugin, name=hook.__name__)
    assert "slack" in registry.names()
    registry.tell(Receipt(MachineKey("p", "m"), "0", "mlflow", Status.FAILED, error=ValueError("down")))
    assert capsys.readouterr().out == "p/m is not at mlflow: down\n"
    around = registry.around(newsdesk.Machine(name="m", project_name="p"), "mlflow", 2, lambda: inf)
    around.begin()
    around.end(ValueError("down"))
    assert capsys.readouterr().out == "attempt 2 at mlflow failed after 0 s\n"
    assert [
        server.name for plugin in registry.plugins() for server in plugin.servers if plugin.origin == OWN
    ] == ["slack"]


def test_the_whole_plugin_of_the_docstring_works_from_its_entry_point(distribution, registry):
    code = hookspecs.__doc__.partition("::\n")[2]
    source, _, toml = code.partition("# pyproject.toml")
    entry, _, module = toml.splitlines()[-1].strip().replace('"', "").partition(" = ")
    distribution(
        "my-plugin",
        {
            module: source,
            "my_plugin.reporter": """
                from newsdesk import BaseReporter
                class SlackReporter(BaseReporter):
                    def report(self, machine): ...
            """,
        },
        entries={entry: module},
    )
    assert registry.find("slack").__name__ == registry.find("chat").__name__ == "SlackReporter"


def test_a_plugin_gets_all_it_needs_from_the_package_itself():
    assert newsdesk.hookimpl is hookimpl
    assert newsdesk.Attempt is Attempt
    assert newsdesk.ReporterPlugin is ReporterPlugin
    assert newsdesk.ServerPlugin is ServerPlugin
