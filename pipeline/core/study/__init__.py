"""study.toml: samples, geometry, files, settings; says which layer set each value.

tables.py    the base of every table
schema.py    what may stand in the file, put together from what the techniques declare (pydantic: unknown keys are mistakes)
settings.py  defaults, bounds and reasons of the stages' settings
load.py      file -> Study, or every mistake at once
draft.py     a folder of raw files -> a first study.toml
"""
