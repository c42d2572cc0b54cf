"""How far a run is, on the terminal: stage, percent and time remaining; in a log, a line for each stage."""

import sys
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

STAGES = {
    "reading parcels": "读取图斑",
    "checking layers": "检查图层",
    "reading statistics": "读取统计",
    "parcels": "核算地块",
    "totals": "汇总",
    "overlay": "叠置两年图斑",
    "simulation": "不确定性模拟",
    "done": "核算完成",
}


class RunProgress:
    """A bar on a terminal, lines in a log, nothing where ``quiet``. Time is shared between stages by their weights."""

    def __init__(self, *, quiet: bool, stream: TextIO | None = None) -> None:
        self._console = Console(file=stream or sys.stderr, quiet=quiet)
        columns = (TextColumn("{task.description:<22}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("", total=1.0)
        self._lines = not self._console.is_terminal
        self._stage = ""

    def __enter__(self) -> Self:
        if not self._lines:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def tell(self, stage: str, share: float, *, first: float = 0.0, weight: float = 1.0) -> None:
        """Show a stage and the share of it that is done; the stage takes ``weight`` of the whole, from ``first`` on."""
        name = STAGES.get(stage, stage)
        whole = first + weight * share
        self._bar.update(self._task, description=name, completed=max(whole, self._bar.tasks[0].completed))
        if self._lines and stage != self._stage:
            self._console.print(f"{whole:5.0%}  {name}", highlight=False)
        self._stage = stage
