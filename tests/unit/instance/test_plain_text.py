"""Text in plain arrays while a function runs, and as the caller wants it afterwards."""

import threading

import pandas as pd
import pytest

from donornet.instance.plain_text import OPTION, handed_out, plain_text


@pytest.fixture(autouse=True)
def callers_setting():
    with pd.option_context(OPTION, "pyarrow"):
        yield


@plain_text
def storage_inside(*more) -> str:
    for function in more:
        function()
    return str(pd.DataFrame({"site": ["S1"]}).columns.dtype.storage)


def test_text_is_plain_while_the_function_runs_and_the_setting_is_the_callers_afterwards():
    assert storage_inside() == "python"
    assert pd.get_option(OPTION) == "pyarrow"


def test_a_call_within_a_call_leaves_the_setting_to_the_outer_one():
    assert storage_inside(storage_inside) == "python"
    assert pd.get_option(OPTION) == "pyarrow"


def test_the_setting_comes_back_after_an_error():
    def fail():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        storage_inside(fail)
    assert pd.get_option(OPTION) == "pyarrow"


def test_calls_that_overlap_in_two_threads_leave_the_callers_setting():
    entered, leave = threading.Event(), threading.Event()

    def wait():
        entered.set()
        leave.wait(10)

    first = threading.Thread(target=storage_inside, args=(wait,))
    first.start()
    entered.wait(10)
    second = threading.Thread(target=storage_inside, args=(leave.set, first.join))
    second.start()
    second.join(10)
    assert not first.is_alive()
    assert pd.get_option(OPTION) == "pyarrow"


def test_tables_of_results_are_what_the_caller_would_have_made():
    @plain_text
    def made() -> pd.DataFrame:
        return handed_out({"sites": pd.DataFrame({"site": ["S1", "S2"], "amount": [1.0, 2.0]})})["sites"]

    pd.testing.assert_frame_equal(made(), pd.DataFrame({"site": ["S1", "S2"], "amount": [1.0, 2.0]}))
