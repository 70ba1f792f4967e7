"""Donors: registry, supply, and the test of every donation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from donornet.formulation.rows import Family, Rows
from donornet.formulation.variables import block, registered


def registry(m: Any) -> Rows | None:
    r"""Count registered donors: those who stay, and the recruits.

    $$Registry_{bt} = (1 - attrition_b \Delta) Registry_{b,t-1} + Recruit_{bt} \qquad \forall b,t$$
    """
    rows, recruits = block(m, "Registry"), block(m, "Recruit")
    if rows is None or recruits is None:
        return None
    keep = 1.0 - rows["attrition_per_year"] * m.instance.years
    rows = rows.assign(keep=keep, before=np.where(rows["t"] == 0, keep * rows["registry"], 0.0))
    earlier = rows.assign(period=rows["period"] + 1)
    return Family(rows, ["pool", "period"]).plus(rows).minus(earlier, "keep").minus(recruits).equal("before")


def donor_supply(m: Any) -> Rows | None:
    r"""Limit the donations of a pool, for all therapies, sites and markets together.

    $$\sum_{k,c,J} Donate_{kbcJt} \le donations_b \Delta \cdot Registry_{bt} \qquad \forall b,t$$
    """
    donations = block(m, "Donate")
    if donations is None:
        return None
    pools = registered(m.instance)
    pools = pools[pools["pool"].isin(donations["pool"])]
    registry = block(m, "Registry")
    per_donor = pools["donations_per_year"] * m.instance.years
    varies = np.zeros(len(pools), dtype=bool) if registry is None else pools["pool"].isin(registry["pool"]).to_numpy()
    supply = np.where(varies, 0.0, per_donor * pools["registered"])
    family = Family(pools.assign(per_donor=per_donor, supply=supply), ["pool", "period"]).plus(donations)
    if registry is not None:
        family.minus(registry, "per_donor")
    return family.at_most("supply")


def every_donation_tested(m: Any) -> Rows | None:
    r"""Test every donation, and every patient of a tested autologous therapy, once, by class.

    $$\sum_{b \in \rho} Donate_{kbcJt} + \sum_{\lambda \ni (c,\rho)} Loop_{\lambda t}
    = \sum_{l,\pi} Test_{kc\rho l\pi Jt} \qquad \forall k,c,\rho,J,t$$
    """
    tests = block(m, "Test")
    if tests is None:
        return None
    index = ["therapy", "site", "donor_class", "market", "period"]
    sources = []
    donations, loops = block(m, "Donate"), block(m, "Loop")
    if donations is not None:
        sources.append(donations.loc[donations["state"] == "", [*index, "column"]])
    if loops is not None:
        loops = loops[loops["test_class"] != ""]
        loops = loops.assign(site=loops["sites"].str.split(">").str[0], donor_class=loops["test_class"])
        sources.append(loops[[*index, "column"]])
    sampled = pd.concat(sources, ignore_index=True)
    rows = pd.concat([sampled[index], tests[index]]).drop_duplicates()
    return Family(rows, index).plus(sampled).minus(tests).equal(0.0)
