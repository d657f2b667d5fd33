"""The outbox of a test, of each kind in turn; a test of one kind alone says so."""

import pytest

from core.tests.outbox.kinds import KINDS, Maker


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def new_outbox(kind, request, tmp_path):
    """Return a function that makes an outbox at one place."""
    maker = Maker(kind, request, tmp_path)
    yield maker
    maker.close()


@pytest.fixture
def outbox(new_outbox):
    return new_outbox()
