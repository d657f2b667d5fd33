"""Many processes deliver at once, each with a desk of its own."""

import pytest
from newsdesk.delivery.retry import Retry
from newsdesk.testing import ChildFailed, deliver_at_once, http_answer


def test_every_process_delivers_its_share_and_tells_its_receipts(postman, proxy, backend, named):
    shares = [[named(f"m{number}-{index}") for index in range(2)] for number in range(3)]
    receipts = deliver_at_once(postman(proxy.through("http://x:1")), shares)
    names = [machine.name for share in shares for machine in share]
    assert [receipt["machine"]["name"] for receipt in receipts] == names
    assert {receipt["status"] for receipt in receipts} == {"delivered"}
    assert all(len(backend.of(name)) == 3 for name in names)


def test_a_desk_in_a_process_tries_again(postman, proxy, backend, named):
    proxy.fail(http_answer(503), times=1)
    (receipt,) = deliver_at_once(
        postman(proxy.through("http://x:1")), [[named("m")]], retry=Retry(initial=0.01), deadline=60
    )
    assert (receipt["status"], receipt["attempts"]) == ("delivered", 2)


def test_a_delivery_that_fails_is_a_receipt_and_no_failure_of_the_process(postman, proxy, named):
    (receipt,) = deliver_at_once(postman(proxy.through("http://x:1")), [[named("poison")]])
    assert (receipt["status"], receipt["error"]) == (
        "failed",
        "PermanentReporterError: nobody delivers poison",
    )


def test_a_process_that_fails_is_told(postman, proxy):
    with pytest.raises(ChildFailed, match="MachineError"):
        deliver_at_once(postman(proxy.through("http://x:1")), [[{"no": "machine"}]])
