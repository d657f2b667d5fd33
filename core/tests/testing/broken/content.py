"""Reporters that change what they deliver, each in one way."""

import json
import unicodedata
from pathlib import Path

from newsdesk import Alteration, Plan

from broken.folder import Folder


class LosesUnknownKeys(Folder):
    def record_of(self, machine):
        return self.text_of(
            {key: value for key, value in machine.to_dict().items() if key not in machine.extra}
        )


class ComputesWithDurations(Folder):
    def record_of(self, machine):
        build = machine.metadata.get("build_metadata", {})
        self.hours = [part.get("query_duration_sec", 0) / 3600 for part in build.values()]
        return super().record_of(machine)


class LosesNul(Folder):
    def changed(self, value, depth=0):
        return value.replace("\0", "") if isinstance(value, str) else super().changed(value, depth)


class MakesFloatsOfBigIntegers(Folder):
    def changed(self, value, depth=0):
        return float(value) if type(value) is int and value > 2**63 else super().changed(value, depth)


class LosesWhatIsEmpty(Folder):
    def changed(self, value, depth=0):
        value = super().changed(value, depth)
        return (
            {key: item for key, item in value.items() if item not in ({}, [])}
            if isinstance(value, dict)
            else value
        )


class CutsLongTexts(Folder):
    def changed(self, value, depth=0):
        return value[:65535] if isinstance(value, str) else super().changed(value, depth)


class FilesByTheBeginningOfAName(Folder):
    def filed(self, key):
        return json.dumps([key.project_name, key.name[:255]]).encode()


class FilesByTheNameAlone(Folder):
    def filed(self, key):
        return json.dumps(key.name).encode()


class TakesANameForAPath(Folder):
    def file_of(self, machine):
        return (
            Path(self.path, machine.name).parent / super().file_of(machine).name
            if "../" in machine.name
            else super().file_of(machine)
        )


class CutsLongLists(Folder):
    def changed(self, value, depth=0):
        return value[:40] if isinstance(value, list) else super().changed(value, depth)


class CutsDeepNesting(Folder):
    def changed(self, value, depth=0):
        return None if depth > 100 else super().changed(value, depth)


class TellsAlterationsInItsPlanAlone(Folder):
    def plan(self, machine):
        long = [Alteration("name", "renamed", "too long")] if len(machine.name) > 1000 else []
        return Plan(1, alterations=long)


class LosesTheSplits(Folder):
    """Which only the records of real builds have."""

    def changed(self, value, depth=0):
        value = super().changed(value, depth)
        return (
            {key: item for key, item in value.items() if key != "splits"}
            if isinstance(value, dict)
            else value
        )


class FilesByTheComposedName(Folder):
    def filed(self, key):
        return unicodedata.normalize("NFC", json.dumps(key, ensure_ascii=False)).encode(
            "utf-8", "surrogatepass"
        )


class ComposesTexts(Folder):
    def changed(self, value, depth=0):
        return (
            unicodedata.normalize("NFC", value) if isinstance(value, str) else super().changed(value, depth)
        )


class RoundsWhatItShows(Folder):
    """In a file beside the record."""

    def report(self, machine):
        self.shown(machine).parent.mkdir(parents=True, exist_ok=True)
        self.shown(machine).write_text(json.dumps([machine.name[:100], machine.project_name]))
        return super().report(machine)

    def shown(self, machine):
        return Path(self.path, f"{machine.revision}.shown")
