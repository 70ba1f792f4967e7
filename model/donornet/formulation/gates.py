"""Gates: no flow through a facility that is not open, or for a market whose licence is not held.

Each row is bounded by what is useful (`bounds`). Where surplus pays (`surplus`), the bound of loops has Surplus added.
Of other flow the rows of facilities with a capacity that it loads are left out there: the capacity alone keeps flow out
of a closed facility, and no less tightly.

Which flow passes which gate depends on nothing but the variables and on what is a decision, so those tables are kept in
``m.gate_rows``: a revision of the model works out the bounds alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from donornet.formulation.flows import departures, entries
from donornet.formulation.rows import Family, Rows
from donornet.formulation.sets import Frame, stacked
from donornet.formulation.variables import block, opened

FLOW = ["therapy", "market", "stage", "site", "t"]
CENTRE_FLOW = ["therapy", "centre", "stage", "site", "t"]
LICENSED_FLOW = [*CENTRE_FLOW, "market"]
SUPPLY = "supply"
"""What is kept of the donors' supply, which revisions of the donors change."""


def open_before_use(m: Any) -> Rows | None:
    r"""Keep donations, tests and material out of facilities that are not open.

    $$units_{kfJt} \le U_{kfJt} \cdot Open_{ft} \qquad \forall k, J, f, t$$
    """
    rows = _entered(m, gated=False)
    if rows["surplus"].any():
        rows = rows[~(rows["surplus"].to_numpy() & m.bounds.is_loaded[rows["operation"]])]
    return _gate(m, "open_before_use", rows, partial(_entering, m, gated=False), FLOW)


def release_before_use(m: Any) -> Rows | None:
    r"""Let useful releases, too, tell which first-stage sites are used, where surplus donations are worth having.

    $$\sum_{a \in \delta^+(c)} Ship_{kaJt} \le U_{kcJt} \cdot Open_{ct} \qquad \forall k \in K^L, J, c, t$$
    """
    routes, stored = m.instance.routes, set(m.sets.stock["therapy"])
    surplus = {
        k: m.surplus.of_donors[k] and not m.surplus.of_material[k] and not (len(route) == 1 and k in stored)
        for k, route in routes.items()
    }
    if not any(surplus.values()):
        return None

    def left() -> Frame:
        rows = departures(m)
        return rows[rows["stage"] == rows["therapy"].map({k: route[0] for k, route in routes.items()})]

    rows = _once(m, ("released",), lambda: _numbered(m, _gated(m, left()[FLOW].drop_duplicates())))
    rows = rows[rows["therapy"].map(surplus).to_numpy(dtype=bool)]
    rows = rows.assign(U=m.bounds.useful_releases(rows) if len(rows) else 0.0)
    return _gate(m, "release_before_use", rows, lambda: left().assign(units=1.0), FLOW)


def open_before_loop(m: Any) -> Rows | None:
    r"""Keep the loops of a centre out of facilities that are not open, but for what is surplus.

    $$\sum_{\lambda \ni f} \omega_\lambda Loop_{\lambda,t-lag}
    \le U_{krft} \cdot Open_{ft} + \sum_\tau Surplus_{kr\tau}
    \qquad \forall k \in K^A, r, f, t \text{ with the periods } \tau \text{ served}$$
    """
    rows = _looped(m, CENTRE_FLOW, gated=False)
    return _gate(m, "open_before_loop", rows, partial(_less_surplus, m, CENTRE_FLOW, gated=False), CENTRE_FLOW)


def open_before_surplus(m: Any) -> Rows | None:
    r"""Keep surplus loops, too, out of facilities that are not open, where no capacity does.

    $$\sum_{\lambda \ni f} \omega_\lambda Loop_{\lambda,t-lag} \le \overline{U}_{kft} \cdot Open_{ft}
    \qquad \forall k \in K^A, r, f, t \text{ where surplus can pay}$$
    """
    rows = _beyond(m, CENTRE_FLOW, gated=False)
    rows = rows[~m.bounds.is_loaded[rows["operation"]]]
    return _gate(m, "open_before_surplus", rows, partial(_loop_uses, m, gated=False), CENTRE_FLOW)


def licence_before_use(m: Any) -> Rows | None:
    r"""Let flow that needs a licence enter a facility only while the licence is held.

    $$units_{kfJt} \le U_{kfJt} \cdot Licence_{wt} \qquad \forall k, w = (f, J), t$$
    """
    rows = _entered(m, gated=True)
    return _gate(m, "licence_before_use", rows, partial(_entering, m, gated=True), FLOW)


