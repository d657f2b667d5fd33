"""Checks: a reporter is found where its distribution is installed."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

from newsdesk.builtin.registry import new_registry
from newsdesk.contract.delivery import Delivery
from newsdesk.contract.reporter import BaseReporter
from newsdesk.testing.harness.check import check, expect
from newsdesk.testing.harness.delivering import NewReporter
from newsdesk.testing.harness.fixtures import CheckFixtures
from newsdesk.testing.inspection.sockets import connections
from newsdesk.testing.machines import small


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
        """If this fails, the reporter does more than it declares, so that this is not checked; or less."""
        cls = type(new_reporter())
        own = {name for base in cls.__mro__ if not _is_base(base) for name in vars(base)}
        for name in ("ping", "holds", "fetch", "machines"):
            capability = "fetch" if name == "machines" else name
            declared = bool(getattr(self.capabilities, capability))
            has = f"the reporter has {'a' if name in own else 'no'} {name}()"
            said = f"{has}, but declares {capability}={declared}"
            expect(declared == (name in own), said)
        if self.capabilities.name is None:
            names = _registered_names(cls)
            expect(not names, f"a plugin registers it as {' and '.join(names)}: declare that as its name")

    @check(required=True)
    def test_what_it_delivers_is_declared(self, new_reporter: NewReporter) -> None:
        """If this fails, the reporter keeps records, or finds them again, and does not declare it."""
        with new_reporter() as reporter:
            deliveries = [reporter.report(small("declared")) or Delivery() for _ in range(2)]
        kept = self.capabilities.keeps or not any(each.reference for each in deliveries)
        expect(kept, f"keeps=False is declared, but there is a reference: {deliveries[0].reference}")
        told = self.capabilities.tells_unchanged or not any(each.unchanged for each in deliveries)
        expect(told, "tells_unchanged=False is declared, but a delivery is told as unchanged")

    @check("no_network", required=True)
    def test_it_uses_no_undeclared_network(self, new_reporter: NewReporter) -> None:
        """If this fails, the reporter connects somewhere: declare `network`, so that outages are checked."""
        with connections() as opened, new_reporter() as reporter:
            reporter.report(small("declared"))
            list(reporter.report_many([small("declared")]))
            if self.capabilities.ping:
                reporter.ping()
            if self.capabilities.fetch:
                reporter.fetch(*reversed(small("declared").key))
                list(reporter.machines())
        expect(not opened, f"no network is declared, but the reporter opens {', '.join(opened)}")


def _registered_names(cls: type[BaseReporter]) -> list[str]:
    path = f"{cls.__module__}:{cls.__qualname__}"
    records = [record for plugin in new_registry().plugins() for record in plugin.records]
    return [record.name for record in records if record.reporter == path]


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
