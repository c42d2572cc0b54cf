"""Profiles as data: what a norm asks for, read from gep/profiles, gep/switches.toml and gep/indicator_list.toml.

No code asks for a profile's name. A new profile is a file; a new switch is a table in switches.toml.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gep import ecosystems

HERE = Path(__file__).parent
VARIANT, INCLUDE = "_variant", "include_"
OXYGEN = "include_oxygen"  # the switch of the list, which include_oxygen_release says in other words


class UnknownProfile(ValueError):
    """There is no profile of that name."""


class UnknownSwitch(ValueError):
    """A switch that no profile has, or a value that it cannot take."""


class BadProfile(ValueError):
    """A profile file that names what there is not; the text names the profile and the cell."""


@dataclass(frozen=True)
class Variant:
    """One way to calculate an indicator, with the layers, statistics and figures that it wants.

    ``figures`` are the beginnings of keys of the indicator's own table; ``formula_only`` says that the formula is there
    and the engine does not run it.
    """

    name: str
    zh: str
    layers: tuple[str, ...]
    statistics: tuple[str, ...]
    figures: tuple[str, ...] = ()
    formula_only: bool = False


@dataclass(frozen=True)
class Listed:
    """An indicator of the list: its number in the methods, names, unit, the units of its parts, and its variants.

    ``follows`` names the indicator whose variant it takes over, "" where it has its own. ``by_county`` are the
    statistics by which a county may state a figure of the method for itself.
    """

    name: str
    id: str
    group: str
    zh: str
    en: str
    unit: str
    parts: Mapping[str, str]
    variants: Mapping[str, Variant]
    follows: str = ""
    by_county: tuple[str, ...] = ()


@dataclass(frozen=True)
class Switch:
    """A switch: its names, what it does, the indicators it touches, and its values, the first of them the default."""

    name: str
    zh: str
    en: str
    effect: str
    indicators: tuple[str, ...]
    values: tuple[Any, ...]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Profile:
    """What a norm asks for.

    ``indicators`` are in the account, ``optional`` may be switched on. ``variants`` are in the order of preference: the
    first whose inputs are there. ``prices`` and ``coefficients`` name the rows that stand for a price or figure.
    ``valued_parts`` names the parts that get a value, for an indicator of which not all do. ``out_of_scope`` holds the
    classes that count nothing, by indicator or ``indicator.variant``. ``unconfirmed`` are the cells of all this that no
    text at hand confirms.
    """

    name: str
    document: str
    zh: str
    indicators: tuple[str, ...]
    optional: tuple[str, ...]
    variants: Mapping[str, tuple[str, ...]]
    switches: Mapping[str, Any]
    prices: Mapping[str, str]
    coefficients: Mapping[str, str]
    valued_parts: Mapping[str, tuple[str, ...]]
    out_of_scope: Mapping[str, tuple[str, ...]]
    unconfirmed: tuple[str, ...]

    def values(self, indicator: str, part: str) -> bool:
        """Return whether a part of an indicator gets a value in this profile."""
        return indicator not in self.valued_parts or part in self.valued_parts[indicator]


@cache
def switches() -> Mapping[str, Switch]:
    """Return every switch there is, by name."""
    stated = tomllib.loads((HERE / "switches.toml").read_text(encoding="utf-8"))
    return {
        name: Switch(name, said["zh"], said["en"], said["effect"], tuple(said["indicators"]), tuple(said["values"]),
                     said["labels"])
        for name, said in stated.items()
    }  # fmt: skip


@cache
def indicator_list() -> Mapping[str, Listed]:
    """Return every indicator there is, by name, in the order of the tables."""
    stated = tomllib.loads((HERE / "indicator_list.toml").read_text(encoding="utf-8"))
    return {name: _listed(name, said) for name, said in stated.items()}


def _listed(name: str, said: Mapping[str, Any]) -> Listed:
    variants = {
        variant: Variant(variant, told["zh"], tuple(told["layers"]), tuple(told["statistics"]),
                         tuple(told.get("figures", ())), told.get("formula_only", False))
        for variant, told in said.get("variants", {}).items()
    }  # fmt: skip
    names = said["id"], said["group"], said["zh"], said["en"], said["unit"]
    return Listed(
        name, *names, said.get("parts", {}), variants, said.get("follows", ""), tuple(said.get("by_county", ()))
    )


def profile_names() -> list[str]:
    """Return the names of the profiles there are."""
    return sorted(path.stem for path in (HERE / "profiles").glob("*.toml"))


def profile(name: str, *, switches: Mapping[str, Any] | None = None) -> Profile:
    """Return a profile with the given switches set. Raises UnknownProfile, UnknownSwitch.

    Beside the switches of switches.toml, ``<indicator>_variant`` asks for one variant alone, and
    ``include_<indicator>`` puts in an indicator that the profile has as optional, or leaves one out.
    """
    path = HERE / "profiles" / f"{name}.toml"
    if not name.isidentifier() or not path.is_file():
        raise UnknownProfile(f"there is no profile {name!r}; there are {', '.join(profile_names())}")
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    asked = dict(switches or {})
    for switch, setting in asked.items():
        _refuse_unknown_setting(switch, setting, stated)
    settings = {**_defaults(), **stated["switches"], **asked, **_oxygen(asked)}
    variants = {indicator: tuple(names) for indicator, names in stated["variants"].items()}
    for switch in [switch for switch in asked if _indicator_of(switch, stated)]:
        variants[_indicator_of(switch, stated)] = (settings[switch],)
    return Profile(
        name=stated["name"],
        document=stated["document"],
        zh=stated["zh"],
        indicators=_included(stated, settings),
        optional=tuple(stated["indicators"]["optional"]),
        variants=variants,
        switches=settings,
        prices=stated.get("prices", {}),
        coefficients=stated.get("coefficients", {}),
        valued_parts={indicator: tuple(parts) for indicator, parts in stated.get("valued_parts", {}).items()},
        out_of_scope=_scopes(name, stated),
        unconfirmed=tuple(stated.get("unconfirmed", ())),
    )


def _defaults() -> dict[str, Any]:
    return {name: switch.values[0] for name, switch in switches().items()}


def _oxygen(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked of oxygen, by either of its two names."""
    names = [OXYGEN, *(f"{INCLUDE}{name}" for name in switches()[OXYGEN].indicators)]
    found = {name: asked[name] for name in names if name in asked}
    if len(set(found.values())) > 1:
        raise UnknownSwitch(
            f"switches that disagree: {', '.join(f'{name} = {said!r}' for name, said in found.items())}"
        )
    return dict.fromkeys(names[:1], next(iter(found.values()))) if found else {}


