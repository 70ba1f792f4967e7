from __future__ import annotations

import pytest

from tests.unit.evaluation.small import ALLOGENEIC, FLOWS, broken, edited, instance_of, solution_of

LIFE = {
    "status",
    "stay",
    "reopened",
    "opens-from",
    "integrality",
    "ladder",
    "open-before-steps",
    "licence-needs-open",
    "available-from",
}


def life(row: dict[str, object], opens: list[float], steps: tuple[float, ...] = (0, 0, 0, 0)) -> set[str]:
    """Return what a facility's life over four periods breaks."""
    head = {"periods": {"count": 4, "first": 1}}
    facility = {"site": "M", "stage": "manufacturing", "capacity": 8, **row}
    instance = instance_of(
        ALLOGENEIC, head, facilities=[facility], demand=[], capacity_steps=ALLOGENEIC["capacity_steps"]
    )
    stated = [
        {"site": "M", "stage": "manufacturing", "period": t, "open": opens[t - 1], "steps": steps[t - 1]}
        for t in (1, 2, 3, 4)
    ]
    return broken(instance, solution_of({}, facilities=stated))


@pytest.mark.parametrize(
    ("row", "opens", "expected"),
    [
        ({}, [0, 1, 1, 1], set()),
        ({}, [0, 1, 0, 1], {"stay"}),
        ({}, [0, 0.5, 1, 1], {"integrality"}),
        ({}, [0, 1 - 1e-6, 1, 1], set()),
        ({}, [0, 2, 2, 2], {"integrality"}),
        ({"opens_from": 3}, [0, 0, 1, 1], set()),
        ({"opens_from": 3}, [0, 1, 1, 1], {"opens-from"}),
        ({"initial": "existing"}, [1, 1, 0, 0], set()),
        ({"initial": "existing"}, [0, 0, 0, 0], set()),
        ({"initial": "existing"}, [1, 0, 1, 1], {"reopened"}),
        ({"initial": "existing", "opens_from": 2}, [0, 1, 1, 0], set()),
        ({"initial": "existing", "opens_from": 2}, [1, 1, 1, 1], {"opens-from"}),
        ({"status": "open"}, [1, 1, 1, 1], set()),
        ({"status": "open"}, [0, 1, 1, 1], {"status"}),
        ({"status": "open", "opens_from": 2}, [0, 1, 1, 1], set()),
        ({"status": "open", "initial": "existing"}, [1, 1, 1, 0], {"status"}),
        ({"status": "closed"}, [0, 0, 0, 0], set()),
        ({"status": "closed", "initial": "existing"}, [1, 0, 0, 0], {"status"}),
    ],
)
def test_life_cycle(row, opens, expected):
    assert life(row, opens) == expected


@pytest.mark.parametrize(
    ("row", "opens", "steps", "expected"),
    [
        ({}, [0, 1, 1, 1], (0, 1, 2, 2), set()),
        ({}, [0, 1, 1, 1], (0, 2, 1, 1), {"stay"}),
        ({}, [0, 1, 1, 1], (1, 1, 1, 1), {"open-before-steps"}),
        ({}, [0, 1, 1, 1], (0, 1, 3, 3), {"ladder"}),
        ({}, [0, 1, 1, 1], (0, 0.5, 1, 1), {"integrality"}),
        ({"initial": "existing"}, [1, 1, 0, 0], (1, 1, 1, 1), {"open-before-steps"}),
    ],
)
def test_ladder(row, opens, steps, expected):
    assert life(row, opens, steps) == expected


def licence(held: list[float], opens: list[float], **cells: object) -> set[str]:
    row = {"site": "C", "stage": "collection", "market": "EU", "status": "obtainable", **cells}
    stated = [{"site": "C", "stage": "collection", "period": t, "open": opens[t - 1]} for t in (1, 2)]
    holds = [{"site": "C", "stage": "collection", "market": "EU", "period": t, "held": held[t - 1]} for t in (1, 2)]
    instance = instance_of(ALLOGENEIC, licences=[row], demand=[])
    return broken(instance, solution_of({}, facilities=stated, licences=holds))


def test_licences():
    assert licence([0, 1], [1, 1]) == set()
    assert licence([1, 0], [1, 1]) == {"stay"}
    assert licence([1, 1], [1, 0]) == {"licence-needs-open"}
    assert licence([1, 1], [1, 1], available_from=2) == {"available-from"}
    assert licence([0, 1], [1, 1], available_from=2) == set()
    assert licence([0, 0.5], [1, 1]) == {"integrality"}


def test_facility_without_a_row_is_not_open():
    stated = [row for row in FLOWS["facilities"] if row["site"] != "M"]
    assert broken(instance_of(ALLOGENEIC), solution_of(FLOWS, facilities=stated)) >= {"open-before-use", "capacity"}


def test_licence_gate_needs_a_licence_in_the_period_of_entry():
    gate = {"stage": "collection", "from": "US", "market": "EU", "verdict": "licence"}
    row = {"site": "C", "stage": "collection", "market": "EU", "status": "obtainable"}
    holds = [{"site": "C", "stage": "collection", "market": "EU", "period": t, "held": 1} for t in (1, 2)]
    table = [*ALLOGENEIC["recognition"], gate]
    assert broken(instance_of(ALLOGENEIC, recognition=table), solution_of(FLOWS)) == {"licence-before-use"}
    instance = instance_of(ALLOGENEIC, recognition=table, licences=[row])
    assert broken(instance, solution_of(FLOWS, licences=holds)) == set()
    assert broken(instance, solution_of(FLOWS, licences=edited(holds, 0, held=0))) == {"licence-before-use"}
    held = {**row, "status": "held"}
    assert broken(instance_of(ALLOGENEIC, recognition=table, licences=[held]), solution_of(FLOWS)) == set()
    late = instance_of(ALLOGENEIC, recognition=table, licences=[{**held, "available_from": 2}])
    assert broken(late, solution_of(FLOWS)) == {"licence-before-use"}
    elsewhere = instance_of(ALLOGENEIC, recognition=table, licences=[{**held, "stage": "testing", "site": "L"}])
    assert broken(elsewhere, solution_of(FLOWS)) == {"licence-before-use"}
