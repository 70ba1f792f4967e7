"""The questions that chains ask of tables with wildcards: every combination of keys that can occur."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from donornet.instance import Instance
from donornet.validation.places import homes

OPERATION_KEYS = ("stage", "therapy", "site")
PASS_RATE_KEYS = ("therapy", "risk_class", "market")
RECOGNITION_KEYS = ("stage", "from", "market", "therapy")


def stages_of(instance: Instance) -> dict[str, tuple[str, ...]]:
    """Return the stages each therapy passes: its route, and testing where it is tested."""
    therapies = instance.table("therapies")
    return {
        therapy: (*instance.routes[therapy], *(("testing",) if tested == "yes" else ()))
        for therapy, tested in zip(therapies["therapy"], therapies["tested"], strict=True)
    }


def modality_of(instance: Instance) -> dict[str, str]:
    """Return the modality of each therapy."""
    therapies = instance.table("therapies")
    return dict(zip(therapies["therapy"], therapies["modality"], strict=True))


def operation_questions(instance: Instance) -> pd.DataFrame:
    """Return every (stage, therapy, site) with a facility for that stage."""
    facilities = instance.table("facilities")[["stage", "site"]]
    asked = pd.DataFrame(
        [(stage, therapy) for therapy, stages in stages_of(instance).items() for stage in stages],
        columns=["stage", "therapy"],
        dtype=object,
    )
    return facilities.merge(asked, on="stage")[list(OPERATION_KEYS)].drop_duplicates(ignore_index=True)


def pass_rate_questions(instance: Instance) -> pd.DataFrame:
    """Return every (therapy, risk_class, market) of tested therapies; the class of autologous patients is blank."""
    classes = list(instance.table("donor_pools")["risk_class"].unique())
    modality = modality_of(instance)
    asked = [
        (therapy, risk_class, market)
        for therapy, stages in stages_of(instance).items()
        if "testing" in stages
        for risk_class in (classes if modality[therapy] == "allogeneic" else [""])
        for market in instance.markets
    ]
    return pd.DataFrame(asked, columns=list(PASS_RATE_KEYS), dtype=object)


def recognition_questions(instance: Instance) -> pd.DataFrame:
    """Return every (stage, from, market, therapy) that a chain may ask about."""
    facilities = instance.table("facilities")
    origins: dict[str, dict[str, None]] = {}
    for stage, home in zip(facilities["stage"], homes(instance, "sites", facilities["site"]), strict=True):
        origins.setdefault(stage, {})[home] = None
    origins["donor"] = dict.fromkeys(instance.table("donor_pools")["jurisdiction"])
    modality = modality_of(instance)
    asked = [
        (stage, home, therapy)
        for therapy, stages in stages_of(instance).items()
        for stage in (*stages, *(("donor",) if modality[therapy] == "allogeneic" else ()))
        for home in origins.get(stage, {})
    ]
    questions = pd.DataFrame(asked, columns=["stage", "from", "therapy"], dtype=object)
    markets = pd.DataFrame({"market": list(instance.markets)}, dtype=object)
    return questions.merge(markets, how="cross")[list(RECOGNITION_KEYS)]


def spells(instance: Instance, rows: pd.DataFrame) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the periods of the horizon from which other rows of recognition hold, and which rows hold from then on."""
    first, last = instance.periods[0], instance.periods[-1]
    start = np.nan_to_num(rows["valid_from"].to_numpy(dtype=float), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
    end = np.where(rows["valid_to"].isna(), np.inf, rows["valid_to"].to_numpy(dtype=float))
    changes = np.concatenate([[first], np.ceil(start), np.floor(end) + 1])
    seen: set[bytes] = set()
    for period in np.unique(changes[(changes >= first) & (changes <= last)]):
        holds = (start <= period) & (period <= end)
        if holds.tobytes() not in seen:
            seen.add(holds.tobytes())
            yield int(period), holds
