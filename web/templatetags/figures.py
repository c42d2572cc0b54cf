"""Numbers in templates: ``{{ fen|money }}`` in running text, ``{% tile %}`` with unit, time and source."""

from datetime import date, datetime

from django import template

from web import figures

register = template.Library()


def printed(kind: str):
    """Return the filter that prints a number of this kind, or a dash where there is none."""

    def show(number: int | float | None) -> str:
        return "–" if number is None else str(figures.KINDS[kind](number))

    return show


for name in figures.KINDS:
    register.filter(name, printed(name))


@register.filter
def grouped(number: int | float, places: int = 0) -> str:
    """Print a number with separated thousands and ``places`` decimals."""
    return figures.grouped(number, places=places)


@register.inclusion_tag("figures/tile.html")
def tile(
    label: str,
    number: int | float | None,
    kind: str,
    *,
    source: str = "",
    at: date | datetime | None = None,
    href: str = "",
) -> dict[str, object]:
    """Show one number as a tile: what it is, value and unit, when, from where, and the way down to its records."""
    shown = None if number is None else figures.KINDS[kind](number)
    return {"label": label, "figure": shown, "source": source, "at": at, "is_day": type(at) is date, "href": href}


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: object) -> str:
    """Return the page's query string with some parameters set; for links that sort and page."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query[name] = str(value)
    return "?" + query.urlencode()


@register.filter
def said(subject: object, name: str) -> str:
    """Print the attribute or key ``name_zh`` or ``name_en`` of ``subject``, whichever the page is in."""
    key = f"{name}_{'zh' if figures.reads_chinese() else 'en'}"
    return str(subject[key] if isinstance(subject, dict) else getattr(subject, key))


@register.filter
def yuan(fen: int | None) -> str:
    """Print an amount in yuan without its unit, for table columns whose head names it."""
    return "–" if fen is None else figures.money(fen).digits


@register.filter
def unit(code: str, indicator: str = "") -> str:
    """Print a unit as people write it: m3 is m³, tonnes of sequestered carbon are t CO₂."""
    return figures.unit_sign(code, of=indicator)


@register.filter
def signed_yuan(fen: int | None) -> str:
    """Print a difference in yuan with its sign, for table columns whose head names the unit."""
    if fen is None:
        return "–"
    return f"{'+' if fen > 0 else ''}{figures.money(fen).digits}"


@register.filter
def item(mapping: object, key: str) -> object:
    """Return what a mapping holds under a key that is itself a variable; nothing where it holds none."""
    return mapping.get(key) if isinstance(mapping, dict) else None
