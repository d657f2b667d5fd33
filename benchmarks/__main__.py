"""`python -m benchmarks`: measure all parts, or those given, and write the figures to the docs."""

import itertools
import sys
from collections.abc import Iterable

from benchmarks.page import GROWTH, Page
from benchmarks.parts import cold, core, growth, mlflow_http, outbox, postgres, settings
from benchmarks.tables import rows

PARTS = {"cold": cold, "postgres": postgres, "mlflow": mlflow_http, "core": core, "outbox": outbox}
BESIDE = {"settings": settings}
"""Parts that are only measured on request, and not written to the docs."""


def main(names: Iterable[str]) -> None:
    """Measure."""
    page = Page()
    for name in [*names] or [*PARTS, GROWTH]:
        if name == GROWTH:
            page.keep_growth(growth.growth())
            continue
        printed, kept = itertools.tee((PARTS | BESIDE)[name].figures())
        for row in rows(printed):
            print(row, flush=True)
        if name in PARTS:
            page.keep_figures(name, [*kept])


if __name__ == "__main__":
    main(sys.argv[1:])
