"""The process that runs a server for tests: `python -m newsdesk.testing.servers.supervisor PATH FOLDER`.

PATH is the import path of a context manager. The process prints one line, and runs the server until its
standard input has a line or ends: the tests write that line, and the system closes the input when they die.
"""

import importlib
import json
import operator
import os
import signal
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from newsdesk.plugins.definition import split_import_path
from newsdesk.testing.servers.server import ServerMissing


def main(path: str, folder: str) -> None:
    """Run the server."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers, ExitStack() as stack:
        os.dup2(2, 1)  # what the server prints must not mix with the answer
        signal.signal(signal.SIGTERM, _leave)
        print(json.dumps(_begun(stack, path, folder)), file=answers, flush=True)
        sys.stdin.buffer.readline()


def _begun(stack: ExitStack, path: str, folder: str) -> dict[str, str]:
    module, attribute = split_import_path(path)
    try:
        serve = operator.attrgetter(attribute)(importlib.import_module(module))
        return {"url": stack.enter_context(serve(Path(folder)))}
    except ServerMissing as error:
        return {"missing": str(error)}
    except Exception:  # noqa: BLE001  (the boundary of a process: the tests get it as text)
        return {"failed": traceback.format_exc()}


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)  # orderly, so that the server ends first


if __name__ == "__main__":
    main(*sys.argv[1:])
