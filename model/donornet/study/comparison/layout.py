"""A comparison as text for the terminal."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence

import pandas as pd

from donornet.study.comparison.measures import KEYS
from donornet.study.comparison.verdicts import NO_DESIGN
from donornet.study.text import aligned, number, short

LONGEST_NAME = 18
"""Letters of a name that heads a column; with longer names, letters head the columns and a list says what they are."""
MEANT = (
    "total_cost", "cost_per_dose", "doses", "unmet_doses", "vein_to_vein_days_mean", "handoffs_per_dose",
    "crossings_per_dose", "smallest_group_share", "coverage",
)  # fmt: skip
"""Measures whose differences are told in words too."""


def text_of(
    baseline: str, results: pd.DataFrame, table: pd.DataFrame, facilities: pd.DataFrame, notes: Sequence[str]
) -> str:
    """Return the parts of a comparison as lines: results, measures by section, facilities, differences, notes."""
    names = list(results["result"])
    heads = _heads(names)
    lines = [] if list(heads.values()) == names else [f"{heads[name]}  {name}" for name in names] + [""]
    lines += _results(results, heads)
    for section, part in table.groupby("section", sort=False):
        rows = aligned(_measures(part, baseline, heads))
        lines += ["", str(section), *rows] if rows else []
    lines += _facilities(facilities, heads)
    lines += _meanings(baseline, results, table, heads)
    return "\n".join([*lines, *(["", *(f"Note: {note}" for note in notes)] if notes else [])])


def _heads(names: list[str]) -> dict[str, str]:
    if all(len(name) <= LONGEST_NAME for name in names):
        return dict(zip(names, names, strict=True))
    letters = string.ascii_uppercase
    return {name: letters[i] if i < len(letters) else f"R{i + 1}" for i, name in enumerate(names)}


def _results(results: pd.DataFrame, heads: dict[str, str]) -> list[str]:
    rows: list[list[str]] = [["", "status", "total cost", "bound", "gap"]]
    for row in results.to_dict("records"):
        gap = "-" if math.isnan(row["gap"]) else f"{100 * row['gap']:.3g} %"
        unit = f" {row['currency']}" if row["currency"] else ""
        rows.append([heads[row["result"]], row["status"], number(row["objective"]) + unit, number(row["bound"]), gap])
    return aligned(rows, indent="")


def _measures(part: pd.DataFrame, baseline: str, heads: dict[str, str]) -> list[list[str]]:
    rows = [["", "", *(heads[name] for name in heads)]]
    for key, values in part.groupby(list(KEYS), sort=False):
        section, measure, member, unit, _ = key
        if section != "service" and not values["value"].fillna(0.0).any():
            continue  # nothing in any design
        label = member.replace("_", " ") if measure == "term" else f"{measure.replace('_', ' ')} {member}".strip()
        cells = []
        for name, value, difference in zip(values["result"], values["value"], values["difference"], strict=True):
            shown = f"{100 * value:.4g} %" if unit == "share" and not math.isnan(value) else number(value)
            if name != baseline and difference == difference and abs(difference) > 1e-7:  # noqa: PLR0124 - NaN
                shown += f" ({short(100 * difference)} pp)" if unit == "share" else f" ({short(difference)})"
            cells.append(shown)
        rows.append([label, "" if unit == "share" else unit, *cells])
    return rows if len(rows) > 1 else []


def _facilities(facilities: pd.DataFrame, heads: dict[str, str]) -> list[str]:
    """Return the facilities that are opened or closed somewhere, or not the same everywhere; the others are counted."""
    names = list(heads)
    told = []
    for row in facilities.to_dict("records"):
        states = {row[name] for name in names} - {None}
        if len(states) > 1 or not states <= {"", "open"}:
            told.append(row)
    if facilities.empty:
        return []
    rows = [["facility", "stage", *(heads[name] for name in names)]]
    rows += [[row["site"], row["stage"], *(_fate(row[name]) for name in names)] for row in told]
    same = len(facilities) - len(told)
    more = [f"  {same} more are open in every design throughout"] if same else []
    return ["", *(aligned(rows) if told else []), *more]


def _fate(state: str | None) -> str:
    return "" if state is None else state or "-"


def _meanings(baseline: str, results: pd.DataFrame, table: pd.DataFrame, heads: dict[str, str]) -> list[str]:
    lines = []
    for name, on_cost in zip(results["result"], results["cost_verdict"], strict=True):
        if name == baseline:
            continue
        lines += ["", f"{heads[name]} against {heads[baseline]}", f"  total cost: {on_cost}"]
        mine = table[(table["result"] == name) & table["measure"].isin(MEANT[1:])]
        for measure, member, verdict in zip(mine["measure"], mine["member"], mine["verdict"], strict=True):
            if verdict not in ("", "the same") and not verdict.startswith(NO_DESIGN):
                lines.append(f"  {f'{measure} {member}'.strip().replace('_', ' ')}: {verdict}")
    return lines
