"""Every check, in the order in which a reader wants to hear of its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePath

import numpy as np

from donornet.instance import Finding, Instance
from donornet.instance.plain_text import plain_text
from donornet.validation import (
    cells,
    demand,
    diversity,
    donors,
    facilities,
    groups,
    ids,
    keys,
    lanes,
    limits,
    places,
    prohibitions,
    reach,
    recognition,
    scenarios,
    shares,
    shortage,
    testing,
    therapies,
    wildcards,
)

Check = Callable[[Instance], Iterator[Finding]]

CHECKS: tuple[Check, ...] = (
    cells.check_required_tables,
    cells.check_cells,
    cells.check_tables_that_count,
    keys.check_duplicate_keys,
    places.check_places,
    groups.check_group_names,
    groups.check_group_cycles,
    groups.check_group_members,
    ids.check_unknown_ids,
    wildcards.check_operation_ties,
    wildcards.check_pass_rate_ties,
    wildcards.check_recognition_ties,
    facilities.check_steps,
    facilities.check_min_load,
    facilities.check_licences,
    facilities.check_opening_periods,
    facilities.check_zero_capacity,
    facilities.check_slots,
    therapies.check_routes,
    therapies.check_modality,
    therapies.check_stages_have_facilities,
    donors.check_unlimited_registries,
    donors.check_attrition,
    testing.check_panels,
    testing.check_labs,
    testing.check_required_markers,
    lanes.check_lane_ends,
    lanes.check_lane_blanks,
    lanes.check_lane_modes,
    demand.check_demand_periods,
    demand.check_service,
    recognition.check_validity,
    recognition.check_bridging,
    recognition.check_licence_verdicts,
    prohibitions.check_empty_rules,
    prohibitions.check_rules_that_match,
    diversity.check_diversity_values,
    diversity.check_diversity_levels,
    diversity.check_diversity_members,
    diversity.check_diversity_therapies,
    diversity.check_coverage_tables,
    diversity.check_share_sums,
    diversity.check_share_beside_count,
    shares.check_shares,
    shares.check_match_tables,
    limits.check_limit_filters,
    limits.check_limit_values,
    limits.check_limits_that_bind,
    scenarios.check_edits,
    scenarios.check_edits_find_rows,
    scenarios.check_second_stage,
    reach.check_reach,
    shortage.check_capacity,
    shortage.check_donors,
    shortage.check_penalties,
    places.check_coordinates,
    demand.check_demand_is_there,
    facilities.check_facilities_are_used,
    donors.check_donors_are_used,
    lanes.check_modes_are_used,
    groups.check_groups_are_used,
)
"""All checks. Each yields findings and never raises, whatever the typed tables hold."""


@plain_text
def validate(instance: Instance) -> list[Finding]:
    """Return every finding, errors and warnings, of the checks between cells and tables.

    Parameters
    ----------
    instance
        A typed instance: every table has every column of the specification, text as text and numbers as floats. If
        changes were applied to it, its tables scenarios and uncertainty are not judged: what is left to apply need not
        find its rows any more.
    """
    if instance.applied:
        tables = {name: rows for name, rows in instance.tables.items() if name not in {"scenarios", "uncertainty"}}
        instance = replace(instance, tables=tables)
    with np.errstate(all="ignore"):  # absurd numbers are findings; what follows from them needs no warning of its own
        return [_placed(finding, instance.source) for check in CHECKS for finding in check(instance)]


def _placed(finding: Finding, source: str) -> Finding:
    """Return the finding with the name of the file that its table was read from."""
    if not source or not finding.table or finding.source:
        return finding
    path = PurePath(source)
    if path.suffix in {".xlsx", ".json"}:
        return replace(finding, source=f"{path.name}!{finding.table}")
    return replace(finding, source="instance.toml" if finding.table == "instance" else f"{finding.table}.csv")
