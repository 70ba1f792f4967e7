"""Group names and wildcards: which rows speak about which members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

ANY = "*"


class Groups:
    """Named sets of ids (table ``groups``), nested groups allowed.

    Parameters
    ----------
    table
        Columns group and member, one row per member.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._direct: dict[str, list[str]] = {}
        for group, member in zip(table["group"], table["member"], strict=True):
            self._direct.setdefault(group, []).append(member)

    def __contains__(self, name: str) -> bool:
        return name in self._direct

    def __iter__(self) -> Iterator[str]:
        return iter(self._direct)

    def members(self, name: str) -> frozenset[str]:
        """Return the ids that `name` stands for: itself, or everything its group (of groups) holds."""
        found: set[str] = set()
        waiting, seen = [name], set()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if current in self._direct:
                waiting.extend(self._direct[current])
            else:
                found.add(current)
        return frozenset(found | {name})

    def select(self, cell: str, universe: Iterable[str]) -> list[str]:
        """Return the members of `universe`, in its order, that `cell` (an id, a group, ``*`` or blank) names."""
        if cell in ("", ANY):
            return list(universe)
        members = self.members(cell)
        return [name for name in universe if name in members]


def expand(rows: pd.DataFrame, columns: Sequence[str], groups: Groups) -> pd.DataFrame:
    """Repeat each row of `rows` for every member of the groups that stand in `columns`."""
    for column in columns:
        if not rows[column].isin(list(groups)).any():
            continue
        members = [sorted(groups.members(name) - ({name} if name in groups else set())) for name in rows[column]]
        rows = rows.assign(**{column: members}).explode(column).dropna(subset=[column])
    return rows


def best_match(queries: pd.DataFrame, rows: pd.DataFrame, keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Find for each query the row of `rows` that matches it with the most non-wildcard keys.

    Parameters
    ----------
    queries
        One query per row; holds every column of `keys`.
    rows
        Candidate rows; a key cell is an id or ``*``.
    keys
        The key columns.

    Returns
    -------
    best, rival
        Positions in `rows`, shape (queries,); -1 where no row matches, and where no second row ties with the best.
    """
    best = np.full(len(queries), -1, dtype=np.int64)
    rival = np.full(len(queries), -1, dtype=np.int64)
    best_rank = np.full(len(queries), -1, dtype=np.int64)
    if rows.empty or queries.empty:
        return best, rival
    is_any = rows[list(keys)].eq(ANY).to_numpy()
    for pattern in np.unique(is_any, axis=0):
        rank = int((~pattern).sum())
        positions = np.flatnonzero((is_any == pattern).all(axis=1))
        named = [key for key, wild in zip(keys, pattern, strict=True) if not wild]
        found, second = _lookup(queries, rows.iloc[positions], positions, named)
        hit = found >= 0
        tie = hit & (best_rank == rank)
        rival[tie] = found[tie]
        better = hit & (best_rank < rank)
        best[better], best_rank[better], rival[better] = found[better], rank, second[better]
    return best, rival


def _lookup(
    queries: pd.DataFrame, rows: pd.DataFrame, positions: np.ndarray, named: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return first and second position in `positions` whose row equals the query in the `named` columns."""
    if not named:
        second = positions[1] if len(positions) > 1 else -1
        return np.full(len(queries), positions[0]), np.full(len(queries), second)
    places: dict[tuple[str, ...], int] = {}
    others: dict[tuple[str, ...], int] = {}
    for key, position in zip(_keys(rows, named), positions.tolist(), strict=True):
        if places.setdefault(key, position) != position:
            others.setdefault(key, position)
    wanted = _keys(queries, named)
    found, rivals = ([known.get(key, -1) for key in wanted] for known in (places, others))
    return np.array(found, dtype=np.int64), np.array(rivals, dtype=np.int64)


def _keys(rows: pd.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    return list(zip(*(rows[column].tolist() for column in columns), strict=True))