def licence_before_loop(m: Any) -> Rows | None:
    r"""Let loops that need a licence pass a facility only while the licence is held, but for what is surplus.

    $$\sum_{\lambda \ni f} \omega_\lambda Loop_{\lambda,t-lag}
    \le U_{krft} \cdot Licence_{wt} + \sum_\tau Surplus_{kr\tau}
    \qquad \forall k \in K^A, r, w = (f, J(r)), t \text{ with the periods } \tau \text{ served}$$
    """
    rows = _looped(m, LICENSED_FLOW, gated=True)
    return _gate(m, "licence_before_loop", rows, partial(_less_surplus, m, LICENSED_FLOW, gated=True), LICENSED_FLOW)


def licence_before_surplus(m: Any) -> Rows | None:
    r"""Let surplus loops, too, pass a facility that needs a licence only while the licence is held.

    $$\sum_{\lambda \ni f} \omega_\lambda Loop_{\lambda,t-lag} \le \overline{U}_{kft} \cdot Licence_{wt}
    \qquad \forall k \in K^A, r, w = (f, J(r)), t \text{ where surplus can pay}$$
    """
    rows = _beyond(m, LICENSED_FLOW, gated=True)
    return _gate(m, "licence_before_surplus", rows, partial(_loop_uses, m, gated=True), LICENSED_FLOW)


def forget_supply(m: Any) -> None:
    """Drop what is kept of the donors' supply."""
    m.gate_rows = {name: rows for name, rows in m.gate_rows.items() if name[0] != SUPPLY}


def _once(m: Any, name: tuple[Any, ...], make: Callable[[], Frame]) -> Frame:
    """Return a table of ``m.gate_rows``, made when it is first asked for."""
    if name not in m.gate_rows:
        m.gate_rows[name] = make()
    return m.gate_rows[name]


def _numbered(m: Any, rows: Frame) -> Frame:
    """Return rows with what the bounds ask for; see `donornet.formulation.ways.Ways.numbered`."""
    rows = m.ways.numbered(rows)
    return rows.assign(per_dose=m.ways.per_dose(rows, m.sets.nodes))


def _gated(m: Any, rows: Frame, kind: str = "Open") -> Frame:
    """Return the rows that a decision gates, with its column in ``gate``, and their ``period``."""
    on = ["site", "stage", "t"] + (["market"] if kind == "Licence" else [])
    gates = _obtainable(m) if kind == "Licence" else _decided(m)
    rows = rows.merge(gates.rename(columns={"column": "gate"})[[*on, "gate"]], on=on)
    return rows.assign(period=np.asarray(m.instance.periods)[rows["t"].to_numpy(dtype=int)])


def _gate_of(*, gated: bool) -> str:
    return "Licence" if gated else "Open"


def _entering(m: Any, *, gated: bool) -> Frame:
    """Return donations, tests and material with the facility that they enter, all or only what needs a licence."""
    rows = entries(m)
    entered = rows["kind"] != "Loop"
    return rows[entered & rows["gated"] if gated else entered]


def _entered(m: Any, *, gated: bool) -> Frame:
    """Return the gated rows that flow enters, the bound U and whether surplus can pay.

    Rows have a therapy, market, stage, site, t, and the kind of the flow.
    """

    def distinct() -> Frame:
        rows = _entering(m, gated=gated)[[*FLOW, "kind"]].drop_duplicates(FLOW)
        return _numbered(m, _gated(m, rows, _gate_of(gated=gated)))

    rows = _once(m, ("entered", gated), distinct)
    if rows.empty:
        return rows.assign(U=0.0, surplus=False)
    material, donors = rows["therapy"].map(m.surplus.of_material), rows["therapy"].map(m.surplus.of_donors)
    surplus = np.where(rows["kind"] == "Ship", material, donors).astype(bool)
    bound = m.bounds.useful(rows)
    if surplus.any():
        supply = _once(m, (SUPPLY, gated), lambda: rows[[]].assign(most=m.surplus.supply(rows)))["most"].to_numpy()
        bound[surplus] = m.surplus.most(rows, supply)[surplus]
    return rows.assign(U=m.bounds.within_capacity(rows, bound), surplus=surplus)


def _loop_uses(m: Any, *, gated: bool) -> Frame:
    """Return loops by the facility that they pass, all or only where they need a licence, their weight in ``units``.

    The weight is the loop's gain where demand counts at delivery, 1 where it counts at entry.
    """
    rows, loops = entries(m), block(m, "Loop")
    uses = rows[rows["kind"] == "Loop"]
    uses = uses[uses["gated"]] if gated else uses
    if uses.empty or loops is None:
        return uses.assign(at_entry=False, counts=0)
    uses = uses.drop(columns="units").merge(loops[["column", "gain", "at_entry", "counts"]], on="column")
    return uses.assign(units=np.where(uses["at_entry"], 1.0, uses["gain"]))


