"""Pure: the metrics of an outbox. Their names and labels are an interface, see docs/monitoring.md.

Times are given as such, not as ages: `time() - …` stays right in a file that nobody refreshes any more, where
an age would stay as small as it was. That is Prometheus's own advice:
https://prometheus.io/docs/practices/instrumentation/#timestamps-not-time-since
"""

from collections.abc import Iterable, Mapping

from newsdesk.cli.owed.exposition import Gauge, encodable
from newsdesk.outbox.backlog import Group, Total, summed
from newsdesk.outbox.entry import State


def gauges(
    place: str, totals: Mapping[Group, Total] | None, labels: Iterable[str], now: float
) -> list[Gauge]:
    """Return the metrics.

    Args:
        place: Which outbox; a label, so that several of a computer do not collide.
        totals: What it holds; None when it cannot be read: then only that is told, since any number, 0 too,
            would be wrong.
        labels: Those of the config's reporters, which have values also where they are owed nothing.
        now: The time, as seconds since 1970.
    """
    outbox = {"outbox": place}
    general = [
        Gauge(
            "newsdesk_outbox_up",
            "Whether the outbox could be read: 1, or 0.",
            [(outbox, int(totals is not None))],
        ),
        Gauge(
            "newsdesk_outbox_checked_timestamp_seconds",
            "When these metrics were made, as seconds since 1970.",
            [(outbox, now)],
        ),
    ]
    if totals is None:
        return general
    held = summed(((encodable(label), state), total) for (label, state), total in totals.items())
    known = sorted({label for label, _ in held} | {*map(encodable, labels)})
    groups = [(label, state) for label in known for state in State]

    def named(group: Group) -> Mapping[str, str]:
        label, state = group
        return {**outbox, "reporter": label, "state": str(state)}

    return [
        *general,
        Gauge(
            "newsdesk_outbox_entries",
            "Records in the outbox.",
            [(named(group), held[group].entries if group in held else 0) for group in groups],
        ),
        Gauge(
            "newsdesk_outbox_bytes",
            "Bytes of the records in the outbox.",
            [(named(group), held[group].size if group in held else 0) for group in groups],
        ),
        Gauge(
            "newsdesk_outbox_oldest_timestamp_seconds",
            "When the oldest of these records came, as seconds since 1970; absent where there is none.",
            [(named(group), total.oldest) for group, total in held.items()],
        ),
    ]
