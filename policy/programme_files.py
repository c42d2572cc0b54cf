"""Programmes as written law: dated YAML files, read strictly, known by the SHA-256 of their text."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from policy import amounts, conditions
from policy.conditions import Kind

FOLDER = Path(__file__).parent / "programmes"
CASES_FOLDER = Path(__file__).parent / "cases"
LARGEST_FILE_BYTES = 256 * 1024
LONGEST_NOTICE_DAYS = 60

PROGRAMME_KEYS = frozenset(
    {"code", "version", "demo", "name_zh", "name_en", "summary_zh", "summary_en", "sources", "valid", "trigger"}
    | {"period", "notice_days", "facts", "conditions", "amount", "budget_line"}
)
FACT_KEYS = frozenset({"kind", "ask_zh", "ask_en", "one_of"})
CONDITION_KEYS = frozenset({"id", "cel", "msg_zh", "msg_en", "source"})
SOURCE_KEYS = frozenset({"id", "title", "publisher", "note"})
AMOUNT_KEYS = frozenset({"source", "confirmed"})
PERIODS = frozenset({"once", "year"})


class ProgrammeInvalid(ValueError):
    """A programme file that cannot be trusted; the text names the file, the key and the reason."""


class StrictLoader(yaml.SafeLoader):
    """YAML in which a key stands once, and nothing is a fraction: rates are whole basis points or fen."""


def _strict_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    names = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for name in names:
        if type(name) is not str or names.count(name) > 1:
            raise ProgrammeInvalid(f"line {node.start_mark.line + 1}: the key {name!r} must be a text and stand once")
    values = [loader.construct_object(value, deep=True) for _, value in node.value]
    return dict(zip(names, values, strict=True))


def _no_fraction(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> None:
    raise ProgrammeInvalid(f"line {node.start_mark.line + 1}: {node.value} is not a whole number")


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _strict_mapping)
StrictLoader.add_constructor("tag:yaml.org,2002:float", _no_fraction)


@dataclass(frozen=True)
class Fact:
    """What a programme has to know: its kind, the question in both languages, and the permitted texts if few."""

    path: str
    kind: Kind
    ask_zh: str
    ask_en: str
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """One named condition with the sentence that people read, its source, and the facts that it uses."""

    id: str
    cel: str
    msg_zh: str
    msg_en: str
    source: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where a figure or a condition comes from."""

    id: str
    title: str
    publisher: str
    note: str


