"""How a fresh interpreter finds a reporter."""

import json
import subprocess
import sys

LOUD = """
    import os

    from newsdesk import ReporterPlugin, hookimpl

    print("printed at import")
    os.system("echo printed by a child")

    @hookimpl
    def newsdesk_reporters():
        yield ReporterPlugin("loud", "newsdesk.builtin.null:NullReporter")
"""


def test_what_a_plugin_prints_does_not_come_between(distribution, monkeypatch):
    site = distribution("loud", {"loud_plugin": LOUD}, entries={"loud": "loud_plugin"})
    monkeypatch.setenv("PYTHONPATH", str(site))
    path = "newsdesk.builtin.null.NullReporter"
    command = [sys.executable, "-P", "-m", "newsdesk.testing.inspection.discovery", "loud", path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert (told["name"], told["path"]) == (path, path)
    assert "printed by a child" in done.stderr
