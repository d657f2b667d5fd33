"""Pure: the dashboard of Grafana, `machines.json`, for a table and a data source."""

import json
import re
from pathlib import Path
from typing import Any

from newsdesk_postgres.dashboards.views import VIEWS, view_name

FILE = "machines.json"
"""The dashboard of a table with the default name, in this folder."""

_TABLE = "machine"
_VIEW = re.compile(rf"\b{_TABLE}_({'|'.join(view.suffix for view in VIEWS)})\b")


def dashboard(*, datasource: str | None, table: str, schema: str | None) -> dict[str, Any]:
    """Return the dashboard, as Grafana imports it.

    Args:
        datasource: the name or UID of a data source in Grafana to begin with; otherwise its first PostgreSQL.
        table: the table's name, unquoted.
        schema: the name of its schema, unquoted.

    Raises:
        PermanentPostgresError: the table's name is too long for views.
    """
    names = {view.suffix: view_name(view, table, schema) for view in VIEWS}
    text = Path(__file__).with_name(FILE).read_text("utf-8")
    found: dict[str, Any] = _with_views(json.loads(text), names)
    if datasource is not None:
        variable = next(each for each in found["templating"]["list"] if each["type"] == "datasource")
        variable["current"] = {"selected": True, "text": datasource, "value": datasource}
    return found


def _with_views(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _VIEW.sub(lambda match: names[match[1]], value)
    if isinstance(value, dict):
        return {key: _with_views(item, names) for key, item in value.items()}
    return [_with_views(item, names) for item in value] if isinstance(value, list) else value
