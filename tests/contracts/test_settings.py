"""Every setting has a default, a reason and a unit, and unknown names are mistakes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest

from pipeline.core.registry import settings_classes, techniques
from pipeline.core.study.settings import check_defaults, describe_settings, resolve_settings

CLASSES = settings_classes(techniques())


@pytest.mark.parametrize("stage", CLASSES)
def test_each_setting_has_a_default_and_a_reason_and_is_frozen(stage):
    cls = CLASSES[stage]
    assert is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert check_defaults(cls) == []
    assert cls.__pydantic_config__ == {"extra": "forbid", "allow_inf_nan": False}


def test_an_unknown_setting_is_a_mistake_in_every_stage():
    given: dict[str, dict[str, dict[str, int]]] = {}
    for stage in CLASSES:
        technique, name = stage.split(".")
        given.setdefault(technique, {})[name] = {"no_such_setting": 1}
    _, _, mistakes = resolve_settings(given, CLASSES)
    assert len(mistakes) == len(CLASSES)
    assert all("no_such_setting: unknown setting" in m for m in mistakes)


def test_the_layer_tells_who_set_a_value():
    settings, layers, mistakes = resolve_settings({"eis": {"arcs": {"max_arcs": 2}}}, CLASSES)
    assert mistakes == []
    assert settings["eis.arcs"].max_arcs == 2
    assert layers["eis.arcs.max_arcs"] == "study"
    rows = list(describe_settings(settings, layers))
    assert {r[0] for r in rows} == set(layers)
    assert all(reason for *_, reason in rows)
    n = sum(len(fields(cls)) for cls in CLASSES.values())
    assert len(rows) >= n
