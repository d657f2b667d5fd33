"""What `newsdesk.testing` shows is what it says that it has."""

import inspect

import newsdesk.testing


def test_everything_public_is_in_all():
    shown = {
        name
        for name, value in vars(newsdesk.testing).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert shown == set(newsdesk.testing.__all__)
