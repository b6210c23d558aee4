"""Arrays of what flows: their types, and how a frozen dataclass keeps them from being written to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]


def freeze(owner: Any, **arrays: type) -> None:
    """Replace array fields of a frozen dataclass by read-only copies of the given dtype."""
    for name, dtype in arrays.items():
        value = getattr(owner, name)
        if value is None:
            continue
        array: NDArray[Any] = np.array(value, dtype=dtype)
        array.flags.writeable = False
        object.__setattr__(owner, name, array)
