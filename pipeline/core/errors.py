"""Failures: those that end one measurement, and the one that stops a run before it starts."""

from __future__ import annotations

from typing import Any


class PipelineError(Exception):
    """One measurement cannot pass one stage.

    ``str(error)`` is one line, ``file: field: problem (hint)``, so that the terminal, the log
    and the table of rejections in the report all say the same.
    """

    stage = "pipeline"

    def __init__(self, *, source: str, field: str, problem: str, hint: str = "", code: str = "") -> None:
        self.source, self.field, self.problem, self.hint = source, field, problem, hint
        self.code = code
        super().__init__(f"{source}: {field}: {problem}" + (f" ({hint})" if hint else ""))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by keyword: a worker process must be able to send the error back whole."""
        return _rebuild, (type(self), self.__dict__)


def _rebuild(cls: type[PipelineError], fields: dict[str, str]) -> PipelineError:
    return cls(**fields)


class ReadError(PipelineError):
    """The file is not what its name or header says."""

    stage = "read"


class CheckError(PipelineError):
    """The data are readable but too bad to be worth a fit."""

    stage = "check"


class FitError(PipelineError):
    """The model does not describe the data, or the data do not determine the model."""

    stage = "fit"


class StudyError(Exception):
    """The study file is wrong: the run stops before it starts, with all mistakes at once."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle with the list, so that no mistake is lost between processes."""
        return type(self), (self.mistakes,)
