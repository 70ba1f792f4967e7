"""A chapter: everything about one result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from donornet.figures.frame import Missing
from donornet.figures.text import counted
from donornet.reporting.chart import Chart
from donornet.reporting.headline import headline, status_text
from donornet.reporting.key_figures import KeyFigure, key_figures
from donornet.reporting.subject import Subject
from donornet.reporting.table import Table

MOST_VIOLATIONS = 20
"""Violations that are written out."""


@dataclass(frozen=True)
class Section:
    """A section: figures and tables with a heading and a lead."""

    title: str
    lead: str = ""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """A chapter of the report.

    Parameters
    ----------
    title
        Its title; blank where the report has one chapter only.
    headline
        The sentence to remember.
    status
        How the solve ended.
    remarks
        What a reader must know first.
    violations, more_violations
        Violations that are written out, and how many are not.
    verified
        What the check found, in a sentence.
    figures
        The key figures.
    sections
        The sections.
    """

    title: str
    headline: str
    status: str = ""
    remarks: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    more_violations: int = 0
    verified: str = ""
    figures: tuple[KeyFigure, ...] = ()
    sections: tuple[Section, ...] = field(default_factory=tuple)


def chapter(subject: Subject, *, alone: bool) -> Chapter:
    """Return the chapter about a result.

    Parameters
    ----------
    subject
        The result and its instance.
    alone
        Whether the report has no other chapter.
    """
    from donornet.reporting.sections import SECTIONS  # noqa: PLC0415 - sections are made of what is defined here

    shown = subject.violations[:MOST_VIOLATIONS]
    sections = _made(subject, SECTIONS) if subject.result.solution is not None else ()
    return Chapter(
        title="" if alone and subject.name == "base" else subject.name,
        headline=headline(subject),
        status=status_text(subject.result),
        remarks=(subject.remark,) if subject.remark else (),
        violations=shown,
        more_violations=len(subject.violations) - len(shown),
        verified=_verified(subject),
        figures=tuple(key_figures(subject)) if subject.result.solution is not None else (),
        sections=tuple(sections),
    )


def _made(subject: Subject, makers: tuple[Callable[[Subject], Section], ...]) -> Iterator[Section]:
    for make in makers:
        section = make(subject)
        if section.lead or section.charts or section.tables:
            yield section


def charts(*makers: Callable[[], Chart]) -> tuple[tuple[Chart, ...], tuple[str, ...]]:
    """Return the charts that can be drawn, and why the others cannot."""
    drawn, reasons = [], []
    for make in makers:
        try:
            drawn.append(make())
        except Missing as missing:
            reasons.append(f"{str(missing)[:1].upper()}{str(missing)[1:]}.")
    return tuple(drawn), tuple(reasons)


def _verified(subject: Subject) -> str:
    if subject.result.solution is None or subject.violations:
        return ""
    chains = subject.result.tables.get("chains")
    amount = "every chain" if chains is None else f"all {counted(len(chains), 'chain')}"
    if subject.checked:
        return f"Checked again for this report from the instance and the flows alone, {amount}: no violations."
    return "The design was checked when it was solved: no violations." if "violations" in subject.result.info else ""
