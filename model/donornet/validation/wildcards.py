"""Wildcards: of several rows that match, one must be the most specific; and every row should win somewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from donornet.instance import Finding, Instance
from donornet.instance.matching import best_match, expand
from donornet.validation.questions import (
    OPERATION_KEYS,
    PASS_RATE_KEYS,
    RECOGNITION_KEYS,
    operation_questions,
    pass_rate_questions,
    recognition_questions,
    spells,
)
from donornet.validation.report import each


def check_operation_ties(instance: Instance) -> Iterator[Finding]:
    """Check that one row of operations is the most specific for every stage and therapy at every facility."""
    yield from _judge("operations", instance.table("operations"), operation_questions(instance), OPERATION_KEYS)


def check_pass_rate_ties(instance: Instance) -> Iterator[Finding]:
    """Check that one pass rate is the most specific for every tested therapy, risk class and market."""
    yield from _judge("pass_rates", instance.table("pass_rates"), pass_rate_questions(instance), PASS_RATE_KEYS)


def check_recognition_ties(instance: Instance) -> Iterator[Finding]:
    """Check that one verdict is the most specific for every stage, origin, market and therapy in every period."""
    table = instance.table("recognition")
    rows = expand(table, ["from", "market", "therapy"], instance.groups)
    questions = recognition_questions(instance)
    written = table[list(RECOGNITION_KEYS)]
    used: set[int] = set()
    ties: dict[tuple[int, int], str] = {}
    for period, holds in spells(instance, rows):
        valid = rows[holds]
        best, rival = best_match(questions, valid, RECOGNITION_KEYS)
        used |= _winners(valid, best, rival)
        for pair, case in _ties(questions, valid, best, rival, RECOGNITION_KEYS).items():
            ties.setdefault(pair, f"{case} in period {period}")
    yield from _tie_findings("recognition", written, ties)
    yield from _unused_findings("recognition", table, used, "no chain asks for it")


def _judge(name: str, rows: pd.DataFrame, questions: pd.DataFrame, keys: Sequence[str]) -> Iterator[Finding]:
    best, rival = best_match(questions, rows, keys)
    yield from _tie_findings(name, rows[list(keys)], _ties(questions, rows, best, rival, keys))
    yield from _unused_findings(
        name, rows, _winners(rows, best, rival), "nothing asks for it, or a more specific row always holds"
    )


def _winners(rows: pd.DataFrame, best: np.ndarray, rival: np.ndarray) -> set[int]:
    """Return the rows that hold, or tie, for some question, by number in the file."""
    return {int(rows.index[position]) for position in np.unique([best, rival]) if position >= 0}


def _ties(
    questions: pd.DataFrame, rows: pd.DataFrame, best: np.ndarray, rival: np.ndarray, keys: Sequence[str]
) -> dict[tuple[int, int], str]:
    """Return the pairs of rows that tie, by number in the file, each with one question for which they do."""
    tied = np.flatnonzero(rival >= 0)
    pairs = pd.DataFrame(
        {"one": rows.index.to_numpy()[best[tied]], "other": rows.index.to_numpy()[rival[tied]], "question": tied}
    ).drop_duplicates(["one", "other"])
    found: dict[tuple[int, int], str] = {}
    for one, other, question in pairs.itertuples(index=False):
        asked = questions.iloc[question]
        case = ", ".join(f"{key} {asked[key]!r}" for key in keys)
        found.setdefault((min(one, other), max(one, other)), case)
    return found


def _tie_findings(name: str, written: pd.DataFrame, ties: dict[tuple[int, int], str]) -> Iterator[Finding]:
    """Report the ties of rows with different keys; rows with the same key are duplicates."""
    keys = written[~written.index.duplicated()]
    real = {pair: case for pair, case in ties.items() if not keys.loc[pair[0]].equals(keys.loc[pair[1]])}
    later = pd.DataFrame(
        {"first": [pair[0] for pair in real], "case": list(real.values())},
        index=pd.Index([pair[1] for pair in real], dtype=int),
    )
    yield from each(
        later,
        np.ones(len(later), dtype=bool),
        (name, str(written.columns[0])),
        "wildcard-tie",
        lambda cells: (
            f"ties with row {cells['first']} for {cells['case']}: both match with equally many keys filled; "
            "fill one more key of the row that shall hold, or remove the other"
        ),
    )


def _unused_findings(name: str, rows: pd.DataFrame, used: set[int], reason: str) -> Iterator[Finding]:
    unused = ~rows.index.isin(list(used))
    yield from each(rows, unused, (name, ""), "unused-row", lambda _: f"no chain uses this row: {reason}", "warning")
