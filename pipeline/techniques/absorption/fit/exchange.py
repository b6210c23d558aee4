"""A reduced sample as a larch group, under larch's own names: plot it, fit it, save it with the tools that a lab knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.techniques.absorption.model import ReducedAbsorption


def to_larch(reduced: ReducedAbsorption) -> Any:
    """``larch.Group`` with energy, mu, e0, edge_step, norm, flat, bkg, k, chi, r, chir and what they were made with.

    chi(R) holds the k-weight, window and range of the reduction (``group.kweight``, ``kmin``, ``kmax``, ``dk``, ``window``); the
    fields of larch that the reduction does not know are not there.  Importing larch takes some seconds.
    """
    from larch import Group

    chir = reduced.chi_r_re + 1j * reduced.chi_r_im
    return Group(
        label=f"{reduced.sample} {reduced.element} {reduced.edge}",
        energy=reduced.energy_ev.copy(),
        mu=reduced.mu.copy(),
        delta_mu=reduced.mu_sigma.copy(),
        e0=reduced.e0_ev,
        edge_step=reduced.edge_step.value,
        norm=reduced.normalized.copy(),
        flat=reduced.flattened.copy(),
        bkg=reduced.background.copy(),
        pre_edge=reduced.pre_edge.copy(),
        post_edge=reduced.post_edge.copy(),
        k=reduced.k_per_angstrom.copy(),
        chi=reduced.chi.copy(),
        delta_chi=reduced.chi_sigma.copy(),
        r=reduced.r_angstrom.copy(),
        chir=chir,
        chir_mag=np.abs(chir),
        chir_re=reduced.chi_r_re.copy(),
        chir_im=reduced.chi_r_im.copy(),
        kmin=reduced.k_min,
        kmax=reduced.k_max,
        dk=reduced.dk,
        kweight=reduced.k_weight,
        window=reduced.window,
        rbkg=reduced.rbkg_angstrom,
    )
