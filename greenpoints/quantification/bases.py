"""What a kind of record is calculated with on a day: formula, figures, discount, coins; as text and back again."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from typing import Any

from greenpoints.quantification import formulas
from greenpoints.quantification.acts import ACTS, Act, Formula, Measure
from greenpoints.quantification.dimensions import MASS, Unit, unit
from greenpoints.quantification.figures import Figure
from greenpoints.quantification.formulas import BadFormula, Product

QUANTITY = "quantity"
FACTOR = "factor"
_GIVES_CREDIT = ("baseline", "project", "leakage")  # the other parts, like the discount, can only lower a reduction


@dataclass(frozen=True, slots=True)
class Numbers:
    """A formula in numbers: each part as products of columns; ``limits``: the column above which none counts."""

    baseline: tuple[Product, ...]
    project: tuple[Product, ...]
    leakage: tuple[Product, ...]
    most: tuple[Product, ...]
    zero_below: tuple[tuple[Product, ...], ...]
    zero_up_to: tuple[tuple[Product, ...], ...]
    at_most: Mapping[str, int]


@dataclass(frozen=True)
class Basis:
    """Everything that quantity and measures need to become milligrams and coins.

    ``figures``: by the name that the formula uses; ``letter``: class of the evidence, ``discount`` its share;
    ``coins``: coins a unit of quantity, None where the act has none of its own.
    """

    act: str
    material: str
    evidence: str
    letter: str
    unit: str
    measures: Mapping[str, Measure]
    formula: Formula
    figures: Mapping[str, Figure]
    discount: Figure
    coins: Figure | None

    @cached_property
    def unapproved(self) -> tuple[str, ...]:
        """Return the keys of unconfirmed figures that the reduction rests on; with any of them nothing is posted."""
        used = {name for part in _GIVES_CREDIT for name in _names(getattr(self.formula, part))}
        return tuple(figure.key for name, figure in self.figures.items() if name in used and not figure.approved)

    @cached_property
    def numbers(self) -> Numbers:
        """Return the formula in numbers; BadFormula where it does not give a mass."""
        columns = {QUANTITY: unit(self.unit)} | {
            name: unit(measure.unit_for(self.material)) for name, measure in self.measures.items()
        }
        values = {name: (figure.exact, figure.dimension) for name, figure in self.figures.items()}

        def part(text: str) -> tuple[tuple[Product, ...], Unit]:
            return formulas.products(text, figures=values, columns=columns)

        def mass(name: str) -> tuple[Product, ...]:
            products, of = part(getattr(self.formula, name))
            if products and dict(of.powers) != {MASS: 1}:
                raise BadFormula(f"{self.act} {self.material}: the {name} is no mass but {dict(of.powers)}")
            return products

        def sides(name: str) -> tuple[tuple[Product, ...], ...]:
            found = [part(text) for text in getattr(self.formula, name)]
            if any(of.powers != found[0][1].powers for _, of in found):
                raise BadFormula(f"{self.act} {self.material}: the sides of {name} have different units")
            return tuple(products for products, _ in found)

        return Numbers(
            baseline=mass("baseline"),
            project=mass("project"),
            leakage=mass("leakage"),
            most=mass("most"),
            zero_below=sides("zero_below"),
            zero_up_to=sides("zero_up_to"),
            at_most=self._at_most(columns),
        )

    def _at_most(self, columns: Mapping[str, Unit]) -> dict[str, int]:
        found = {}
        for name, measure in self.measures.items():
            if measure.at_most:
                figure, of = self.figures[measure.at_most], columns[name]
                if figure.dimension.powers != of.powers:
                    raise BadFormula(f"{self.act}: {measure.at_most} cannot limit {name}")
                found[name] = int(figure.exact * figure.dimension.scale / of.scale)
        return found

    @cached_property
    def coins_per_unit(self) -> Fraction:
        """Return the coins for one unit of quantity, 0 where the act has none of its own."""
        if self.coins is None:
            return Fraction(0)
        of = self.coins.dimension.times(unit(self.unit))
        if dict(of.powers) != {"coin": 1}:
            raise BadFormula(f"{self.act}: the coins are not per {self.unit}")
        return self.coins.exact * of.scale

    @cached_property
    def content(self) -> str:
        """Return the basis as canonical JSON; ``read`` gives it back."""
        told = {
            "act": self.act, "material": self.material, "evidence": self.evidence, "class": self.letter,
            "unit": self.unit, "measures": {name: asdict(measure) for name, measure in self.measures.items()},
            "formula": asdict(self.formula), "figures": {name: figure.told() for name, figure in self.figures.items()},
            "discount": self.discount.told(), "coins": self.coins.told() if self.coins else None,
        }  # fmt: skip
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @cached_property
    def digest(self) -> str:
        """Return the SHA-256 of the content."""
        return sha256(self.content.encode()).hexdigest()

    @property
    def version(self) -> str:
        """Return factor, class and discount as one short text."""
        first = self.figures.get(FACTOR) or next(iter(self.figures.values()), None)
        return f"{first.version if first else self.act} x {self.letter} {self.discount.value}"[:120]


def read(content: str) -> Basis:
    """Return a basis from its JSON."""
    told: dict[str, Any] = json.loads(content)
    formula: dict[str, Any] = told["formula"]
    formula |= {name: tuple(formula[name]) for name in ("zero_below", "zero_up_to")}
    return Basis(
        act=told["act"],
        material=told["material"],
        evidence=told["evidence"],
        letter=told["class"],
        unit=told["unit"],
        measures={name: Measure(**measure) for name, measure in told["measures"].items()},
        formula=Formula(**formula),
        figures={name: Figure(**figure) for name, figure in told["figures"].items()},
        discount=Figure(**told["discount"]),
        coins=Figure(**told["coins"]) if told["coins"] else None,
    )


def names(act: Act, material: str) -> list[str]:
    """Return the names of the figures that the formula of an act uses, in the order of the formula."""
    formula = act.formula(material)
    texts = [formula.baseline, formula.project, formula.leakage, formula.most, *formula.zero_below, *formula.zero_up_to]
    used = [name for text in texts for name in _names(text)]
    used += [measure.at_most for measure in act.measures.values() if measure.at_most]
    return [name for name in dict.fromkeys(used) if name != QUANTITY and name not in act.measures]


def expanded(formula: Formula) -> Formula:
    """Return the formula with derived names written out."""
    return Formula(
        baseline=formulas.written(formula.baseline),
        project=formulas.written(formula.project),
        leakage=formulas.written(formula.leakage),
        most=formulas.written(formula.most),
        zero_below=tuple(formulas.written(text) for text in formula.zero_below),
        zero_up_to=tuple(formulas.written(text) for text in formula.zero_up_to),
    )


def _names(text: str) -> list[str]:
    return [name for term in formulas.terms(text) for name in (*term.over, *term.under)]


def known(act: str, material: str, evidence: str) -> bool:
    """Return whether the catalogue has the act with this material and evidence."""
    found = ACTS.get(act)
    return found is not None and evidence in found.evidence and material in ("", *found.materials)
