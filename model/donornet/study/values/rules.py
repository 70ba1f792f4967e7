"""Items among the rules: recognition, agreements, prohibitions and requirements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from donornet.instance import Instance
from donornet.study.values.items import Effect, Item, adding, naming, rows_that_count, spending_must, where
from donornet.study.values.use import Use

Direction = tuple[str, str]
"""Jurisdiction where something is done, and market that recognises it or not."""
Agreements = Mapping[str, Sequence[Direction]]
"""Named sets of directions."""
BOTH_WAYS = " <-> "


def recognition_items(instance: Instance, use: Use) -> Iterator[Item]:
    """Yield each row of recognition without effect (never), and as full recognition where it is less.

    A row is not removed but turned into ``never``: removing it would let a less specific row or the default speak.
    """
    for number, row in rows_that_count(instance, "recognition"):
        which = naming(instance, "recognition", number)
        name = f"{row['stage']} {row['from']} -> {row['market']} {row['therapy']}: {row['verdict']}"
        if which is None:
            yield Item("recognition", name, "cannot be told apart by a pattern", (), True, "either")
            continue
        if row["verdict"] != "never":
            edit = f"recognition.verdict=never where {which}"
            yield Item("recognition", name, "not recognised", (edit,), True, "stricter", use.rows[number])
        if row["verdict"] != "recognised":
            edit = f"recognition.verdict=recognised where {which}"
            timed = row["verdict"] == "bridging" and row["days"] > 0
            wanted = sum(use.demand.get(market, 0.0) for market in instance.groups.members(row["market"]))
            effect = _laxer(instance, timed=timed)
            yield Item("recognition", name, "recognised in full", (edit,), False, effect, wanted)


def agreement_items(instance: Instance, use: Use, agreements: Agreements | None) -> Iterator[Item]:
    """Yield each agreement withdrawn (never for every stage and therapy), and in full (recognised throughout).

    Parameters
    ----------
    agreements
        Named sets of directions; None: every two jurisdictions, in both directions as far as there are markets.
    """
    said = use.verdicts.table
    asked = _all_pairs(instance) if agreements is None else agreements
    for name, directions in asked.items():
        kept = set(directions)
        rows = said[[pair in kept for pair in zip(said["from"], said["market"], strict=True)]]
        if len(rows):
            doses = sum(use.directions[pair] for pair in kept)
            edits = agreement_edits(instance, kept, "never")
            yield Item("agreements", name, "withdrawn", edits, True, "stricter", doses)
        full = rows[rows["verdict"] == "recognised"]
        if sum(int(use.verdicts.valid[at].sum()) for at in full.index) < use.questions * len(kept):
            timed = bool(((rows["verdict"] == "bridging") & (rows["days"] > 0)).any())
            wanted = sum(use.demand.get(market, 0.0) for market in {market for _, market in kept})
            edits = agreement_edits(instance, kept, "recognised")
            yield Item("agreements", name, "in full", edits, False, _laxer(instance, timed=timed), wanted)


def agreement_edits(instance: Instance, directions: Collection[Direction], verdict: str) -> tuple[str, ...]:
    """Return the edits after which `verdict` holds in these directions at every stage and for every therapy.

    Rows that name a direction are removed; rows that name it by a group are written out for the other members; then
    one row for all stages and therapies is added. Other directions keep their verdicts.
    """
    wanted, edits, kept = set(directions), [], []
    literal: set[Direction] = set()
    for number, row in rows_that_count(instance, "recognition"):
        pairs = [(one, other) for one in _members(instance, row["from"]) for other in _members(instance, row["market"])]
        if not wanted.intersection(pairs):
            continue
        if pairs == [(row["from"], row["market"])]:
            literal.update(pairs)
            continue
        which = naming(instance, "recognition", number)
        edits.append(f"recognition remove where {which or where(**{'from': row['from'], 'market': row['market']})}")
        told = {name: cell for name, cell in row.items() if name not in {"include", "source", "note"}}
        told = {name: cell for name, cell in told.items() if not (name in _BRIDGING and row["verdict"] != "bridging")}
        kept += [
            adding("recognition", {**told, "from": one, "market": other})
            for one, other in pairs
            if (one, other) not in wanted
        ]
    edits += [f"recognition remove where {where(**{'from': one, 'market': other})}" for one, other in sorted(literal)]
    everything = {"stage": "*", "therapy": "*", "verdict": verdict}
    new = [adding("recognition", {"from": one, "market": other, **everything}) for one, other in sorted(wanted)]
    return (*dict.fromkeys(edits), *kept, *new)


def prohibition_items(instance: Instance) -> Iterator[Item]:
    """Yield each prohibition lifted."""
    for _, row in rows_that_count(instance, "prohibitions"):
        edit = f"prohibitions remove where {where(rule=row['rule'])}"
        yield Item("prohibitions", row["rule"], "lifted", (edit,), True, "laxer")


def requirement_items(instance: Instance) -> Iterator[Item]:
    """Yield each diversity requirement, limit, required marker and least service waived."""
    for table, key in (("diversity", "requirement"), ("limits", "limit")):
        for _, row in rows_that_count(instance, table):
            edit = f"{table} remove where {where(**{key: row[key]})}"
            yield Item("requirements", f"{table} {row[key]}", "waived", (edit,), True, "laxer")
    for number, row in rows_that_count(instance, "required_markers"):
        which = naming(instance, "required_markers", number)
        scope = f"{row['market']} {row['risk_class']} {row['therapy']}"
        name = f"marker {row['marker']} of {scope}"
        if which is None:
            yield Item("requirements", name, "cannot be told apart by a pattern", (), True, "either")
        else:
            edit = f"required_markers remove where {which}"
            yield Item("requirements", name, "waived", (edit,), True, "laxer")
    demand = instance.table("demand")
    served = demand[(demand["min_service"] > 0) & demand["unmet_penalty"].notna()]
    for therapy in dict.fromkeys(served["therapy"]):
        edit = f"demand.min_service=0 where {where(therapy=therapy)}"
        yield Item("requirements", f"least service of {therapy}", "waived", (edit,), True, "laxer")


def _laxer(instance: Instance, *, timed: bool) -> Effect:
    """Return the effect of recognition in full: where bridging took time, flows arrive in other periods than before."""
    return "either" if timed or spending_must(instance) else "laxer"


def _members(instance: Instance, cell: str) -> list[str]:
    members = instance.groups.members(cell)
    return sorted(members - {cell}) if cell in instance.groups else [cell]


def _all_pairs(instance: Instance) -> dict[str, list[Direction]]:
    """Return every two jurisdictions of which one is home to somebody and the other a market, both ways."""
    places = [instance.table(name)["jurisdiction"] for name in ("sites", "donor_pools")]
    homes = list(dict.fromkeys(name for names in places for name in names))
    pairs: dict[str, list[Direction]] = {}
    for market in instance.markets:
        for home in homes:
            if home == market or not home or not market:
                continue
            back = f"{market}{BOTH_WAYS}{home}"
            pairs.setdefault(back if back in pairs else f"{home}{BOTH_WAYS}{market}", []).append((home, market))
    return pairs


_BRIDGING = ("unit_cost", "days", "yield")
