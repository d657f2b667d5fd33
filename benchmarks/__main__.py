"""`python -m benchmarks`: measure all parts, or those given, and write the figures to the docs."""

import itertools
import sys
from collections.abc import Sequence

from benchmarks.page import GROWTH, Page
from benchmarks.parts import cold, core, gordo, growth, mlflow_http, outbox, pages, postgres, settings
from benchmarks.tables import rows

PARTS = {
    "cold": cold,
    "postgres": postgres,
    "mlflow": mlflow_http,
    "core": core,
    "outbox": outbox,
    "gordo": gordo,
}
BESIDE = {"pages": pages, "settings": settings}
"""Parts that are only measured on request, and not written to the docs."""


def main(names: Sequence[str]) -> None:
    """Measure."""
    page = Page()
    for name in names or [*PARTS, GROWTH]:
        try:
            measure(name, page)
        except gordo.MissingError as error:
            if names:
                sys.exit(f"{name}: {error}")
            print(f"{name} is left out: {error}")


def measure(name: str, page: Page) -> None:
    """Measure a part, print it, and write it to the docs."""
    if name == GROWTH:
        page.keep_growth(growth.growth())
        return
    printed, kept = itertools.tee((PARTS | BESIDE)[name].figures())
    for row in rows(printed):
        print(row, flush=True)
    if name in PARTS:
        page.keep_figures(name, [*kept])


if __name__ == "__main__":
    main(sys.argv[1:])
