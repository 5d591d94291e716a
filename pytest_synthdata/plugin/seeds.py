"""Several seeds for a test, as pytest's own parameters: each is a test with an id, which xdist distributes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import pytest

from pytest_synthdata.plugin.options import MOST_SEEDS
from pytest_synthdata.plugin.stash import SETTINGS

FIXTURE = "_synth_seed"
_RANGE = 1_000_000  # of derived seeds: short enough to be read and typed


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a test its seeds: those that the nearest marker says, else those of ``--synth-seeds``."""
    if FIXTURE not in metafunc.fixturenames:
        return
    settings = metafunc.config.stash[SETTINGS]
    markers = [marker.kwargs for marker in metafunc.definition.iter_markers("synth")]
    said = next((marker for marker in markers if "seeds" in marker or "seed" in marker), {})
    if "seeds" in said:
        seeds = _checked(said, settings.seed)
    elif "seed" in said or not settings.seeds:
        return
    else:
        seeds = derived(settings.seed, settings.seeds)
    metafunc.parametrize(FIXTURE, seeds, indirect=True, ids=[f"seed={seed}" for seed in seeds], scope="session")


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


def _checked(said: Mapping[str, Any], seed: int) -> Sequence[int]:
    seeds = said["seeds"]
    if "seed" in said:
        _refuse(f"seed={said['seed']!r} and seeds={seeds!r}; give one of them")
    if isinstance(seeds, int) and not isinstance(seeds, bool) and 1 <= seeds <= MOST_SEEDS:
        return derived(seed, seeds)
    if isinstance(seeds, Iterable) and not isinstance(seeds, (str, bytes)):
        chosen = list(seeds)
        if chosen and all(type(one) is int for one in chosen) and len({*chosen}) == len(chosen):
            return chosen
    return _refuse(f"seeds={seeds!r}; give how many, from 1 to {MOST_SEEDS:,}, or a list of different integers")


def _refuse(what: str) -> Any:
    pytest.fail(f"@pytest.mark.synth: {what}", pytrace=False)


__all__ = ["FIXTURE", "derived", "parametrize"]
