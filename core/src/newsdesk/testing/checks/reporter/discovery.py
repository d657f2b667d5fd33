"""Checks: a reporter is found where its distribution is installed."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

from newsdesk.contract.reporter import BaseReporter
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.harness.fixtures import CheckFixtures


class DiscoveryChecks(CheckFixtures):
    """Its name, what importing its plugin costs, and its optional methods."""

    @check("name")
    def test_it_is_found_by_name_and_by_import_path(self, new_reporter: NewReporter) -> None:
        """If this fails, the entry point, the name in `plugin.py` or the import path is wrong.

        A fresh interpreter looks for it, so its distribution must be installed.
        """
        path = _path(new_reporter)
        found = _discover(str(self.capabilities.name), path)
        expect(found["path"] == path, f"the import path {path!r} leads to: {found['path']}")
        expect(
            found["name"] == path,
            f"{self.capabilities.name!r} must lead to {path}, but leads to: {found['name']}",
        )

    @check("name")
    def test_its_plugin_module_imports_nothing_heavy(self, new_reporter: NewReporter) -> None:
        """If this fails, every command imports your backend's library: name the class as a string."""
        others = _discover(str(self.capabilities.name), _path(new_reporter))["others"]
        expect(not others, f"the plugin module of {self.capabilities.name!r} imports {', '.join(others)}")

    @check(required=True)
    def test_what_it_offers_is_declared(self, new_reporter: NewReporter) -> None:
        """If this fails, a `ping` or a `holds` is not checked, or is declared and missing."""
        own = {name for cls in type(new_reporter()).__mro__ if not _is_base(cls) for name in vars(cls)}
        for name in ("ping", "holds"):
            declared = bool(getattr(self.capabilities, name))
            said = f"the reporter has {'a' if name in own else 'no'} {name}(), but declares {name}={declared}"
            expect(declared == (name in own), said)


def _is_base(cls: type) -> bool:
    return issubclass(BaseReporter, cls)


def _path(new_reporter: NewReporter) -> str:
    cls = type(new_reporter())
    return f"{cls.__module__}.{cls.__qualname__}"


@cache
def _discover(name: str, path: str) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "newsdesk.testing.inspection.discovery", name, path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603  (our own)
    expect(done.returncode == 0, f"a fresh interpreter failed to find {name!r}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
