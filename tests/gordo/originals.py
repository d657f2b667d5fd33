"""The tests of gordo's reporters by name, each with the test here that has its meaning.

gordo's are in `tests/gordo/reporters` and `tests/gordo/machine/test_machine.py` of its sources; `nox -s gordo` checks
that none is missing here. Most of them replace private names by mocks; ours use real servers instead.
"""

HERE = "tests/gordo/test_reporters.py"
AZURE = "plugins/mlflow/tests/auth/test_original.py"
FUNCTIONS = "plugins/mlflow/tests/test_functions.py"

ORIGINALS = {
    "test_mlflow_reporter": {
        "test_validate_dict": f"{HERE}::test_a_mapping_needs_all_its_keys",
        "test_get_mlflow_client": f"{AZURE}::test_a_client_logs_in_as_asked_and_never_prompts",
        "test_get_mlflow_client_config": f"{HERE}::test_a_client_of_an_incomplete_workspace_or_login_is_refused",
        "test_get_run_id_external_calls": f"{HERE}::test_a_run_is_created_in_an_experiment_that_exists_and_in_a_new_one",
        "test_datetime_to_ms_since_epoch": f"{HERE}::test_the_time_is_in_milliseconds_since_1970_in_any_time_zone",
        "test_batch_log_items": f"{HERE}::test_items_are_split_by_whichever_limit_needs_more_batches",
        "test_get_machine_log_items": f"{HERE}::test_the_items_of_a_machine_are_mlflows_metrics_and_params",
        "test_get_kwargs_from_secret": f"{HERE}::test_a_variable_gives_its_parts_by_the_names_of_keys",
        "test_workspace_spauth_kwargs": f"{HERE}::test_a_workspace_or_login_that_is_not_set_is_refused",
        "test_MachineEncoder": f"{HERE}::test_a_machine_with_numpy_values_and_times_has_a_json_form",
        "test_mlflow_context_log_metadata": f"{HERE}::test_a_context_logs_a_machine_to_its_run",
        "test_mlflow_context_log_error": (
            f"{FUNCTIONS}::test_a_record_that_cannot_be_sent_is_our_error_and_the_run_ends_as_failed"
        ),
    },
    "test_postgres_reporter": {
        "test_postgres_reporter": f"{HERE}::test_machines_do_not_exist_until_they_are_reported_and_then_stay",
        "test_postgres_exceptions": f"{HERE}::test_a_server_that_is_not_there_and_a_text_as_machine_are_refused",
        "test_overwrite_report": f"{HERE}::test_one_machine_reported_by_two_reporters_is_one_row",
    },
    "test_machine": {
        "test_builder_with_reporter": f"{HERE}::test_a_machine_reports_to_the_reporters_in_its_runtime",
    },
}
"""By gordo's module: its tests, and ours."""
