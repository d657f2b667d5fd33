"""How it is sent: requests to MLflow through its client, and what their failures mean.

May import `mapping`, `auth`, and what those may import.
"""
