"""Every setting has a default, a reason and a unit, and unknown names are mistakes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest

from pipeline.core.study.settings import STAGES, check_defaults, describe_settings, resolve_settings, settings_class


@pytest.mark.parametrize("stage", STAGES)
def test_each_setting_has_a_default_and_a_reason_and_is_frozen(stage):
    cls = settings_class(stage)
    assert is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert check_defaults(stage) == []
    assert cls.__pydantic_config__ == {"extra": "forbid"}


def test_an_unknown_setting_is_a_mistake_in_every_stage():
    given: dict[str, dict[str, dict[str, int]]] = {}
    for stage in STAGES:
        technique, name = stage.split(".")
        given.setdefault(technique, {})[name] = {"no_such_setting": 1}
    _, _, mistakes = resolve_settings(given)
    assert len(mistakes) == len(STAGES)
    assert all("no_such_setting: unknown setting" in m for m in mistakes)


def test_the_layer_tells_who_set_a_value():
    settings, layers, mistakes = resolve_settings({"eis": {"arcs": {"max_arcs": 2}}})
    assert mistakes == []
    assert settings["eis.arcs"].max_arcs == 2
    assert layers["eis.arcs.max_arcs"] == "study"
    rows = list(describe_settings(settings, layers))
    assert {r[0] for r in rows} == set(layers)
    assert all(reason for *_, reason in rows)
    n = sum(len(fields(settings_class(s))) for s in STAGES)
    assert len(rows) >= n
