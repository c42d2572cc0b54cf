"""The notebook is a valid file without outputs, defines nothing of its own, and runs from the repository's root."""

import ast
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOK = json.loads((ROOT / "notebooks" / "02_gep.ipynb").read_text(encoding="utf-8"))
CODE_CELLS = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
CODE = "\n".join("".join(cell["source"]) for cell in CODE_CELLS)


def test_it_is_a_notebook_of_format_4_without_outputs():
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    assert [cell["outputs"] for cell in CODE_CELLS] == [[]] * len(CODE_CELLS)
    assert {cell["execution_count"] for cell in CODE_CELLS} == {None}


def test_it_defines_nothing():
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert [node for node in ast.walk(ast.parse(CODE)) if isinstance(node, definitions)] == []


def test_it_runs_and_tells_the_worked_figures():
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    told = done.stdout.splitlines()
    assert told[0] == "848.625 mm, 19,942.69 m3, 140,795.37 CNY"
    assert told[1].startswith("200 parcels")
    assert told[2:5] == ["True True", "134400001 250000007", "True"]
    assert told[5].startswith("True ['accounts.xlsx', 'parcels.gpkg', 'parcels.parquet', 'report.pdf'")
    assert told[6] == "361028-00189 True"
    assert told[7].startswith("['crops', 'water_retention'") and "'oxygen_release'" in told[7]
    assert told[8].startswith("unconfirmed: True") and "erosivity.factor" in told[8]
    assert len(told) == 10
