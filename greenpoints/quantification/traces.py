"""How one record became milligrams and coins, step by step, in exact fractions: a second way to the same figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from greenpoints.quantification.bases import QUANTITY, Basis
from greenpoints.quantification.figures import Figure
from greenpoints.quantification.formulas import Product

_PARTS = (
    ("baseline", "基准排放", "Baseline"),
    ("project", "行为自身排放", "The act's own emissions"),
    ("leakage", "泄漏", "Leakage"),
    ("most", "最多计入", "At most"),
)
_CONDITIONS = (
    ("zero_below", "低于下列值则计零", "Nothing where it is below the other"),
    ("zero_up_to", "不高于下列值则计零", "Nothing where it is not above the other"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a stable code, what it is in both languages, its formula ("" where none), its value with unit."""

    code: str
    zh: str
    en: str
    formula: str
    value: str


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps with the figures they use by name; ``unapproved``: keys for whose sake nothing is posted."""

    steps: tuple[Step, ...]
    figures: Mapping[str, Figure]
    discount: Figure
    unapproved: tuple[str, ...]
    gross_mg: int
    net_mg: int
    posted_mg: int
    flat_coins: int


def trace(basis: Basis, *, quantity: int, measures: Mapping[str, int]) -> Trace:
    """Return every step from quantity and measures to what is posted; nothing but the basis is consulted."""
    columns = {QUANTITY: quantity} | {name: measures.get(name, 0) for name in basis.measures}
    complete = all(name in measures for name, measure in basis.measures.items() if measure.required)
    steps = [*_inputs(basis, columns, measures), *_conversions(basis, columns)]
    counted = columns | {name: min(columns[name], most) for name, most in basis.numbers.at_most.items()}
    saved, parts = _saved(basis, counted)
    steps += parts
    if not complete:
        steps.append(Step("incomplete", "缺少必需的量，计零", "A required number is missing: nothing", "", "0 mg"))
        saved = Fraction(0)
    share = basis.discount.exact
    gross_mg, net_mg = int(saved // 1), int(saved * share // 1)
    posted_mg = 0 if basis.unapproved else net_mg
    coins = int(basis.coins_per_unit * quantity // 1)
    steps += [
        Step("gross", "折扣前，向下取整", "Before the discount, rounded down", "", f"{gross_mg} mg"),
        Step(
            "discount", f"证据等级 {basis.letter} 的折扣", f"Discount of evidence class {basis.letter}", "",
            f"x {basis.discount.value}",
        ),
        Step("net", "折扣后，向下取整一次", "After the discount, rounded down once", "", f"{net_mg} mg"),
        _posting(basis, posted_mg),
        Step("coins", "行为自带碳币", "Coins of the act's own", "", f"{coins} coin"),
    ]  # fmt: skip
    return Trace(tuple(steps), basis.figures, basis.discount, basis.unapproved, gross_mg, net_mg, posted_mg, coins)


def _inputs(basis: Basis, columns: Mapping[str, int], measures: Mapping[str, int]) -> list[Step]:
    told = [Step("input", "计入的数量", "Quantity that counts", QUANTITY, f"{columns[QUANTITY]} {basis.unit}")]
    for name, measure in basis.measures.items():
        if name in measures:
            value = f"{columns[name]} {measure.unit_for(basis.material)}"
            told.append(Step("input", "上报的量", "Number of the record", name, value))
    return told


def _conversions(basis: Basis, columns: Mapping[str, int]) -> list[Step]:
    found = []
    for name, most in basis.numbers.at_most.items():
        if columns[name] > most:
            value = f"{most} {basis.measures[name].unit_for(basis.material)}"
            found.append(Step("at_most", "超过上限的部分不计", "What is over the limit does not count", name, value))
    for name, figure in basis.figures.items():
        of = figure.dimension
        told = " ".join(f"{base}^{power}" if power != 1 else base for base, power in sorted(of.powers.items())) or "1"
        value = f"{figure.value} {figure.unit}/{figure.per} = {_decimal(figure.exact * of.scale)} {told}"
        found.append(Step("figure", "参数与换算", "Figure, converted", name, value))
    return found


def _saved(basis: Basis, counted: Mapping[str, int]) -> tuple[Fraction, list[Step]]:
    numbers, steps = basis.numbers, []
    values = {}
    for name, zh, en in _PARTS:
        text, products = getattr(basis.formula, name), getattr(numbers, name)
        if products:
            values[name] = _sum(products, counted)
            steps.append(Step(name, zh, en, text, f"{_decimal(values[name])} mg"))
    baseline, project, leakage = (values.get(name, Fraction(0)) for name in ("baseline", "project", "leakage"))
    saved = baseline - project - leakage
    saved = max(Fraction(0), min(saved, values.get("most", saved)))
    for name, zh, en in _CONDITIONS:
        sides = getattr(numbers, name)
        if sides:
            left, right = (_sum(side, counted) for side in sides)
            nothing = left < right if name == "zero_below" else left <= right
            saved = Fraction(0) if nothing else saved
            text = " : ".join(getattr(basis.formula, name))
            steps.append(Step(name, zh, en, text, f"{_decimal(left)} : {_decimal(right)}"))
    return saved, [*steps, Step("saved", "减排量", "Reduction", "", f"{_decimal(saved)} mg")]


def _posting(basis: Basis, posted_mg: int) -> Step:
    if basis.unapproved:
        keys = ", ".join(basis.unapproved)
        en = f"Not confirmed yet ({keys}): nothing is posted"
        return Step("posted", f"参数未经确认（{keys}），不入账", en, "", "0 mg")
    return Step("posted", "入账", "Posted", "", f"{posted_mg} mg")


def _sum(products: tuple[Product, ...], counted: Mapping[str, int]) -> Fraction:
    total = Fraction(0)
    for product in products:
        value = product.coefficient
        for name in product.columns:
            value *= counted[name]
        total += value
    return total


def _decimal(value: Fraction) -> str:
    """Return the value as a decimal; as a fraction where its decimals do not end."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    return f"{(Decimal(value.numerator) / Decimal(value.denominator)).normalize():f}"
