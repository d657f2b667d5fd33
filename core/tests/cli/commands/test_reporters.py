"""`newsdesk reporters`: what is installed."""

import pytest

PLUGIN = """
    from newsdesk import ReporterPlugin, hookimpl

    @hookimpl
    def newsdesk_reporters():
        yield ReporterPlugin("{name}", "acme_reporters:Bare", aliases={aliases}, summary="{summary}")
"""


def plugin(name, aliases=(), summary=""):
    return PLUGIN.format(name=name, aliases=tuple(aliases), summary=summary)


def test_the_built_ins_are_listed_with_what_they_are(newsdesk):
    assert newsdesk("reporters").stdout.splitlines()[:3] == [
        "console: a table for a person  [newsdesk (built in)]",
        "files: a folder of JSON files  [newsdesk (built in)]",
        "null: delivers to nowhere  [newsdesk (built in)]",
    ]


def test_a_plugin_is_listed_with_its_distribution_version_and_aliases(newsdesk, distribution):
    distribution(
        "acme-slack",
        {"acme_slack_plugin": plugin("slack", ["chat", "old.pkg.Slack"], "a chat channel")},
        entries={"slack": "acme_slack_plugin"},
        version="2.1",
    )
    told = newsdesk("reporters").stdout
    assert "slack: a chat channel  [acme-slack 2.1]; also chat, old.pkg.Slack\n" in told


def test_a_plugin_without_a_summary_is_listed_with_its_class(newsdesk, distribution):
    distribution("acme", {"acme_plugin": plugin("bare")}, entries={"bare": "acme_plugin"})
    assert "bare: acme_reporters:Bare  [acme 1.0]\n" in newsdesk("reporters").stdout


def test_a_broken_plugin_is_listed_with_the_reason_and_harms_nobody(newsdesk, distribution):
    distribution("sick", {"sick_plugin": "import no_such_thing"}, entries={"sick": "sick_plugin"})
    told = newsdesk("reporters").stdout
    assert "sick: broken: ModuleNotFoundError: No module named 'no_such_thing'  [sick 1.0]\n" in told
    assert "files: a folder of JSON files" in told


def test_asking_for_a_broken_plugin_says_why(newsdesk, distribution):
    distribution("sick", {"sick_plugin": "import no_such_thing"}, entries={"sick": "sick_plugin"})
    assert newsdesk("reporters", "sick", code=2).stderr == (
        "Error: the plugin 'sick' of sick 1.0 is broken: ModuleNotFoundError: No module named 'no_such_thing'; "
        "fix or uninstall it\n"
    )


def test_two_plugins_with_one_name_are_told_with_both_distributions(newsdesk, distribution):
    distribution("one", {"one_plugin": plugin("slack")}, entries={"slack": "one_plugin"})
    distribution("two", {"two_plugin": plugin("slack")}, entries={"slack": "two_plugin"}, version="3.0")
    told = newsdesk("reporters").stdout.splitlines()
    (clash,) = [line for line in told if line.startswith("slack: claimed by ")]
    assert clash.endswith("; it cannot be used until all but one are uninstalled")
    assert "one 1.0" in clash
    assert "two 3.0" in clash
    asked = newsdesk("reporters", "slack", code=2).stderr
    assert "'slack' is claimed by 2 plugins: " in asked


def test_two_plugins_with_one_alias_are_told(newsdesk, distribution):
    distribution("one", {"one_plugin": plugin("slack", ["chat"])}, entries={"slack": "one_plugin"})
    distribution("two", {"two_plugin": plugin("teams", ["chat"])}, entries={"teams": "two_plugin"})
    (told,) = [line for line in newsdesk("reporters").stdout.splitlines() if line.startswith("chat: ")]
    assert told in [
        f"chat: claimed by {both}; it cannot be used until all but one are uninstalled"
        for both in ("one 1.0 and two 1.0", "two 1.0 and one 1.0")
    ]


@pytest.mark.parametrize("alias", ["slack", "entry"])
def test_an_alias_that_is_anothers_name_is_told_with_who_gets_it(newsdesk, distribution, alias):
    distribution("one", {"one_plugin": plugin("teams", [alias])}, entries={"teams": "one_plugin"})
    distribution("two", {"two_plugin": plugin("chat", [alias])}, entries={"chat": "two_plugin"})
    both = dict.fromkeys(("slack", "entry"), "three_plugin")
    distribution("three", {"three_plugin": plugin("slack")}, entries=both)
    told = newsdesk("reporters").stdout.splitlines()
    (clash,) = [line for line in told if line.startswith(f"{alias}: claimed")]
    assert clash.endswith("; it means the reporter of three 1.0, whose name it is")


def test_with_a_name_its_parameters_are_told_with_types_defaults_and_doc(newsdesk):
    told = newsdesk("reporters", "console").stdout
    assert told.splitlines()[:3] == [
        "console: newsdesk.builtin.console.ConsoleReporter",
        "",
        "Prints what matters most of each machine.",
    ]
    assert told.splitlines()[-1] == "  stream: Literal['stdout', 'stderr'] = 'stderr'"


def test_a_parameter_without_a_default_is_required(newsdesk):
    assert (
        newsdesk("reporters", "files").stdout.splitlines()[-1] == "  path: str | os.PathLike[str], required"
    )


def test_every_kind_of_parameter_is_told_and_a_secrets_default_is_not(newsdesk, acme):
    told = newsdesk("reporters", "acme_reporters.Takes").stdout
    assert told.splitlines() == [
        "acme_reporters.Takes: acme_reporters.Takes",
        "",
        "Takes all kinds of parameters.",
        "",
        "Parameters:",
        "  first: Any, required",
        "  *more: int",
        "  token: a secret; use a reference such as ${env:NAME} = ***",
        "  size: int = 3",
        "  **others: Any",
    ]


def test_a_parameter_that_is_masked_by_its_name_is_shown_as_such(newsdesk, distribution):
    source = """
        from newsdesk import BaseReporter, Public

        class Guessed(BaseReporter):
            def __init__(self, *, db_password: str = "x", token_url: str = "y", max_tokens: int = 3,
                         csrf_token: Public = "t") -> None: ...

            def report(self, machine): ...
    """
    distribution("acme-guessed", {"guessed": source})
    told = newsdesk("reporters", "guessed.Guessed").stdout.splitlines()
    assert told[-4:] == [
        "  db_password: str = ***; masked, since its name is that of a secret",
        "  token_url: str = 'y'",
        "  max_tokens: int = 3",
        "  csrf_token: str = 't'",
    ]


def test_a_reporter_without_parameters_or_documentation(newsdesk, acme):
    told = newsdesk("reporters", "acme_reporters.Bare").stdout
    assert told.splitlines()[2:] == ["No documentation.", "", "No parameters."]


def test_a_name_that_is_not_there_is_told_with_the_nearest(newsdesk):
    assert (
        "Error: there is no reporter 'fils' (did you mean 'files'?)"
        in newsdesk("reporters", "fils", code=2).stderr
    )
