"""Verdicts: what a market says of a stage done in another jurisdiction, period by period."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from donornet.admissible.names import frame
from donornet.admissible.relation import Relation, stack
from donornet.instance import Instance
from donornet.instance.matching import best_match, expand
from donornet.instance.schema import VERDICTS

KEYS = ("stage", "from", "market", "therapy")


class Verdicts:
    """Verdicts of all stages, jurisdictions, markets and therapies, constant spells of periods taken together.

    Attributes
    ----------
    table
        One row per (stage, from, market, therapy) and distinct verdict over time: verdict, unit_cost [currency/unit],
        days, yield. Verdicts `never` are left out.
    valid
        Periods in which the row of `table` holds, shape (rows, periods).
    spells
        Runs of positions of periods in which the same rows of recognition hold.
    """

    def __init__(self, instance: Instance) -> None:
        self._questions = _questions(instance)
        rows = expand(instance.table("recognition"), ["from", "market", "therapy"], instance.groups)
        periods = np.asarray(instance.periods)
        self.spells = _spells(rows, periods)
        self._answers = [
            _answer(self._questions, rows[_holds(rows, periods[spell[0]])], instance) for spell in self.spells
        ]
        every = stack(answer.assign(spell=number) for number, answer in enumerate(self._answers))
        every = every.take(every["verdict"] != VERDICTS.index("never"))
        content = ("question", "verdict", "unit_cost", "days", "yield")
        distinct = every.distinct(*content)
        asked = dict(zip(KEYS, self._questions[distinct["question"]].T, strict=True))
        verdicts = np.array(VERDICTS, dtype=object)[distinct["verdict"]]
        self.table = frame({**asked, "verdict": verdicts, **distinct.only(*content[2:]).columns})
        in_spell = np.zeros((len(distinct), len(self.spells)), dtype=bool)
        in_spell[every.find(distinct, *content), every["spell"]] = True
        self.valid = np.repeat(in_spell, [len(spell) for spell in self.spells], axis=1)

    def said(self, therapy: str, market: str, period: int) -> dict[tuple[str, str], tuple[str, float, int]]:
        """Return what a market says in one period (by its position), `never` included.

        Returns
        -------
        said
            By stage and jurisdiction: verdict, bridging days, and the row of recognition in the file (-1: none speaks).
        """
        answer = self._answers[next(number for number, spell in enumerate(self.spells) if period in spell)]
        rows = zip(self._questions, answer["verdict"], answer["days"], answer["row"], strict=True)
        return {
            (stage, home): (VERDICTS[verdict], float(days), int(row))
            for (stage, home, *asked), verdict, days, row in rows
            if asked == [market, therapy]
        }


def _questions(instance: Instance) -> np.ndarray:
    """Return every (stage, from, market, therapy) that a chain may ask about, shape (questions, 4)."""
    questions: list[tuple[str, ...]] = []
    for row in instance.table("therapies").itertuples():
        asked = set(instance.routes[row.therapy])
        asked |= {"testing"} if row.tested == "yes" else set()
        asked |= {"donor"} if row.modality == "allogeneic" else set()
        questions += itertools.product(sorted(asked), instance.jurisdictions, instance.markets, [row.therapy])
    return np.array(questions, dtype=object).reshape(-1, len(KEYS))


def _holds(rows: pd.DataFrame, period: int) -> pd.Series:
    return (rows["valid_from"].fillna(-np.inf) <= period) & (period <= rows["valid_to"].fillna(np.inf))


def _spells(rows: pd.DataFrame, periods: np.ndarray) -> list[list[int]]:
    """Return runs of period positions in which the same rows hold."""
    starts = {int(p) for p in rows["valid_from"].dropna()} | {int(p) + 1 for p in rows["valid_to"].dropna()}
    spells: list[list[int]] = []
    for position, period in enumerate(periods):
        if not spells or period in starts:
            spells.append([])
        spells[-1].append(position)
    return spells


def _answer(questions: np.ndarray, rows: pd.DataFrame, instance: Instance) -> Relation:
    """Return the answer to each question: verdict (position in `VERDICTS`), costs, row of the file (-1: none)."""
    best, _ = best_match(frame(dict(zip(KEYS, questions.T, strict=True))), rows, KEYS)
    named = best >= 0
    home = questions[:, KEYS.index("from")] == questions[:, KEYS.index("market")]
    verdict = np.where(home, VERDICTS.index("recognised"), VERDICTS.index(instance.head.default_recognition))
    said = np.array([VERDICTS.index(word) for word in rows["verdict"]], dtype=np.int64)[best[named]]
    verdict[named] = said
    row = np.full(len(questions), -1)
    row[named] = rows.index.to_numpy()[best[named]]
    bridged = named & (verdict == VERDICTS.index("bridging"))
    answer = Relation({"question": np.arange(len(questions)), "verdict": verdict, "row": row})
    for column, otherwise in (("unit_cost", 0.0), ("days", 0.0), ("yield", 1.0)):
        cells = np.full(len(questions), otherwise)
        cells[bridged] = rows[column].to_numpy(dtype=float)[best[bridged]]
        answer = answer.assign(**{column: cells})
    return answer
