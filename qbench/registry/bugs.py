"""Bugs of frameworks that are known: what goes wrong, in which versions, what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

from packaging.specifiers import InvalidSpecifier, SpecifierSet

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


@dataclass(frozen=True)
class KnownBug:
    """One entry of ``known_bugs`` in a backend's ``pyproject.toml``.

    Attributes
    ----------
    versions : specifier of the versions that have it, such as ``>=0.16.4,<=0.18.2``
    advice : what qbench's adapter does about it, and what to do outside of qbench
    package : distribution that ``versions`` counts; by default the backend's ``version_of``
    """

    id: str
    summary: str
    versions: str
    advice: str
    package: str = ""
    url: str = ""

    def occurs_in(self, pins: str, package: str | None) -> bool:
        """Whether an environment of these pins has it.

        Parameters
        ----------
        pins : text of ``NAME==VERSION`` lines
        package : the backend's ``version_of``
        """
        wanted = _plain(self.package or package or "")
        pinned = {_plain(name): version for name, version in _PIN.findall(pins)}
        specifier = SpecifierSet(self.versions)
        return wanted in pinned and specifier.contains(pinned[wanted], prereleases=True)


KEYS = {field.name: str for field in fields(KnownBug)}
"""The keys of an entry, all texts."""

REQUIRED_KEYS = ("id", "summary", "versions", "advice")


def wrong(bugs: Sequence[KnownBug]) -> str | None:
    """What is wrong with entries whose keys are right, or None."""
    for bug in bugs:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", bug.id):
            return f"id: {bug.id!r} must be lower-case words joined by -"
        try:
            SpecifierSet(bug.versions)
        except InvalidSpecifier as error:
            return f"versions: {error}"
    ids = [bug.id for bug in bugs]
    twice = next((each for each in ids if ids.count(each) > 1), None)
    return f"id: {twice!r} stands twice" if twice else None


def _plain(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
