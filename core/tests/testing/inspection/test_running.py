"""Whether a reporter is still at work, and no other of its class."""

import threading

from newsdesk import BaseReporter
from newsdesk.machine import Machine
from newsdesk.testing.inspection.running import seconds_until_unused


class Hangs(BaseReporter):
    def __init__(self):
        self.begun, self.go = threading.Event(), threading.Event()

    def report(self, machine):
        self.begun.set()
        self.go.wait(60)


def test_only_the_reporter_that_hangs_is_at_work():
    hanging, other = Hangs(), Hangs()
    thread = threading.Thread(target=hanging.report, args=(Machine("m"),))
    thread.start()
    assert hanging.begun.wait(60)
    assert seconds_until_unused(other, at_most=30) < 30
    assert seconds_until_unused(hanging, at_most=0.2) >= 0.2
    hanging.go.set()
    thread.join(60)
    assert seconds_until_unused(hanging, at_most=30) < 30
