"""What becomes of a facility."""

from __future__ import annotations

import pandas as pd
import pytest

from donornet.solution import Result, Solution, Status
from donornet.study.comparison.states import states_of

COLUMNS = ["period", "open", "steps", "opened", "closed"]


def designed(*rows: tuple[int, int, int, int, int]) -> Result:
    facilities = pd.DataFrame(rows, columns=COLUMNS).assign(site="S", stage="testing", title="The lab")
    return Result(Status.OPTIMAL, 1.0, 1.0, 0.0, Solution({}), {"facilities": facilities})


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ([(2027, 1, 0, 0, 0), (2028, 1, 0, 0, 0)], "open"),
        ([(2028, 1, 2, 1, 0), (2027, 0, 0, 0, 0)], "opened 2028, 2 steps"),
        ([(2027, 1, 1, 0, 0), (2028, 0, 1, 0, 1)], "closed 2028, 1 step"),
        ([(2027, 0, 0, 0, 1), (2028, 0, 0, 0, 0)], "closed 2027"),
    ],
)
def test_the_state_tells_when_it_is_opened_and_closed(rows, state):
    assert states_of({"a": designed(*rows)}).to_dict("records") == [
        {"stage": "testing", "site": "S", "title": "The lab", "a": state}
    ]


def test_a_facility_that_is_never_open_is_left_out_unless_it_is_open_elsewhere():
    never, always = designed((1, 0, 0, 0, 0)), designed((1, 1, 0, 0, 0))
    assert states_of({"never": never}).empty
    nothing = Result(Status.INFEASIBLE, None, None, None, None)
    frame = states_of({"never": never, "always": always, "nothing": nothing})
    assert frame[["never", "always", "nothing"]].to_numpy().tolist() == [["", "open", None]]
