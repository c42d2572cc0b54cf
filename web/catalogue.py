"""The catalogue of translations, kept with Babel, so that no gettext tools are needed.

The source language is Chinese; ``locale/en`` has to be complete.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TypeGuard

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "web" / "locale"
PACKAGES = ("config", "core", "identity", "bookkeeping", "greenpoints", "gep", "marketplace", "policy", "web")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def sources() -> Iterator[Path]:
    """Return the Python modules and templates whose texts people read."""
    for package in PACKAGES:
        yield from sorted(path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)
    yield from sorted((ROOT / "web" / "templates").rglob("*.html"))


def code_of(path: Path) -> bytes:
    """Return the file as Python: a template becomes the gettext calls that it stands for."""
    text = path.read_text(encoding="utf-8")
    return (templatize(text, origin=str(path)) if path.suffix == ".html" else text).encode()


def joined(message: str | tuple) -> str | tuple[str, str]:
    """Return the message id: one text, or singular and plural."""
    return message if isinstance(message, str) else (message[0], message[1])


def extracted() -> Catalog:
    """Return every message of the source, with the files that use it."""
    found = Catalog(locale="en", project="fuzhou-eco", charset="utf-8", fuzzy=False)
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        for _line, message, _notes, context in extract("python", BytesIO(code_of(path)), keywords=KEYWORDS):
            found.add(joined(message), locations=[(name, 0)], context=context)
    return found


def po_path(language: str) -> Path:
    """Return the place of a language's catalogue."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def stored(language: str = "en") -> Catalog:
    """Return the catalogue as it is committed; an empty one where there is none yet."""
    path = po_path(language)
    if not path.is_file():
        return Catalog(locale=language, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def is_translated(text: str | tuple | list | None) -> TypeGuard[str | tuple[str, ...] | list[str]]:
    """Return whether every form of a translation is there."""
    return all(text) if isinstance(text, list | tuple) else bool(text)


def problems(language: str = "en") -> list[str]:
    """Return what is wrong: a message without translation, marked fuzzy, or with other placeholders than its source."""
    catalogue, found = stored(language), []
    for message in extracted():
        if not message.id:
            continue
        kept = catalogue.get(message.id, context=message.context)
        source = message.id if isinstance(message.id, str) else message.id[-1]
        if kept is None or not is_translated(kept.string) or kept.fuzzy:
            found.append(f"missing: {source}")
            continue
        target = kept.string if isinstance(kept.string, str) else kept.string[-1]
        if sorted(PLACEHOLDER.findall(source)) != sorted(PLACEHOLDER.findall(target)):
            found.append(f"placeholders differ: {source} / {target}")
    return found


def update(language: str = "en", *, translations: dict[str, str] | None = None) -> int:
    """Write the messages of the source, keeping translations and adding those given; return how many are missing."""
    kept, fresh = stored(language), extracted()
    for message in fresh:
        if not message.id:
            continue
        before = kept.get(message.id, context=message.context)
        source = message.id if isinstance(message.id, str) else message.id[0]
        given = (translations or {}).get(source)
        if given is not None:
            message.string = given if isinstance(message.id, str) else tuple(given.split("|")) * (2 - given.count("|"))
        elif before is not None:
            message.string = before.string
    path = po_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, fresh, sort_output=True, omit_header=False, include_lineno=False, width=110)
    return sum(1 for message in fresh if message.id and not is_translated(message.string))


def compile_all() -> list[Path]:
    """Write the ``.mo`` beside every catalogue and return them."""
    written = []
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parents[1].name)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)
        written.append(path.with_suffix(".mo"))
    return written
