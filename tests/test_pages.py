"""The pages beside MLflow and PostgreSQL: each machine's page leads to its run, and names its row."""

import html
import json
from pathlib import Path

import newsdesk
from newsdesk_pages import PagesReporter

EXAMPLES = sorted((Path(__file__).parents[1] / "examples/machines").glob("*.json"))


def test_a_page_leads_to_the_run_and_names_the_row(tmp_path, mlflow_server, postgres_server):
    to = [
        {"pages": {"folder": str(tmp_path / "site")}},
        {"mlflow": {"tracking_uri": mlflow_server.url, "experiment": "pages"}},
        {"postgres": {"url": postgres_server.url, "table": "pages"}},
    ]
    for file in EXAMPLES:
        own, run, row = newsdesk.report(json.loads(file.read_bytes()), to)
        page = html.unescape(Path(own.reference).read_text())
        assert f'<a href="{run.reference}"' in page
        assert run.reference.startswith(mlflow_server.url)
        assert f"postgres: <code>{row.reference}</code>" in page
    assert len([*PagesReporter(tmp_path / "site").machines()]) == len(EXAMPLES) == 4
