"""The page of a machine, for a console of rich: a terminal, or plain text elsewhere."""

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from rich.console import Console, ConsoleRenderable, Group, OverflowMethod
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from newsdesk import record
from newsdesk.builtin.display import short, shown
from newsdesk.cli.pages.facts import facts
from newsdesk.cli.pages.marks import Marks
from newsdesk.cli.pages.outline import outline
from newsdesk.cli.pages.places import Place
from newsdesk.cli.pages.timeline import timeline
from newsdesk.machine import Machine
from newsdesk.record import Score
from newsdesk.record.directions import better

ROWS = 20
"""Rows of a section."""
WORST = 5
"""Tags that are the worst by a score."""
CURVE = 40
"""Characters of a curve."""
LINE = 60
"""Characters of a line of time."""
LEAST_LINE = 22
"""The same, where the terminal is narrow: the dates of its ends fit."""
LONGEST = 300
"""Characters of a value."""
WIDE, NARROW = 100, 60
"""Cells of a terminal from which on each fold's number is shown, and below which the spread is not."""


class Page:
    """The page of a machine.

    Args:
        machine: The machine.
        console: Where it is shown.
        encoding: That of its stream.
    """

    def __init__(self, machine: Machine, console: Console, encoding: str) -> None:
        self._machine = machine.isolated()  # its keys are sorted, whatever order a backend gave them
        self._width = console.width
        self._encoding = encoding
        self._marks = Marks.of(encoding)
        self._overflow: OverflowMethod = "crop" if self._marks.is_ascii else "ellipsis"

    def sections(self, place: str) -> Iterator[ConsoleRenderable]:
        """Yield what is on it, in order.

        Args:
            place: Where the machine was read: a file, or the label of a reporter.
        """
        yield self._text(str(self._machine.key), "bold")
        yield self.pairs([*facts(self._machine, self._marks.dash), ("read from", place)])
        yield from self._section("Model", self._model())
        yield from self._section("Scores", self._scores())
        yield from self._tags()
        yield from self._history()
        yield from self._section("Cross-validation", self._splits())

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> ConsoleRenderable:
        """Return names with their values, without those that have none."""
        table = self._table()
        table.add_column(no_wrap=True, style="dim")
        table.add_column(overflow="fold")
        for name, value in pairs:
            if value:
                table.add_row(self._text(name), self._text(value))
        return Padding(table, (0, 0, 0, 2))

    def places(self, found: Iterable[Place]) -> ConsoleRenderable:
        """Return where the machine is."""
        table = self._table()
        for _ in Place._fields:
            table.add_column(overflow="fold")
        for place in found:
            table.add_row(*map(self._text, place))
        [section] = self._section("Where it is", table)
        return section

    def _section(self, heading: str, content: ConsoleRenderable | None) -> Iterator[ConsoleRenderable]:
        if content is not None:
            yield Group(Text(), self._text(heading, "bold"), Padding(content, (0, 0, 0, 2)))

    def _model(self) -> ConsoleRenderable | None:
        lines = [*islice(outline(self._machine.model), ROWS + 1)]
        texts = [self._text("  " * level + line) for level, line in lines[:ROWS]]
        for text in texts:
            text.no_wrap, text.overflow = True, self._overflow
        if len(lines) > ROWS:
            texts.append(self._text("and more; --json has all", "dim"))
        return Group(*texts) if texts else None

    def _scores(self) -> ConsoleRenderable | None:
        found = [*record.main_scores(self._machine).values()]
        return self._score_table([(score.name, score) for score in found]) if found else None

    def _tags(self) -> Iterator[ConsoleRenderable]:
        """Yield the worst tags by the first score of which it is known which way is better."""
        by_metric: dict[str, list[Score]] = {}
        for score in record.scores(self._machine).values():
            if score.tag is not None and score.mean is not None and better(score.metric) is not None:
                by_metric.setdefault(score.metric, []).append(score)
        for metric, found in by_metric.items():
            is_higher_better = better(metric) == "higher"
            found.sort(key=partial(_rank, is_higher_better=is_higher_better))
            shown_ones = [(str(score.tag), score) for score in found[:WORST]]
            count = "" if len(found) <= WORST else f" ({WORST} of {len(found)})"
            yield from self._section(f"Worst tags by {metric}{count}", self._score_table(shown_ones))
            return

    def _score_table(self, rows: Sequence[tuple[str, Score]]) -> ConsoleRenderable:
        table = self._table()
        table.add_column(overflow="fold")
        for _ in range(1 if self._width < NARROW else 2):
            table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True, style="cyan")
        if self._width >= WIDE:
            table.add_column(style="dim", overflow=self._overflow, no_wrap=True)
        for name, score in rows[:ROWS]:
            folds = [*score.folds.values()]
            cells = [
                self._text(name),
                self._text("" if score.mean is None else short(score.mean)),
                self._text("" if score.std is None else f"{self._marks.spread} {short(score.std)}"),
                Text(self._marks.curve(folds, min(CURVE, self._width // 4))),
                self._text("  ".join(map(short, folds[:ROWS]))),
            ]
            if self._width < NARROW:
                del cells[2]
            table.add_row(*cells[: len(table.columns)])
        self._tell_more(table, len(rows))
        return table

    def _history(self) -> Iterator[ConsoleRenderable]:
        found = [series for series in record.history(self._machine).values() if _has_number(series.values)]
        if not found:
            return
        table = self._table()
        table.add_column(overflow="fold")
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, style="cyan")
        for series in found[:ROWS]:
            numbers = [value for value in series.values if value is not None]
            ends = dict.fromkeys([short(numbers[0]), short(numbers[-1])])
            table.add_row(
                self._text(series.name),
                self._text(f" {self._marks.arrow} ".join(ends)),
                Text(self._marks.curve(series.values, min(CURVE, self._width // 4))),
            )
        self._tell_more(table, len(found))
        epochs = max(len(series.values) for series in found)
        yield from self._section(f"Training ({epochs} epoch{'s' * (epochs > 1)})", table)

    def _splits(self) -> ConsoleRenderable | None:
        found = record.splits(self._machine)
        if not found:
            return None
        table = self._table()
        table.add_column(justify="right", no_wrap=True, style="dim")
        table.add_column(no_wrap=True, overflow="crop")
        table.add_column(no_wrap=True, overflow=self._overflow)
        table.add_row("", Text(f"{self._marks.train} training  {self._marks.test} test"), Text("rows"))
        width = max(LEAST_LINE, min(LINE, self._width - 30))
        *rows, last = [*timeline(found[:ROWS], self._marks, width)]
        for row in (*rows, last):
            table.add_row(*map(Text, row), style="dim" if row is last and not row.fold else "")
        self._tell_more(table, len(found))
        return table

    def _tell_more(self, table: Table, count: int) -> None:
        """Say how many rows there are no more room for, in a column that is wide."""
        if count > ROWS:
            place = 1 if table.columns[0].justify == "right" else 0
            table.add_row(*[""] * place, self._text(f"and {count - ROWS} more; --json has all", "dim"))

    def _table(self) -> Table:
        return Table.grid(padding=(0, 2, 0, 0))

    def _text(self, text: str, style: str = "") -> Text:
        """Return a text that is neither markup nor a command to the terminal."""
        cut = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        return Text(shown(cut, self._encoding), style)


def _has_number(values: Iterable[float | None]) -> bool:
    """Tell whether there is a number among some values."""
    return any(value is not None for value in values)


def _rank(score: Score, *, is_higher_better: bool) -> tuple[bool, float, str]:
    """Return the rank of a score among the worst; NaN is the worst of all."""
    mean = math.nan if score.mean is None else score.mean
    if math.isnan(mean):
        return False, 0.0, str(score.tag)
    return True, mean if is_higher_better else -mean, str(score.tag)
