"""Bugs in the reporter of the example."""

from tests.kit_power.bug import Bug, Subject

PARQUET = Subject(
    "parquet",
    "examples/newsdesk-parquet/src/newsdesk_parquet",
    "examples/newsdesk-parquet/tests/test_contract.py",
    [
        Bug(
            "the file's name is the composed one (NFC): two machines, one file",
            "place.py",
            [
                (
                    "    label, alterations = _label(",
                    "    key = MachineKey(*(__import__('unicodedata').normalize('NFC', part) for part in key))\n"
                    "    label, alterations = _label(",
                )
            ],
        ),
        Bug(
            "unchanged is any file of the same layout",
            "dataset.py",
            [
                (
                    "if _own_metadata(target) == metadata:",
                    "if (_own_metadata(target) or {}).get('newsdesk.layout') == LAYOUT:",
                )
            ],
        ),
        Bug(
            "one dataset of the module is shared by all reporters",
            "reporter.py",
            [
                ("class ParquetReporter(", "_DATASETS = []\n\n\nclass ParquetReporter("),
                (
                    "        self._dataset = Dataset(self.path)\n",
                    "        _DATASETS[1:] = []\n        _DATASETS or _DATASETS.append(Dataset(self.path))\n"
                    "        self._dataset = _DATASETS[0]\n",
                ),
            ],
        ),
        Bug(
            "fetch() without a project takes the first of several",
            "reporter.py",
            [("sole_project(name, found)", "found[0] if found else ''")],
        ),
        Bug(
            "a file that cannot be read counts as missing",
            "dataset.py",
            [
                (
                    "            except FileNotFoundError:\n                return None\n            except pa",
                    "            except OSError:\n                return None\n            except pa",
                )
            ],
        ),
        Bug(
            "the time of a listed machine has no time zone",
            "dataset.py",
            [(".st_mtime, UTC)", ".st_mtime)")],
        ),
    ],
)
