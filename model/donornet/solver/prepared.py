"""A model that is solved again and again: changed, fixed and released in between, started from the last design."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Self

import numpy as np
import pyomo.environ as pyo

from donornet.exceptions import SolverError
from donornet.formulation import Choices, build_model, start_values
from donornet.formulation.columns import RestructuredError
from donornet.formulation.revise import Revision, revise_model, untie
from donornet.formulation.rows import Rows
from donornet.instance import Instance
from donornet.instance.edits import Edit
from donornet.instance.findings import nearest
from donornet.solution import Result, Solution
from donornet.solver.memory import Memory
from donornet.solver.solve import solve

DECISIONS = ("Open", "Step", "Licence")
"""Variables that can be fixed."""


class Prepared:
    """A built model that can be changed and solved again at a fraction of the cost of a fresh build; see `prepare`.

    Attributes
    ----------
    model
        The Pyomo model. It is another one after an `update` that had to build it anew.
    base
        The instance that scenarios and edits given to `update` are applied to.
    last
        The last result that holds a design: where the next solve starts. None: no start.
    """

    def __init__(self, instance: Instance, choices: Choices | None, extend: Callable[[Any], None] | None) -> None:
        self.base = instance
        self.last: Result | None = None
        self._choices = Choices(decide_once=extend is None) if choices is None else choices
        self._extend = extend
        self._fixed: dict[tuple[str, Any], float] = {}
        self._memory = Memory()
        self._build(instance)

    @property
    def instance(self) -> Instance:
        """The instance that the model stands for now."""
        instance: Instance = self.model.instance
        return instance

    def solve(self, *, start: Result | Solution | None = None, **settings: Any) -> Result:
        """Return the cheapest design of the model as it stands.

        Parameters
        ----------
        start
            Where to start from. None: the last design that was found here.
        settings
            As of `donornet.solve`: ``gap``, ``time_limit``, ``threads``, ``seed``, ``progress``, ``check``, ...
        """
        if self._components() != self._extended:
            self._untie()
        result = solve(self.model, start=self.last if start is None else start, memory=self._memory, **settings)
        if result.solution is not None:
            self.last = result
        return result

    def update(self, *changes: Instance | str | Edit) -> Revision:
        """Let the model stand for another instance; return what was written anew.

        What has been fixed stays fixed. Whatever the path, the model says the same afterwards as one built afresh:
        what cannot be changed in place is built anew, which takes as long as `prepare`.

        Parameters
        ----------
        changes
            A valid instance; or names of scenarios and edits as of `Instance.apply`, applied to `base`. (None: back to
            `base`.) They are not validated here: see `donornet.validate`.

        Raises
        ------
        SolverError
            The model has to be built anew, but something was added to it by hand that would be lost; or something that
            is fixed is not there any more.
        """
        instance = self._changed(changes)
        self._release(self._fixed)
        try:
            revision = revise_model(self.model, instance)
            self._reextend()
        except RestructuredError as change:
            revision = self._rebuild(instance, change)
        finally:
            impossible = [self._named(key) for key, value in self._fixed.items() if not self._apply(key, value)]
        if impossible:
            raise SolverError(f"{', '.join(impossible)}: fixed to what the changed instance does not allow; release it")
        return revision

    def fix(
        self,
        site: str,
        stage: str,
        *,
        open: bool,  # noqa: A002 - the word of the table
        market: str = "",
        step: int = 0,
        period: int | None = None,
    ) -> Self:
        """Fix a decision: a facility, one of its licences, or one of its capacity steps.

        Parameters
        ----------
        site, stage
            The facility.
        open
            Whether it is open (the licence held, the step taken). Open means: from the first period in which it may be.
        market, step
            Market of a licence, or number of a step, that is meant instead of the facility itself.
        period
            Number of a period; None: all of them.

        Raises
        ------
        ValueError
            There is no such decision, or a facility is to be closed whose status is open.
        """
        keys = self._decisions(site, stage, market, step, period)
        statuses = self.instance.table("facilities").set_index(["site", "stage"])["status"]
        if not (market or step or open) and statuses[site, stage] == "open":
            raise ValueError(
                f"the facility {site} {stage} has status open, so that nothing keeps flow out of it if it is closed: "
                "update with an instance in which its status is candidate"
            )
        if period is not None:
            self._untie()
        for key in keys:
            if not open or self.model.component(key[0])[key[1]].ub > 0.0:  # not open before opens_from
                self._fixed[key] = float(open)
                self._apply(key, float(open))
        return self

    def release(
        self, site: str = "", stage: str = "", *, market: str = "", step: int = 0, period: int | None = None
    ) -> Self:
        """Let the model decide again about what was fixed; without a site: about everything."""
        keys = self._decisions(site, stage, market, step, period) if site else list(self._fixed)
        gone = [key for key in keys if key in self._fixed]
        self._release(gone)
        for key in gone:
            del self._fixed[key]
        return self

    def fix_design(self, design: Result | Solution) -> Self:
        """Fix every facility, step and licence as in another design, so that only flows are left to decide.

        Raises
        ------
        ValueError
            The design says nothing about one of the decisions, or the result has no design.
        """
        solution = design.solution if isinstance(design, Result) else design
        if solution is None:
            raise ValueError("the result has no design that could be fixed: solve with a longer time_limit")
        values = start_values(self.model, solution)
        for name in DECISIONS:
            columns = self.model.component(name)
            if columns is None:
                continue
            for index, variable, value in zip(columns, columns.values(), values[columns.start :], strict=False):
                if np.isnan(value):
                    raise ValueError(f"the design does not say whether {variable.name} is taken: fix it by itself")
                self._fixed[name, index] = float(np.clip(round(value), 0.0, variable.ub))
                self._apply((name, index), self._fixed[name, index])
        return self

    # ---------------------------------------------------------------------------------------------------- what is fixed

    def _decisions(self, site: str, stage: str, market: str, step: int, period: int | None) -> list[tuple[str, Any]]:
        """Return the variables that a decision has, as name and index."""
        name = "Licence" if market else "Step" if step else "Open"
        place: tuple[Any, ...] = (site, stage, market) if market else (site, stage, step) if step else (site, stage)
        columns = self.model.component(name)
        known = {} if columns is None else {index[:-1]: None for index in columns}
        if place not in known:
            names = [" ".join(map(str, other)) for other in known]
            wanted = " ".join(map(str, place))
            raise ValueError(f"the model has no decision {name} of {wanted!r}{nearest(wanted, names)}")
        periods = self.instance.periods
        if period is not None and period not in periods:
            raise ValueError(f"period {period} is not one of {periods[0]} to {periods[-1]}")
        keys = [(name, (*place, p)) for p in (periods if period is None else [period]) if (*place, p) in columns]
        if not keys:
            raise ValueError(f"{name} of {' '.join(map(str, place))!r} cannot be decided in period {period}")
        return keys

    def _apply(self, key: tuple[str, Any], value: float) -> bool:
        """Fix a decision; return False where it is not there to be taken, or its status forces it to another value."""
        name, index = key
        columns = self.model.component(name)
        if columns is None or index not in columns:
            return value == 0.0
        if self._is_forced(key):
            return value == 1.0
        columns[index].fix(value, skip_validation=True)
        return True

    def _release(self, keys: Iterable[tuple[str, Any]]) -> None:
        for name, index in keys:
            columns = self.model.component(name)
            if columns is not None and index in columns and not self._is_forced((name, index)):
                columns[index].unfix()

    def _is_forced(self, key: tuple[str, Any]) -> bool:
        """Whether a facility is fixed for its status, not by hand."""
        name, index = key
        columns = self.model.component(name)
        return bool(name == "Open" and self.model.forced_open[columns.column(index) - columns.start])

    @staticmethod
    def _named(key: tuple[str, Any]) -> str:
        return f"{key[0]}[{','.join(map(str, key[1]))}]"

    def _untie(self) -> None:
        self._choices = replace(self._choices, decide_once=False)
        untie(self.model)

    # -------------------------------------------------------------------------------------------------- building anew

    def _build(self, source: Any) -> None:
        self.model = build_model(source, self._choices)
        self._own = self._components()
        if self._extend is not None:
            self._extend(self.model)
        self._extended = self._components()

    def _rebuild(self, instance: Instance, change: RestructuredError) -> Revision:
        if self._is_altered():
            columns = ", ".join(change.cause)
            raise SolverError(
                f"the model has to be built anew for the change of {columns}, and what was added or changed by hand "
                "would be lost: hand `prepare` a function `extend` that adds it to any model"
            )
        self._build(instance if change.network is None else change.network)
        return Revision(change.cause, ("model",) if change.network is not None else ("network", "model"))

    def _reextend(self) -> None:
        """Let `extend` add what it adds to the changed model, in place of what it added before."""
        if self._extend is None:
            return
        for name in self._extended - self._own:
            if self.model.component(name) is not None:
                self.model.del_component(name)
        self._extend(self.model)
        self._extended = self._components()

    def _components(self) -> frozenset[str]:
        return frozenset(self.model.component_map())

    def _is_altered(self) -> bool:
        """Whether anything was done to the model that neither `extend` nor this object has done."""
        if self._components() != self._extended:
            return True
        rows = [component for component in self.model.component_objects(pyo.Constraint) if isinstance(component, Rows)]
        return self._extend is None and any(family.is_altered for family in rows)

    def _changed(self, changes: tuple[Instance | str | Edit, ...]) -> Instance:
        if len(changes) == 1 and isinstance(changes[0], Instance):
            return changes[0]
        names = [change for change in changes if not isinstance(change, Instance)]
        if len(names) < len(changes):
            raise TypeError("update takes one instance, or scenarios and edits, not both")
        return self.base.apply(*names) if names else self.base


def prepare(
    instance: Instance, choices: Choices | None = None, *, extend: Callable[[Any], None] | None = None
) -> Prepared:
    """Return a built model for many solves: ``update`` it, ``fix`` and ``release`` decisions, ``solve`` it again.

    Parameters
    ----------
    instance
        A valid instance.
    choices
        Choices between formulations. None: those of `donornet.solve` without `extend`, and those of `build_model` with
        it.
    extend
        Adds constraints, variables or an objective to a model. It is called now, and again after every change of the
        instance, so that it may look at ``model.instance``.

    Examples
    --------
    >>> prepared = dn.prepare(dn.read("instances/toy"))
    >>> prepared.solve(gap=0.01)
    >>> prepared.update("demand.doses*=1.2").redone
    >>> prepared.fix("plant-w", "manufacturing", open=False).solve(gap=0.01)
    """
    return Prepared(instance, choices, extend)
