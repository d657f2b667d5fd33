"""A plugin with hooks and without a reporter is listed."""

import pytest

PLUGIN = """
    from newsdesk import hookimpl

    @hookimpl
    def newsdesk_receipt(receipt): ...

    @hookimpl
    def newsdesk_attempt(attempt): ...
"""


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            "reporters",
            "alerts: no reporter; 'plugins: [alerts]' uses newsdesk_attempt, newsdesk_receipt  [acme 1.0]",
        ),
        (
            "doctor",
            "alerts: loads; has no reporter, and is used if a config has 'plugins: [alerts]'  [acme 1.0]",
        ),
    ],
)
def test_a_plugin_without_a_reporter_is_listed(command, line, distribution, newsdesk):
    distribution("acme", {"acme_alerts": PLUGIN}, entries={"alerts": "acme_alerts"})
    assert line in newsdesk(command).stdout.splitlines()
