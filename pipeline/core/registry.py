"""Which techniques there are: the rooms beside ``core``, found by their folder, and those that other packages declare."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from importlib.metadata import entry_points

from pipeline.core.errors import StudyError
from pipeline.core.technique import AnyTechnique, SettingsClasses, Technique

GROUP = "hse_pipeline.techniques"
"""Entry points of other packages: ``name = "package.module:TECHNIQUE"``."""
ROOMS = f"{__name__.partition('.')[0]}.techniques"


@cache
def techniques() -> Mapping[str, AnyTechnique]:
    """All techniques by key, in the order of the report.

    Raises
    ------
    StudyError
        One that cannot be loaded, is none, or has the key of another.
    """
    found: dict[str, tuple[str, AnyTechnique]] = {}
    mistakes: list[str] = []
    for place, load in _places():
        try:
            technique = load()
        except Exception as error:  # a package that is not ours may fail in any way
            mistakes.append(f"{place}: cannot be loaded: {type(error).__name__}: {error}")
            continue
        if not isinstance(technique, Technique):
            mistakes.append(f"{place}: is no Technique but {type(technique).__name__}")
        elif technique.key in found:
            mistakes.append(f"{place}: key {technique.key!r} is taken by {found[technique.key][0]}")
        else:
            found[technique.key] = place, technique
    if mistakes:
        raise StudyError(tuple(mistakes))
    return dict(sorted(((k, t) for k, (_, t) in found.items()), key=lambda pair: (pair[1].rank, pair[0])))


def _places() -> Iterator[tuple[str, Callable[[], object]]]:
    for room in pkgutil.iter_modules(importlib.import_module(ROOMS).__path__):
        module = f"{ROOMS}.{room.name}.technique"
        yield module, partial(_load_room, module)
    for entry in entry_points(group=GROUP):
        yield f"{entry.dist.name if entry.dist else '?'}: {entry.value}", entry.load


def _load_room(module: str) -> object:
    return importlib.import_module(module).TECHNIQUE


def settings_classes(of: Mapping[str, AnyTechnique]) -> dict[str, type[object]]:
    """Every class of settings by its full name (``"lsv.onset"``), those of summaries last; options of the study are apart.

    Raises
    ------
    StudyError
        Two techniques give one name to two classes.
    """
    parts: list[SettingsClasses] = []
    for t in of.values():
        parts += [t.chain.settings, *(j.settings for j in t.joint)]
    parts += [t.summing.settings for t in of.values()]
    found: dict[str, type[object]] = {}
    for name, cls in (pair for some in parts for pair in some.items()):
        if "." in name and found.setdefault(name, cls) is not cls:
            words = f"settings.{name}: is {found[name].__name__} of one technique and {cls.__name__} of another"
            raise StudyError((words,))
    return found
