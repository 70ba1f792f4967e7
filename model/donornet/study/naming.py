"""Names that tell results apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath


def distinct(labels: Sequence[str], places: Sequence[str] = ()) -> list[str]:
    """Return a name for each label, no two the same: a label that stands once as it is, others with their place.

    Parameters
    ----------
    labels
        Scenarios of the results.
    places
        Folders they were read from, in the same order; none: equal labels are numbered.
    """
    shared = {label for label, times in Counter(labels).items() if times > 1}
    names = list(labels)
    for label in shared:
        at = [position for position, other in enumerate(labels) if other == label]
        ends = _ends([places[position] for position in at]) if places else [""] * len(at)
        for position, end in zip(at, ends, strict=True):
            names[position] = f"{label} [{end}]" if end else label
    taken: Counter[str] = Counter()
    numbered = []
    for name in names:
        taken[name] += 1
        numbered.append(name if taken[name] == 1 else f"{name} ({taken[name]})")
    return numbered if len(set(numbered)) == len(numbered) else distinct(numbered)


def _ends(places: Sequence[str]) -> list[str]:
    """Return the fewest last parts of the paths that tell them apart."""
    paths = [PurePath(place) for place in places]
    ends, length = [path.name for path in paths], 1
    while len(set(ends)) < len(set(paths)):
        length += 1
        ends = [str(PurePath(*path.parts[-length:])) for path in paths]
    return ends
