"""The tests that need gordo itself are for `nox -s gordo`, which names a folder for its environments."""

import os

collect_ignore = [] if "GORDO_ENVIRONMENTS" in os.environ else ["with_gordo"]
