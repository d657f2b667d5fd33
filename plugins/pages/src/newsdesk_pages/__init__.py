"""The newsdesk reporter for a static site of the machines."""

from newsdesk_pages.reporter import PagesReporter

__all__ = ["PagesReporter"]
