"""The kit finds what is wrong with a reporter, and finds nothing else.

For each check there is a reporter that it must catch; some have no fault, and pass all checks.
"""

from pathlib import Path

import pytest
from newsdesk.testing.checks.faults import network
from newsdesk.testing.checks.reporter import life
from newsdesk.testing.contract import CHECKS

pytest_plugins = ["pytester"]

HERE = Path(__file__).parent
CAUGHT_BY = {
    "OpensAFileWhenBuilt": "test_building_it_does_no_io",
    "LosesAParameter": "test_its_definition_builds_an_equal_one",
    "TakesAFrozenSet": "test_its_definition_can_be_written_as_yaml",
    "LosesAParameterInPickle": "test_it_can_be_sent_to_another_process",
    "ShowsASecret": "test_its_secrets_are_masked",
    "IsCalledOtherwise": "test_it_is_found_by_name_and_by_import_path",
    "BringsABackendAlong": "test_its_plugin_module_imports_nothing_heavy",
    "HidesItsHolds": "test_what_it_offers_is_declared",
    "LosesTheSplits": "test_a_real_record_arrives",
    "ComposesTexts": "test_every_unicode_plane_arrives",
    "FilesByTheComposedName": "test_namesakes_stay_apart",
    "LosesUnknownKeys": "test_a_record_arrives_whole_and_equal",
    "ComputesWithDurations": "test_a_redacted_record_arrives",
    "ListsADigestOfWhatItStores": "test_a_redacted_record_has_the_revision_of_the_original",
    "LosesNul": "test_every_unicode_plane_arrives",
    "MakesFloatsOfBigIntegers": "test_every_number_arrives",
    "LosesWhatIsEmpty": "test_empty_parts_arrive",
    "CutsLongTexts": "test_a_very_long_value_arrives",
    "FilesByTheBeginningOfAName": "test_very_long_names_arrive_and_stay_apart",
    "FilesByTheNameAlone": "test_namesakes_stay_apart",
    "TakesANameForAPath": "test_names_that_look_like_paths_arrive",
    "CutsLongLists": "test_very_many_metrics_arrive",
    "CutsDeepNesting": "test_deep_nesting_arrives",
    "TellsAlterationsInItsPlanAlone": "test_alterations_are_reported",
    "DoublesWhatItHasSeen": "test_the_same_record_twice_is_there_once",
    "SaysAlwaysThatItIsNew": "test_the_same_record_again_is_reported_as_unchanged",
    "KeepsTheOldRecord": "test_a_changed_record_replaces_or_adds_as_declared",
    "LosesTheLastOfMany": "test_report_many_answers_as_report_does",
    "ClosesForEver": "test_it_can_be_closed_twice_and_used_again",
    "HoldsEverything": "test_holds_finds_what_the_backend_holds",
    "FailsWhenItIsPinged": "test_ping_succeeds",
    "SharesStateBetweenThreads": "test_several_threads_may_use_one_open_reporter",
    "ReadsAndWritesOneFile": "test_two_processes_may_deliver_at_once",
    "RemembersWhatItSent": "test_what_was_removed_is_delivered_again",
    "RoundsWhatItShows": "test_a_value_that_differs_is_an_alteration",
    "WritesInPlace": "test_a_delivery_killed_at_any_step_is_whole_or_not_there",
    "RemembersTheLastRevision": "test_an_earlier_record_comes_back",
    "SleepsWhenBuilt": "test_building_it_does_no_io",
    "StartsAThreadWhenBuilt": "test_building_it_does_no_io",
    "RemembersWhatItHolds": "test_holds_does_not_remember",
    "HoldsByTheNameAlone": "test_holds_finds_what_the_backend_holds",
    "AnswersInReverse": "test_report_many_answers_as_report_does",
    "FailsTheWholeBatch": "test_a_refused_record_fails_alone",
    "SwallowsItsDisk": "test_an_error_of_the_disk_is_an_error_of_the_delivery",
    "GivesUpOnAFullDisk": "test_an_error_of_the_disk_is_an_error_of_the_delivery",
    "PingsWhateverIsThere": "test_a_broken_backend_is_an_error",
    "PlansByReporting": "test_a_plan_sends_and_changes_nothing",
    "ChangesItsMachine": "test_the_machine_is_the_same_afterwards",
    "RefersByAPath": "test_a_delivery_survives_the_desk",
    "PlansOneRequest": "test_a_plan_counts_the_requests",
    "CannotBePickledWhenOpen": "test_copies_of_an_open_reporter_deliver",
    "SharesWhatItCloses": "test_closing_one_reporter_leaves_another_open",
    "SharesItsPlace": "test_reporters_of_two_places_stay_apart",
    "ClosesItsParentsConnection": "test_a_forked_child_leaves_its_parent_alone",
    "LeavesItsConnectionOpen": "test_close_leaves_no_connection",
    "DeliversWithoutKeeping": "test_what_it_delivers_is_declared",
    "TellsUnchangedInSecret": "test_what_it_delivers_is_declared",
    "ConnectsInSecret": "test_it_uses_no_undeclared_network",
    "ShowsItsPasswordInAnError": "test_secrets_are_not_shown",
    "ShowsItsPasswordInANote": "test_secrets_are_not_shown",
    "LogsItsPassword": "test_secrets_are_not_shown",
    "RefersToItsWholeUrl": "test_secrets_are_not_shown",
    "RetriesItself": "test_its_client_does_not_retry",
    "WaitsForAMinute": "test_a_backend_that_never_answers_is_a_transient_error",
    "MarksBeforeItWrites": "test_a_delivery_killed_at_any_request_is_completed_by_the_next",
    "GivesUpWhenCutOff": "test_a_cut_connection_is_a_transient_error",
    "GivesUpWhenRefused": "test_a_refused_connection_is_a_transient_error",
    "TakesSilenceForConsent": "test_a_backend_that_never_answers_is_a_transient_error",
    "GivesUpAt503": "test_transient_answers_are_transient_errors",
    "BelievesInAPortal": "test_permanent_answers_are_permanent_errors",
    "DoesNotHearHowLongToWait": "test_retry_after_is_kept",
    "LetsAPingFailInItsOwnWords": "test_ping_fails_in_an_outage",
    "PingsNobody": "test_ping_fails_in_an_outage",
    "KeepsADeadConnection": "test_an_open_reporter_outlives_an_outage",
    "CountsALostConnectionAsDelivered": "test_an_open_reporter_outlives_an_outage",
    "IgnoresTheAnswerToItsWrite": "test_a_busy_backend_at_any_request_is_a_transient_error",
    "TakesARefusalForAnOutage": "test_answers_to_an_open_reporter_are_errors_too",
    "HoldsNothingInAnOutage": "test_holds_fails_in_an_outage",
    "HidesItsFetch": "test_what_it_offers_is_declared",
    "FetchesWithoutItsUnknownKeys": "test_fetch_gives_back_what_was_reported",
    "FetchesFromAnyProject": "test_fetch_without_a_project_finds_the_only_one",
    "FetchesAKeyError": "test_fetch_of_what_does_not_exist",
    "RemembersWhatItFetched": "test_reading_does_not_remember",
    "ListsAnotherReference": "test_machines_lists_what_is_there",
    "ListsTheOldestFirst": "test_machines_lists_the_newest_revision_or_all",
    "ListsOnePage": "test_all_pages_are_listed",
    "ListsTheLastOfAPageTwice": "test_all_pages_are_listed",
    "ReadsAllBeforeItLists": "test_all_pages_are_listed",
    "EndsItsListingInAnOutage": "test_all_pages_are_listed",
    "ListsNothingInAnOutage": "test_reading_fails_in_an_outage",
    "TakesARefusalForAMissingMachine": "test_answers_to_what_reads_are_errors",
    "ListsItsIndex": "test_a_delivery_killed_at_any_request_is_completed_by_the_next",
    "ListsWhatIsBeingWritten": "test_a_delivery_killed_at_any_step_is_whole_or_not_there",
    "ListsNothingWhereItCannotRead": "test_a_disk_that_cannot_be_read_is_an_error",
    "ListsABrokenFolderAsEmpty": "test_a_broken_backend_is_an_error",
}
PRECEDING = {"SharesItsPlace": ["test_it_can_be_closed_twice_and_used_again"]}
"""What must run before, since a check looks at what another has left."""
PLUGIN = """
from newsdesk import ReporterPlugin, hookimpl
{extra}

@hookimpl
def newsdesk_reporters():
    yield ReporterPlugin("{name}", "broken.{reporter}")
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of installed distributions, as pip would leave it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "heavy_backend.py").write_text("")
    plugins = {
        "folder": ("folder:Folder", ""),
        "otherwise": ("folder:Folder", ""),
        "brings": ("value:BringsABackendAlong", "import heavy_backend"),
    }
    for name, (reporter, extra) in plugins.items():
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[newsdesk]\n{name} = plugin_{name}\n")
        (folder / f"plugin_{name}.py").write_text(PLUGIN.format(name=name, reporter=reporter, extra=extra))
    return folder


@pytest.fixture
def run_kit(pytester, site, monkeypatch):
    """Give a function that runs the kit, or one check, on a reporter, and gives the reports of what failed."""
    monkeypatch.setenv("PYTHONPATH", f"{HERE}:{site}")
    pytester.syspathinsert(HERE)

    monkeypatch.setattr(network, "_PATIENCE", 1.0)
    monkeypatch.setattr(life, "_CLOSING_SECONDS", 1.0)

    def run(name, *checks):
        place = f"{HERE}/broken_contract.py::Test{name}"
        recorder = pytester.inline_run(
            *([f"{place}::{check}" for check in checks] or [place]), "--noconftest"
        )
        reports = recorder.getreports("pytest_runtest_logreport")
        assert reports, "nothing was collected"
        return {report.nodeid.rpartition("::")[2]: report.longreprtext for report in reports if report.failed}

    return run


def test_each_check_has_a_reporter_that_it_must_catch():
    assert set(CAUGHT_BY.values()) == set(CHECKS)


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_broken_reporter_is_caught_by_its_check(run_kit, name):
    failed = run_kit(name, *PRECEDING.get(name, ()), CAUGHT_BY[name])
    assert failed
    assert all("If this fails, " in shown for shown in failed.values()), failed


@pytest.mark.parametrize(
    "name", ["Folder", "Held", "Wire", "Kept", "Holding", "Safe", "Shelf", "Revisions", "Reading"]
)
def test_a_reporter_without_a_fault_passes_all_that_it_declares(run_kit, name):
    assert run_kit(name) == {}
