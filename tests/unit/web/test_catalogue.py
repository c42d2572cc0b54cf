"""The English catalogue is complete and says nothing else than its source."""

from babel.messages.catalog import Catalog

from web import catalogue


def test_every_message_has_its_english():
    assert catalogue.problems() == []


def test_no_english_text_holds_chinese():
    chinese = [
        message.id
        for message in catalogue.stored()
        if message.id and any("一" <= sign <= "鿿" for sign in str(message.string))
    ]
    assert chinese == []


def test_templates_and_modules_are_both_read():
    found = catalogue.extracted()
    assert found.get("跳到正文") is not None, "of a template"
    assert found.get("公开账本") is not None, "of a module"


def test_a_missing_text_and_a_changed_placeholder_are_named(monkeypatch):
    source, kept = Catalog(), Catalog()
    for text in ("还剩 %(left)s", "首页"):
        source.add(text)
    kept.add("还剩 %(left)s", "%(rest)s left")
    monkeypatch.setattr(catalogue, "extracted", lambda: source)
    monkeypatch.setattr(catalogue, "stored", lambda language: kept)
    assert catalogue.problems() == ["placeholders differ: 还剩 %(left)s / %(rest)s left", "missing: 首页"]
