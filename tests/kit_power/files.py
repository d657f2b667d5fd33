"""Bugs in the reporter `files`."""

from tests.kit_power.bug import Bug, Subject

_MODULE = "builtin/files.py"
_RECORD = "        record = machine.to_json()\n"
_PLACE = 'slug_of(key.name, "name")'

FILES = Subject(
    "files",
    "core/src/newsdesk",
    "core/tests/builtin/test_contract.py::TestFiles",
    [
        Bug(
            "holds() looks by name in the folder of any project",
            _MODULE,
            [
                (
                    "if _is_there(self._place(key)[0])}",
                    "if [*Path(self.path).glob(f'*/{self._place(key)[0].name}')]}",
                )
            ],
        ),
        Bug(
            "the written record lacks the evaluation",
            _MODULE,
            [(_RECORD, "        record = Machine.of({**machine.to_dict(), 'evaluation': {}}).to_json()\n")],
        ),
        Bug(
            "floats are rounded to 12 digits",
            _MODULE,
            [
                (_RECORD, "        record = Machine.of(_rounded(machine.to_dict())).to_json()\n"),
                (
                    "def _files_under(",
                    "def _rounded(value):\n"
                    "    if isinstance(value, dict):\n"
                    "        return {key: _rounded(item) for key, item in value.items()}\n"
                    "    if isinstance(value, list):\n"
                    "        return [_rounded(item) for item in value]\n"
                    "    return float(f'{value:.12g}') if isinstance(value, float) else value\n\n\n"
                    "def _files_under(",
                ),
            ],
        ),
        Bug(
            "errors of the disk are swallowed",
            _MODULE,
            [
                (
                    "            write_atomically(target, record)\n",
                    "            try:\n                write_atomically(target, record)\n"
                    "            except OSError:\n                pass\n",
                )
            ],
        ),
        Bug(
            "a full disk is a permanent error",
            "contract/disk.py",
            [("if error.errno in _PERMANENT:", "if error.errno:")],
        ),
        Bug(
            "unchanged is what this reporter has written, though the file is gone",
            _MODULE,
            [
                (
                    "        with _errors_of(target):\n            held =",
                    "        written = self.__dict__.setdefault('_written', {})\n"
                    "        if written.get(target) == record:\n"
                    "            return Delivery(str(target), alterations, unchanged=True)\n"
                    "        written[target] = record\n"
                    "        with _errors_of(target):\n            held =",
                )
            ],
        ),
        Bug(
            "plan() writes the file",
            _MODULE,
            [
                (
                    "        _, alterations = self._place",
                    "        self.report(machine)\n        _, alterations = self._place",
                )
            ],
        ),
        Bug(
            "__init__ makes the folder, in a thread",
            _MODULE,
            [
                (
                    "        self.path = path\n",
                    "        self.path = path\n"
                    "        import threading\n"
                    "        threading.Thread(target=os.makedirs, args=(path,), kwargs={'exist_ok': True}).start()\n",
                )
            ],
        ),
        Bug(
            "the file's name is the composed one (NFC)",
            "builtin/layout.py",
            [(_PLACE, "slug_of(__import__('unicodedata').normalize('NFC', key.name), 'name')")],
        ),
        Bug(
            "fetch() without a project takes the first of several",
            _MODULE,
            [("sole_project(name, self._projects(name))", "next(iter(self._projects(name)), '')")],
        ),
        Bug(
            "a folder that cannot be read counts as an empty one",
            _MODULE,
            [("        except FileNotFoundError:  # nothing was", "        except OSError:  # nothing was")],
        ),
        Bug(
            "what is being written is listed",
            _MODULE,
            [
                ('lambda entry: entry.name.endswith(".json")', "os.DirEntry.is_file"),
                (
                    'path = f"{file.parent.name}/{file.name}"',
                    "path = found and place(Machine.from_json(found[0]).key)[0]",
                ),
            ],
        ),
    ],
)
