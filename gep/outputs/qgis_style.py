"""A QGIS style for the parcels: the value of a square metre in graduated shades, readable in grey."""

from itertools import pairwise
from xml.sax.saxutils import quoteattr

from gep.outputs import densities
from gep.outputs.statement import Statement

EXPRESSION = "total_fen / 100.0 / nullif(area_m2, 0)"
TITLE = "价值密度（元/m²） yuan per m²"


def qml(statement: Statement) -> str:
    """Return the style as QML, with bounds from the account's own densities."""
    bounds = densities.bounds(densities.of_parcels(statement.account))
    classes = list(pairwise(bounds)) or [(low, low) for low in bounds]
    ranges = "\n".join(
        f'      <range lower="{low!r}" upper="{high!r}" symbol="{i}" render="true" label="{low:,.6g} – {high:,.6g}"/>'
        for i, (low, high) in enumerate(classes)
    )
    symbols = "\n".join(_symbol(str(i), shade) for i, shade in enumerate(densities.shades(len(classes))))
    legend = quoteattr(f"{TITLE}；{statement.label}" if statement.label else TITLE)
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Fields">
  <renderer-v2 type="graduatedSymbol" attr={quoteattr(EXPRESSION)} graduatedMethod="GraduatedColor"
      symbollevels="0" enableorderby="0" forceraster="0">
    <ranges>
{ranges}
    </ranges>
    <symbols>
{symbols}
    </symbols>
    <source-symbol>
{_symbol("0", densities.SHADES[3])}
    </source-symbol>
    <data-defined-properties/>
  </renderer-v2>
  <legend type="default-vector" showLabelLegend="0"/>
  <customproperties>
    <Option type="Map"><Option name="legend/title-label" type="QString" value={legend}/></Option>
  </customproperties>
</qgis>
"""


def _symbol(name: str, shade: str) -> str:
    red, green, blue = (int(shade[i : i + 2], 16) for i in (1, 3, 5))
    options = {
        "color": f"{red},{green},{blue},255",
        "style": "solid",
        "outline_color": "90,100,95,255",
        "outline_style": "solid",
        "outline_width": "0.06",
        "outline_width_unit": "MM",
    }
    lines = "".join(f'<Option name="{key}" type="QString" value="{value}"/>' for key, value in options.items())
    layer = f'<layer class="SimpleFill" enabled="1" pass="0" locked="0"><Option type="Map">{lines}</Option></layer>'
    return f'      <symbol type="fill" name="{name}" alpha="1" clip_to_extent="1" force_rhr="0">{layer}</symbol>'
