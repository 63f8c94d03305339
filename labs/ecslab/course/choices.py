"""The decision sheet: ECS or EKS for three companies, judged by criteria.

A choice is defensible when its reasons are facts of the company that speak for it, among them one
that weighs, when nothing that the company must have speaks against it, and when the sheet names
what speaks against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ecslab.course.outcomes import NotYet
from ecslab.course.sorting import letters

__all__ = ["COMPANIES", "Company", "Fact", "judge"]

Side = Literal["ECS", "EKS", ""]
_SIDES: Final = ("ECS", "EKS")
_REASONS: Final = 2


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known of a company.

    Args:
        words: the fact.
        speaks_for: the side that it supports; empty when it decides nothing.
        why: one sentence why.
        weighs: whether a choice can rest on it.
        must: whether the other side cannot give it at all.
    """

    words: str
    speaks_for: Side
    why: str
    weighs: bool = False
    must: bool = False


@dataclass(frozen=True, slots=True)
class Company:
    """A company that chooses.

    Args:
        name: as the sheet names it.
        facts: by letter.
    """

    name: str
    facts: Mapping[str, Fact]

    def letters_for(self, side: str) -> list[str]:
        """Return the letters of the facts that speak for a side."""
        return [letter for letter, fact in self.facts.items() if fact.speaks_for == side]


COMPANIES: Final = (
    Company(
        "Inkwell",
        {
            "a": Fact(
                "Four developers build and run everything; none has worked with Kubernetes.",
                "ECS",
                "with ECS there is no version to upgrade and less to learn",
                weighs=True,
            ),
            "b": Fact(
                "All of it runs on AWS, and nobody plans to leave.",
                "ECS",
                "portability is of no use to them, and IAM, logs and load balancers are there",
                weighs=True,
            ),
            "c": Fact("The programs are containers already.", "", "both run the same images"),
            "d": Fact(
                "Night jobs run on Fargate Spot, to save money.",
                "ECS",
                "Fargate on EKS has no Spot",
                weighs=True,
                must=True,
            ),
            "e": Fact(
                "A new colleague knows Helm and would like to use it.",
                "EKS",
                "Helm charts need Kubernetes",
            ),
            "f": Fact(
                "The shop needs rolling updates without lost requests.",
                "",
                "both roll, and both drain connections",
            ),
        },
    ),
    Company(
        "Northwind",
        {
            "a": Fact(
                "The search engine is sold as a Kubernetes operator with its own resource types.",
                "EKS",
                "ECS has no custom resource types, so the operator cannot run there",
                weighs=True,
                must=True,
            ),
            "b": Fact(
                "A platform team of nine runs Kubernetes in two data centres of the company.",
                "EKS",
                "the skills and the tools are there already",
                weighs=True,
            ),
            "c": Fact(
                "The same manifests shall run in the data centres and on AWS.",
                "EKS",
                "a task definition is for ECS alone; the Kubernetes API is the same everywhere",
                weighs=True,
            ),
            "d": Fact(
                "There will be twelve small clusters, one for each country.",
                "ECS",
                "twelve control planes cost 876 USD a month, and twelve upgrades a year or more",
            ),
            "e": Fact(
                "Every program needs permissions of its own.",
                "",
                "task roles and Pod Identity both give them",
            ),
            "f": Fact("The programs are written in Go.", "", "the language decides nothing"),
        },
    ),
    Company(
        "Bluebird",
        {
            "a": Fact(
                "Two of twelve developers ran Kubernetes for years, and would again.",
                "EKS",
                "the skills are there, for the work and for the upgrades",
                weighs=True,
            ),
            "b": Fact(
                "Nobody shall be on call for the platform itself.",
                "ECS",
                "ECS has no control plane, version or add-on of yours",
                weighs=True,
            ),
            "c": Fact(
                "A customer may ask, in two years, to run the product in their own cloud.",
                "EKS",
                "Kubernetes manifests carry over to other clouds, as far as the parts of AWS allow",
                weighs=True,
            ),
            "d": Fact(
                "The budget for a second environment is 100 USD a month.",
                "ECS",
                "one EKS control plane is 73 USD of it, before anything runs",
                weighs=True,
            ),
            "e": Fact(
                "Releases go out as canaries with an automatic way back.",
                "ECS",
                "ECS has canaries built in; a Deployment of Kubernetes needs a further tool",
            ),
            "f": Fact("All images are in Amazon ECR.", "", "both pull from it"),
        },
    ),
)


def judge(sheet: object) -> None:
    """Judge a sheet: for each company its choice, the reasons, and what speaks against it.

    Args:
        sheet: company → ``choice``, ``because`` and ``although``.
    """
    if not isinstance(sheet, Mapping):
        raise NotYet(expected="a dictionary of the three companies", found=sheet, look_at="sheet")
    for company in COMPANIES:
        entry = sheet.get(company.name)
        if not isinstance(entry, Mapping):
            raise NotYet(
                expected=f"choice, because and although of {company.name}",
                found=entry,
                look_at=f'sheet["{company.name}"]',
            )
        _judge_company(company, entry)


def _judge_company(company: Company, entry: Mapping[str, object]) -> None:
    where = f'sheet["{company.name}"]'
    choice = str(entry.get("choice")).strip().upper()
    if choice not in _SIDES:
        raise NotYet(expected='"ECS" or "EKS"', found=entry.get("choice"), look_at=where)
    other = _SIDES[1 - _SIDES.index(choice)]
    known = frozenset(company.facts)
    reasons = letters(entry.get("because"), known, f'{where}["because"]')
    against = letters(entry.get("although"), known, f'{where}["although"]')
    for letter in sorted(reasons):
        fact = company.facts[letter]
        if fact.speaks_for != choice:
            speaks = f"speaks for {fact.speaks_for}" if fact.speaks_for else "decides nothing"
            raise NotYet(
                expected=f"facts of {company.name} that speak for {choice}",
                found=f"{letter}, which {speaks}: {fact.why}",
                look_at=f'{where}["because"]',
            )
    _must_have(company, choice, other)
    weighing = [letter for letter in reasons if company.facts[letter].weighs]
    if len(reasons) < _REASONS or not weighing:
        raise NotYet(
            expected=f"at least {_REASONS} reasons for {choice}, one of which can carry a choice",
            found=", ".join(sorted(reasons)) or "none",
            look_at=f'{where}["because"]',
        )
    _although(company, other, against, where)


def _must_have(company: Company, choice: str, other: str) -> None:
    for letter, fact in company.facts.items():
        if fact.must and fact.speaks_for == other:
            raise NotYet(
                expected=f"a choice that gives {company.name} what it must have",
                found=f"{choice}, against {letter}: {fact.why}",
                look_at=f"fact {letter} of {company.name}",
            )


def _although(company: Company, other: str, against: Iterable[str], where: str) -> None:
    place = f'{where}["although"]'
    given = sorted(against)
    for letter in given:
        fact = company.facts[letter]
        if fact.speaks_for != other:
            raise NotYet(
                expected=f"what speaks for {other}, and so against your choice",
                found=f"{letter}: {fact.why}",
                look_at=place,
            )
    if not given:
        raise NotYet(
            expected=f"at least one fact that speaks for {other}: a choice has its price",
            found="none",
            look_at=place,
        )
