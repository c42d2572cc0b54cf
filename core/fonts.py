"""Chinese fonts for printed papers: which of those that print well the machine has."""

from dataclasses import dataclass
from functools import cache

# In the order of preference. 仿宋 is what official papers are set in; Noto comes with the package that is named below.
BODY = ("FangSong", "FangSong_GB2312", "STFangsong", "FZFangSong-Z02", "Noto Serif CJK SC", "Source Han Serif SC",
        "SimSun", "Songti SC", "STSong")  # fmt: skip
HEADS = ("Noto Sans CJK SC", "Source Han Sans SC", "SimHei", "Microsoft YaHei", "PingFang SC", "Heiti SC",
         "WenQuanYi Zen Hei")  # fmt: skip
PACKAGE = "fonts-noto-cjk"


class NoChineseFont(ValueError):
    """The machine has none of the fonts that a paper can be set in."""


@dataclass(frozen=True)
class Fonts:
    """The font of the text and the font of heads and figures."""

    body: str
    heads: str


def chosen() -> Fonts:
    """Return the fonts that a paper is set in. Raises NoChineseFont, which names the package to install."""
    there = families()
    body = next((name for name in (*BODY, *HEADS) if name in there), None)
    heads = next((name for name in (*HEADS, *BODY) if name in there), None)
    if body is None or heads is None:
        raise NoChineseFont(
            f"no PDF is written: no Chinese font is installed; install the package {PACKAGE} and run again"
        )
    return Fonts(body, heads)


@cache
def families() -> frozenset[str]:
    """Return the names of the font families of this machine."""
    import typst

    return frozenset(typst.Fonts().families())
