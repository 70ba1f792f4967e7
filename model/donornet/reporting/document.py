"""`report`: one or several results as a self-contained page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from donornet.figures.comparison import named
from donornet.io.files import write_text
from donornet.reporting.chapter import Chapter, chapter
from donornet.reporting.overview import overview
from donornet.reporting.page import page
from donornet.reporting.subject import Subject
from donornet.solution import Result

if TYPE_CHECKING:
    from donornet.instance import Instance

MOST_CHAPTERS = 8
"""Results with a chapter of their own; further ones are only compared."""
LARGEST = 6_000_000
"""Size of the file [bytes]; where it would be larger, results lose their chapters, the last first."""


def report(
    results: Result | Mapping[str, Result] | Sequence[Result],
    path: str | os.PathLike[str],
    instance: Instance | None = None,
) -> Path:
    """Write a report of one result, or of several compared, as one HTML file that opens without a network.

    Parameters
    ----------
    results
        A result; or several, by name or in order, the first being the one that the others are compared with.
    path
        Where to write.
    instance
        The instance that was solved, without the scenario: it is applied where the result says so. Without it the
        report has no map, no donor groups and no reasons for what is not served.

    Returns
    -------
    path
        Where the report is.

    Raises
    ------
    ValueError
        There is no result.
    InvalidInstanceError
        The instance has not the scenario of a result.
    """
    given = {results.scenario: results} if isinstance(results, Result) else named(results)
    if not given:
        raise ValueError("there is nothing to report: give at least one result")
    subjects = [Subject.of(name, result, instance) for name, result in given.items()]
    chapters = [chapter(subject, alone=len(subjects) == 1) for subject in subjects[:MOST_CHAPTERS]]
    first = [overview(subjects)] if len(subjects) > 1 else []
    text = _page(subjects, first, chapters)
    while len(text.encode()) > LARGEST and len(first) + len(chapters) > 1:
        text = _page(subjects, first, chapters := chapters[:-1])
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
    return path


def _page(subjects: Sequence[Subject], first: list[Chapter], chapters: list[Chapter]) -> str:
    return page(_title(subjects), [*first, *chapters], left_out=[subject.name for subject in subjects[len(chapters) :]])


def _title(subjects: Sequence[Subject]) -> str:
    titles = [subject.title for subject in subjects]
    return titles[0] if len(set(titles)) == 1 else "Results compared"
