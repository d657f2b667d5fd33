"""The core alone: the cost of a machine without a backend."""

import dataclasses
import hashlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import orjson
from newsdesk import Desk, Machine
from newsdesk.batching import Limits, split

from benchmarks.ratio import Figure, Way, compare
from benchmarks.records import record

SIZE = 20_000
_MANY = 200


def figures(rounds: int = 15) -> Iterator[Figure]:
    with Desk("null") as desk:
        records = [record(SIZE) for _ in range(_MANY)]
        dumped = itertools.repeat(lambda: [orjson.dumps(each) for each in records])
        ways = {
            "first report of a 20 KB Machine to null": _one_by_one(desk, records),
            "the same with report_many": _together(desk, records),
            "Machine.from_dict of the record": _made(records),
            "both, as report of the record": itertools.repeat(
                lambda: [desk.report(each) for each in records]
            ),
        }
        for name, ours in ways.items():
            figure = compare(name, 6, rounds, ours=ours, raw=dumped, unit="µs")
            yield _each(figure, f"Core: {name}, vs orjson.dumps of it")
    with ThreadPoolExecutor(1) as pool:
        bare = itertools.repeat(lambda: [_bare(each, pool) for each in records])
        figure = compare("bare", 6, rounds, ours=bare, raw=dumped, unit="µs")
    yield _each(
        figure, "Lower bound of the first: sorted JSON, its SHA-256, and an empty call in another thread"
    )
    yield from _splitting(rounds)


def _bare(each, pool: ThreadPoolExecutor) -> None:
    hashlib.sha256(orjson.dumps(each, option=orjson.OPT_SORT_KEYS)).hexdigest()
    pool.submit(int).result(timeout=60)


def _each(figure: Figure, name: str) -> Figure:
    assert figure.raw is not None
    return dataclasses.replace(figure, name=name, ours=figure.ours / _MANY, raw=figure.raw / _MANY)


def _one_by_one(desk: Desk, records) -> Iterator[Way]:
    while True:
        fleet = [Machine.from_dict(each) for each in records]
        yield lambda fleet=fleet: [desk.report(each) for each in fleet]


def _together(desk: Desk, records) -> Iterator[Way]:
    while True:
        fleet = [Machine.from_dict(each) for each in records]
        yield lambda fleet=fleet: list(desk.report_many(fleet))


def _made(records) -> Iterator[Way]:
    return itertools.repeat(lambda: [Machine.from_dict(each) for each in records])


def _splitting(rounds: int) -> Iterator[Figure]:
    for count in (10_000, 100_000, 1_000_000):
        items = [("key", index) for index in range(count)]
        by_count = itertools.repeat(lambda items=items: list(split(items, Limits(total=1000))))
        sliced = itertools.repeat(
            lambda items=items: [items[start : start + 1000] for start in range(0, len(items), 1000)]
        )
        name = f"Splitting {count:,} items by count, vs slicing"
        yield compare(name, 2, rounds, ours=by_count, raw=sliced)
    for count in (10_000, 100_000, 1_000_000):
        items = [("key", index) for index in range(count)]
        by_size = itertools.repeat(
            lambda items=items: list(split(items, Limits(total=1000, size=1_000_000), size=lambda _: 40))
        )
        name = f"Splitting {count:,} items by count and bytes"
        nothing = itertools.repeat(lambda: None)
        figure = compare(name, 1, min(rounds, 5), ours=by_size, raw=nothing, unit="s")
        yield Figure(name, figure.ours, None, count / 1_000_000, "s", figure.rounds)
