"""Projects of several groups, written as four programs write them: what is in them is known."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

ENERGY = np.concatenate([np.arange(9690, 9860, 5.0), np.arange(9860, 9930, 0.5), np.arange(9930, 10700, 3.0)])
"""Around Ta L3."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group: ``mu`` on ``energy``, or chi(k) on k."""

    label: str
    mu: np.ndarray
    energy: np.ndarray = field(default_factory=lambda: ENERGY)
    told: str = ""
    """What the program wrote of its origin."""
    chi: bool = False
    partner: int | None = None
    """Place of the reference channel that it is tied to."""


def edge(shift_ev: float = 0.0, step: float = 1.0, seed: int | None = None) -> np.ndarray:
    """An edge with oscillations, noise of 1e-3 where a seed is given."""
    e = ENERGY - 9881.0 - shift_ev
    k = np.sqrt(0.2625 * np.clip(e, 0, None))
    wave = np.where(k > 1.5, 0.3 * np.exp(-0.02 * k**2) * np.sin(2 * 2.36 * k) / np.maximum(k, 1.0), 0.0)
    mu = 0.3 - 1e-4 * e + step * (0.5 + np.arctan(e / 2) / np.pi) * (1 + wave)
    return mu if seed is None else mu + 1e-3 * step * np.random.default_rng(seed).standard_normal(e.size)


def merge(label: str, parts: Sequence[Group], told: bool = True) -> Group:
    """The mean of some groups, with or without a word of whose."""
    text = "Merge of  " + ", ".join(p.label for p in parts) if told else ""
    return Group(label=label, mu=np.mean([p.mu for p in parts], axis=0), energy=parts[0].energy, told=text)


def _args(groups: Sequence[Group], i: int) -> dict[str, str]:
    g = groups[i]
    args = {"bkg_z": "Ta", "fft_edge": "L3", "bkg_e0": "9881.0", "bkg_eshift": "0", "label": g.label, "file": g.told}
    args |= {"is_chi": "1"} if g.chi else {}
    args |= {} if g.partner is None else {"referencegroup": f"group{g.partner}"}
    return args


def perl(groups: Sequence[Group], version: str) -> str:
    """As Athena 0.8 and Demeter 0.9 dump it."""
    lines = [f"# Athena project file -- {version}", ""]
    for i, g in enumerate(groups):
        words = ",".join(f"'{k}','{v}'" for k, v in _args(groups, i).items())
        lines += [f"$old_group = 'group{i}';", f"@args = ({words});"]
        lines += [
            f"@{name} = ({','.join(repr(str(v)) for v in a.tolist())});" for name, a in (("x", g.energy), ("y", g.mu))
        ]
        lines += ["[record]", ""]
    return "\n".join([*lines, "1;", ""])


def json_text(groups: Sequence[Group]) -> str:
    """As Demeter 0.9.26 may write it."""
    data: dict[str, object] = {"_____header1": "# Athena project file -- Demeter version 0.9.26"}
    for i, g in enumerate(groups):
        data[f"group{i}"] = {"args": _args(groups, i), "x": g.energy.tolist(), "y": g.mu.tolist()}
    data["_____order"] = [f"group{i}" for i in range(len(groups))]
    return json.dumps(data)


def larix(groups: Sequence[Group]) -> str:
    """As larix saves a session."""
    lines = ["##LARIX: 1.0      Larch Session File", f"##<Symbols: count={len(groups)}>"]
    for i, g in enumerate(groups):
        names = ("k", "chi") if g.chi else ("energy", "mu")
        arrays = {n: {"__class__": "Array", "value": a.tolist()} for n, a in zip(names, (g.energy, g.mu), strict=True)}
        entry = {"__class__": "Group", "atsym": "Ta", "edge": "L3", "filename": g.label, "e0": 9881.0, **arrays}
        lines += [f"<:group{i}:>", json.dumps(entry)]
    return "\n".join([*lines, "##</Symbols>", ""])


KINDS: Mapping[str, Callable[[Sequence[Group]], bytes]] = {
    "Athena 0.8": lambda groups: gzip.compress(perl(groups, "Athena version 0.8.059").encode()),
    "Demeter 0.9, plain": lambda groups: perl(groups, "Demeter version 0.9.25").encode(),
    "Demeter JSON": lambda groups: gzip.compress(json_text(groups).encode()),
    "larix": lambda groups: larix(groups).encode(),
    "larix, packed": lambda groups: gzip.compress(larix(groups).encode()),
}
