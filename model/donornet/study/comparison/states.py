"""What becomes of each facility in each of several results."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from donornet.solution import Result


def states_of(named: Mapping[str, Result]) -> pd.DataFrame:
    """Return stage, site, title and one column per result: what becomes of the facility.

    It is blank where the facility is never open, None where the result has no design. Facilities that are open in none
    of the results are left out.
    """
    states: dict[tuple[str, str], dict[str, str | None]] = {}
    nothing = {name: None if result.solution is None else "" for name, result in named.items()}
    titles: dict[tuple[str, str], str] = {}
    for name, result in named.items():
        if result.solution is None:
            continue
        facilities = result.facilities
        for (stage, site), rows in facilities.groupby(["stage", "site"], sort=False):
            key = (str(stage), str(site))
            states.setdefault(key, dict(nothing))[name] = _state(rows.sort_values("period"))
            if "title" in rows.columns:
                titles.setdefault(key, str(rows["title"].iloc[0]))
    rows = [
        {"stage": key[0], "site": key[1], "title": titles.get(key, ""), **state}
        for key, state in states.items()
        if any(state.values())
    ]
    return pd.DataFrame(rows, columns=["stage", "site", "title", *named], dtype=object)


def _state(rows: pd.DataFrame) -> str:
    """Return one facility's fate in words, from its rows in order of period."""
    if not rows["open"].any() and not rows["closed"].any():
        return ""
    words = [f"opened {period}" for period in rows.loc[rows["opened"] > 0, "period"]]
    words += [f"closed {period}" for period in rows.loc[rows["closed"] > 0, "period"]]
    steps = int(rows["steps"].max())
    if steps:
        words.append(f"{steps} step{'s' if steps > 1 else ''}")
    return ", ".join(words if rows["opened"].any() or rows["closed"].any() else ["open", *words])
