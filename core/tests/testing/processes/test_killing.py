"""A delivery is killed at each of its boundaries in turn, until none is left."""

import pytest
from newsdesk.testing import Boundary, ChildFailed, Cut, Job, Killed, Moment, Survived, kill_at_every_boundary


@pytest.fixture
def jobs(postman, proxy, named):
    return (Job(postman(proxy.through("http://x:1")), named(f"m{number}")) for number in range(100))


def test_each_boundary_is_tried_once_and_the_last_delivery_survives(proxy, jobs, backend):
    seen = [(step, backend.of(step.job.machine.name)) for step in kill_at_every_boundary(proxy, jobs)]
    letters = ["/letters/0", "/letters/1", "/letters/2"]
    expected = [
        (
            Boundary(number, moment, f"POST {letters[number - 1]}"),
            letters[: number - (moment is Moment.BEFORE)],
        )
        for number in (1, 2, 3)
        for moment in (Moment.BEFORE, Moment.AFTER)
    ]
    assert [(step.boundary, arrived) for step, arrived in seen[:-1]] == expected
    survived, arrived = seen[-1]
    assert (survived, arrived) == (Survived(3, survived.job), letters)


def test_between_two_kills_nothing_is_broken_and_the_same_machine_can_be_reported_again(proxy, jobs, backend):
    for step in kill_at_every_boundary(proxy, jobs):
        step.job.reporter.report(step.job.machine)
        assert backend.of(step.job.machine.name)[-3:] == ["/letters/0", "/letters/1", "/letters/2"]


def test_the_moments_can_be_chosen(proxy, jobs, backend):
    steps = list(kill_at_every_boundary(proxy, jobs, moments=(Moment.WITHIN,)))
    assert [step.boundary.request for step in steps if isinstance(step, Killed)] == [1, 2, 3]
    assert backend.of("m0") == []


def test_the_first_request_to_be_tried_can_be_chosen(proxy, jobs, backend):
    steps = list(kill_at_every_boundary(proxy, jobs, first=3))
    assert [step.boundary.request for step in steps[:-1]] == [3, 3]
    assert backend.of("m0") == ["/letters/0", "/letters/1"]


def test_a_boundary_says_in_words_where_it_is():
    assert str(Boundary(2, Moment.AFTER, "POST /x")) == "after request 2, POST /x"


def test_a_delivery_that_fails_by_itself_is_told_with_its_traceback(proxy, postman, named):
    jobs = [Job(postman(proxy.through("http://x:1")), named("poison"))]
    with pytest.raises(ChildFailed, match=r"(?s)Traceback.*nobody delivers poison"):
        list(kill_at_every_boundary(proxy, jobs))


def test_too_few_jobs_are_told(proxy, jobs):
    with pytest.raises(AssertionError, match="no job is left for the kill before request 2; give more jobs"):
        list(kill_at_every_boundary(proxy, [next(jobs), next(jobs)]))


def test_a_fault_that_was_left_over_is_cleared_first(proxy, jobs):
    proxy.fail(Cut(1))
    assert next(kill_at_every_boundary(proxy, jobs)).boundary == Boundary(1, Moment.BEFORE, "POST /letters/0")
