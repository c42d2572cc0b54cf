"""Everything that an account can be asked for: profiles, switches, indicators, layers, and every figure's source."""

from typing import Any

from core.coefficients import Coefficient, load, source_title
from gep import ecosystems, methods
from gep.files import layers
from gep.method_profiles import Listed, indicator_list, profile, profile_names, switches


def gather() -> dict[str, Any]:
    """Return the catalogue, fit for JSON; every list in the order of its own file."""
    return {
        "profiles": [_profile(name) for name in profile_names()],
        "switches": [_switch(name) for name in switches()],
        "indicators": [_indicator(listed) for listed in indicator_list().values()],
        "layers": [
            {"name": layer.name, "zh": layer.zh, "en": layer.en, "unit": layer.unit, "source": layer.source}
            for layer in layers.known().values()
        ],
        "land_cover_schemes": list(ecosystems.SCHEMES),
        "coefficient_tables": [_table(name) for name in methods.tables()],
    }


def _profile(name: str) -> dict[str, Any]:
    found = profile(name)
    return {
        "name": found.name,
        "document": found.document,
        "zh": found.zh,
        "indicators": list(found.indicators),
        "optional": [indicator for indicator in found.optional if indicator not in found.indicators],
        "off": [indicator for indicator in indicator_list() if indicator not in {*found.indicators, *found.optional}],
        "variants": {indicator: list(ways) for indicator, ways in found.variants.items()},
        "switches": dict(found.switches),
        "prices": dict(found.prices),
        "coefficients": dict(found.coefficients),
        "valued_parts": {indicator: list(parts) for indicator, parts in found.valued_parts.items()},
        "out_of_scope": {scope: list(codes) for scope, codes in found.out_of_scope.items()},
        "unconfirmed": list(found.unconfirmed),
    }


def _switch(name: str) -> dict[str, Any]:
    found = switches()[name]
    return {
        "name": name,
        "zh": found.zh,
        "en": found.en,
        "effect": found.effect,
        "indicators": list(found.indicators),
        "values": list(found.values),
        "labels": dict(found.labels),
    }


def _indicator(listed: Listed) -> dict[str, Any]:
    ways = indicator_list()[listed.follows].variants if listed.follows else listed.variants
    return {
        "name": listed.name,
        "id": listed.id,
        "group": listed.group,
        "zh": listed.zh,
        "en": listed.en,
        "unit": listed.unit,
        "parts": dict(listed.parts),
        "follows": listed.follows,
        "by_county": list(listed.by_county),
        "variants": [
            {
                "name": way.name,
                "zh": way.zh,
                "layers": list(way.layers),
                "statistics": list(way.statistics),
                "figures": list(way.figures),
                "runs": not way.formula_only,
            }
            for way in ways.values()
        ],
    }


def _table(name: str) -> dict[str, Any]:
    rows = load(methods.HERE / "coefficients" / f"{name}.csv").rows()
    return {"table": name, "rows": [_row(row) for row in rows]}


def _row(row: Coefficient) -> dict[str, Any]:
    return {
        "key": row.key,
        "value": str(row.value),
        "unit": row.unit,
        "per": row.per,
        "region": row.region,
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "source": row.source,
        "title": source_title(row.source),
        "locator": row.locator,
        "tag": row.tag,
        "cv": None if row.cv is None else str(row.cv),
    }
