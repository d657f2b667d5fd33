"""Whether a reporter is a value: built without I/O, and equal after its definition and pickle.

Each function gives what is wrong, or an empty text.
"""

import pickle
from collections.abc import Callable

import yaml

from newsdesk.contract.lifecycle import life_of
from newsdesk.contract.reporter import BaseReporter
from newsdesk.testing.inspection.io_events import io_events, waiting

Check = Callable[[BaseReporter], str]


def io_of_building(reporter: BaseReporter) -> str:
    """Build it again, and give the I/O that this does."""
    with io_events() as events, waiting() as waits:
        arguments = life_of(reporter).arguments
        type(reporter)(*arguments.args, **arguments.kwargs)
    done = [*waits, *events][:5]
    return f"building {reporter!r} waits or does I/O: {', '.join(done)}; move it to open()" if done else ""


def lost_in_definition(reporter: BaseReporter) -> str:
    """Build it again from its definition, and give what differs."""
    again = BaseReporter.from_dict(reporter.to_dict())
    return "" if _same(again, reporter) else f"{reporter!r} came back from its definition as {again!r}"


def lost_in_yaml(reporter: BaseReporter) -> str:
    """Write its definition as YAML, read that, and give what differs."""
    definition = reporter.to_dict()
    again = yaml.safe_load(yaml.safe_dump(definition))
    # Neither is shown: a definition has its secrets in it.
    return "" if again == definition else f"the definition of {reporter!r} differs after YAML"


def lost_in_pickle(reporter: BaseReporter) -> str:
    """Pickle it, as for another process, and give what differs."""
    again = pickle.loads(pickle.dumps(reporter))  # noqa: S301  (our own)
    return "" if _same(again, reporter) else f"{reporter!r} came back from pickle as {again!r}"


CHECKS: tuple[Check, ...] = (
    io_of_building,
    lost_in_definition,
    lost_in_yaml,
    lost_in_pickle,
)
"""All of them."""


def _same(one: BaseReporter, other: BaseReporter) -> bool:
    # By their arguments as well: an overridden `==` may find everything equal.
    return one == other and type(one) is type(other) and one.get_params() == other.get_params()
