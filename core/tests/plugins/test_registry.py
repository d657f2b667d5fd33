import contextlib
import logging
import subprocess
import sys
import textwrap
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import newsdesk
import pytest
from newsdesk.builtin.console import ConsoleReporter
from newsdesk.builtin.null import NullReporter
from newsdesk.builtin.registry import new_registry
from newsdesk.contract.receipt import Receipt, Status
from newsdesk.exceptions import DefinitionError, PluginError, UnknownReporterError
from newsdesk.machine import Machine, MachineKey
from newsdesk.plugins.building import build
from newsdesk.plugins.definition import Definition
from newsdesk.plugins.hookspecs import ReporterPlugin, hookimpl
from newsdesk.plugins.import_paths import FIRST_PARTY
from newsdesk.secrets import Secret

PLUGIN = """
    from newsdesk import ReporterPlugin, hookimpl

    @hookimpl
    def newsdesk_reporters():
        yield ReporterPlugin({name!r}, "{module}_reporter:Reporter", aliases={aliases!r})
"""
REPORTER = """
    from newsdesk import BaseReporter, Secret

    class Reporter(BaseReporter):
        def __init__(self, channel: str = "", token: Secret = ""):
            if channel == "bad":
                raise ValueError(f"no channel {channel!r} for {token}")

        def report(self, machine): ...

    class Base(BaseReporter): ...

    class Outer:
        class Inner(Reporter): ...

    class NoReporter: ...
    value = 5
"""


@pytest.fixture
def plugin(distribution):
    """Install a plugin with one reporter."""

    def install(
        name,
        module=None,
        *,
        aliases=(),
        distribution_name=None,
        source=PLUGIN,
        reporter=REPORTER,
        entries=None,
    ):
        module = module or f"{name}_plugin"
        distribution(
            distribution_name or f"newsdesk-{name}",
            {
                module: source.format(name=name, module=module, aliases=aliases),
                f"{module}_reporter": reporter,
            },
            entries=entries or {name: module},
        )

    return install


def error_of(call, kind):
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    return str(caught.value)


class TestFind:
    @pytest.mark.parametrize(
        "target",
        [
            "slack",
            "chat",
            "old.path.Slack",
            "slack_plugin_reporter.Reporter",
            "slack_plugin_reporter:Reporter",
        ],
    )
    def test_a_reporter_is_found_by_name_alias_and_import_path(self, plugin, registry, target):
        plugin("slack", aliases=("chat", "old.path.Slack"))
        assert registry.find(target).__name__ == "Reporter"

    def test_a_nested_class_is_found_behind_a_colon(self, plugin, registry):
        plugin("slack")
        assert registry.find("slack_plugin_reporter:Outer.Inner").__name__ == "Inner"

    def test_the_built_in_ones_come_through_the_same_hook(self, registry):
        assert registry.names()[:1] == ["console"]
        assert {"console", "files", "null"} <= set(registry.names())
        assert registry.find("console") is ConsoleReporter
        assert registry.plugins()[0].origin == "newsdesk (built in)"

    def test_only_the_plugin_that_is_asked_for_is_loaded(self, plugin, registry):
        plugin("slack")
        plugin("teams")
        registry.find("slack")
        registry.find("console")
        assert "slack_plugin" in sys.modules
        assert "teams_plugin" not in sys.modules

    def test_the_reporters_module_is_imported_when_its_name_is_asked_for(self, plugin, registry):
        plugin("slack")
        assert "slack" in registry.names()
        assert "slack_plugin" in sys.modules
        assert "slack_plugin_reporter" not in sys.modules

    def test_other_plugins_are_loaded_when_an_alias_may_be_theirs(self, plugin, registry):
        plugin("slack")
        plugin("teams", aliases=("ms",))
        assert registry.find("ms").__module__ == "teams_plugin_reporter"

    def test_one_module_may_serve_several_entry_points(self, plugin, registry):
        both = """
            from newsdesk import ReporterPlugin, hookimpl

            @hookimpl
            def newsdesk_reporters():
                yield ReporterPlugin("slack", "{module}_reporter:Reporter")
                yield ReporterPlugin("teams", "{module}_reporter:Outer.Inner")
        """
        plugin("slack", "chat_plugin", source=both, entries={"slack": "chat_plugin", "teams": "chat_plugin"})
        assert registry.find("slack").__name__ == "Reporter"
        assert registry.find("teams").__name__ == "Inner"
        assert registry.find("slack").__name__ == "Reporter"
        assert [loaded.error for loaded in registry.plugins()] == [None] * len(registry.plugins())
        assert len([loaded for loaded in registry.plugins() if loaded.name in ("slack", "teams")]) == 1

    def test_an_entry_point_may_have_another_name_than_its_one_reporter(self, plugin, registry):
        plugin("slack", entries={"my-entry": "slack_plugin"})
        assert registry.find("my-entry") is registry.find("slack")

    def test_many_threads_may_ask_at_once(self, plugin, registry):
        plugin("slack")
        barrier = threading.Barrier(8)

        def find(_):
            barrier.wait()
            return registry.find("slack")

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(find, range(8)))) == 1


