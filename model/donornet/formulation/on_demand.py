"""What an indexed Pyomo component needs so that its members exist only from when somebody looks at them.

To its users the component is complete at all times: its length, its indices in their order, ``component[index]``,
``values``, ``in``, ``del``, printing, copying and pickling are those of a component whose members have all been
written down.
"""

from __future__ import annotations

from typing import Any

from pyomo.core.base.enums import SortComponents
from pyomo.core.base.indexed_component import IndexedComponent

from donornet.formulation.keys import Keys


class OnDemand(IndexedComponent):
    """Mixed into an indexed component before Pyomo's own class; ``_getitem_when_not_present`` makes a member.

    Attributes
    ----------
    index_keys
        The indices, also of members that were removed.
    removed
        Indices of members that were removed.
    """

    index_keys: Keys
    removed: set[Any]
    _data: dict[Any, Any]

    def __len__(self) -> int:
        return len(self.index_keys) - len(self.removed)

    def __contains__(self, index: Any) -> bool:
        return index in self.index_keys and index not in self.removed

    def __delitem__(self, index: Any) -> None:
        key = self[index].index()
        super().__delitem__(key)
        self.removed.add(key)

    def keys(self, sort: Any = False, **kwargs: Any) -> Any:  # noqa: ARG002 - `ordered` is Pyomo's deprecated word for it
        """Return an iterator over the indices of the members that are there."""
        wanted = SortComponents(sort)
        indices = self._index_set
        every = indices.sorted_iter() if SortComponents.SORTED_INDICES in wanted else iter(indices)
        return (key for key in every if key not in self.removed)

    def clear(self) -> None:
        """Remove every member."""
        self.removed.update(self.index_keys)
        self._data = {}

    def display(self, *args: Any, **kwargs: Any) -> None:
        """Print the values of the members, all of them."""
        self.expand()
        super().display(*args, **kwargs)

    def expand(self) -> None:
        """Write every member down: asking for one does it."""
        if len(self._data) < len(self):
            for key in self.keys():
                self[key]

    def _pprint(self) -> Any:
        self.expand()
        return super()._pprint()

    def _setitem_when_not_present(self, index: Any, *value: Any) -> Any:
        was_removed = index in self.removed
        self.removed.discard(index)
        member = super()._setitem_when_not_present(index, *value)
        if member is None and (was_removed or index in self.index_keys):
            self.removed.add(index)
        return member
