"""Reach: legs with a lane, and centres that lanes lead to; rules and time limits are left to the admissible network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.instance.matching import ANY
from donornet.validation.legs import Leg, legs_by_therapy
from donornet.validation.places import kilometres, places
from donornet.validation.report import MOST_OF_A_KIND, figure, warning

_BLOCK = 1_000_000
"""Pairs of places whose distance is taken at once."""


class LaneFinder:
    """Which places open lanes lead to.

    Parameters
    ----------
    instance
        The instance; ids may be unknown and tables empty.
    """

    def __init__(self, instance: Instance) -> None:
        every = places(instance).drop_duplicates("place")
        self.names = every["place"].to_numpy(dtype=object)
        self._modes = instance.table("transport_modes").drop_duplicates("mode")
        self._latitude = every["latitude"].to_numpy(dtype=float)
        self._longitude = every["longitude"].to_numpy(dtype=float)
        self._located = np.isfinite(self._latitude) & np.isfinite(self._longitude)
        self._is_site = (every["table"] == "sites").to_numpy()
        self._position = pd.Index(self.names)
        lanes = instance.table("lanes")
        self._lanes = pd.DataFrame({
            "tail": self._position.get_indexer(lanes["from"]),
            "head": self._position.get_indexer(lanes["to"]),
            "mode": lanes["mode"].to_numpy(),
            "therapy": lanes["therapy"].to_numpy(),
            "open": (lanes["status"] == "open").to_numpy(),
        })  # fmt: skip
        self._unlisted = ~lanes["mode"].isin(self._modes["mode"]).to_numpy()

    def at(self, ids: pd.Series) -> np.ndarray:
        """Return the places named, as a mask over `names`."""
        mask = np.zeros(len(self.names), dtype=bool)
        found = self._position.get_indexer(ids)
        mask[found[found >= 0]] = True
        return mask

    def reached(self, leg: Leg, therapy: str, tails: np.ndarray, heads: np.ndarray) -> np.ndarray:
        """Return which of `heads` an open lane leads to from any of `tails`, as masks over `names`."""
        modes = self._modes[
            (self._modes["carries"] == leg.carries)
            & self._modes["from_stage"].isin([ANY, leg.tail])
            & self._modes["to_stage"].isin([ANY, leg.head])
        ]
        listed = self._listed(therapy, modes["mode"], tails, heads)
        hit = np.zeros(len(self.names), dtype=bool)
        hit[listed.loc[listed["open"], "head"]] = True
        within = tails & heads & self._is_site
        within[listed.loc[listed["tail"] == listed["head"], "head"]] = False
        hit |= within
        for mode, longest in zip(modes["mode"], modes["max_km"], strict=True):
            left = np.flatnonzero(heads & self._located & ~hit)
            taken = listed[listed["mode"] == mode]
            hit[self._derived(np.flatnonzero(tails & self._located), left, taken, float(longest))] = True
        return np.asarray(hit & heads)

    def _listed(self, therapy: str, modes: pd.Series, tails: np.ndarray, heads: np.ndarray) -> pd.DataFrame:
        """Return the row that holds for each (tail, head, mode): the therapy's own before that of all."""
        lanes = self._lanes
        fits = (lanes["mode"].isin(modes) | self._unlisted) & lanes["therapy"].isin([therapy, ANY])
        ends = (lanes["tail"] >= 0) & (lanes["head"] >= 0)
        lanes = lanes[fits & ends & tails[lanes["tail"]] & heads[lanes["head"]]]
        own_first = lanes.assign(general=lanes["therapy"] == ANY)
        if own_first["general"].any():
            own_first = own_first.sort_values("general", kind="stable")
        return own_first.drop_duplicates(["tail", "head", "mode"])

    def _derived(self, tails: np.ndarray, heads: np.ndarray, taken: pd.DataFrame, longest: float) -> np.ndarray:
        """Return the `heads` within reach of `tails` by one mode, pairs that a listed row has `taken` excepted."""
        if not len(tails) or not len(heads):
            return heads[:0]
        if np.isnan(longest):
            blocked = np.bincount(taken["head"][np.isin(taken["tail"], tails)], minlength=len(self.names))
            return np.asarray(heads[blocked[heads] < len(tails)])
        found: list[np.ndarray] = []
        rows_at_once = max(1, _BLOCK // len(heads))
        for start in range(0, len(tails), rows_at_once):
            block = tails[start : start + rows_at_once]
            km = kilometres(
                self._latitude[block, None], self._longitude[block, None], self._latitude[heads], self._longitude[heads]
            )
            near = km <= longest
            row, column = (pd.Index(side).get_indexer(taken[end]) for side, end in ((block, "tail"), (heads, "head")))
            both = (row >= 0) & (column >= 0)
            near[row[both], column[both]] = False
            any_near = near.any(axis=0)
            found.append(heads[any_near])
            heads = heads[~any_near]
            if not len(heads):
                break
        return np.concatenate(found)

    def reversed(self) -> LaneFinder:
        """Return the finder with every lane turned round: which places have a lane that leads somewhere."""
        other = object.__new__(LaneFinder)
        other.__dict__.update(self.__dict__)
        other._lanes = self._lanes.rename(columns={"tail": "head", "head": "tail"})
        return other


def check_reach(instance: Instance) -> Iterator[Finding]:
    """Check that every leg of a therapy has a lane, and lanes lead to every centre with demand."""
    therapies, demand = instance.table("therapies"), instance.table("demand")
    finder = LaneFinder(instance)
    number = dict(zip(therapies["therapy"], therapies.index, strict=True))
    for therapy, legs in legs_by_therapy(instance).items():
        wanted = demand[(demand["therapy"] == therapy) & (demand["doses"] > 0)]
        if wanted.empty or not instance.routes[therapy][0]:
            continue
        ends = {leg_end: _ends(instance, finder, leg_end, wanted) for leg in legs for leg_end in (leg.tail, leg.head)}
        if not all(mask.any() for mask in ends.values()):
            continue  # a stage without facility, an allogeneic therapy without donors: said elsewhere
        gaps = [leg for leg in legs if not finder.reached(leg, therapy, ends[leg.tail], ends[leg.head]).any()]
        for leg in gaps:
            message = (
                f"{therapy!r}: no open lane carries {leg.carries} from {_words(leg.tail)} to "
                f"{_words(leg.head)}; add lanes, a "
                "transport mode that carries it, or the coordinates it needs"
            )
            yield warning("no-lane", message, "therapies", int(number[therapy]), "route")
        if not gaps:
            yield from _unreached(finder, therapy, legs, ends, wanted)


def _ends(instance: Instance, finder: LaneFinder, stage: str, wanted: pd.DataFrame) -> np.ndarray:
    if stage == "donor":
        return finder.at(instance.table("donor_pools")["pool"])
    if stage == "centre":
        return finder.at(wanted["centre"])
    facilities = instance.table("facilities")
    late = facilities["opens_from"] > instance.periods[-1]
    return finder.at(
        facilities.loc[(facilities["stage"] == stage) & (facilities["status"] != "closed") & ~late, "site"]
    )


def _unreached(
    finder: LaneFinder, therapy: str, legs: list[Leg], ends: dict[str, np.ndarray], wanted: pd.DataFrame
) -> Iterator[Finding]:
    """Follow the legs from all donors (centres) onwards; what is not reached in the end, no chain reaches."""
    back = finder.reversed()
    material = [leg for leg in legs if leg.carries != "sample"]
    front = ends[material[0].tail]
    for position, leg in enumerate(material):
        front = finder.reached(leg, therapy, front, ends[leg.head])
        for sample in legs if position == 0 else []:
            if sample.carries == "sample":
                front = front & back.reached(sample, therapy, ends["testing"], ends[sample.tail])
    lost = ends["centre"] & ~front
    cut = ends["centre"] & ~finder.reached(material[-1], therapy, ends[material[-1].tail], ends["centre"])
    reasons = [
        (cut, "no open lane carries doses to centre {}"),
        (lost & ~cut, "no chain of open lanes leads to centre {}, though the last of its lanes exist"),
    ]
    if material[0].carries == "patient":
        kept = ends["centre"] & ~back.reached(material[0], therapy, ends[material[0].head], ends["centre"])
        reasons.append((kept & ~lost, "no open lane carries patients away from centre {}"))
    for mask, reason in reasons:
        for centre in finder.names[mask][:MOST_OF_A_KIND]:
            rows = wanted[wanted["centre"] == centre]
            hard = rows["unmet_penalty"].isna().any()
            outcome = "the instance is infeasible as it stands" if hard else "its demand will go unmet"
            message = (
                f"{therapy!r}: {reason.format(repr(centre))}; {outcome} ({figure(rows['doses'].sum())} doses in "
                f"{len(rows)} rows); add lanes, a mode or coordinates"
            )
            yield warning("unreachable-centre", message, "demand", int(rows.index[0]), "centre")
        if mask.sum() > MOST_OF_A_KIND:
            more = f"... and {mask.sum() - MOST_OF_A_KIND} more centres of {therapy!r} like these"
            yield warning("unreachable-centre", more, "demand", None, "centre")


def _words(stage: str) -> str:
    return {"donor": "any donor pool", "centre": "any centre with demand"}.get(stage, f"any {stage} site")
