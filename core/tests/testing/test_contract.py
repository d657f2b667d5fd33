"""A contract cannot be cheated, and says what is missing."""

import pytest
from newsdesk.testing import Capabilities, ReporterContract
from newsdesk.testing.contract import CHECKS

pytest_plugins = ["pytester"]

NOTHING = Capabilities(keeps=False, tells_unchanged=False)
SOME = "test_building_it_does_no_io"


def contract(*mixins, **body):
    return type("TestIt", (*mixins, ReporterContract), {"capabilities": NOTHING, **body})


def test_every_check_says_what_it_means_when_it_fails():
    assert [name for name, method in CHECKS.items() if not method.__doc__.startswith("If this fails, ")] == []


def test_a_check_that_is_overridden_is_refused():
    told = (
        f"TestIt overrides or deletes the check '{SOME}'; what the reporter cannot do is declared: "
        rf"unsupported = \{{'{SOME}': 'why'\}}"
    )
    with pytest.raises(TypeError, match=told):
        contract(**{SOME: lambda self: None})


def test_a_check_that_is_deleted_is_refused():
    with pytest.raises(TypeError, match="overrides or deletes the check"):
        contract(**{SOME: None})


def test_a_check_that_a_mixin_overrides_is_refused():
    with pytest.raises(TypeError, match="overrides or deletes the check"):
        contract(type("Mixin", (), {SOME: lambda self: None}))


def test_a_check_that_is_overridden_further_down_is_refused():
    with pytest.raises(TypeError, match="TestBelow overrides or deletes the check"):
        type("TestBelow", (contract(),), {SOME: lambda self: None})


def test_what_is_overridden_and_declared_as_unsupported_is_refused_as_well():
    with pytest.raises(TypeError, match="overrides or deletes the check"):
        contract(**{SOME: lambda self: None, "unsupported": {SOME: "it cannot"}})


def test_a_fixture_of_the_kit_that_is_overridden_is_refused():
    with pytest.raises(TypeError, match="TestIt overrides the kit's own fixture 'held'; rename yours"):
        contract(held=lambda self: None)


def test_a_contract_without_capabilities_is_refused():
    told = (
        r"TestIt does not say what its reporter can do: give it "
        r"'capabilities = newsdesk\.testing\.Capabilities\(…\)'"
    )
    with pytest.raises(TypeError, match=told):
        contract(capabilities={"name": "it"})


def test_an_unsupported_check_that_does_not_exist_is_told_with_those_that_do():
    with pytest.raises(
        TypeError, match=f"unsupported names 'test_x', which is not a check; the checks are: .*{SOME}"
    ):
        contract(unsupported={"test_x": "it cannot"})


def test_an_unsupported_check_needs_a_reason():
    told = f"TestIt.unsupported has no reason for '{SOME}': say why in a sentence"
    with pytest.raises(TypeError, match=told):
        contract(unsupported={SOME: " "})


def test_what_is_not_supported_shows_with_its_reason_in_the_report(pytester):
    pytester.makepyfile(
        f"""
        import pytest
        from newsdesk.builtin.null import NullReporter
        from newsdesk.testing import Capabilities, ReporterContract

        class TestNull(ReporterContract):
            capabilities = Capabilities(keeps=False, tells_unchanged=False)
            unsupported = {{"{SOME}": "it reads its licence"}}

            @pytest.fixture
            def build(self):
                return NullReporter

        class TestBelow(TestNull):
            unsupported = {{}}
        """
    )
    result = pytester.runpytest_inprocess("-rs", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(
        ["SKIPPED * it reads its licence", "SKIPPED * not declared: network, keeps"], consecutive=False
    )
    passed = (
        len([method for method in CHECKS.values() if not NOTHING.lacks(method.needs)]) - 1
    )  # it has no secrets
    result.assert_outcomes(passed=2 * passed - 1, skipped=2 * len(CHECKS) - 2 * passed + 1)


def test_a_fixture_that_is_missing_is_told(pytester):
    pytester.makepyfile(
        """
        import pytest
        from newsdesk.builtin.null import NullReporter
        from newsdesk.testing import HTTP, Capabilities, ReporterContract

        class TestUnbuilt(ReporterContract):
            capabilities = Capabilities()

        class TestUnread(ReporterContract):
            capabilities = Capabilities()

            @pytest.fixture
            def build(self):
                return NullReporter

        class TestRemote(TestUnread):
            capabilities = Capabilities(network=HTTP)
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-k", "arrives_whole")
    shown = " ".join(line.removeprefix("E").strip() for line in result.outlines)
    for told in (
        "TestUnbuilt builds no reporter: write a fixture 'build' that gives a function which builds one",
        "TestUnread does not read the backend: write a fixture 'read' that gives a function which reads every record of the backend, "
        "or declare keeps=False",
        "TestRemote declares a network but not its address: write a fixture 'upstream' that gives the URL of the backend, "
        "with host and port",
    ):
        assert f"NotImplementedError: {told}" in shown


def test_what_a_check_needs_and_is_not_declared_is_the_reason_to_skip_it():
    assert NOTHING.lacks(("keeps", "network")) == "not declared: keeps, network"
    assert Capabilities().lacks(("keeps",)) is None
