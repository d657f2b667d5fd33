"""Pure: the charts of a machine, as marks with coordinates; a template draws them as SVG."""

from newsdesk_pages.charts.curves import curves
from newsdesk_pages.charts.drawing import Chart, Mark
from newsdesk_pages.charts.folds import folds
from newsdesk_pages.charts.tags import MOST_TAGS, tags
from newsdesk_pages.charts.timeline import timeline

__all__ = ["MOST_TAGS", "Chart", "Mark", "curves", "folds", "tags", "timeline"]