def _indicator_of(switch: str, stated: Mapping[str, Any]) -> str:
    """The indicator whose variant the switch asks for, "" where it is another switch."""
    indicator = switch.removesuffix(VARIANT)
    return indicator if switch.endswith(VARIANT) and indicator in stated["variants"] else ""


def _refuse_unknown_setting(switch: str, setting: Any, stated: Mapping[str, Any]) -> None:
    allowed: tuple[Any, ...] = ()
    if switch in switches():
        allowed = switches()[switch].values
    elif indicator := _indicator_of(switch, stated):
        allowed = tuple(name for name, way in indicator_list()[indicator].variants.items() if not way.formula_only)
    elif switch.removeprefix(INCLUDE) in [*stated["indicators"]["list"], *stated["indicators"]["optional"]]:
        allowed = (False, True)
    if not any(setting == value and type(setting) is type(value) for value in allowed):
        raise UnknownSwitch(f"switch {switch} = {setting!r}; allowed: {allowed or 'no such switch'}")


def _included(stated: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The indicators of the account in the order of the list; oxygen by its own switch, others by include_<name>."""
    wanted = {name for name in stated["indicators"]["list"] if settings.get(f"{INCLUDE}{name}", True)}
    wanted |= {name for name in stated["indicators"]["optional"] if settings.get(f"{INCLUDE}{name}", False)}
    oxygen = set(switches()[OXYGEN].indicators)
    wanted = wanted | oxygen if settings[OXYGEN] else wanted - oxygen
    unknown = wanted - set(indicator_list())
    if unknown:
        raise BadProfile(f"profile {stated['name']}: no such indicators {sorted(unknown)}")
    return tuple(name for name in indicator_list() if name in wanted)


def _scopes(name: str, stated: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The classes that each scope leaves out, those of in_scope turned round."""
    out = {scope: _spelt_out(name, scope, codes) for scope, codes in stated["out_of_scope"].items()}
    for scope, codes in stated.get("in_scope", {}).items():
        held = _spelt_out(name, scope, codes)
        out[scope] = tuple(code for code in ecosystems.BY_CODE if code not in held)
    return out


def _spelt_out(name: str, scope: str, codes: list[str]) -> tuple[str, ...]:
    """The classes of a scope; ``6*`` stands for every class whose code begins so."""
    found: list[str] = []
    for code in codes:
        own = [kind for kind in ecosystems.BY_CODE if kind == code or (code[-1] == "*" and kind.startswith(code[:-1]))]
        if not own:
            raise BadProfile(f"profile {name}: {code!r} in the scope {scope} is no class")
        found += own
    return tuple(dict.fromkeys(found))
