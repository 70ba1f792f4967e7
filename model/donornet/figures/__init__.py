"""Pictures of designs and studies: plain Plotly figures for notebooks, papers and the report."""

from donornet.figures.comparison import compare_costs, compare_facilities
from donornet.figures.costs import cost_breakdown, cost_by_period
from donornet.figures.donors import donors
from donornet.figures.front import front
from donornet.figures.image import write_image
from donornet.figures.network_map import network_map
from donornet.figures.ranking import ranking
from donornet.figures.requirements import coverage, requirements
from donornet.figures.sankey import sankey
from donornet.figures.series import series
from donornet.figures.utilisation import utilisation

__all__ = [
    "compare_costs",
    "compare_facilities",
    "cost_breakdown",
    "cost_by_period",
    "coverage",
    "donors",
    "front",
    "network_map",
    "ranking",
    "requirements",
    "sankey",
    "series",
    "utilisation",
    "write_image",
]