class TestUnknown:
    def test_an_unknown_name_is_told_with_what_exists_and_the_nearest_match(self, distribution, registry):
        names = ", ".join(registry.names())
        assert error_of(lambda: registry.find("consle"), UnknownReporterError) == (
            f"there is no reporter 'consle' (did you mean 'console'?); installed are: {names}"
        )
        assert error_of(lambda: registry.find("xyzzy"), UnknownReporterError) == (
            f"there is no reporter 'xyzzy'; installed are: {names}"
        )

    def test_broken_plugins_are_told_too_for_one_of_them_may_be_meant(self, plugin, registry):
        plugin("slack", source="raise RuntimeError('no licence')")
        assert error_of(lambda: registry.find("chat"), UnknownReporterError).endswith(
            "; broken plugins: 'slack' of newsdesk-slack 1.0 (no licence)"
        )

    @pytest.fixture
    def bare(self):
        """Run code in a fresh interpreter that sees newsdesk and what it needs, but none of the plugins."""

        def run(code):
            hide = """
                import sys
                from newsdesk.plugins import entry_points
                class Hidden:
                    def find_spec(self, name, path=None, target=None):
                        if name.partition(".")[0] in ("newsdesk_mlflow", "newsdesk_postgres", "gordo"):
                            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
                sys.meta_path.insert(0, Hidden())
                entry_points.distributions = lambda: []
            """
            ran = subprocess.run(
                [sys.executable, "-c", textwrap.dedent(hide) + textwrap.dedent(code)],
                capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            assert ran.stderr == ""
            return ran.stdout

        return run

    def test_names_of_our_own_that_are_not_installed_say_what_to_install(self, bare):
        targets = [
            *FIRST_PARTY,
            "newsdesk_mlflow.reporter.MlFlowReporter",
            "newsdesk_postgres:PostgresReporter",
        ]
        out = bare(
            f"""
            from newsdesk import BaseReporter, UnknownReporterError
            for target in {targets!r}:
                try:
                    BaseReporter.from_dict(target)
                except UnknownReporterError as error:
                    print(target, str(error).rpartition("; to get it: ")[2])
            """
        )
        packages = {**FIRST_PARTY, targets[-2]: "newsdesk-mlflow", targets[-1]: "newsdesk-postgres"}
        assert out.splitlines() == [f"{target} pip install {packages[target]}" for target in targets]

    def test_so_does_a_plugin_that_a_config_lists(self, bare):
        out = bare(
            """
            from newsdesk import Config, ReporterException
            try:
                Config.from_yaml("plugins: [otel]\\nreporters: [console]").desk()
            except ReporterException as error:
                print(error)
            """
        )
        assert "no plugin 'otel' is installed; there are: " in out
        assert out.endswith("; to get it: pip install newsdesk-otel\n")

    @pytest.mark.parametrize(
        ("target", "text"),
        [
            (
                "mlflow",
                "there is no reporter 'mlflow'; installed are: console, files, null, objects; "
                "to get it: pip install newsdesk-mlflow\n",
            ),
            (
                "newsdesk_mlflow.MlFlowReporter",
                "'newsdesk_mlflow.MlFlowReporter' names the module 'newsdesk_mlflow', but there is no module "
                "'newsdesk_mlflow'; check the path, and that its distribution is installed; "
                "to get it: pip install newsdesk-mlflow\n",
            ),
        ],
    )
    def test_the_whole_text_for_a_name_and_for_a_path_of_ours(self, bare, target, text):
        out = bare(
            f"""
            from newsdesk import BaseReporter, UnknownReporterError
            try:
                BaseReporter.from_dict({target!r})
            except UnknownReporterError as error:
                print(error)
            """
        )
        assert out == text


class TestImportPaths:
    @pytest.fixture(autouse=True)
    def installed(self, plugin):
        plugin("slack")

    def test_a_module_that_does_not_exist_is_told(self, registry):
        assert error_of(lambda: registry.find("no_such_pkg.mod.Class"), UnknownReporterError) == (
            "'no_such_pkg.mod.Class' names the module 'no_such_pkg.mod', but there is no module 'no_such_pkg'; "
            "check the path, and that its distribution is installed"
        )

    def test_an_attribute_that_does_not_exist_is_told_with_the_nearest_class(self, registry):
        assert error_of(lambda: registry.find("slack_plugin_reporter.Reportr"), UnknownReporterError) == (
            "the module 'slack_plugin_reporter' has no 'Reportr' (did you mean 'Reporter'?); "
            "its reporters: Reporter"
        )

    @pytest.mark.parametrize(
        ("attribute", "what"),
        [("NoReporter", "a class"), ("value", "of type int"), ("Secret", "of type _AnnotatedAlias")],
    )
    def test_what_is_no_reporter_is_refused(self, registry, attribute, what):
        target = f"slack_plugin_reporter.{attribute}"
        assert error_of(lambda: registry.find(target), DefinitionError) == (
            f"'{target}' is {what}, but not a subclass of newsdesk.BaseReporter; name a reporter class"
        )

    @pytest.mark.parametrize("target", ["os.system", "builtins.eval", "subprocess:Popen"])
    def test_nothing_else_is_ever_built(self, target):
        with pytest.raises(DefinitionError, match=r"but not a subclass of newsdesk\.BaseReporter"):
            build({target: {"x": "y"}}, registry=new_registry())

    @pytest.mark.parametrize("name", ["Base", "BaseReporter"])
    def test_an_abstract_class_is_refused(self, registry, name):
        target = f"slack_plugin_reporter.{name}"
        assert error_of(lambda: registry.find(target), DefinitionError) == (
            f"'{target}' is abstract: it does not implement report; name a class that does"
        )

    def test_a_module_that_fails_to_import_is_told_with_its_cause(self, distribution, registry):
        distribution("x", {"failing": "1 / 0", "needy": "import no_such_library"})
        assert error_of(lambda: registry.find("failing.X"), DefinitionError) == (
            "'failing.X' cannot be imported: ZeroDivisionError: division by zero"
        )
        assert error_of(lambda: registry.find("needy.X"), DefinitionError) == (
            "'needy.X' cannot be imported: ModuleNotFoundError: No module named 'no_such_library'"
        )

    def test_import_paths_can_be_restricted_to_prefixes(self, registry):
        allowed = ["my_pkg", "other.pkg"]
        target = "slack_plugin_reporter.Reporter"
        assert error_of(lambda: registry.find(target, allow_import_paths=allowed), DefinitionError) == (
            "the import path 'slack_plugin_reporter.Reporter' is not allowed here; allowed are: my_pkg, other.pkg"
        )
        assert error_of(lambda: registry.find(target, allow_import_paths=[]), DefinitionError) == (
            "the import path 'slack_plugin_reporter.Reporter' is not allowed here; allowed are: none"
        )
        assert target.partition(".")[0] not in sys.modules
        assert registry.find(target, allow_import_paths=["slack_plugin_reporter"])

    def test_names_are_allowed_whatever_the_prefixes(self, registry):
        assert registry.find("slack", allow_import_paths=[])


class TestBroken:
    BROKEN: ClassVar = {
        "raise RuntimeError('no licence')": "RuntimeError: no licence",
        "import no_such_library": "ModuleNotFoundError: No module named 'no_such_library'",
        "import sys; sys.exit(3)": "PluginError: it ends the program when it is imported, with 3",
        "def (": "SyntaxError: ",
        "from newsdesk import hookimpl\n@hookimpl\ndef newsdesk_reporters():\n  return 5": "TypeError: 'int' object is not iterable",
        "from newsdesk import hookimpl\n@hookimpl\ndef newsdesk_reporters():\n  yield 'slack'": (
            "PluginError: newsdesk_reporters() must yield ReporterPlugin records, but gave 'slack'"
        ),
        "from newsdesk import hookimpl\n@hookimpl\ndef newsdesk_reporter():\n  yield": (
            "PluginValidationError: unknown hook 'newsdesk_reporter' in plugin "
        ),
        "from newsdesk import hookimpl, ReporterPlugin\n@hookimpl\ndef newsdesk_reporters():\n"
        "  yield ReporterPlugin('slack', 'a.B', api_version=99)": (
            "PluginError: the reporter 'slack' needs version 99 of newsdesk's contract, "
            "and this newsdesk supports up to 1: upgrade newsdesk"
        ),
    }

    @pytest.mark.parametrize(("source", "why"), BROKEN.items(), ids=[*map(str, range(len(BROKEN)))])
    def test_a_broken_plugin_harms_only_those_who_ask_for_it(self, plugin, registry, source, why):
        plugin("slack", source=source)
        plugin("teams", aliases=("ms",))
        assert registry.find("ms").__module__ == "teams_plugin_reporter"
        assert registry.find("null") is NullReporter
        text = error_of(lambda: registry.find("slack"), PluginError)
        assert text.startswith(f"the plugin 'slack' of newsdesk-slack 1.0 is broken: {why}")
        assert text.endswith("; fix or uninstall it")
        with pytest.raises(PluginError) as caught:
            registry.load("slack")
        assert caught.value.__cause__ is not None
        broken = [loaded for loaded in registry.plugins() if loaded.error is not None]
        assert [(loaded.name, loaded.origin) for loaded in broken] == [("slack", "newsdesk-slack 1.0")]

    def test_a_reporters_module_that_fails_is_told_with_its_cause(self, plugin, registry):
        plugin("slack", reporter="import no_such_library")
        assert error_of(lambda: registry.find("slack"), PluginError) == (
            "the reporter 'slack' cannot be used: 'slack_plugin_reporter:Reporter' cannot be imported: "
            "ModuleNotFoundError: No module named 'no_such_library'"
        )

    def test_an_entry_point_to_a_module_that_is_gone_is_told(self, distribution, registry):
        distribution("newsdesk-gone", entries={"gone": "gone_plugin"})
        assert error_of(lambda: registry.find("gone"), PluginError) == (
            "the plugin 'gone' of newsdesk-gone 1.0 is broken: ModuleNotFoundError: No module named 'gone_plugin'; "
            "fix or uninstall it"
        )

    def test_a_plugin_that_offers_nothing_under_its_name_says_so(self, plugin, registry):
        plugin("slack", source="def newsdesk_reporters():\n    yield 'forgot the decorator'")
        assert error_of(lambda: registry.find("slack"), PluginError) == (
            "the plugin 'slack' of newsdesk-slack 1.0 offers no reporter 'slack'; it offers: none"
        )


class TestClashes:
    def test_two_plugins_with_one_name_are_both_told_and_others_are_unaffected(self, plugin, registry):
        plugin("slack", "one_plugin", distribution_name="one")
        plugin("slack", "two_plugin", distribution_name="two")
        plugin("teams")
        with pytest.raises(PluginError) as caught:
            registry.find("slack")
        origins = ("one 1.0 and two 1.0", "two 1.0 and one 1.0")
        assert str(caught.value) in [
            f"'slack' is claimed by 2 plugins: {both}; uninstall all but one, or use the import path of the class"
            for both in origins
        ]
        assert "one_plugin" not in sys.modules
        assert registry.find("teams")
        assert registry.find("one_plugin_reporter.Reporter")
        with pytest.raises(PluginError, match="is claimed by 2 plugins"):
            registry.load("slack")

    def test_a_plugin_that_takes_a_built_ins_name_is_told(self, plugin, registry):
        plugin("console")
        assert error_of(lambda: registry.find("console"), PluginError) == (
            "'console' is claimed by 2 plugins: newsdesk (built in) and newsdesk-console 1.0; "
            "uninstall all but one, or use the import path of the class"
        )
        assert registry.find("null") is NullReporter

    def test_two_plugins_with_one_alias_are_told(self, plugin, registry):
        plugin("slack", aliases=("chat",))
        plugin("teams", aliases=("chat",))
        assert "'chat' is claimed by 2 plugins: " in error_of(lambda: registry.find("chat"), PluginError)
        assert registry.find("slack") is not registry.find("teams")

    def test_two_plugins_with_one_alias_are_told_also_when_one_of_them_is_loaded_already(
        self, plugin, registry
    ):
        plugin("slack", aliases=("chat",))
        plugin("teams", aliases=("chat",))
        registry.find("slack")
        assert "'chat' is claimed by 2 plugins: " in error_of(lambda: registry.find("chat"), PluginError)

    @pytest.mark.parametrize("name", ["slack", "console"])
    @pytest.mark.parametrize("first", ["teams", "null"])
    def test_a_name_goes_before_anothers_alias_whatever_was_loaded_first(self, plugin, registry, name, first):
        plugin("slack")
        plugin("teams", aliases=("slack", "console"))
        registry.find(first)
        assert registry.find(name).__module__ in ("slack_plugin_reporter", "newsdesk.builtin.console")

    def test_who_claims_a_name_and_who_gets_it_is_told(self, plugin, registry):
        plugin("slack")
        plugin("teams", aliases=("slack", "chat"))
        plugin("zulip", aliases=("chat",))
        assert {found.origin for found in registry.claiming("slack")} == {
            "newsdesk-slack 1.0",
            "newsdesk-teams 1.0",
        }
        assert registry.provider("slack").origin == "newsdesk-slack 1.0"
        assert "'chat' is claimed by 2 plugins: " in error_of(lambda: registry.provider("chat"), PluginError)
        assert registry.claiming("nobody") == []
        assert "there is no reporter 'nobody'" in error_of(
            lambda: registry.provider("nobody"), UnknownReporterError
        )

    def test_two_plugins_with_one_name_behind_entry_points_of_other_names_are_told(self, plugin, registry):
        plugin("slack", "one_plugin", distribution_name="one", entries={"a": "one_plugin"})
        plugin("slack", "two_plugin", distribution_name="two", entries={"b": "two_plugin"})
        registry.find("a")
        assert "'slack' is claimed by 2 plugins: " in error_of(lambda: registry.find("slack"), PluginError)


class TestRegister:
    class Plugin:
        @hookimpl
        def newsdesk_reporters(self):
            yield ReporterPlugin("mine", NullReporter)

        @hookimpl
        def newsdesk_receipt(self, receipt):
            self.heard = receipt

    def test_a_program_may_register_a_plugin_of_its_own(self, registry):
        loaded = registry.register(self.Plugin(), name="own")
        assert (loaded.name, loaded.origin) == ("own", "registered by the program")
        assert registry.find("mine") is NullReporter

    def test_registering_it_twice_is_refused_and_the_first_stays(self, registry):
        plugin = self.Plugin()
        registry.register(plugin, name="own")
        assert error_of(lambda: registry.register(plugin, name="again"), PluginError) == (
            "the plugin 'again' cannot be used: it is registered already"
        )
        assert registry.find("mine") is NullReporter

    def test_a_broken_one_is_refused_and_leaves_nothing_behind(self, registry):
        class Broken:
            @hookimpl
            def newsdesk_reporters(self):
                raise KeyError("x")

        assert error_of(lambda: registry.register(Broken(), name="own"), PluginError) == (
            "the plugin 'own' cannot be used: 'x'"
        )
        registry.register(self.Plugin(), name="own")

    def test_a_plugin_can_be_loaded_for_its_hooks(self, plugin, registry):
        plugin("slack")
        registry.load("slack")
        assert "slack_plugin" in sys.modules

    def test_loading_what_is_not_installed_is_told(self, plugin, registry):
        plugin("slack")
        text = error_of(lambda: registry.load("slak"), UnknownReporterError)
        assert text.startswith("no plugin 'slak' is installed (did you mean 'slack'?); there are: ")
        assert "slack" in text.rpartition(": ")[2]


class TestTell:
    RECEIPT = Receipt(MachineKey("p", "m"), "0", "null", Status.DELIVERED)

    def test_plugins_hear_of_receipts(self, registry):
        plugin = TestRegister.Plugin()
        registry.register(plugin, name="own")
        registry.tell(self.RECEIPT)
        assert plugin.heard is self.RECEIPT

    @pytest.mark.parametrize(
        ("use", "is_used"),
        [
            (lambda registry: registry.find("newsdesk.builtin.null.NullReporter"), False),
            (lambda registry: registry.names(), False),
            (lambda registry: registry.provider("loud"), False),
            (lambda registry: registry.find("loud"), True),
            (lambda registry: registry.load("hears"), True),
        ],
    )
    def test_one_that_was_loaded_only_to_learn_its_names_is_not_called(
        self, registry, distribution, use, is_used
    ):
        source = """
            from newsdesk import ReporterPlugin, hookimpl

            heard = []

            @hookimpl
            def newsdesk_reporters():
                yield ReporterPlugin("loud", "newsdesk.builtin.null:NullReporter")

            @hookimpl
            def newsdesk_receipt(receipt):
                heard.append(receipt)

            @hookimpl
            def newsdesk_attempt(attempt):
                yield
        """
        distribution("acme", {"acme_hears": source}, entries={"hears": "acme_hears"})
        use(registry)
        registry.tell(self.RECEIPT)
        assert sys.modules["acme_hears"].heard == [self.RECEIPT] * is_used
        around = registry.around(Machine("m"), "null", 1, time.monotonic)
        assert (around is not None) is is_used

    def test_one_that_fails_is_logged_and_the_others_hear_too(self, registry, caplog):
        class Broken:
            @hookimpl
            def newsdesk_receipt(self, receipt):
                raise KeyError("x")

        class Indifferent:
            @hookimpl
            def newsdesk_receipt(self):
                self.heard = True

        first, indifferent = TestRegister.Plugin(), Indifferent()
        for index, plugin in enumerate((first, Broken(), indifferent)):
            registry.register(plugin, name=str(index))
        with caplog.at_level(logging.ERROR):
            registry.tell(self.RECEIPT)
        assert first.heard is self.RECEIPT
        assert indifferent.heard
        assert [record.getMessage() for record in caplog.records] == [
            "the plugin 1 of registered by the program failed to take a receipt"
        ]

    @pytest.mark.parametrize("within", [0.0, -5.0])
    def test_each_has_a_moment_also_when_the_deadline_is_over(self, registry, monkeypatch, within):
        asked = []
        monkeypatch.setattr("newsdesk.future.Future.result", lambda _, seconds: asked.append(seconds))
        registry.register(TestRegister.Plugin(), name="own")
        registry.tell(self.RECEIPT, within)
        assert asked == [0.5]


class TestBuild:
    def test_a_reporter_is_built_with_its_parameters_and_the_name_it_was_asked_for_by(self, plugin, registry):
        plugin("slack", aliases=("chat",))
        reporter = build({"chat": {"channel": "c"}}, registry=registry)
        assert reporter.to_dict() == {"chat": {"channel": "c"}}
        assert build(Definition("chat", {"channel": "c"}), registry=registry) == reporter

    def test_options_are_for_a_desk(self):
        assert error_of(
            lambda: build({"null": {}, "required": False, "label": "x"}, registry=new_registry()),
            DefinitionError,
        ) == (
            "'required', 'label' beside 'null' is for a desk; pass the definition to newsdesk.Desk or newsdesk.report instead"
        )
        assert build(Definition("null", {}, {"required": False}), registry=new_registry()) == NullReporter()

    def test_what_the_class_refuses_is_told_without_its_secrets(self, plugin, registry):
        plugin("slack")
        with pytest.raises(DefinitionError) as caught:
            build({"slack": {"channel": "bad", "token": "hunter2"}}, registry=registry)
        assert str(caught.value) == "the reporter 'slack' cannot be built: no channel 'bad' for ***"
        assert str(caught.value.__cause__) == "no channel 'bad' for ***"

    def test_an_error_of_ours_passes_as_it_is(self, plugin, registry):
        plugin(
            "slack",
            reporter="""
                from newsdesk import BaseReporter, DefinitionError
                class Reporter(BaseReporter):
                    def __init__(self):
                        raise DefinitionError("choose one")
                    def report(self, machine): ...
            """,
        )
        assert error_of(lambda: build("slack", registry=registry), DefinitionError) == "choose one"


def test_a_new_registry_knows_nothing_of_another():
    one = new_registry()
    one.register(TestRegister.Plugin(), name="own")
    assert "mine" in one.names()
    assert "mine" not in new_registry().names()


def test_secret_is_public():
    assert newsdesk.Secret is Secret


@pytest.mark.parametrize(("optional", "is_taken"), [(True, True), (False, False)])
def test_a_hook_of_a_newer_core_is_refused_unless_it_is_marked_as_one_that_may_not_be_there(
    optional, is_taken
):
    @hookimpl(optionalhook=optional)
    def newsdesk_hook_of_a_newer_core(something):
        raise AssertionError

    plugin = types.SimpleNamespace(newsdesk_hook_of_a_newer_core=newsdesk_hook_of_a_newer_core)
    with contextlib.nullcontext() if is_taken else pytest.raises(PluginError, match="unknown hook"):
        new_registry().register(plugin, name="newer")
