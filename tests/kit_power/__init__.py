"""The power of the conformance kit: bugs that authors make, each planted in one of our reporters."""

from tests.kit_power.files import FILES
from tests.kit_power.mlflow import MLFLOW
from tests.kit_power.objects import OBJECTS
from tests.kit_power.pages import PAGES
from tests.kit_power.parquet import PARQUET
from tests.kit_power.postgres import POSTGRES

SUBJECTS = [FILES, OBJECTS, PARQUET, POSTGRES, MLFLOW, PAGES]
"""The reporters, with their bugs."""
