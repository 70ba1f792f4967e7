"""Linear expressions kept as arrays, which become Pyomo expressions when somebody looks at them."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyomo.core.base.expression import ScalarExpression
from pyomo.core.expr.numeric_expr import LinearExpression

from donornet.formulation.columns import columns_of


class Sum(ScalarExpression):
    """The named expression ``values @ columns``, written down on demand.

    Parameters
    ----------
    columns
        Column numbers of the model's `Columns`, shape (terms,); -1: a constant.
    values
        Coefficients, shape (terms,).
    """

    def __init__(self, columns: np.ndarray, values: np.ndarray, doc: str = "") -> None:
        self._held: tuple[Any, ...] | None
        self._written: Any = None
        super().__init__(expr=0.0, doc=doc)
        self._terms = columns, values

    def construct(self, data: Any = None) -> None:
        """Join a model; nothing is written down yet."""
        super().construct(data)
        self._held = None

    @property
    def _args_(self) -> tuple[Any, ...]:
        """What Pyomo calls the arguments of a named expression: the one expression that it stands for."""
        if self._held is None:
            self._written = self._expression()
            self._held = (self._written,)
        return self._held

    @_args_.setter
    def _args_(self, held: tuple[Any, ...]) -> None:
        self._held = held

    @property
    def is_own(self) -> bool:
        """Whether it still stands for its terms, not for what a user has put in their place."""
        return self._held is None or self._held[0] is self._written

    def revise(self, columns: np.ndarray, values: np.ndarray) -> None:
        """Take over other terms; what a user has put in their place stays."""
        if self.is_own:
            self._terms, self._held = (columns, values), None

    def _expression(self) -> LinearExpression:
        columns, values = self._terms
        varies = (columns >= 0) & (values != 0.0)
        return LinearExpression(
            constant=float(values[columns < 0].sum()),
            linear_coefs=values[varies].tolist(),
            linear_vars=columns_of(self.model()).take(columns[varies].tolist()),
        )
