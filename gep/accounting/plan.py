"""What an account will calculate: of each indicator the first variant whose inputs are all there, or what it lacks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep import guards
from gep.accounting import condition_sums, sharing, townships
from gep.accounting.bindings import DERIVATIONS, INDICATORS, derivation, raw_layers
from gep.accounting.ecosystem_units import Pieces, Window
from gep.accounting.inputs import LAND_COVER
from gep.accounting.terms import Indicator, Variant
from gep.methods import Method
from gep.price_years import IndexMissing
from gep.statistics import Product, WeightRule


@dataclass(frozen=True)
class Plan:
    """The variants to be calculated, the layers to be derived, and the inputs that other indicators lack.

    A plan is the same for every block of an account; it travels to the workers.
    """

    method: Method
    chosen: Mapping[str, str]
    pending: Mapping[str, tuple[str, ...]]
    reads: tuple[str, ...]  # the layers that are read, the land cover among them
    derived: tuple[str, ...]
    products: Mapping[str, tuple[Product, ...]]  # that statistics state, by the indicator they are shared out under
    rules: Mapping[str, tuple[WeightRule, ...]]  # by product, in order of preference
    by_town: frozenset[str]  # the products of which counties state anything by township
    condition_lacks: tuple[str, ...] = condition_sums.VARIABLES  # layers

    @property
    def tells_condition(self) -> bool:
        """Whether all layers of the condition account are there."""
        return not self.condition_lacks

    def variants(self) -> list[tuple[Indicator, Variant]]:
        """Return the chosen variant of each indicator that is calculated."""
        return [(INDICATORS[name], INDICATORS[name].variants[variant]) for name, variant in self.chosen.items()]

    def derived_layers(self, window: Window) -> Mapping[str, NDArray[np.float64]]:
        """Return the derived layers on a window."""
        ways = {name: derivation(name, window.layers) for name in self.derived}
        return {name: way.derive(window, self.method) for name, way in ways.items() if way}

    def cell_terms(self, pieces: Pieces) -> Mapping[str, NDArray[np.float64]]:
        """Return every value that is to be summed over pieces."""
        terms: dict[str, NDArray[np.float64]] = {}
        for _, variant in self.variants():
            if variant.cell_terms is not None:
                terms |= variant.cell_terms(pieces, self.method)
        if self.tells_condition:
            terms |= condition_sums.cell_terms(pieces)
        return terms | sharing.cell_terms((rule for rules in self.rules.values() for rule in rules), pieces)


def make(
    method: Method,
    *,
    layers: frozenset[str],
    stated: frozenset[str] = frozenset(),
    by_town: frozenset[str] = frozenset(),
    catalogue: Mapping[str, Product],
) -> Plan:
    """Plan an account by ``method`` over the layers, and over what statistics state of the products in the catalogue.

    Raises GuardBroken where the indicators to be calculated would count something twice or mix bases.
    """
    derivable = {way.layer for way in DERIVATIONS if way.layer not in layers and layers >= set(way.needs)}
    there = layers | derivable
    chosen, pending = {}, {}
    wanted: set[str] = set()
    for name, indicator in INDICATORS.items():
        if not method.accounts_for(name):
            continue
        lacking: dict[str, tuple[str, ...]] = {}
        for variant in method.variants(name):
            if variant not in indicator.variants:
                continue
            needs = indicator.variants[variant].layers(method, there)
            items = indicator.variants[variant].statistics(method)
            lacking[variant] = _lacking(needs, items, there, layers, stated)
            if not lacking[variant]:
                chosen[name] = variant
                wanted |= set(needs) | (layers & set(indicator.variants[variant].uses))
                break
        else:
            pending[name] = next(iter(lacking.values()), ()) or method.figures_lacking(name)
    for name in tuple(chosen):
        try:
            INDICATORS[name].prices(method)
        except IndexMissing as lacking:
            pending[name] = (lacking.figure,)
            del chosen[name]
    shared = _shared(method, catalogue, stated)
    pending |= {
        name: (sharing.ratio_lacking(method, name) or name,) for name, products in shared.items() if not products
    }
    rules = {p.code: sharing.usable(p, layers) for products in shared.values() for p in products}
    lacks = condition_sums.lacking(layers)
    if not lacks:
        wanted |= set(condition_sums.VARIABLES)
    guards.check(method.profile, chosen=chosen | {name: "statistics" for name, products in shared.items() if products})
    return Plan(
        method=method,
        chosen=chosen,
        pending=pending,
        reads=_reads(wanted, layers, rules),
        derived=tuple(sorted(wanted & derivable)),
        products={name: products for name, products in shared.items() if products},
        rules=rules,
        by_town=frozenset(
            product.code
            for products in shared.values()
            for product in products
            if townships.is_stated(product, by_town)
        ),
        condition_lacks=lacks,
    )


def _reads(wanted: set[str], given: frozenset[str], rules: Mapping[str, tuple[WeightRule, ...]]) -> tuple[str, ...]:
    ways = [derivation(name, given) for name in wanted - given]
    raw = {need for way in ways if way for need in way.needs}
    weighed = {rule.layer for of_product in rules.values() for rule in of_product if rule.layer}
    return tuple(sorted(given & (wanted | raw | weighed | {LAND_COVER})))


def _shared(method: Method, catalogue: Mapping[str, Product], stated: frozenset[str]) -> dict[str, tuple[Product, ...]]:
    """The products of each indicator that is shared out, those that are stated."""
    products = [product for product in catalogue.values() if product.role == "value"]
    names = dict.fromkeys(product.indicator for product in products if method.accounts_for(product.indicator))
    return {name: tuple(p for p in products if p.indicator == name and p.code in stated) for name in names}


def _lacking(
    needs: tuple[str, ...], statistics: tuple[str, ...], there: frozenset[str], given: frozenset[str],
    stated: frozenset[str],
) -> tuple[str, ...]:  # fmt: skip
    """The inputs that are not there; for a layer that could be derived, those it would be derived from."""
    found: list[str] = []
    for name in needs:
        if name in there:
            continue
        found += [layer for layer in raw_layers(name) if layer not in given and layer not in found]
    return (*found, *(item for item in statistics if item not in stated))
