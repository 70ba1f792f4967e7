"""The admissible network of an instance: every legal chain, compiled once, for the model and for people."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from donornet.admissible.arcs import Compiler, Layers
from donornet.admissible.cuts import SinglePoint, single_points
from donornet.admissible.demand import Demand
from donornet.admissible.graph import as_graph, write_graphml
from donornet.admissible.lanes import LaneBook
from donornet.admissible.legs import Legs
from donornet.admissible.loops import LoopCompiler, Loops
from donornet.admissible.names import Names
from donornet.admissible.nodes import Nodes, operations
from donornet.admissible.reach import Reach, reach_table, reaches
from donornet.admissible.recognition import Verdicts
from donornet.admissible.summary import summary, to_json
from donornet.admissible.testing import Testing
from donornet.admissible.trace import Traces, trace
from donornet.admissible.waiver import Waiver, waivers
from donornet.instance import Instance
from donornet.instance.plain_text import plain_text

if TYPE_CHECKING:
    import networkx as nx


class AdmissibleNetwork:
    """Every legal chain of an instance.

    Parameters
    ----------
    instance
        A valid instance.
    measures
        Measures that count beside those of the limits; see `network`.

    Attributes
    ----------
    names
        The ids of the instance as numbers, which relations hold instead of text.
    lanes, legs, verdicts, nodes, operations
        Lanes, legs, verdicts and facilities as the chains meet them.
    layers
        Network of each allogeneic (therapy, market) that has one.
    loops
        Loops of each autologous (therapy, market) that has any.
    """

    def __init__(self, instance: Instance, measures: Collection[str] = ()) -> None:
        self.instance, self.measures, self.names = instance, frozenset(measures), Names(instance)
        self.lanes = LaneBook(instance, self.names)
        self.verdicts = Verdicts(instance)
        self.operations = operations(instance)
        self.legs = Legs(instance, self.lanes, self.operations, self.demand, measures)
        self.nodes = Nodes(instance, self.names, self.verdicts, self.operations)
        self.layers: dict[tuple[str, str], Layers] = {}
        self.loops: dict[tuple[str, str], Loops] = {}
        testing = Testing(instance, self.legs, self.nodes)
        arcs = Compiler(instance, self.legs, self.verdicts, self.nodes, testing, self.demand)
        cycles = LoopCompiler(instance, self.legs, self.nodes, testing, self.demand, measures)
        for therapy, market, modality in self.commodities():
            if modality == "allogeneic":
                layers = arcs.layers(therapy, market)
                if layers is not None:
                    self.layers[therapy, market] = layers
            else:
                loops = cycles.loops(therapy, market)
                if loops is not None:
                    self.loops[therapy, market] = loops

    @cached_property
    def demand(self) -> Demand:
        """Who wants what."""
        return Demand(self.instance)

    def commodities(self) -> list[tuple[str, str, str]]:
        """Return (therapy, market, modality) wherever a centre of the market wants the therapy."""
        therapies = self.instance.table("therapies")
        return [
            (row.therapy, market, row.modality)
            for row in therapies.itertuples()
            for market in self.instance.markets
            if self.demand.centres(row.therapy, market)
        ]

    def node_at(self, therapy: str, market: str, stage: str) -> pd.DataFrame:
        """Return the facilities of a stage in the periods in which the market recognises them.

        Returns
        -------
        table
            The columns of `Nodes.table`, ``node``, and ``t``, the position of the period.
        """
        rows = self.nodes.of(therapy, market, stage)
        row, period = np.nonzero(self.nodes.valid[rows["node"]])
        return self.names.table(rows.take(row).assign(t=period))

    # -------------------------------------------------------------------------------------------------- for people

    @cached_property
    def graph(self) -> nx.MultiDiGraph:
        """The network as a networkx graph; see `donornet.admissible.graph.as_graph`."""
        return as_graph(self)

    @cached_property
    def reaches(self) -> list[Reach]:
        """What reaches every centre, and from where."""
        return reaches(self)

    def reach(self) -> pd.DataFrame:
        """Return which centres each therapy reaches; see `donornet.admissible.reach.reach_table`."""
        return reach_table(self)

    @cached_property
    def waivers(self) -> list[Waiver]:
        """For demand that no chain reaches, the cheapest rules to waive."""
        return waivers(self)

    @cached_property
    def single_points(self) -> list[SinglePoint]:
        """Places without which a therapy no longer reaches centres that it reaches now."""
        return single_points(self)

    def trace(self, pool: str, centre: str, therapy: str) -> Traces:
        """Return which rule blocks each kind of chain; its text is for people.

        Parameters
        ----------
        pool
            The donor pool; blank for an autologous therapy.
        centre, therapy
            The centre and the therapy.

        Raises
        ------
        ValueError
            An id is unknown (the message names the nearest), or a pool is missing or too many.
        """
        return trace(self, pool, centre, therapy)

    def summary(self) -> str:
        """Return counts, reach, single points of failure and the size of the model to come, as text."""
        return summary(self)

    def to_json(self) -> dict[str, Any]:
        """Return what `summary` shows, for programs."""
        return to_json(self)

    def write_graphml(self, path: str | PathLike[str]) -> None:
        """Write `graph` as GraphML."""
        write_graphml(self.graph, path)


@plain_text
def network(instance: Instance, measures: Collection[str] = ()) -> AdmissibleNetwork:
    """Return the admissible network of a valid instance.

    Parameters
    ----------
    instance
        A valid instance.
    measures
        Measures by which designs will be judged though no limit of the instance names them. Lanes and loops that are
        dearer but better in one of these (``co2``, ``vein_to_vein_mean``) stay in; others that are beaten are dropped.
    """
    return AdmissibleNetwork(instance, measures)
