"""A contract cannot be cheated, and says what is missing."""

import pytest
from newsdesk.testing import Capabilities, ReporterContract
from newsdesk.testing.contract import CHECKS
from newsdesk.testing.harness.fixtures import OPTIONAL

pytest_plugins = ["pytester"]

NOTHING = Capabilities(name="null", keeps=False, tells_unchanged=False)
SOME = "test_alterations_are_reported"
REQUIRED = "test_building_it_does_no_io"


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
    with pytest.raises(TypeError, match="TestIt overrides the kit's own 'held'; rename yours"):
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


def test_what_every_reporter_must_do_cannot_be_declared_unsupported():
    told = f"TestIt.unsupported names '{REQUIRED}', which every reporter must pass; fix the reporter"
    with pytest.raises(TypeError, match=told):
        contract(unsupported={REQUIRED: "it is too hard"})


def test_a_backend_that_is_read_is_one_that_keeps():
    told = "TestIt reads the backend with its fixture 'read', but declares keeps=False; remove one of them"
    with pytest.raises(TypeError, match=told):
        contract(read=lambda self: None)


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (
            {"network": "HTTP"},
            r"network must be newsdesk\.testing\.HTTP, POSTGRES or your own Network\(…\), but is 'HTTP'",
        ),
        ({"metrics": 0}, "metrics must be a number of at least 1,000, but is 0"),
        ({"machines": 5}, "machines must be a number of at least 20, but is 5"),
        ({"fetch": "yes"}, "fetch must be True or False, but is 'yes'"),
        ({"metrics": True}, "metrics must be a number of at least 1,000, but is True"),
        ({"changed": "both"}, "changed must be 'replaces' or 'adds', but is 'both'"),
        ({"name": ""}, "name must be the name of a reporter, or None, but is ''"),
        ({"ping": "yes"}, "ping must be True or False, but is 'yes'"),
        ({"preload": "mlflow"}, "preload must be a tuple of names, but is 'mlflow'"),
        ({"alters": True}, "alters must map names of hostile machines to their numbers of alterations"),
        (
            {"alters": {"strange": 1}},
            "alters has 'strange': 1, which is not a number of alterations of one of unicode, ",
        ),
        ({"alters": {"unicode": 0}}, "alters has 'unicode': 0, which is not"),
    ],
)
def test_capabilities_that_make_no_sense_are_refused(declared, told):
    with pytest.raises(TypeError, match=told):
        Capabilities(**declared)


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
            capabilities = Capabilities(name="null", keeps=False, tells_unchanged=False)
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
        [
            f"SKIPPED * {SOME}: it reads its licence",
            "SKIPPED * test_a_cut_connection_is_a_transient_error: does not apply: it has no network",
        ],
        consecutive=False,
    )
    assert result.ret == 0


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
    assert NOTHING.lacks(("keeps", "network")) == ["keeps", "network"]
    assert Capabilities().lacks(("keeps",)) == []


LAZY = """
import pytest
from newsdesk.builtin.null import NullReporter
from newsdesk.testing import Capabilities, ReporterContract
{above}

class TestNull(ReporterContract):
    capabilities = Capabilities(name="null", keeps=False, tells_unchanged=False)
    {within}

    @pytest.fixture
    def build(self):
        return NullReporter
"""


@pytest.mark.parametrize("mark", ["skip", "xfail(run=False)"])
@pytest.mark.parametrize("place", ["above", "within"])
def test_a_mark_that_skips_all_checks_is_refused(pytester, mark, place):
    lines = {"above": "", "within": "", place: f"pytestmark = pytest.mark.{mark}"}
    pytester.makepyfile(LAZY.format(**lines))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    name = mark.partition("(")[0]
    result.stdout.fnmatch_lines(
        [f"*the mark '{name}' is on *: remove it; what the reporter cannot do is declared*"]
    )
    result.assert_outcomes(errors=1)


def test_a_run_ends_with_the_number_of_checks_that_hold(pytester):
    pytester.makepyfile(LAZY.format(above="", within=f'unsupported = {{"{SOME}": "it shows nothing"}}'))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-v")
    passed = len(CHECKS) - len([m for m in CHECKS.values() if lacking(m)]) - 1
    undeclared = (
        len([m for m in CHECKS.values() if lacking(m) and not {"network", "throttled"} & {*m.needs}]) + 1
    )
    result.stdout.fnmatch_lines(
        [
            f"*::TestNull: {passed} of {len(CHECKS)} checks hold; {undeclared} not declared: * alterations are reported, *; "
            f"{len(CHECKS) - passed - undeclared} do not apply",
            f"!?newsdesk: {passed} of {len(CHECKS)} checks?(https://img.shields.io/badge/newsdesk-{passed}%20of%20{len(CHECKS)}%20checks-brightgreen)",
        ]
    )


def test_a_name_that_is_registered_must_be_declared(pytester):
    pytester.makepyfile(LAZY.format(above="", within="").replace('name="null", ', ""))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-k", "offers")
    result.stdout.fnmatch_lines(["*a plugin registers it as null: declare that as its name*"])


def test_what_was_not_run_and_what_was_skipped_counts_as_neither(pytester):
    pytester.makepyfile(
        LAZY.format(above='pytestmark = pytest.mark.skipif(True, reason="no server here")', within="")
    )
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-k", "building or closed")
    result.stdout.fnmatch_lines(
        [
            f"*::TestNull: 0 of {len(CHECKS)} checks hold; 2 skipped: building it does no io, it can be closed twice and used again; "
            f"{len(CHECKS) - 2} not run"
        ]
    )


def test_the_number_is_printed_with_xdist_too(pytester):
    pytester.makeconftest('pytest_plugins = ["newsdesk.testing.fixtures"]')
    pytester.makepyfile(LAZY.format(above="", within=""))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "1", "-k", "building")
    result.stdout.fnmatch_lines([f"*::TestNull: 1 of {len(CHECKS)} checks hold; {len(CHECKS) - 1} not run"])


def lacking(method):
    return [need for need in method.needs if need in OPTIONAL or NOTHING.lacks([need])]