@dataclass(frozen=True)
class Programme:
    """One version of one programme. ``valid_to`` is exclusive; ``sha256`` is that of ``text``."""

    code: str
    version: int
    demo: bool
    name_zh: str
    name_en: str
    summary_zh: str
    summary_en: str
    sources: tuple[Source, ...]
    valid_from: date
    valid_to: date
    trigger: str
    period: str
    notice_days: int
    facts: Mapping[str, Fact]
    conditions: tuple[Condition, ...]
    amount: amounts.Formula
    amount_source: str
    confirmed: bool
    budget_line: str
    sha256: str
    text: str

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each declared fact."""
        return {path: fact.kind for path, fact in self.facts.items()}

    def in_force(self, on: date) -> bool:
        """Say whether this version applies to a fact of that day."""
        return self.valid_from <= on < self.valid_to


def read(text: str, *, name: str) -> Programme:
    """Return the programme written in ``text``; ProgrammeInvalid says what is wrong, where ``name`` is its file."""
    try:
        written = load_strict(text)
        return _programme(written, text=text)
    except (ProgrammeInvalid, conditions.ConditionInvalid, amounts.AmountInvalid) as error:
        raise ProgrammeInvalid(f"{name}: {error}") from None


def load_strict(text: str) -> dict[str, Any]:
    """Return one YAML mapping without double keys, fractions, anchors or tags of its own."""
    if len(text.encode()) > LARGEST_FILE_BYTES:
        raise ProgrammeInvalid(f"larger than {LARGEST_FILE_BYTES} bytes")
    try:
        for token in yaml.scan(text):
            if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
                raise ProgrammeInvalid(f"line {token.start_mark.line + 1}: anchors and tags are not permitted")
        written = yaml.load(text, Loader=StrictLoader)  # noqa: S506 - StrictLoader is a SafeLoader
    except yaml.YAMLError as error:
        raise ProgrammeInvalid(f"not YAML: {error}") from None
    if type(written) is not dict:
        raise ProgrammeInvalid("must be one mapping")
    return written


@lru_cache(maxsize=4)
def load_folder(folder: Path = FOLDER) -> tuple[Programme, ...]:
    """Return every programme of ``folder`` in order of code and version; two versions never share a day."""
    found = [read(path.read_text(encoding="utf-8"), name=path.name) for path in sorted(folder.glob("*.yaml"))]
    found.sort(key=lambda programme: (programme.code, programme.version))
    check_versions(found)
    return tuple(found)


def check_versions(programmes: Iterable[Programme]) -> None:
    """Refuse two files for one version, and versions of one code that are in force on the same day."""
    by_code: dict[str, list[Programme]] = {}
    for programme in programmes:
        by_code.setdefault(programme.code, []).append(programme)
    for code, versions in by_code.items():
        versions.sort(key=lambda programme: programme.valid_from)
        for earlier, later in zip(versions, versions[1:], strict=False):
            if earlier.valid_to > later.valid_from:
                raise ProgrammeInvalid(f"{code}: two versions are in force on {later.valid_from}")
        if len({programme.version for programme in versions}) < len(versions):
            raise ProgrammeInvalid(f"{code}: two files have the same version number")


def _programme(written: dict[str, Any], *, text: str) -> Programme:
    _check_keys("programme", written, PROGRAMME_KEYS)
    valid = written["valid"]
    _check_keys("valid", valid, frozenset({"from", "to"}))
    _check_values(written, valid)
    facts = {path: _fact(path, about) for path, about in written["facts"].items()}
    kinds = {path: fact.kind for path, fact in facts.items()}
    sources = tuple(_source(source) for source in written["sources"])
    amount = dict(written["amount"])
    origin = {name: amount.pop(name, None) for name in AMOUNT_KEYS}
    if type(origin["confirmed"]) is not bool:
        raise ProgrammeInvalid("amount: confirmed must be true or false")
    programme = Programme(
        **{name: written[name] for name in ("code", "version", "demo", "trigger", "period", "notice_days")},
        **{name: written[name] for name in ("name_zh", "name_en", "summary_zh", "summary_en", "budget_line")},
        sources=sources,
        valid_from=valid["from"],
        valid_to=valid["to"],
        facts=facts,
        conditions=tuple(_condition(about, kinds=kinds) for about in written["conditions"]),
        amount=amounts.parse(amount),
        amount_source=origin["source"],
        confirmed=origin["confirmed"],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
    )
    _check_whole_programme(programme)
    return programme


def _check_values(written: Mapping[str, Any], valid: Mapping[str, Any]) -> None:
    for name in ("code", "name_zh", "name_en", "summary_zh", "summary_en", "trigger", "budget_line"):
        _check_text(name, written[name])
    if type(written["version"]) is not int or written["version"] < 1:
        raise ProgrammeInvalid("version must be a whole number from 1")
    if type(written["demo"]) is not bool:
        raise ProgrammeInvalid("demo must be true or false")
    if written["period"] not in PERIODS:
        raise ProgrammeInvalid(f"period must be one of {sorted(PERIODS)}")
    if type(written["notice_days"]) is not int or not 0 <= written["notice_days"] <= LONGEST_NOTICE_DAYS:
        raise ProgrammeInvalid(f"notice_days must be 0 to {LONGEST_NOTICE_DAYS}")
    if type(valid["from"]) is not date or type(valid["to"]) is not date or valid["from"] >= valid["to"]:
        raise ProgrammeInvalid("valid: from and to must be days, from before to (to is the first day after)")
    for name, sort in (("facts", dict), ("conditions", list), ("sources", list), ("amount", dict)):
        if type(written[name]) is not sort or not written[name]:
            raise ProgrammeInvalid(f"{name} must be a {'mapping' if sort is dict else 'list'} with content")


def _check_whole_programme(programme: Programme) -> None:
    ids = [condition.id for condition in programme.conditions]
    if len(set(ids)) < len(ids):
        raise ProgrammeInvalid("two conditions have the same id")
    known = {source.id for source in programme.sources}
    cited = [condition.source for condition in programme.conditions] + [programme.amount_source]
    for citation in cited:
        if not isinstance(citation, str) or citation.split(" ")[0] not in known:
            raise ProgrammeInvalid(f"the source {citation!r} does not begin with one of {sorted(known)}")
    undeclared = set(programme.amount.facts) - set(programme.facts)
    if undeclared:
        raise ProgrammeInvalid(f"amount: the facts {sorted(undeclared)} are not declared")
    used = set(programme.amount.facts).union(*(condition.facts for condition in programme.conditions))
    unused = set(programme.facts) - used
    if unused:
        raise ProgrammeInvalid(f"the facts {sorted(unused)} are asked for and never used")
    if programme.demo and "演示" not in programme.name_zh:
        raise ProgrammeInvalid("the name of a demo programme says 演示")


def _fact(path: str, about: Any) -> Fact:
    _check_keys(f"facts.{path}", about, FACT_KEYS, optional=frozenset({"one_of"}))
    for name in ("ask_zh", "ask_en"):
        _check_text(f"facts.{path}.{name}", about[name])
    try:
        kind = Kind(about["kind"])
    except ValueError:
        raise ProgrammeInvalid(f"facts.{path}: kind must be one of {', '.join(Kind)}") from None
    return Fact(
        path=path, kind=kind, ask_zh=about["ask_zh"], ask_en=about["ask_en"], one_of=tuple(about.get("one_of", ()))
    )


def _condition(about: Any, *, kinds: Mapping[str, Kind]) -> Condition:
    _check_keys("conditions", about, CONDITION_KEYS)
    for name in CONDITION_KEYS:
        _check_text(f"conditions.{name}", about[name])
    return Condition(**about, facts=conditions.check(about["cel"], kinds=kinds))


def _source(about: Any) -> Source:
    _check_keys("sources", about, SOURCE_KEYS)
    for name in SOURCE_KEYS:
        _check_text(f"sources.{name}", about[name])
    return Source(**about)


def _check_text(name: str, value: Any) -> None:
    if type(value) is not str or not value.strip():
        raise ProgrammeInvalid(f"{name} must be a text")


def _check_keys(where: str, written: Any, keys: frozenset[str], *, optional: frozenset[str] = frozenset()) -> None:
    if type(written) is not dict:
        raise ProgrammeInvalid(f"{where} must be a mapping")
    unknown, missing = set(written) - keys, keys - set(written) - optional
    if unknown or missing:
        raise ProgrammeInvalid(f"{where}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}")
