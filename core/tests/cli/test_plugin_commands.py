"""Commands that plugins add to `newsdesk`."""

import textwrap

import pytest

PLUGIN = """
    from newsdesk import CommandPlugin, hookimpl

    @hookimpl
    def newsdesk_commands():
        yield CommandPlugin("letters", "letters_cli:letters", summary="Print letters.")
        yield CommandPlugin("typo", "letters_cli:lettres")
        yield CommandPlugin("absent", "letters_clii:letters")
        yield CommandPlugin("number", "letters_cli:NUMBER")
        yield CommandPlugin("report", "letters_cli:letters")
"""
CLI = """
    import click

    NUMBER = 5

    @click.group()
    def letters():
        '''Print letters of the alphabet.'''

    @letters.command()
    @click.option("--count", default=3)
    def first(count):
        '''Print the first ones.'''
        click.echo("abcdefgh"[:count])
"""


@pytest.fixture
def letters(distribution):
    sources = {"letters_plugin": textwrap.dedent(PLUGIN), "letters_cli": textwrap.dedent(CLI)}
    return distribution("acme-letters", sources, entries={"letters": "letters_plugin"})


def test_a_plugins_command_runs_with_its_subcommands_and_options(newsdesk, letters):
    assert newsdesk("letters", "first", "--count", "2").stdout == "ab\n"
    assert "Usage: newsdesk letters [OPTIONS] COMMAND" in newsdesk("letters", "--help").stdout


def test_it_is_listed_beside_the_reporters(newsdesk, letters):
    lines = newsdesk("reporters").stdout.splitlines()
    assert "newsdesk letters: Print letters.  [acme-letters 1.0]" in lines


def test_newsdesks_own_commands_take_precedence(newsdesk, letters):
    assert "Usage: newsdesk report [OPTIONS] FILE..." in newsdesk("report", "--help").stdout


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("typo", "the command 'typo' of acme-letters 1.0 cannot be used: AttributeError: "),
        ("absent", "the command 'absent' of acme-letters 1.0 cannot be used: ModuleNotFoundError: "),
        ("number", "must be a command of click, but letters_cli:NUMBER is of type int"),
    ],
)
def test_one_that_cannot_be_used_is_an_error_that_names_its_distribution(newsdesk, letters, name, error):
    done = newsdesk(name, code=2)
    assert error in done.stderr


def test_one_that_two_distributions_add_is_that_of_the_entry_points_name_or_refused(
    newsdesk, letters, distribution
):
    sources = {"other_plugin": textwrap.dedent(PLUGIN).replace("letters_cli:letters", "other_cli:no")}
    distribution("other-letters", sources, entries={"other": "other_plugin"})
    assert newsdesk("letters", "first").stdout == "abc\n"
    assert newsdesk("typo", code=2).stderr == (
        "Error: the command 'typo' is claimed by acme-letters 1.0 and other-letters 1.0; uninstall all but one\n"
    )


def test_a_mistyped_one_is_suggested(newsdesk, letters):
    assert "there is no command 'leters' (did you mean 'letters'?)" in newsdesk("leters", code=2).stderr
