"""MLflow through its own client, for every store that is not a plain server; only here is mlflow imported.

May import the modules of `transport` besides `connecting`, `delivery` and `tracking`.
"""
