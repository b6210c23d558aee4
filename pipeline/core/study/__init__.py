"""study.toml: samples, geometry, files, settings; says which layer set each value.

schema.py    what may stand in the file (pydantic: unknown keys are mistakes)
settings.py  the stages' settings classes, their defaults, bounds and reasons
rows.py      what a run needs of the study: frozen rows, one per unit of work
load.py      file -> Study, or every mistake at once
draft.py     a folder of raw files -> a first study.toml
"""

from pipeline.core.study.load import load_study
from pipeline.core.study.rows import EisFile, LsvFile, Review, Study, XasGroup

__all__ = ["EisFile", "LsvFile", "Review", "Study", "XasGroup", "load_study"]
