"""What an account will calculate: of each indicator the first variant whose inputs are all there, or what it lacks."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gep.accounting.bindings import DERIVATIONS, INDICATORS
from gep.accounting.ecosystem_units import Pieces, Window
from gep.accounting.terms import Indicator, Variant
from gep.methods import Method


@dataclass(frozen=True)
class Plan:
    """The variants to be calculated, the layers to be derived, and the inputs that other indicators lack.

    A plan is the same for every block of an account; it travels to the workers.
    """

    method: Method
    chosen: Mapping[str, str]
    pending: Mapping[str, tuple[str, ...]]
    derived: tuple[str, ...]

    def variants(self) -> list[tuple[Indicator, Variant]]:
        """Return the chosen variant of each indicator that is calculated."""
        return [(INDICATORS[name], INDICATORS[name].variants[variant]) for name, variant in self.chosen.items()]

    def derived_layers(self, window: Window) -> Mapping[str, NDArray[np.float64]]:
        """Return the derived layers on a window."""
        return {name: DERIVATIONS[name].derive(window, self.method) for name in self.derived}

    def cell_terms(self, pieces: Pieces) -> Mapping[str, NDArray[np.float64]]:
        """Return every value that is to be summed over pieces."""
        terms: dict[str, NDArray[np.float64]] = {}
        for _, variant in self.variants():
            if variant.cell_terms is not None:
                terms |= variant.cell_terms(pieces, self.method)
        return terms


def make(method: Method, *, layers: frozenset[str], products: frozenset[str] = frozenset()) -> Plan:
    """Plan an account by ``method`` over the layers and the products that statistics state."""
    derivable = {
        name for name, derivation in DERIVATIONS.items() if name not in layers and layers >= set(derivation.needs)
    }
    there = layers | derivable
    chosen, pending, wanted = {}, {}, set()
    for name, indicator in INDICATORS.items():
        if name not in method.profile.indicators:
            continue
        lacking: dict[str, tuple[str, ...]] = {}
        for variant in method.variants(name):
            if variant not in indicator.variants:
                continue
            needs = indicator.variants[variant].layers(method, there)
            stated = indicator.variants[variant].statistics(method)
            lacking[variant] = _lacking(needs, stated, there, layers, products)
            if not lacking[variant]:
                chosen[name] = variant
                wanted |= derivable & set(needs)
                break
        else:
            pending[name] = next(iter(lacking.values()))
    return Plan(method=method, chosen=chosen, pending=pending, derived=tuple(sorted(wanted)))


def _lacking(
    needs: tuple[str, ...], statistics: tuple[str, ...], there: frozenset[str], given: frozenset[str],
    products: frozenset[str],
) -> tuple[str, ...]:  # fmt: skip
    """The inputs that are not there; for a layer that could be derived, those it would be derived from."""
    found: list[str] = []
    for name in needs:
        if name in there:
            continue
        raw = DERIVATIONS[name].needs if name in DERIVATIONS else (name,)
        found += [layer for layer in raw if layer not in given and layer not in found]
    return (*found, *(product for product in statistics if product not in products))
