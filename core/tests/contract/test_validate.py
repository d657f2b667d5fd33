"""`validate()`: the one place where a reporter checks its parameters, with what references point to."""

import re
from typing import ClassVar

import pytest
from newsdesk import BaseReporter, DefinitionError, DeliveryFailed, Desk, Fault, Public, Secret, is_reference
from newsdesk.contract.parameters import references

MACHINE = {"name": "pump-7"}


class Wiki(BaseReporter):
    """Notes the URLs that it validates."""

    seen: ClassVar[list[str]] = []

    def __init__(self, url: Public, token: Secret = "") -> None:
        self.url, self.token = url, token

    def validate(self):
        self.seen.append(self.url)
        if self.token == "rotten-token":
            raise ValueError(f"the token {self.token} is rotten")
        if not self.url.startswith("https://"):
            fault = Fault("url", f"must begin with https://, but is {self.url!r}; {self.token}")
            raise DefinitionError("Wiki cannot be used", [fault])

    def open(self):
        self.seen.append("open")

    def report(self, machine):
        return None


NAME = f"{__name__}.Wiki"
WRONG = "url: must begin with https://, but is 'http://wiki'; "


@pytest.fixture(autouse=True)
def _no_memory():
    Wiki.seen.clear()


def test_a_wrong_parameter_of_a_config_is_refused_before_anything_is_sent():
    with pytest.raises(DefinitionError, match=re.escape(WRONG)):
        BaseReporter.from_dict({NAME: {"url": "http://wiki"}})
    with pytest.raises(DefinitionError) as caught:
        Desk(["null", {NAME: {"url": "http://wiki"}}])
    assert [fault.path for fault in caught.value.faults] == [f"reporters.1.{NAME}.url"]


def test_so_is_that_of_a_reporter_that_is_given_to_a_desk():
    with pytest.raises(DefinitionError, match=re.escape(WRONG)):
        Desk([Wiki("http://wiki")])


def test_a_reference_is_validated_by_what_it_points_to_and_not_before_it_opens(monkeypatch):
    monkeypatch.setenv("WIKI", "http://wiki")
    with Desk([{NAME: {"url": "${env:WIKI}"}}, "null"]) as desk:
        assert Wiki.seen == []
        with pytest.raises(DeliveryFailed) as caught:
            desk.report(MACHINE)
        wiki, null = caught.value.receipts
        assert isinstance(wiki.error, DefinitionError)
        assert WRONG in str(wiki.error)
        assert null.ok
        monkeypatch.setenv("WIKI", "https://wiki")
        assert all(receipt.ok for receipt in desk.report(MACHINE))
    assert Wiki.seen == ["http://wiki", "https://wiki", "open"]


@pytest.mark.parametrize(
    "definition", [{"token": "rotten-token"}, {"token": "s3cr3t-t0ken", "url": "http://wiki"}]
)
def test_no_secret_is_in_the_error(definition):
    with pytest.raises(DefinitionError) as caught:
        BaseReporter.from_dict({NAME: {"url": "https://wiki", **definition}})
    assert "***" in str(caught.value)
    assert definition["token"] not in str(caught.value)


def test_another_error_counts_as_a_refusal_too():
    with pytest.raises(DefinitionError) as caught:
        BaseReporter.from_dict({NAME: {"url": "https://wiki", "token": "rotten-token"}})
    text = "the parameters of Wiki are not valid: ValueError: the token *** is rotten"
    assert str(caught.value) == text
    with pytest.raises(DefinitionError, match="the parameters of Wiki are not valid: ValueError: "):
        Wiki("https://wiki", "rotten-token").open()


@pytest.mark.parametrize("command", ["check", "doctor"])
def test_commands_report_it_without_opening_the_reporter(command, tmp_path, monkeypatch):
    from click.testing import CliRunner
    from newsdesk.cli.main import main

    monkeypatch.setenv("WIKI", "http://wiki")
    monkeypatch.setenv("TOKEN", "s3cr3t-t0ken")
    config = tmp_path / "newsdesk.yaml"
    config.write_text(
        f"reporters: [{{{NAME}: {{url: '${{env:WIKI}}', token: '${{env:TOKEN}}'}}, label: wiki}}]"
    )
    result = CliRunner().invoke(main, [command, "--config", str(config)])
    assert result.exit_code == 1
    assert "wiki: url: must begin with https://, but is 'http://wiki'" in result.output
    assert "s3cr3t" not in result.output
    assert "open" not in Wiki.seen


def test_a_backend_that_cannot_be_asked_for_its_parameters_is_reported_once(tmp_path, monkeypatch):
    from click.testing import CliRunner
    from newsdesk.cli.main import main

    monkeypatch.setenv("WIKI", "http://wiki")
    config = tmp_path / "newsdesk.yaml"
    config.write_text(f"reporters: [{{{NAME}: {{url: '${{env:WIKI}}'}}, label: wiki}}]")
    for command in ("check", "doctor"):
        result = CliRunner().invoke(main, [command, "--config", str(config), "--ping"])
        assert (command, result.exit_code, result.output.count("must begin with https")) == (command, 1, 1)


def test_is_reference_tells_whether_a_value_is_known_only_when_it_opens():
    assert is_reference is references.is_reference
    assert [is_reference(v) for v in ("${env:A}", ["x${file:a}"], {"a": "${env:A}"})] == [True] * 3
    assert [is_reference(v) for v in ("$A", "${A}", None, 5, ["x"])] == [False] * 5
