"""The catalogue of methods as text to be read in a terminal."""

from collections.abc import Iterator
from typing import Any

TAGS = {"V": "seen in a public text", "D": "derived from one", "U": "UNCONFIRMED"}


def lines(catalogue: dict[str, Any]) -> Iterator[str]:
    """Yield the lines: profiles, switches, indicators, layers, then every figure with its source."""
    yield from _profiles(catalogue["profiles"])
    yield from _switches(catalogue["switches"])
    yield from _indicators(catalogue["indicators"])
    yield "# Layers 图层"
    for layer in catalogue["layers"]:
        yield f"{layer['name']:<28}{layer['unit']:<24}{layer['zh']} {layer['en']}; {layer['source']}"
    yield f"{'land_cover schemes':<28}{', '.join(catalogue['land_cover_schemes'])}"
    yield ""
    yield from _tables(catalogue["coefficient_tables"])


def _profiles(profiles: list[dict[str, Any]]) -> Iterator[str]:
    yield "# Profiles 核算方案"
    for found in profiles:
        yield f"{found['name']}\t{found['document']} {found['zh']}"
        yield f"    indicators: {', '.join(found['indicators'])}"
        yield f"    optional (include_<name> = true): {', '.join(found['optional']) or '-'}"
        yield f"    off: {', '.join(found['off']) or '-'}"
        yield f"    switches: {', '.join(f'{name} = {_value(value)}' for name, value in found['switches'].items())}"
        for indicator, ways in found["variants"].items():
            yield f"    {indicator}: {' > '.join(ways)}"
        for kind in ("prices", "coefficients"):
            for name, row in found[kind].items():
                yield f"    {kind}: {name} is the row {row}"
        yield f"    unconfirmed: {', '.join(found['unconfirmed']) or '-'}"
    yield ""


def _switches(switches: list[dict[str, Any]]) -> Iterator[str]:
    yield "# Switches 开关, the default first"
    for found in switches:
        values = " | ".join(_value(value) for value in found["values"])
        yield f"{found['name']:<24}{values}\t{found['zh']} {found['en']}"
        yield f"    {found['effect']}"
    yield f"{'<indicator>_variant':<24}one variant alone"
    yield f"{'include_<indicator>':<24}true | false\tput in an optional indicator, or leave one out"
    yield ""


def _indicators(indicators: list[dict[str, Any]]) -> Iterator[str]:
    yield "# Indicators 指标"
    for found in indicators:
        parts = "".join(f"; {part} {unit}" for part, unit in found["parts"].items())
        yield f"{found['id']:<4}{found['name']:<24}{found['unit']:<6}{found['zh']} {found['en']}{parts}"
        if found["by_county"]:
            yield f"    a county may state for itself: {', '.join(found['by_county'])}"
        for way in found["variants"]:
            wants = [*way["layers"], *(f"statistics {name}" for name in way["statistics"]),
                     *(f"figures {name}*" for name in way["figures"])]  # fmt: skip
            note = "" if way["runs"] else "  (formula only)"
            yield f"    {way['name']:<26}{way['zh']}: {', '.join(wants) or 'land cover alone'}{note}"
    yield ""


def _tables(tables: list[dict[str, Any]]) -> Iterator[str]:
    yield "# Figures 参数"
    for table in tables:
        yield f"## {table['table']}.csv"
        for row in table["rows"]:
            spread = f", cv {row['cv']}" if row["cv"] else ""
            dates = f"{row['valid_from']}–{row['valid_to'] or ''}"
            yield (
                f"{row['key']:<36}{row['value']:>10} {row['unit']} per {row['per']}{spread}  {row['region']} {dates}  "
                f"{row['tag']} {TAGS[row['tag']]}: {row['title']}, {row['locator']}"
            )


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
