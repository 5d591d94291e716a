"""Plain delta debugging, to compare with: ddmin as Zeller and Hildebrandt print it, over rows with what they refer to.

A. Zeller, R. Hildebrandt: Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28(2), 2002, figure 3.
"""

from __future__ import annotations

import numpy as np

from pytest_synthdata.shrinking.runs import Positions, Runs, without


def ddmin(runs: Runs, rows: Positions) -> Positions:
    """Rows on which the test fails, of which none can be left out alone; raises Stopped where time is up."""
    parts = 2
    while len(rows) >= 2:
        pieces = np.array_split(rows, parts)
        subset = next((piece for piece in pieces if runs.fails(piece)), None)
        if subset is not None:
            rows, parts = subset, 2
            continue
        complement = next((rest for piece in pieces if runs.fails(rest := without(rows, piece))), None)
        if complement is not None:
            rows, parts = complement, max(parts - 1, 2)
        elif parts < len(rows):
            parts = min(len(rows), 2 * parts)
        else:
            break
    return rows
