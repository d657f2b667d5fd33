"""Bugs in the reporter `objects`, and in its client of object stores."""

from tests.kit_power.bug import Bug, Subject

_MODULE = "builtin/objects.py"
_CLIENT = "objectstore/remote.py"

OBJECTS = Subject(
    "objects",
    "core/src/newsdesk",
    "core/tests/builtin/test_objects.py::TestS3",
    [
        Bug(
            "an object that is there is never replaced",
            _MODULE,
            [("if found is None or found.content != record:", "if found is None:")],
        ),
        Bug(
            "the written record lacks the evaluation",
            _MODULE,
            [
                (
                    "        record = machine.to_json()\n",
                    "        record = Machine.of({**machine.to_dict(), 'evaluation': {}}).to_json()\n",
                )
            ],
        ),
        Bug("it always says that it wrote", _MODULE, [("unchanged=is_same", "unchanged=False")]),
        Bug("alterations are left out", _MODULE, [("alterations=alterations, unchanged", "unchanged")]),
        Bug(
            "another machine's object is overwritten",
            _MODULE,
            [("refuse_another(found.content", "len or (found.content")],
        ),
        Bug(
            "holds() looks into one project alone",
            _MODULE,
            [("for project in sorted(projects) for", "for project in sorted(projects)[:1] for")],
        ),
        Bug(
            "a listing ends after a page",
            _CLIENT,
            [
                (
                    "            )\n        if is_empty:",
                    "            )\n            break\n        if is_empty:",
                )
            ],
        ),
        Bug(
            "a connection that fails is a permanent error",
            _CLIENT,
            [("raise TransientReporterError(f", "raise PermanentReporterError(f")],
        ),
        Bug("the client repeats requests", _CLIENT, [('"max_retries": 0', '"max_retries": 3')]),
        Bug(
            "an answer 5xx is a permanent error",
            _CLIENT,
            [("raise known or PermanentReporterError", "raise PermanentReporterError")],
        ),
    ],
)
"""The reporter, with its bugs; it needs obstore and moto."""
