"""Bugs in the reporter `pages`."""

from tests.kit_power.bug import Bug, Subject

_REPORTER = "reporter.py"
_SITE = "site.py"
_FILES = "files.py"
_PUBLISHING = "publishing.py"
_RECORD = "        site.record(slug, revision): machine.to_json(),\n"

PAGES = Subject(
    "pages",
    "plugins/pages/src/newsdesk_pages",
    "plugins/pages/tests/test_contract.py",
    [
        Bug(
            "two machines whose names differ in case alone share their files",
            _SITE,
            [
                (
                    'return self.folder / "records" / slug / f"{revision}.json"',
                    'return self.folder / "records" / slug.partition("~")[0] / f"{revision}.json"',
                )
            ],
        ),
        Bug(
            "holds() looks by name in any project",
            _REPORTER,
            [
                (
                    "if self._site.recorded(key.slug())}",
                    "if [*self._site.folder.glob(f'records/*.{key.name}/*.json')]}",
                )
            ],
        ),
        Bug(
            "the written record lacks the evaluation",
            _PUBLISHING,
            [(_RECORD, _RECORD.replace("machine", "Machine.of({**machine.to_dict(), 'evaluation': {}})"))],
        ),
        Bug(
            "a machine keeps its last revision alone",
            _PUBLISHING,
            [
                (
                    "    changed = settle(lambda: record)\n",
                    "    for other in site.recorded(slug):\n"
                    "        other == revision or site.record(slug, other).unlink()\n"
                    "    changed = settle(lambda: record)\n",
                )
            ],
        ),
        Bug(
            "what is there already is reported as delivered",
            _PUBLISHING,
            [("    changed = settle(lambda: record)\n", "    changed = settle(lambda: record) or True\n")],
        ),
        Bug(
            "unchanged is what this process has written, though it is gone",
            _PUBLISHING,
            [
                ('"""Revisions, the newest ones', '_WRITTEN = set()\n"""Revisions, the newest ones'),
                (
                    "    record = {\n",
                    "    if (site.folder, revision) in _WRITTEN:\n        return False\n"
                    "    _WRITTEN.add((site.folder, revision))\n    record = {\n",
                ),
            ],
        ),
        Bug(
            "errors of the disk are swallowed",
            _FILES,
            [
                (
                    "            with errors_of(target):\n                write_atomically(target, data)\n",
                    "            try:\n                write_atomically(target, data)\n"
                    "            except OSError:\n                return changed\n",
                )
            ],
        ),
        Bug(
            "a full disk is a permanent error",
            _FILES,
            [("        if error.errno in _PERMANENT:\n", "        if error.errno:\n")],
        ),
        Bug(
            "a file that cannot be read counts as missing",
            _FILES,
            [
                (
                    'with errors_of(file, "read"), suppress(FileNotFoundError):',
                    'with errors_of(file, "read"), suppress(OSError):',
                ),
                (
                    'with errors_of(folder, "read"), suppress(FileNotFoundError):',
                    'with errors_of(folder, "read"), suppress(OSError):',
                ),
            ],
        ),
        Bug(
            "the first revision is fetched instead of the last",
            _REPORTER,
            [
                (
                    "        revisions = self._site.revisions(slug)\n",
                    "        revisions = self._site.revisions(slug)[::-1]\n",
                )
            ],
        ),
        Bug(
            "fetch() without a project takes the first of several",
            _REPORTER,
            [
                (
                    "sole_project(name, self._projects(name))",
                    "sole_project(name, self._projects(name)[:1])",
                )
            ],
        ),
        Bug(
            "machines() reads every machine before it yields",
            _REPORTER,
            [
                (
                    "        for slug in self._site.slugs():\n",
                    "        [*map(self._site.revisions, self._site.slugs())]\n"
                    "        for slug in self._site.slugs():\n",
                )
            ],
        ),
        Bug(
            "the time of a listed machine has no time zone",
            _REPORTER,
            [
                (
                    "dataclasses.replace(each, reference=",
                    "dataclasses.replace(each, time=each.time.replace(tzinfo=None), reference=",
                )
            ],
        ),
        Bug(
            "that a name is another one in the site is not told",
            _REPORTER,
            [("reference=reference, alterations=slug.alterations, ", "reference=reference, ")],
        ),
        Bug(
            "plan() writes the page",
            _REPORTER,
            [
                (
                    "        return Plan(",
                    "        self.report(machine)\n        return Plan(",
                )
            ],
        ),
        Bug(
            "ping never fails",
            _REPORTER,
            [("        if not os.path.isdir(nearest) or", "        if False and")],
        ),
        Bug(
            "ping makes the folder",
            _REPORTER,
            [
                (
                    "        folder = self._site.folder\n        nearest",
                    "        folder = self._site.folder\n"
                    "        folder.mkdir(parents=True, exist_ok=True)\n        nearest",
                )
            ],
        ),
    ],
)