def _served(m: Any, index: list[str], *, gated: bool) -> Frame:
    """Return the rows of loops by centre and facility with each period whose demand they serve.

    Columns: those of the index, at_entry, counts (the period), largest (weight of a loop), row (number of the row) and
    demand (position in `Sets.demand`).
    """

    def distinct() -> Frame:
        uses = _loop_uses(m, gated=gated)
        if uses.empty:
            return Frame(columns=[*index, "at_entry", "counts", "largest", "row", "demand"])
        served = uses.groupby([*index, "at_entry", "counts"])["units"].max().rename("largest").reset_index()
        demand = m.sets.demand[["therapy", "centre", "t"]].rename(columns={"t": "counts"})
        served = served.merge(demand.assign(demand=np.arange(len(demand))), on=["therapy", "centre", "counts"])
        return served.assign(row=served.groupby(index).ngroup())

    return _once(m, ("served", gated), distinct)


def _passed(m: Any, index: list[str], *, gated: bool) -> Frame:
    """Return the gated rows of loops by centre and facility: the index, at_entry, row (see `_served`), operation."""

    def distinct() -> Frame:
        rows = _served(m, index, gated=gated)[[*index, "at_entry", "row"]].drop_duplicates("row").sort_values("row")
        rows = _gated(m, rows, _gate_of(gated=gated))
        places = zip(rows["therapy"], rows["stage"], rows["site"], strict=True)
        return rows.assign(operation=np.array([m.ways.operations[place] for place in places], dtype=int))

    return _once(m, ("passed", gated), distinct)


def _looped(m: Any, index: list[str], *, gated: bool) -> Frame:
    """Return the gated rows of loops by centre and facility with their bound U.

    The bound is the demand of the centre in the periods that the loops serve; for whole patients at delivery also the
    dose that rounding up adds, unless Surplus counts it.
    """
    rows, served = _passed(m, index, gated=gated), _served(m, index, gated=gated)
    if rows.empty:
        return rows.assign(U=0.0)
    doses = m.sets.demand["doses"].to_numpy()[served["demand"].to_numpy(dtype=int)]
    whole = served["therapy"].map({k: k in m.ways.whole and not pays for k, pays in m.surplus.of_material.items()})
    more = np.where(whole.to_numpy(dtype=bool) & ~served["at_entry"].to_numpy(dtype=bool), served["largest"], 0.0)
    bound = np.bincount(served["row"], doses + more)
    return rows.assign(U=bound[rows["row"]])


def _less_surplus(m: Any, index: list[str], *, gated: bool) -> Frame:
    """Return the loops of each row with their weight in ``units``, and -1 for the Surplus of each period served."""
    uses, surplus = _loop_uses(m, gated=gated), block(m, "Surplus")
    if surplus is None or uses.empty:
        return uses
    surplus = surplus[["therapy", "centre", "t", "column"]].rename(columns={"t": "counts"})
    less = _served(m, index, gated=gated).merge(surplus, on=["therapy", "centre", "counts"])
    columns = [*index, "column", "units"]
    return stacked([uses[columns], less.assign(units=-1.0)[columns]])


def _beyond(m: Any, index: list[str], *, gated: bool) -> Frame:
    """Return the gated rows of loops at delivery where surplus can pay with a bound U on all that can be asked for."""
    rows = _passed(m, index, gated=gated)
    pays = rows["therapy"].map(m.surplus.of_material).to_numpy(dtype=bool) & ~rows["at_entry"].to_numpy(dtype=bool)
    rows = rows[pays]
    return rows.assign(U=rows["therapy"].map(m.surplus.generous))


def _decided(m: Any) -> Frame:
    """Return the facilities whose opening is a decision, with their Open."""
    rows = opened(m)
    return rows.loc[(rows["status"] == "candidate") | (rows["t"] < rows["first"]), ["site", "stage", "t", "column"]]


def _obtainable(m: Any) -> Frame:
    licences = block(m, "Licence")
    columns = ["site", "stage", "market", "t", "column"]
    return Frame(columns=columns) if licences is None else licences[columns]


def _gate(m: Any, name: str, rows: Frame, uses: Callable[[], Frame], index: list[str]) -> Rows | None:
    """Return units <= U · gate for rows that have a gate.

    Where the model has the same rows already, only U can be another.
    """
    if rows.empty:
        return None
    names = [*(c for c in index if c != "t"), "period"]
    gate, most = rows["gate"].to_numpy(), rows["U"].to_numpy(dtype=float)
    there = m.component(name)
    if isinstance(there, Rows):
        gated = there.with_coefficients(rows[names], gate, -most)
        if gated is not None:
            return gated
    return Family(rows, names).plus(uses(), "units", on=index).plus_own(gate, -most).at_most(0.0)
