"""Lets `gordo build` report its machines through newsdesk.

With the environment variable `MODEL_BUILDER_CLASS=newsdesk_gordo.ModelBuilder`, which is gordo's own setting,
neither gordo nor its configs are changed. A builder of your own uses the mixin `Reporting`.
"""

from newsdesk_gordo.builder import ModelBuilder, Reporting

__all__ = ["ModelBuilder", "Reporting"]
