"""`python -m benchmarks`: measure all parts, or those given, and write the figures to the docs."""

import sys
from collections.abc import Iterable

from benchmarks import core, growth, mlflow_http, outbox, postgres, settings, startup
from benchmarks.page import Page, row

PARTS = {"core": core, "outbox": outbox, "startup": startup, "postgres": postgres, "mlflow": mlflow_http}
GROWTH = "growth"
BESIDE = {"settings": settings}
"""Parts that are only measured on request, and not written to the docs."""


def main(names: Iterable[str]) -> None:
    """Measure."""
    page = Page()
    for name in [*names] or [*PARTS, GROWTH]:
        if name == GROWTH:
            page.keep_growth(growth.growth())
            continue
        figures = []
        for figure in (PARTS | BESIDE)[name].figures():
            print(row(figure), flush=True)
            figures.append(figure)
        if name in PARTS:
            page.keep_figures(name, figures)


if __name__ == "__main__":
    main(sys.argv[1:])
