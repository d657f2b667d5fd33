"""Views of the table for dashboards, and a dashboard of Grafana that uses them.

Imports no driver: the command only prints.
"""
