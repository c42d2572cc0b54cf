"""lineage.csv: which parcel of the opening year became which of the closing one, and what each edge is."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gep.change.areas import MM2_PER_M2
from gep.change.lineage import OUTSIDE, Lineage
from gep.files.findings import as_text
from gep.outputs.statement import Statement

UNCHANGED, RENAMED, SPLIT, MERGED, REDRAWN, GONE = "unchanged", "renamed", "split", "merged", "redrawn", "gone"
KINDS = {UNCHANGED: "未变", RENAMED: "改码", SPLIT: "分割", MERGED: "合并", REDRAWN: "重划", GONE: "消失"}
HEADER = ("parent", "child", "area_m2", "share_of_parent", "kind", "label")


def kinds(lineage: Lineage) -> NDArray[np.str_]:
    """Return what each edge is, shape (edges,).

    One parcel into several is split, several into one merged, both at once redrawn; under another code alone it is
    renamed; what no new parcel covers is gone.
    """
    _, parent, children = np.unique(lineage.parent, return_inverse=True, return_counts=True)
    _, child, parents = np.unique(lineage.child, return_inverse=True, return_counts=True)
    alone = np.where(lineage.parent == lineage.child, UNCHANGED, RENAMED)
    split, merged = children[parent] > 1, parents[child] > 1
    told = np.select([split & merged, split, merged], [REDRAWN, SPLIT, MERGED], default=alone)
    return np.where(lineage.child == OUTSIDE, GONE, told)


def counts(kinds: NDArray[np.str_]) -> dict[str, int]:
    """Return how many edges there are of each kind, in the order of KINDS."""
    found = Counter(kinds.tolist())
    return {kind: found[kind] for kind in KINDS if found[kind]}


def write(statement: Statement, path: Path) -> None:
    """Write every edge (CSV, UTF-8 with BOM). The statement must have an opening account."""
    if statement.opening is None:
        raise ValueError("no opening account, no lineage")
    lineage = statement.opening.land.lineage
    columns = (lineage.parent, lineage.child, lineage.area_mm2, lineage.shares(), kinds(lineage))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for parent, child, mm2, share, kind in zip(*(column.tolist() for column in columns), strict=True):
            rows.writerow((as_text(parent), as_text(child), mm2 / MM2_PER_M2, repr(share), kind, statement.label))
