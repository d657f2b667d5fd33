"""Third-party plugins, working and broken ones, installed together."""

from pathlib import Path

import pytest

MACHINE = Path(__file__).parents[1] / "examples" / "machines" / "ae-4tags.json"

GOOD = """
from newsdesk import BaseReporter, Delivery, ReporterPlugin, hookimpl

class {cls}(BaseReporter):
    def report(self, machine):
        return Delivery(reference="{cls} has it")

@hookimpl
def newsdesk_reporters():
    yield ReporterPlugin("{name}", {cls}{more})
"""
NEWER = """
from newsdesk import ReporterPlugin, hookimpl

@hookimpl
def newsdesk_reporters():
    yield ReporterPlugin("{name}", "nowhere:Reporter", api_version=99)
"""
MISSPELLED = """
from newsdesk import hookimpl

@hookimpl
def newsdesk_reporter():
    return []
"""
LOADED = "import json, sys; from newsdesk.builtin.registry import default_registry; {code}; print(json.dumps(sorted(sys.modules)))"


def good(name: str, cls: str = "Reporter", more: str = "") -> str:
    return GOOD.format(name=name, cls=cls, more=more)


def listing(environment) -> dict[str, str]:
    return {line.split(": ")[0]: line for line in environment.newsdesk("reporters").stdout.splitlines()}


@pytest.fixture
def plugins(bare, tiny_wheel):
    """An environment with core and some plugins: (distribution, version, entry point, source)."""

    def install(*distributions):
        bare.install(
            *(
                tiny_wheel(name, version, entry=entry, source=source)
                for name, version, entry, source in distributions
            )
        )
        return bare

    return install


def test_a_plugin_that_fails_to_import_harms_nobody_and_is_listed_with_the_reason(plugins):
    environment = plugins(
        ("acme-bad", "2.5", "bad", "import a_module_that_nobody_has"),
        ("acme-good", "1.0", "good", good("good")),
    )
    listed = listing(environment)
    assert (
        listed["bad"]
        == "bad: broken: ModuleNotFoundError: No module named 'a_module_that_nobody_has'  [acme-bad 2.5]"
    )
    assert "[acme-good 1.0]" in listed["good"]
    assert "Reporter has it" in environment.newsdesk("report", MACHINE, "--to", "good").stderr


def test_a_plugin_that_fails_to_import_is_told_when_it_is_asked_for(plugins):
    environment = plugins(("acme-bad", "2.5", "bad", "raise SystemError('no licence')"))
    told = environment.newsdesk("report", MACHINE, "--to", "bad", status=2).stderr
    assert "the plugin 'bad' of acme-bad 2.5 is broken: SystemError: no licence; fix or uninstall it" in told


def test_an_unknown_name_is_told_with_what_is_broken(plugins):
    environment = plugins(("acme-bad", "2.5", "bad", "import a_module_that_nobody_has"))
    told = environment.newsdesk("report", MACHINE, "--to", "fils", status=2).stderr
    assert "there is no reporter 'fils'" in told
    assert "did you mean 'files'" in told
    assert "'bad' of acme-bad 2.5" in told


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (NEWER.format(name="odd"), "needs version 99 of newsdesk's contract"),
        (MISSPELLED, "unknown hook 'newsdesk_reporter'"),
        (good("No Name"), "a reporter's name must be lower-case letters"),
    ],
    ids=["newer", "misspelled", "unnamed"],
)
def test_a_plugin_that_breaks_the_contract_is_listed_as_broken(plugins, source, reason):
    listed = listing(plugins(("acme-odd", "1.0", "odd", source), ("acme-good", "1.0", "good", good("good"))))
    assert listed["odd"].startswith("odd: broken: ")
    assert reason in listed["odd"]
    assert "broken" not in listed["good"]


