from newsdesk.builtin.null import NullReporter
from newsdesk.contract.delivery import Delivery


def test_it_takes_every_machine_and_says_nothing():
    with NullReporter() as reporter:
        assert reporter.report({"name": "m"}) == Delivery()
        assert list(reporter.report_many([{"name": "a"}, {"name": "b"}])) == [Delivery()] * 2
