"""An MLflow server by its documented REST API, without MLflow's client: mlflow takes seconds to import.

May import the modules of `transport` besides `connecting`, `delivery` and `tracking`, and, where artifacts
need it, `client`.
"""
