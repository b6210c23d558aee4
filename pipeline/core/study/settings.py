"""The settings of every stage: what a study changed, and what each value means.  The classes are the techniques' own."""

from __future__ import annotations

import ast
import difflib
import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipeline.core.study.schema import toml_as_json


def nearest(wrong: str, valid: list[str]) -> str:
    """``did you mean 'x'?`` or the list of valid names."""
    close = difflib.get_close_matches(wrong, valid, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else "valid: " + ", ".join(valid)


Classes = Mapping[str, type[Any]]
"""``"lsv.onset"`` -> class of the settings of that stage."""


def resolve_settings(given: Mapping[str, Any], classes: Classes) -> tuple[dict[str, object], dict[str, str], list[str]]:
    """Settings of every stage from the study's ``[settings]`` table.

    Returns
    -------
    settings, layers, mistakes:
        Stage name -> settings object; dotted field name -> ``default`` or ``study``; and every mistake as one line.
    """
    mistakes: list[str] = []
    tables = dict(_stage_tables(given, list(classes), mistakes))
    settings: dict[str, object] = {}
    layers: dict[str, str] = {}
    for stage, cls in classes.items():
        table = tables.get(stage, {})
        try:
            settings[stage] = TypeAdapter(cls).validate_json(toml_as_json(table), strict=True)
        except ValidationError as error:
            settings[stage] = cls()
            mistakes += [f"settings.{stage}{_explain(cls, dict(e))}" for e in error.errors()]
        for dotted in _leaves(cls):
            layers[f"{stage}.{dotted}"] = "study" if _has(table, dotted) else "default"
    return settings, layers, mistakes


def _stage_tables(
    given: Mapping[str, Any], known: Sequence[str], mistakes: list[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    techniques = sorted({stage.split(".")[0] for stage in known})
    for technique, stages in given.items():
        if technique not in techniques or not isinstance(stages, Mapping):
            mistakes.append(f"settings.{technique}: unknown table ({nearest(technique, techniques)})")
            continue
        valid = [stage.split(".")[1] for stage in known if stage.startswith(technique + ".")]
        for name, table in stages.items():
            if name not in valid or not isinstance(table, Mapping):
                mistakes.append(f"settings.{technique}.{name}: unknown table ({nearest(name, valid)})")
            else:
                yield f"{technique}.{name}", table


def _has(table: Mapping[str, Any], dotted: str) -> bool:
    here: Any = table
    for part in dotted.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return False
        here = here[part]
    return True


def _nested(cls: type[Any], name: str) -> type[Any] | None:
    hints = inspect.get_annotations(cls, eval_str=True)
    hint = hints.get(name)
    return hint if isinstance(hint, type) and is_dataclass(hint) else None


def _leaves(cls: type[Any]) -> Iterator[str]:
    for f in fields(cls):
        inner = _nested(cls, f.name)
        if inner is None:
            yield f.name
        else:
            yield from (f"{f.name}.{leaf}" for leaf in _leaves(inner))


def _explain(cls: type[Any], error: dict[str, Any]) -> str:
    path = [str(part) for part in error["loc"]]
    text = "." + ".".join(path) if path else ""
    if error["type"] in ("unexpected_keyword_argument", "extra_forbidden", "dataclass_exact_type"):
        owner: type[Any] = cls
        for part in path[:-1]:
            owner = _nested(owner, part) or owner
        return f"{text}: unknown setting ({nearest(path[-1], [f.name for f in fields(owner)])})"
    return f"{text}: {wrong_value(error)}"


def wrong_value(error: Mapping[str, Any]) -> str:
    """What is wrong with a value, what stands there, and a hint where a number or a truth value was written as text."""
    problem = str(error["msg"]).lower().replace("an object", "a table").replace("a valid array", "a valid list")
    given = error.get("input")
    as_text = error["type"] in ("float_type", "int_type", "bool_type") and isinstance(given, str)
    return f"{problem}, got {str(given)[:60]!r}" + (" (write it without quotation marks)" if as_text else "")


def describe_settings(settings: Mapping[str, Any], layers: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """Every setting as (dotted name, value, layer, bound and reason)."""
    for stage, value in settings.items():
        yield from _describe(stage, value, layers)


def _describe(prefix: str, value: Any, layers: Mapping[str, str]) -> Iterator[tuple[str, str, str, str]]:
    cls = type(value)
    reasons, hints = field_docstrings(cls), inspect.get_annotations(cls, eval_str=True)
    for f in fields(cls):
        name, item = f"{prefix}.{f.name}", getattr(value, f.name)
        if _nested(cls, f.name) is not None:
            yield from _describe(name, item, layers)
            continue
        bounds = ", ".join(_bound(b) for b in getattr(hints.get(f.name), "__metadata__", ()))
        text = reasons.get(f.name, "") + (f" [{bounds}]" if bounds else "")
        yield name, repr(item), layers.get(name, "default"), text


def _bound(bound: object) -> str:
    """``>= 1`` for Ge(1), ``at least 1 long`` for MinLen(1); another one as it prints."""
    for name, words in (
        ("ge", ">= {}"),
        ("gt", "> {}"),
        ("le", "<= {}"),
        ("lt", "< {}"),
        ("min_length", "at least {} long"),
    ):
        if hasattr(bound, name):
            return words.format(getattr(bound, name))
    return str(bound)


def field_docstrings(cls: type[Any]) -> dict[str, str]:
    """Docstrings that stand under the fields of a dataclass, by field name, on one line each."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for statement, after in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[statement.target.id] = " ".join(str(after.value.value).split())
    return found


def check_defaults(cls: type[Any]) -> list[str]:
    """Names of settings of a class that have no default or no reason (a contract test asks)."""
    reasons = field_docstrings(cls)
    return [
        f.name
        for f in fields(cls)
        if (f.default is MISSING and f.default_factory is MISSING)
        or (f.name not in reasons and not _nested(cls, f.name))
    ]
