"""Donor tests: which lab and panel may test a sample from a first-stage site for a market, and what passes."""

from __future__ import annotations

from functools import cached_property
from itertools import compress, product

import numpy as np
import pandas as pd

from donornet.admissible.lanes import TOLERANCE_DAYS, undominated
from donornet.admissible.legs import Legs
from donornet.admissible.names import frame
from donornet.admissible.nodes import Nodes
from donornet.admissible.relation import Relation
from donornet.instance import Instance
from donornet.instance.matching import ANY, best_match

TEST_COLUMNS = (
    "site", "lab", "panel", "mode", "unit_cost", "panel_cost", "operation_cost", "bridging_cost", "gated",
    "lane_row", "node",
)  # fmt: skip


def offered_panels(instance: Instance) -> pd.DataFrame:
    """Return what labs offer: lab, panel, markers (None: meets every requirement), panel_cost, panel_days."""
    facilities = instance.table("facilities")
    labs = facilities.loc[(facilities["stage"] == "testing") & (facilities["status"] != "closed"), ["site"]]
    if not instance.has("panels"):
        implicit = {"panel": "", "markers": None, "panel_cost": 0.0, "panel_days": 0.0}
        return pd.DataFrame({"lab": labs["site"].to_numpy(dtype=object)}).assign(**implicit)
    panels = instance.table("panels")[["panel", "markers", "unit_cost", "days"]]
    if instance.has("lab_panels"):
        offers = instance.table("lab_panels")[["site", "panel"]].merge(labs, on="site").merge(panels, on="panel")
    else:
        offers = labs.merge(panels, how="cross")
    markers = [frozenset(filter(None, (m.strip() for m in cell.split(";")))) for cell in offers["markers"]]
    offers = offers.assign(markers=markers)
    return offers.rename(columns={"site": "lab", "unit_cost": "panel_cost", "days": "panel_days"})


def markers_required(instance: Instance, therapy: str, market: str, risk_class: str) -> frozenset[str]:
    """Return the markers a donation of the risk class must be tested for, all matching rows added up."""
    markers = instance.table("required_markers")["marker"]
    return frozenset(compress(markers, _concerns(instance, therapy, market, risk_class)))


def marker_rows(instance: Instance, therapy: str, market: str, risk_class: str) -> pd.DataFrame:
    """Return the rows of required_markers that concern a donation."""
    concerns = _concerns(instance, therapy, market, risk_class)
    return instance.table("required_markers")[np.asarray(concerns, dtype=bool)]


def _concerns(instance: Instance, therapy: str, market: str, risk_class: str) -> list[bool]:
    rows, groups = instance.table("required_markers"), instance.groups
    return [
        row_class in (risk_class, ANY)
        and (row_market == ANY or market in groups.members(row_market))
        and (row_therapy == ANY or therapy in groups.members(row_therapy))
        for row_class, row_market, row_therapy in zip(rows["risk_class"], rows["market"], rows["therapy"], strict=True)
    ]


def pass_rates(instance: Instance, therapy: str, market: str, risk_classes: list[str]) -> np.ndarray:
    """Return the share of donations of each risk class released after testing, shape (risk_classes,)."""
    return _rates(instance, [(therapy, risk_class, market) for risk_class in risk_classes])


def _rates(instance: Instance, asked: list[tuple[str, str, str]]) -> np.ndarray:
    """Return the pass rate of each (therapy, risk class, market)."""
    rates, rows = np.ones(len(asked)), instance.table("pass_rates")
    if rows.empty or not asked:
        return rates
    keys = ("therapy", "risk_class", "market")
    best, _ = best_match(frame(dict(zip(keys, np.array(asked, dtype=object).T, strict=True))), rows, keys)
    rates[best >= 0] = rows["pass_rate"].to_numpy()[best[best >= 0]]
    return rates


class Testing:
    """How what the first stage takes can be tested.

    Parameters
    ----------
    instance
        A valid instance.
    legs, nodes
        Its legs and facilities.
    """

    def __init__(self, instance: Instance, legs: Legs, nodes: Nodes) -> None:
        self.instance, self.legs, self.nodes, self.names = instance, legs, nodes, legs.lanes.names
        therapies = instance.table("therapies")
        limits = therapies["vein_to_vein_days"].where(therapies["modality"] == "autologous")
        self._longest = dict(zip(therapies["therapy"], limits, strict=True))

    @cached_property
    def _panels(self) -> pd.DataFrame:
        return offered_panels(self.instance)

    @cached_property
    def _offers(self) -> Relation:
        offers = self._panels
        ids = {column: self.names.numbers(offers[column]) for column in ("lab", "panel")}
        return Relation(ids).assign(panel_cost=offers["panel_cost"], panel_days=offers["panel_days"])

    @cached_property
    def _rate(self) -> dict[tuple[str, str, str], float]:
        """Pass rate by therapy, risk class (blank: patients) and market."""
        instance = self.instance
        classes = dict.fromkeys([*instance.table("donor_pools")["risk_class"], ""])
        asked = list(product(instance.routes, classes, instance.markets))
        return dict(zip(asked, _rates(instance, asked), strict=True))

    def rates(self, therapy: str, market: str, risk_classes: np.ndarray) -> np.ndarray:
        """Return the share of donations of each risk class (by number) released, shape (risk_classes,)."""
        texts = self.names.texts(risk_classes)
        return np.array([self._rate[therapy, risk_class, market] for risk_class in texts], dtype=float)

    def suffices(self, therapy: str, market: str, risk_classes: np.ndarray, panels: np.ndarray) -> np.ndarray:
        """Return which panels contain every marker that donations of the risk classes must be tested for.

        A panel without a list of markers does.
        """
        offered = dict(zip(self._offers["panel"].tolist(), self._panels["markers"], strict=True))
        enough = np.zeros(len(panels), dtype=bool)
        for number in np.unique(risk_classes):
            required = markers_required(self.instance, therapy, market, str(self.names.texts(number)))
            good = [panel for panel, markers in offered.items() if markers is None or required <= markers]
            enough |= (risk_classes == number) & self.names.marked(np.array(good, dtype=np.int64))[panels]
        return enough

    def ways(self, therapy: str, market: str, sites: np.ndarray) -> Relation:
        """Return every way to test a sample from `sites`, apart from required markers and prohibitions.

        Returns
        -------
        ways
            Columns `TEST_COLUMNS`; unit_cost is that of the sample lane, ``node`` the lab's row in `nodes`.
        """
        labs = self.nodes.of(therapy, market, "testing").rename(
            {"site": "lab", "unit_cost": "operation_cost", "days": "operation_days"}
        )
        labs = labs.only("lab", "node", "operation_cost", "bridging_cost", "operation_days", "gated")
        ways = self.legs.between(therapy, "sample", sites, labs["lab"]).rename({"from": "site", "to": "lab"})
        ways = ways.join(labs, "lab").join(self._offers, "lab")
        longest = self._longest[therapy]
        if not np.isnan(longest):
            duration = ways["days"] + ways["operation_days"] + ways["panel_days"]
            ways = ways.take(duration <= longest + TOLERANCE_DAYS)
        return ways.take(undominated(ways, ["site", "node", "panel"], ["unit_cost"])).only(*TEST_COLUMNS)