def test_two_plugins_with_one_name_are_both_named_and_others_are_unaffected(plugins):
    environment = plugins(
        ("acme-slack", "1.0", "slack", good("slack", "Acme")),
        ("zeta-slack", "3.1", "slack", good("slack", "Zeta")),
        ("acme-good", "1.0", "good", good("good")),
    )
    told = environment.newsdesk("report", MACHINE, "--to", "slack", status=2).stderr
    assert "'slack' is claimed by 2 plugins: " in told
    assert "acme-slack 1.0" in told
    assert "zeta-slack 3.1" in told
    assert "uninstall all but one" in told
    assert "claimed by" in environment.newsdesk("reporters").stdout
    assert "Reporter has it" in environment.newsdesk("report", MACHINE, "--to", "good").stderr


def test_two_plugins_with_one_name_can_each_be_named_by_import_path(plugins):
    environment = plugins(
        ("acme-slack", "1.0", "slack", good("slack", "Acme")),
        ("zeta-slack", "3.1", "slack", good("slack", "Zeta")),
    )
    assert "Zeta has it" in environment.newsdesk("report", MACHINE, "--to", "zeta_slack.Zeta").stderr
    environment.uninstall("acme-slack")
    assert "Zeta has it" in environment.newsdesk("report", MACHINE, "--to", "slack").stderr


def test_a_built_in_name_that_a_plugin_claims_too_is_no_longer_anybodys(plugins):
    environment = plugins(("acme-files", "1.0", "files", good("files")))
    told = environment.newsdesk("report", MACHINE, "--to", "{files: {path: x}}", status=2).stderr
    assert "'files' is claimed by 2 plugins: newsdesk (built in) and acme-files 1.0" in told


def test_an_alias_is_found_in_a_plugin_of_another_name(plugins):
    environment = plugins(
        ("acme-slack", "1.0", "slack", good("slack", "Acme", ", aliases=('chat', 'old.path.Slack')"))
    )
    assert "Acme has it" in environment.newsdesk("report", MACHINE, "--to", "chat").stderr
    assert "Acme has it" in environment.newsdesk("report", MACHINE, "--to", "old.path.Slack").stderr


def test_asking_for_one_plugin_imports_no_other(plugins):
    environment = plugins(("acme-one", "1.0", "one", good("one")), ("acme-two", "1.0", "two", good("two")))
    modules = environment.python(LOADED.format(code="default_registry().find('one')"))
    assert "acme_one" in modules
    assert "acme_two" not in modules


def test_the_example_plugin_can_be_built_and_installed(bare, uv, tmp_path):
    uv(
        "build",
        "--quiet",
        "--wheel",
        "--out-dir",
        tmp_path,
        Path(__file__).parents[1] / "examples" / "plugin",
    )
    bare.install(*tmp_path.glob("newsdesk_markers-*.whl"))
    (bare.folder / "markers").mkdir()
    bare.newsdesk("report", MACHINE, "--to", "{markers: {folder: markers}}")
    assert len(list((bare.folder / "markers").iterdir())) == 1
    assert listing(bare)["markers"].startswith("markers: ")


def test_no_backend_is_imported_for_a_built_in_reporter(environment):
    """The name of an entry point loads only that plugin; `console` loads none."""
    everything = environment("newsdesk", "newsdesk-mlflow", "newsdesk-postgres")
    modules = everything.python(LOADED.format(code="default_registry().find('console')"))
    assert not [
        name
        for name in modules
        if name.split(".")[0] in ("mlflow", "sqlalchemy", "psycopg2", "newsdesk_mlflow")
    ]


@pytest.mark.parametrize("name", ["mlflow", "postgres"])
def test_no_backend_is_imported_to_tell_a_reporters_parameters(environment, name):
    everything = environment("newsdesk", "newsdesk-mlflow", "newsdesk-postgres")
    modules = everything.python(LOADED.format(code=f"default_registry().find({name!r}).from_dict"))
    assert not [name for name in modules if name.split(".")[0] in ("mlflow", "sqlalchemy", "psycopg2")]
