"""What a reader of a comparison must know beside its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from donornet.solution import Result, Status
from donornet.study.comparison.measures import currency_of

_ENDINGS = {
    Status.INFEASIBLE: "infeasible, no design satisfies every hard requirement",
    Status.NO_SOLUTION: "a limit was reached before a design was found",
}


def notes_on(named: Mapping[str, Result], baseline: str) -> Iterator[str]:
    """Yield what must be known about these results."""
    for name, result in named.items():
        if result.solution is None:
            yield f"{name}: {_ENDINGS.get(result.status, 'there is no design')}"
        if result.info.get("violations"):
            yield f"{name}: the design does not stand the check ({len(result.info['violations'])} violations)"
    yield from _instances(named)
    currencies = {name: currency_of(result) for name, result in named.items() if result.solution is not None}
    if len(set(currencies.values())) > 1:
        told = ", ".join(f"{name} in {currency}" for name, currency in currencies.items())
        yield f"the currencies differ: {told}; amounts of money cannot be compared"
    if len(currencies) > 1:
        yield (
            f"costs are judged against {baseline} with the gaps of both solves; all other differences are between the "
            "designs that were found, and another design of nearly the same cost may differ in them"
        )


def _instances(named: Mapping[str, Result]) -> Iterator[str]:
    """Yield that results are of different instances, as far as they tell: by what they were before changes to them."""
    origins: dict[tuple[Any, Any], list[str]] = {}
    for name, result in named.items():
        base = result.info.get("base_sha256")
        if base is None and result.scenario == "base":
            base = result.instance_sha256
        if base:
            origins.setdefault((result.info.get("instance", ""), base), []).append(name)
    if len({base for _, base in origins}) > 1:
        told = "; ".join(
            f"{', '.join(names)} of {instance or 'an instance'} ({base[:12]})"
            for (instance, base), names in origins.items()
        )
        yield f"the results are of different instances: {told}"
