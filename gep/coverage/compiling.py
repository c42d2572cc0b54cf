"""How the kernel's functions are compiled, and where the compiled code is kept.

Importing this module imports numba (ImportError where it is missing). The compiled code is kept for the next process in
``__pycache__``, else in the user's cache folder; where neither can be written, every process compiles for itself.
``NUMBA_CACHE_DIR`` names another folder.
"""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


def compiled(function: Callable[..., Any]) -> Any:
    """Compile at the first call, to run without the interpreter's lock.

    Without fast-math, which would let the compiler change the order of sums, and with it their last bits. Functions
    that call each other stand in one file: the cache looks at no other for changes.
    """
    dispatcher = numba.njit(nogil=True, fastmath=False)(function)
    try:
        dispatcher.enable_caching()
    except RuntimeError:  # no folder can be written
        return dispatcher
    return dispatcher


def frozen(array: NDArray, kind: Any) -> NDArray:
    """Return a contiguous view that cannot be written; numba compiles once for it, and not again for writable ones."""
    view = np.ascontiguousarray(array, dtype=kind).view()
    view.flags.writeable = False
    return view
