"""The head of an instance: name, money, time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["recognised", "bridging", "licence", "never"]
ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]*"


class Periods(BaseModel):
    """The horizon: `count` periods of one length, numbered first, first + 1, ..."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: Annotated[int, Field(ge=1, le=100_000, description="Number of periods.")] = 1
    days: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False, description="Length of a period [days].")] = 365.0
    first: Annotated[int, Field(ge=0, le=10**6, description="Number of the first period.")] = 1


class Head(BaseModel):
    """Everything that is said once for a whole instance (``instance.toml``)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Annotated[Literal[1], Field(description="Version of the instance format.")] = 1
    name: Annotated[str, Field(pattern=f"^{ID_PATTERN}$", max_length=200, description="Id of the instance.")]
    title: Annotated[str, Field(description="One line for people.")] = ""
    currency: Annotated[str, Field(description="Currency of every amount of money.")] = "USD"
    cost_year: Annotated[int | None, Field(description="Price level of the costs.")] = None
    discount_rate: Annotated[float, Field(gt=-1, le=10, allow_inf_nan=False, description="Discount rate [1/year].")] = (
        0.0
    )
    days_per_year: Annotated[
        float, Field(gt=0, le=1e6, allow_inf_nan=False, description="Days that `_per_year` refers to [days].")
    ] = 365.0
    periods: Annotated[Periods, Field(description="The horizon.")] = Periods()
    default_recognition: Annotated[
        Verdict, Field(description="Verdict between two different jurisdictions that no row of recognition names.")
    ] = "never"
    licence: Annotated[str, Field(description="Licence of the data, for example CC-BY-4.0.")] = ""
    source: Annotated[str, Field(description="Where the data come from.")] = ""
    note: Annotated[str, Field(description="Free text.")] = ""
