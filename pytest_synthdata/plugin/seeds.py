"""Several seeds for a test, as pytest's own parameters: each is a test with an id, which xdist distributes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import pytest

from pytest_synthdata.errors import DeclarationError, SynthDataError, counted, describe
from pytest_synthdata.plugin.markers import refuse_both, refuse_contradictions
from pytest_synthdata.plugin.options import MOST_SEEDS
from pytest_synthdata.plugin.stash import SETTINGS

FIXTURE = "_synth_seed"
_RANGE = 1_000_000  # of derived seeds: short enough to be read and typed


class Mistake(str):
    """What is wrong with the seeds of a test, in the place of one: the test is told, and no other."""

    __slots__ = ()


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a test its seeds: those that the nearest marker says, else those of ``--synth-seeds``."""
    if FIXTURE not in metafunc.fixturenames:
        return
    settings = metafunc.config.stash[SETTINGS]
    try:
        seeds = _stated(metafunc.definition, settings.seed)
    except SynthDataError as error:
        metafunc.parametrize(FIXTURE, [Mistake(error)], indirect=True, ids=["seeds"], scope="session")
        return
    if seeds is None:
        seeds = derived(settings.seed, settings.seeds) if settings.seeds else ()
    if seeds:
        metafunc.parametrize(FIXTURE, seeds, indirect=True, ids=[f"seed={seed}" for seed in seeds], scope="session")


def refuse_wrong_seeds(item: pytest.Item) -> None:
    """Raise `DeclarationError` where a method of a TestCase is to run on several seeds."""
    if is_of_testcase(item) and _stated(item, 0):
        raise DeclarationError(
            "a method of unittest.TestCase cannot run on several seeds, because pytest does not parametrise it; "
            "give seed=…"
        )


def not_parametrised(config: pytest.Config, items: Sequence[pytest.Item]) -> list[str]:
    """Which tests run on one seed, though the run was asked for several."""
    settings = config.stash[SETTINGS]
    methods = sum(FIXTURE in getattr(item, "fixturenames", ()) and is_of_testcase(item) for item in items)
    if not settings.seeds or not methods:
        return []
    subject = f"{counted(methods, 'method')} of unittest.TestCase, which pytest does not parametrise,"
    return [f"synthdata: {subject} {'run' if methods > 1 else 'runs'} on seed {settings.seed} alone"]


def is_of_testcase(item: pytest.Item) -> bool:
    """Whether a test is a method of a ``unittest.TestCase``."""
    unittest: Any = sys.modules.get("unittest")
    cls = getattr(item, "cls", None)
    return unittest is not None and cls is not None and issubclass(cls, unittest.TestCase)


def _stated(test: Any, seed: int) -> Sequence[int] | None:
    """The seeds that the nearest marker says which says any; none where a seed is said, also in a parameter."""
    refuse_contradictions(test.obj, "seed", "seeds")
    markers = [marker.kwargs for marker in test.iter_markers("synth")]
    said = next((marker for marker in markers if "seeds" in marker or "seed" in marker), None)
    named = [value["seed"] for value in _parameters(test) if "seed" in value]
    if said is None:
        return () if named else None
    refuse_both(said)
    if "seeds" in said and named:
        raise DeclarationError(
            f"seeds={describe(said['seeds'])}, and seed={describe(named[0])} in a parameter of synth; give one of them"
        )
    return _checked(said["seeds"], seed) if "seeds" in said else ()


def derived(seed: int, count: int) -> list[int]:
    """A seed and others that follow from it: the first of them are the same, however many there are."""
    found = [seed]
    number = 0
    while len(found) < count:
        number += 1
        digest = blake2b(f"{seed}:{number}".encode(), digest_size=8).digest()
        other = int.from_bytes(digest, "big") % _RANGE
        if other not in found:
            found.append(other)
    return found


def _parameters(test: Any) -> Iterator[Mapping[str, Any]]:
    """The parameters of the fixture `synth`."""
    for mark in test.iter_markers("parametrize"):
        names, values = (*mark.args, mark.kwargs.get("argnames"), mark.kwargs.get("argvalues"))[:2]
        if names in ("synth", ("synth",), ["synth"]) and isinstance(values, (list, tuple)):
            for value in values:
                given = getattr(value, "values", value)  # of pytest.param
                one = given[0] if isinstance(given, tuple) and len(given) == 1 else value
                if isinstance(one, Mapping):
                    yield one


def _checked(seeds: Any, seed: int) -> Sequence[int]:
    if isinstance(seeds, int) and not isinstance(seeds, bool) and 1 <= seeds <= MOST_SEEDS:
        return derived(seed, seeds)
    if isinstance(seeds, Iterable) and not isinstance(seeds, (str, bytes)):
        chosen = list(seeds)
        if chosen and all(type(one) is int for one in chosen) and len({*chosen}) == len(chosen):
            return chosen
    raise DeclarationError(
        f"seeds={describe(seeds)}; give how many, from 1 to {MOST_SEEDS:,}, or a list of different integers"
    )


__all__ = ["FIXTURE", "Mistake", "derived", "is_of_testcase", "not_parametrised", "parametrize", "refuse_wrong_seeds"]
