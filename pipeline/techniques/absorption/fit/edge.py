"""All samples at one edge: their first shells, and how far octahedra are bent against those of the reference."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.core.errors import PipelineError
from pipeline.core.sample import RawFile
from pipeline.core.technique import JointWork
from pipeline.techniques.absorption.fit.distortion.scattering_ratio import measure_distortion
from pipeline.techniques.absorption.fit.shells.edge import fit_edge
from pipeline.techniques.absorption.model import (
    EdgeResult,
    EdgeRow,
    ReducedAbsorption,
    ReducedOrXanes,
    References,
    ShellSpec,
)
from pipeline.techniques.absorption.settings import DistortionSettings, ShellSettings


def join_edge(
    work: JointWork[EdgeRow, ReducedOrXanes, EdgeResult],
) -> Iterable[EdgeResult | PipelineError]:
    """Errors of single samples, shell fits in the order of the reductions, distortions in the order of the fits.

    A CIF file that cannot be read is not handed on: the fit of the sample that needs it says so.
    """
    reference = work.settings[References].by_edge.get(work.group.name)
    cifs = {name: raw.data for name, raw in work.beside.items() if isinstance(raw, RawFile)}
    specs = {
        row.sample: ShellSpec(
            scatterer=row.scatterer,
            coordination=row.coordination,
            structure=row.structure,
            cif=cifs.get(row.structure or ""),
            distance_angstrom=row.distance_angstrom,
            distance_sigma_angstrom=row.distance_sigma_angstrom,
        )
        for row in work.group.rows
    }
    reductions = [r for r in work.fitted if isinstance(r, ReducedAbsorption)]
    fits, failed = fit_edge(reductions, reference, specs, work.cache, work.settings[ShellSettings])
    try:
        bent = measure_distortion(reductions, fits, reference, work.cache, work.settings[DistortionSettings])
    except PipelineError as error:
        return [*failed, *fits, error]
    return [*failed, *fits, *bent]
