"""SciPy's special functions, without the rest of the package that they stand in.

Importing `scipy.special` takes longer than making the tables of a test: its support of other array libraries imports
all of NumPy, `numpy.f2py` and `numpy.testing` included. The functions themselves are NumPy ufuncs in extension modules
of their own, and are the same objects whichever way they are imported.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

_PACKAGE = "scipy.special"
_UFUNCS = f"{_PACKAGE}._ufuncs"


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(_functions(), name)


@cache
def _functions() -> ModuleType:
    """The module of the ufuncs, or the whole package where that is there already or lays them out differently."""
    if _PACKAGE in sys.modules:
        return sys.modules[_PACKAGE]
    try:
        return _alone()
    except (ImportError, AttributeError):
        return import_module(_PACKAGE)


def _alone() -> ModuleType:
    import scipy

    spec = PathFinder.find_spec(_PACKAGE, scipy.__path__)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(_PACKAGE)
    # What stands for the package while its extensions are imported; whoever imports it later runs it as ever.
    package = ModuleType(_PACKAGE)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules[_PACKAGE] = package
    try:
        functions = import_module(_UFUNCS)
    finally:
        if sys.modules.get(_PACKAGE) is package:
            del sys.modules[_PACKAGE]
        if vars(scipy).get("special") is package:
            del scipy.special
    for name in _NEEDED:
        getattr(functions, name)
    return functions


# What this package's kernels ask for; an AttributeError sends them to the whole package.
_NEEDED = ("cosdg", "exp2", "expm1", "log1p", "ndtr", "ndtri", "pdtr", "pdtrik", "xlogy")
