"""The therapies that generated instances make, with magnitudes after the literature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from donornet.generation.draft import Draft


@dataclass(frozen=True)
class Work:
    """What a stage does to a unit.

    Parameters
    ----------
    unit_cost
        Per unit entering [currency].
    days
        Duration.
    success
        Share that succeeds.
    output
        Units out per unit in.
    load
        Capacity per unit entering.
    holding
        Cost of a dose in stock [currency/year].
    """

    unit_cost: float
    days: float
    success: float = 1.0
    output: float = 1.0
    load: float = 1.0
    holding: float | None = None

    @property
    def gain(self) -> float:
        """Units out per unit in, on average."""
        return self.success * self.output


@dataclass(frozen=True)
class Product:
    """A therapy.

    Parameters
    ----------
    name, title
        Id and name for people.
    work
        The material stages in order.
    doses
        Doses (patients) that an average centre wants in the first year.
    growth
        Growth of demand [1/year].
    penalty
        Per dose not served [currency].
    tested
        Whether donations are tested.
    fresh_days, sample_days, loop_days, shelf_days
        Limits of transit fresh, of samples, vein to vein; shelf life.
    released
        Share of donations released after testing, by risk class; of the patient's own cells under ``""``.
    """

    name: str
    title: str
    work: Mapping[str, Work]
    doses: float
    growth: float
    penalty: float
    tested: bool = True
    fresh_days: float = 2.0
    sample_days: float = 3.0
    loop_days: float | None = None
    shelf_days: float | None = None
    released: Mapping[str, float] = field(default_factory=dict)

    @property
    def autologous(self) -> bool:
        """Whether it is made from the patient's own cells."""
        return self.loop_days is not None

    def inflow(self, stage: str) -> float:
        """Return the units that enter a stage per dose delivered; donations where the stage is testing."""
        stages = list(self.work)
        if stage == "testing":
            return self.inflow(stages[0]) if self.tested else 0.0
        if stage not in self.work:
            return 0.0
        gain = 1.0
        for later in stages[stages.index(stage) :]:
            gain *= self.work[later].gain
        if stage == stages[0] and self.tested:
            gain *= min(self.released.values(), default=1.0)
        return 1.0 / gain


_DONORS = MappingProxyType({"general": 0.88, "travel": 0.8})
ALLOGENEIC = (
    Product(
        "cart-allo", "Edited CAR-T from healthy donors",
        {"collection": Work(6500, 1, 0.97), "processing": Work(9000, 2, 0.95),
         "manufacturing": Work(240000, 24, 0.88, 12, 6, 400)},
        40, 0.12, 150000, shelf_days=730, released=_DONORS,
    ),
    Product(
        "graft", "Stem-cell graft of an unrelated donor",
        {"collection": Work(9500, 1, 0.98), "processing": Work(3200, 1, 0.99)},
        30, 0.03, 180000, fresh_days=3, released=MappingProxyType({"general": 0.98, "travel": 0.95}),
    ),
    Product(
        "nk-allo", "NK cells from donors",
        {"collection": Work(6000, 1, 0.97), "processing": Work(7000, 2, 0.94),
         "manufacturing": Work(110000, 18, 0.9, 6, 3, 300)},
        30, 0.15, 120000, shelf_days=365, released=_DONORS,
    ),
    Product(
        "msc-allo", "Mesenchymal cells from donors",
        {"collection": Work(5000, 1, 0.96), "manufacturing": Work(180000, 28, 0.92, 20, 5, 150)},
        60, 0.08, 60000, shelf_days=1095, released=_DONORS,
    ),
)  # fmt: skip
AUTOLOGOUS = (
    Product(
        "cart-auto", "Autologous CAR-T",
        {"collection": Work(4500, 1, 0.985), "manufacturing": Work(22000, 14, 0.955)},
        45, 0.06, 250000, tested=False, loop_days=26,
    ),
    Product(
        "til-auto", "Autologous tumour-infiltrating lymphocytes",
        {"collection": Work(7500, 1, 0.96), "processing": Work(4000, 2, 0.98), "manufacturing": Work(31000, 20, 0.92)},
        20, 0.1, 280000, loop_days=38,
    ),
)  # fmt: skip
_ORDER = {
    "both": (ALLOGENEIC[0], AUTOLOGOUS[0], ALLOGENEIC[1], ALLOGENEIC[2], AUTOLOGOUS[1], ALLOGENEIC[3]),
    "allogeneic": ALLOGENEIC,
    "autologous": (AUTOLOGOUS[1], AUTOLOGOUS[0]),
}
"""In which order a number of therapies is taken, again from the start when it is used up."""
MODALITIES = tuple(_ORDER)
DEPOT = Work(150, 1, holding=200)
"""What a depot between the last stage and the centres does."""


def products(modality: str, count: int, *, depots: bool) -> list[Product]:
    """Return so many therapies of a modality.

    Raises
    ------
    ValueError
        An unknown modality.
    """
    if modality not in _ORDER:
        raise ValueError(f"modality {modality!r} is unknown; choose one of {', '.join(MODALITIES)}")
    order, chosen = _ORDER[modality], []
    for number in range(count):
        product, turn = order[number % len(order)], number // len(order) + 1
        name = product.name if turn == 1 else f"{product.name}-{turn}"
        work = dict(product.work)
        if depots and product.shelf_days:
            work["storage"] = DEPOT
        chosen.append(replace(product, name=name, work=work))
    return chosen


def list_therapies(draft: Draft, made: list[Product]) -> None:
    """Write the therapies."""
    draft.add(
        "therapies",
        (
            {
                "therapy": product.name,
                "modality": "autologous" if product.autologous else "allogeneic",
                "route": ">".join(product.work),
                "tested": "yes" if product.tested else "no",
                "fresh_days": product.fresh_days,
                "sample_days": product.sample_days if product.tested else None,
                "vein_to_vein_days": product.loop_days,
                "shelf_life_days": product.shelf_days,
                "title": product.title,
            }
            for product in made
        ),
    )


def list_operations(draft: Draft, made: list[Product]) -> None:
    """Price the operations; what plants do, by plant."""
    dice = draft.dice("operations")
    draft.add("operations", [{"stage": "testing", "unit_cost": 60, "days": 1}])
    for product in made:
        for stage, work in product.work.items():
            sites = draft.at[stage].ids if stage == "manufacturing" else ("*",)
            for site in sites:
                index = dice.number(0.8, 1.2) if stage == "manufacturing" else 1.0
                row = {
                    "stage": stage,
                    "therapy": product.name,
                    "site": site,
                    "unit_cost": round(work.unit_cost * index, -1),
                    "days": work.days,
                    "output": work.output if work.output != 1 else None,
                    "yield": work.success,
                    "load": work.load if work.load != 1 else None,
                    "holding_cost_per_year": work.holding,
                }
                draft.add("operations", [row])
