"""Papers for print: a template beside the code that fills it, set by Typst with the Chinese fonts of the machine."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from core import fonts

Kind = Literal["pdf", "png"]


def typeset(
    template: Path,
    data: Mapping[str, Any],
    *,
    pictures: Mapping[str, str] | None = None,
    kind: Kind = "pdf",
    dots_per_inch: float = 100.0,
) -> list[bytes]:
    """Return the paper as one PDF, or each of its pages as a PNG.

    The template reads ``data.json``, which gains ``fonts.body`` and ``fonts.heads``, and each of ``pictures`` (SVG
    texts by name) as ``NAME.svg``. The same data gives the same bytes. Raises NoChineseFont.
    """
    import typst

    chosen = fonts.chosen()
    told = dict(data) | {"fonts": {"body": chosen.body, "heads": chosen.heads}}
    with tempfile.TemporaryDirectory(prefix="paper-") as folder:
        root = Path(folder)
        (root / template.name).write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
        (root / "data.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        for name, picture in (pictures or {}).items():
            (root / f"{name}.svg").write_text(picture, encoding="utf-8")
        pages = typst.compile(root / template.name, root=root, format=kind, ppi=dots_per_inch, timestamp=0)
    return pages if isinstance(pages, list) else [pages]
