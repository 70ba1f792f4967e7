"""Groups: names for sets of ids."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from donornet.instance import Finding, Instance
from donornet.instance.schema import TABLES
from donornet.validation.report import each, listing, suggestion

_IDS = (
    "jurisdictions.jurisdiction", "sites.site", "sites.jurisdiction", "therapies.therapy", "donor_pools.pool",
    "donor_pools.jurisdiction", "donor_pools.donor_group", "donor_pools.risk_class", "panels.panel", "centres.centre",
    "centres.jurisdiction", "patient_groups.patient_group", "match_probabilities.donor_group",
)  # fmt: skip
"""Columns whose ids a group may hold."""


def member_ids(instance: Instance) -> dict[str, str]:
    """Return every id that a group may hold, and the column that it stands in."""
    known: dict[str, str] = {}
    for place in _IDS:
        table, column = place.split(".")
        for name in instance.table(table)[column].unique():
            if name:
                known.setdefault(name, place)
    return known


def check_group_names(instance: Instance) -> Iterator[Finding]:
    """Check that the name of a group is no id: a cell could mean either."""
    groups, known = instance.table("groups"), member_ids(instance)
    clash = groups["group"].isin(list(known)) & ~groups.duplicated("group")
    yield from each(
        groups,
        clash,
        ("groups", "group"),
        "group-clash",
        lambda cells: f"{cells['group']!r} is also an id in {known[cells['group']]}; give the group another name",
    )


def check_group_members(instance: Instance) -> Iterator[Finding]:
    """Check that every member is an id or a group."""
    groups = instance.table("groups")
    known = [*member_ids(instance), *groups["group"].unique()]
    yield from each(
        groups,
        ~groups["member"].isin(known) & (groups["member"] != ""),
        ("groups", "member"),
        "unknown-member",
        lambda cells: (
            f"{cells['member']!r} in group {cells['group']!r} is the id of "
            f"nothing{suggestion(cells['member'], known)}; "
            "correct it or remove the row"
        ),
        "warning",
    )


def check_group_cycles(instance: Instance) -> Iterator[Finding]:
    """Check that no group holds itself, directly or through other groups."""
    groups = instance.table("groups")
    names = set(groups["group"]) - {""}
    inner = {
        name: [member for member in rows["member"] if member in names]
        for name, rows in groups.groupby("group", sort=False)
    }
    outer: dict[str, list[str]] = {name: [] for name in names}
    for name, members in inner.items():
        for member in members:
            outer[member].append(str(name))
    # Peel off groups that hold no other group; what remains lies on a cycle or holds one; peel from above likewise.
    cyclic = _unpeeled(outer, _unpeeled({str(name): members for name, members in inner.items()}, names))
    rows = groups[groups["group"].isin(cyclic) & ~groups.duplicated("group")]
    if rows.empty:
        return
    message = f"the groups {listing(rows['group'])} hold themselves; remove a member that closes the circle"
    yield Finding("group-cycle", message, "groups", int(rows.index[0]), "group")


def _unpeeled(targets: dict[str, list[str]], names: set[str]) -> set[str]:
    """Return the `names` from which following `targets` within `names` never ends."""
    waiting = {name: len([target for target in targets.get(name, []) if target in names]) for name in names}
    sources: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        for target in targets.get(name, []):
            if target in names:
                sources[target].append(name)
    ended = [name for name, count in waiting.items() if not count]
    while ended:
        for source in sources[ended.pop()]:
            waiting[source] -= 1
            if not waiting[source]:
                ended.append(source)
    return {name for name, count in waiting.items() if count}


def check_groups_are_used(instance: Instance) -> Iterator[Finding]:
    """Find groups that no cell names."""
    groups = instance.table("groups")
    if groups.empty:
        return
    named: set[str] = set(groups["member"])
    for name, table in TABLES.items():
        for column in table:
            if column.groups and instance.has(name):
                named.update(cell.removeprefix("!") for cell in instance.table(name)[column.name].unique())
    scenarios = " ".join(instance.table("scenarios")["where"])
    unused = [not (group in named or group in scenarios) for group in groups["group"]]
    yield from each(
        groups,
        np.array(unused, dtype=bool) & ~groups.duplicated("group").to_numpy(),
        ("groups", "group"),
        "unused-row",
        lambda cells: f"nothing names the group {cells['group']!r}",
        "warning",
    )
