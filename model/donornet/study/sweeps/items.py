"""The items of a sweep: scenarios × a grid of edits, each with a readable name and the item that it starts from."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from donornet.instance import Instance
from donornet.study.sweeps.grid_text import expanded, parse_grid

BASE = "base"
"""Name of the instance as it stands."""
STACKED = "+"
"""Stands between the names of scenarios that are applied one after the other."""
BETWEEN = " | "
"""Stands between the parts of an item's name."""

Value = str | Sequence[str] | None
"""One value of an axis: an edit, several edits, or None for no edit."""
Axis = str | Sequence[Value] | Mapping[str, Value]
"""The values of an axis, by their own labels where it is a mapping; a text lists them in braces (see `expanded`)."""
Grid = str | Mapping[str, Axis] | Sequence[Value]
"""Axes by label, of which every combination is taken; or one axis without a label; or one in text (`parse_grid`)."""
Scenarios = str | Sequence[str | Sequence[str]] | None
"""``all``, one name, several names, or None for no scenario; a sequence or ``a+b`` stands for stacked scenarios."""


@dataclass(frozen=True)
class Item:
    """One instance of a sweep.

    Parameters
    ----------
    name
        Readable and unique in the sweep.
    scenarios
        Scenarios to apply, in this order.
    edits
        Edits to apply after them, in this order.
    parent
        Name of the item whose design this one starts from: the nearest one that comes before it, by the number of
        scenarios and grid values that differ. None: it starts from nothing.
    """

    name: str
    scenarios: tuple[str, ...] = ()
    edits: tuple[str, ...] = ()
    parent: str | None = None

    @property
    def applied(self) -> tuple[str, ...]:
        """Everything that `Instance.apply` is given."""
        return (*self.scenarios, *self.edits)


def items_of(instance: Instance, scenarios: Scenarios, grid: Grid | None, *, base: bool) -> list[Item]:
    """Return the items: the instance as it stands, then every scenario with every point of the grid.

    The parents form a tree that depends on nothing but the sweep: the item with the last grid value that is not its
    axis's first replaced by that first one; without any such value the first scenario; and above all the instance as
    it stands.

    Parameters
    ----------
    base
        Whether the instance as it stands is part of the sweep: first by itself, then on the grid.

    Raises
    ------
    ValueError
        There is no item, an axis has no value, or two items have the same name.
    """
    stacks = stacks_of(instance, scenarios)
    if base and () not in stacks:
        stacks = [(), *stacks]
    elif not base and grid is not None and not stacks:
        stacks = [()]
    axes = axes_of(grid)
    found: dict[str, Item] = {}
    if base:
        found[BASE] = Item(BASE)
    for stack in stacks:
        for place in itertools.product(*(range(len(axis)) for axis in axes)):
            item = _item(stack, place, axes)
            if item.name == BASE and base:
                continue
            if item.name in found:
                raise ValueError(
                    f"two items of the sweep are called {item.name!r}; give grid values labels of their own"
                )
            above = _above(stack, place, stacks)
            parent = _item(*above, axes).name if above else (BASE if base else None)
            found[item.name] = Item(item.name, item.scenarios, item.edits, parent)
    if not found:
        raise ValueError("the sweep has no items: name scenarios, give a grid, or leave the base case in")
    return list(found.values())


def stacks_of(instance: Instance, scenarios: Scenarios) -> list[tuple[str, ...]]:
    """Return the stacks of scenarios to sweep over; ``base`` is the empty one."""
    if scenarios is None:
        return []
    if scenarios == "all":
        return [(str(name),) for name in dict.fromkeys(instance.table("scenarios")["scenario"])]
    names = [scenarios] if isinstance(scenarios, str) else scenarios
    stacks = [tuple(name.split(STACKED)) if isinstance(name, str) else tuple(name) for name in names]
    return list(dict.fromkeys(() if stack == (BASE,) else stack for stack in stacks))


def axes_of(grid: Grid | None) -> list[list[tuple[str, tuple[str, ...]]]]:
    """Return the axes of a grid: of each value its label and its edits."""
    if grid is None:
        return []
    if isinstance(grid, str):
        grid = parse_grid([grid])
    return [_axis(label, values) for label, values in (grid if isinstance(grid, Mapping) else {"": grid}).items()]


def _axis(label: str, values: Axis) -> list[tuple[str, tuple[str, ...]]]:
    if isinstance(values, str):
        values = expanded(values)
    if not values:
        raise ValueError(f"{f'the axis {label!r} of the grid' if label else 'the grid'} has no values; leave it out")
    if isinstance(values, Mapping):
        return [(f"{label}={name}" if label else name, _edits(value)) for name, value in values.items()]
    edits = [_edits(value) for value in values]
    return list(zip(_labels(label, edits), edits, strict=True))


def _edits(value: Value) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def _labels(label: str, edits: Sequence[tuple[str, ...]]) -> list[str]:
    """Return labels such as ``demand*=1.2`` where the edits differ in one number only, else the edits in full."""
    texts = ["; ".join(value) or "unchanged" for value in edits]
    if not label:
        return texts
    parts = [re.fullmatch(r"([^\s=*+;]+)\s*([*+]?=)([^=;]*?)(\s+where\s.*)?", text, flags=re.DOTALL) for text in texts]
    told = {(part[1], part[4]) for part in parts if part}
    if len(told) == 1 and all(part or text == "unchanged" for part, text in zip(parts, texts, strict=True)):
        return [
            f"{label}{part[2]}{part[3].strip()}" if part else f"{label}={text}"
            for part, text in zip(parts, texts, strict=True)
        ]
    return [f"{label}={text}" for text in texts]


def _item(stack: tuple[str, ...], place: Iterable[int], axes: Sequence[Sequence[tuple[str, tuple[str, ...]]]]) -> Item:
    chosen = [axis[position] for axis, position in zip(axes, place, strict=True)]
    words = [STACKED.join(stack)] if stack else []
    words += [label for label, _ in chosen]
    return Item(BETWEEN.join(words) or BASE, stack, tuple(edit for _, edits in chosen for edit in edits))


def _above(
    stack: tuple[str, ...], place: tuple[int, ...], stacks: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
    """Return scenarios and place of the parent; None at the root of the grid."""
    moved = [axis for axis, position in enumerate(place) if position]
    if moved:
        return stack, tuple(0 if axis == moved[-1] else position for axis, position in enumerate(place))
    return None if stack == stacks[0] else (stacks[0], place)
