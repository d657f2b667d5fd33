"""What the package shows, and how little it costs to look at."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import newsdesk_mlflow
import pytest
from newsdesk_mlflow.plugin import newsdesk_reporters

SOURCE = Path(newsdesk_mlflow.__file__).parent


@pytest.mark.parametrize(
    "statement",
    [
        "import newsdesk_mlflow",
        "import newsdesk_mlflow.plugin",
        "import newsdesk_mlflow.reporter",
        "from newsdesk_mlflow import MlFlowReporter, MlflowLoggingError, get_workspace_kwargs",
        "from newsdesk_mlflow import MlFlowReporter; MlFlowReporter(limits='azureml').plan({'name': 'm'})",
        "from newsdesk_mlflow import batch_log_items; batch_log_items([], [])",
    ],
)
def test_mlflow_is_not_imported_before_it_is_needed(statement):
    script = f"import sys\n{statement}\nassert not [name for name in sys.modules if name.split('.')[0] in ('mlflow', 'azure')]"
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_the_plugin_module_imports_newsdesk_alone():
    script = (
        "import sys, newsdesk_mlflow.plugin\n"
        "assert not [n for n in sys.modules if n.startswith('newsdesk_mlflow.') and n != 'newsdesk_mlflow.plugin']\n"
        "assert 'requests' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_only_the_client_imports_mlflow_at_run_time():
    importers = {
        file.parent.relative_to(SOURCE).as_posix()
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(_without_type_checking(ast.parse(file.read_text())))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(
            name.split(".")[0] == "mlflow"
            for name in [getattr(node, "module", "") or "", *(a.name for a in node.names)]
        )
    }
    assert importers == {"transport/client"}


def test_only_auth_knows_azures_libraries():
    knowing = {
        file.relative_to(SOURCE).parts[0]
        for file in SOURCE.rglob("*.py")
        if re.search(r"import_module\(\"azure|^\s*(import|from) azure", file.read_text(), re.MULTILINE)
    }
    assert knowing == {"auth"}


def _without_type_checking(tree):
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING")
    ]
    return tree


def test_all_that_is_public_is_there_and_is_what_type_checkers_see():
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    assert sorted(alias.asname for node in block.body for alias in node.names) == newsdesk_mlflow.__all__
    assert all(hasattr(newsdesk_mlflow, name) for name in newsdesk_mlflow.__all__)
    assert set(newsdesk_mlflow.__all__) <= set(dir(newsdesk_mlflow))
    with pytest.raises(AttributeError, match="module 'newsdesk_mlflow' has no attribute 'nothing'"):
        newsdesk_mlflow.nothing  # noqa: B018


def test_the_plugin_offers_one_reporter_under_all_its_names():
    (plugin,) = newsdesk_reporters()
    assert (plugin.name, plugin.aliases) == ("mlflow", ("azureml", "gordo.reporters.mlflow.MlFlowReporter"))
