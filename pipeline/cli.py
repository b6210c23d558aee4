"""hse: the command line.  Imports what a command needs when it needs it; ``--help`` loads nothing.

Results go to stdout or to files; progress and log to stderr.  Exit status: 0 done; 1 done but something was rejected
(``--strict``, or ``hse check``), is different (``hse diff``, ``hse verify``), or could not be done for no fault of its data; 2 bad
usage or study, nothing started; 130 interrupted, 143 told to end.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.core.values import Rejection

NUMBER = r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hse",
        description="Raw exports of a solid-electrolyte lab to tables, figures and a report.",
    )
    parser.add_argument("--version", action="version", version=f"hse-pipeline {version('hse-pipeline')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="reduce a study: tables, figures, report")
    run.add_argument("study", type=Path, metavar="STUDY.toml")
    run.add_argument("--out", type=Path, metavar="DIR", help="default: results/ beside the study file")
    where = run.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="worker processes")
    where.add_argument("--scheduler", metavar="ADDRESS", help="a dask scheduler, tcp://… (extra: dask)")
    where.add_argument("--shard", type=_shard, metavar="i/n", help="part i of n of the files; then: hse collect")
    run.add_argument("--only", metavar="TECHNIQUE", help="one technique, by its table in the study: eis, lsv, xas …")
    run.add_argument(
        "--no-second-opinion",
        dest="second_opinion",
        action="store_false",
        help="do not have other programs fit the headline measurements again",
    )
    run.add_argument("--strict", action="store_true", help="exit 1 if anything was rejected")
    run.set_defaults(do=_run)

    init = commands.add_parser("init", help="write a first study.toml from a folder of raw files")
    init.add_argument("folder", type=Path, metavar="FOLDER")
    init.add_argument("--name-rule", metavar="REGEX", help="how sample and temperature stand in a file name")
    init.add_argument("--force", action="store_true", help="replace an existing study.toml")
    init.set_defaults(do=_init)

    check = commands.add_parser("check", help="say what files are and what is wrong with them")
    check.add_argument("files", type=Path, nargs="+", metavar="PATH", help="files, or folders")
    check.set_defaults(do=_check)

    collect = commands.add_parser("collect", help="join the records of --shard runs and make the report")
    collect.add_argument("study", type=Path, metavar="STUDY.toml")
    collect.add_argument("--out", type=Path, metavar="DIR")
    collect.set_defaults(do=_collect)

    _add_results_commands(commands.add_parser)

    settings = commands.add_parser("settings", help="show every setting with its value")
    settings.add_argument("study", type=Path, nargs="?", metavar="STUDY.toml")
    settings.add_argument("--explain", action="store_true", help="also which layer set it, its bounds and its reason")
    settings.set_defaults(do=_settings)
    return parser


def _add_results_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Commands about a results folder."""
    report = add("report", help="make tables, figures and page again from a results folder")
    report.add_argument("results", type=Path, metavar="DIR")
    report.set_defaults(do=_report)

    export = add("export", help="write only the archive: Athena project, XDI, circuits")
    export.add_argument("results", type=Path, metavar="DIR")
    export.set_defaults(do=_export)

    diff = add("diff", help="say what changed between two results folders")
    diff.add_argument("before", type=Path, metavar="A")
    diff.add_argument("after", type=Path, metavar="B")
    diff.add_argument(
        "--rtol",
        type=_tolerance,
        default=1e-9,
        metavar="R",
        help="relative difference that counts as none (figures: ≥ 1e-7)",
    )
    diff.set_defaults(do=_diff)

    verify = add("verify", help="prove that a results folder is as it was written")
    verify.add_argument("results", type=Path, metavar="DIR")
    verify.add_argument("--raw", type=Path, metavar="DIR", help="also that the raw files are as they were read")
    verify.set_defaults(do=_verify)

    gc = add("gc", help="remove records that the last run did not use")
    gc.add_argument("results", type=Path, metavar="DIR")
    gc.set_defaults(do=_gc)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _tolerance(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 0 and below 1")
    return value


def _shard(text: str) -> tuple[int, int]:
    i, _, n = text.partition("/")
    if not (i.isdigit() and n.isdigit() and 1 <= int(i) <= int(n)):
        raise argparse.ArgumentTypeError(f"{text} is not i/n with 1 <= i <= n")
    return int(i), int(n)


class _EndedError(KeyboardInterrupt):
    """SIGTERM, which is to end a run as Ctrl-C does."""


def _end(*_: object) -> None:
    raise _EndedError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)
    for name in THREADS:  # one thread per process: reproducible sums, and workers do not fight
        os.environ.setdefault(name, "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    args = _parser().parse_args(argv)
    from pipeline.core.errors import StudyError

    try:
        do: Callable[[argparse.Namespace], int] = args.do
        return do(args)
    except StudyError as error:
        for line in error.mistakes:
            print(line, file=sys.stderr)
        print(f"hse {args.command}: {len(error.mistakes)} mistake(s); nothing was started", file=sys.stderr)
        return 2
    except BrokenPipeError:  # hse settings | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt as stop:
        print("\nhse: interrupted; finished records are kept, run again to go on", file=sys.stderr)
        return 143 if isinstance(stop, _EndedError) else 130


def _run(args: argparse.Namespace) -> int:
    from tqdm import tqdm

    from pipeline.core.batch.run import run_study

    with tqdm(unit="task", file=sys.stderr, disable=None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        outcome = run_study(
            args.study,
            args.out,
            jobs=args.jobs,
            scheduler=args.scheduler,
            only=args.only,
            shard=args.shard,
            second_opinion=args.second_opinion,
            progress=progress,
        )
    return _tell(outcome, strict=args.strict)


def _tell(outcome: object, *, strict: bool) -> int:
    from pipeline.core.batch.run import RunOutcome

    assert isinstance(outcome, RunOutcome)
    print(outcome.printed)
    print(f"\n{outcome.n_run} task(s) done, {outcome.n_known} known from an earlier run.")
    if outcome.rejected:
        print(f"{len(outcome.rejected)} rejected:")
        for line in _rejections(outcome.rejected):
            print("  " + line)
    report = outcome.out / "report.html"
    if report.is_file():
        print(f"report: {report}")
    return 1 if not outcome.complete or (strict and outcome.rejected) else 0


def _rejections(rejected: Iterable[Rejection]) -> list[str]:
    """One line for each rejection; of the loops of a file that differ in their numbers only, the first stands for all."""
    groups: dict[tuple[str, str, str, str], list[Rejection]] = {}
    for r in rejected:
        key = (r.file, r.stage, re.sub(r" of loop \d+$", "", r.field), re.sub(NUMBER, "#", r.problem))
        groups.setdefault(key, []).append(r)
    lines = []
    for (file, stage, field, _), group in groups.items():
        first, more = group[0], f" [and {len(group) - 1} more loops]" if len(group) > 1 else ""
        hint = f" ({first.hint})" if first.hint else ""
        lines.append(f"{stage}: {file}: {first.field if not more else field}: {first.problem}{more}{hint}")
    return lines


def _collect(args: argparse.Namespace) -> int:
    from pipeline.core.batch.run import collect_results

    return _tell(collect_results(args.study, args.out), strict=False)


def _init(args: argparse.Namespace) -> int:
    from pipeline.core.study.draft import draft_study

    target = args.folder / "study.toml"
    if target.exists() and not args.force:
        print(f"{target}: exists already (--force replaces it)", file=sys.stderr)
        return 2
    text, notes = draft_study(args.folder, args.name_rule)
    from pipeline.core.atomic import write_whole

    write_whole(target, text.encode())
    for line in notes:
        print(line)
    print(f"wrote {target}: answer the lines that begin with '# ?', then: hse run {target}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from pipeline.core.inspection import check_file, check_folder

    failed = False
    for path in args.files:
        lines = check_folder(path) if path.is_dir() else check_file(path)
        for line in lines:
            print(line.text)
            failed = failed or line.bad
    return 1 if failed else 0


def _report(args: argparse.Namespace) -> int:
    from pipeline.core.batch.run import rebuild_report

    print(rebuild_report(args.results))
    print(f"report: {args.results / 'report.html'}")
    return 0


def _export(args: argparse.Namespace) -> int:
    from pipeline.core.batch.run import load_results
    from pipeline.core.report.archive import write_archive

    write_archive(load_results(args.results), args.results)
    print(f"archive: {args.results / 'archive'}")
    return 0


def _diff(args: argparse.Namespace) -> int:
    from pipeline.core.diff import compare_folders, describe_diff

    diff = compare_folders(args.before, args.after, args.rtol)
    for line in describe_diff(diff):
        print(line)
    return 1 if diff.differs else 0


def _verify(args: argparse.Namespace) -> int:
    from pipeline.core.batch.verify import verify_results

    wrong, compared = verify_results(args.results, args.raw)
    for line in wrong:
        print(line)
    print(f"{compared}: {len(wrong)} not as written" if wrong else f"{compared}: all as written")
    return 1 if wrong else 0


def _gc(args: argparse.Namespace) -> int:
    from pipeline.core.batch.verify import remove_old_records

    print(f"{sum(1 for _ in remove_old_records(args.results))} record(s) removed")
    return 0


def _settings(args: argparse.Namespace) -> int:
    from pipeline.core.registry import settings_classes, techniques
    from pipeline.core.study.load import load_study
    from pipeline.core.study.settings import describe_settings, resolve_settings

    if args.study is None:
        settings, layers, _ = resolve_settings({}, settings_classes(techniques()))
    else:
        study = load_study(args.study)
        settings, layers = dict(study.settings), dict(study.layers)
    for name, value, layer, reason in describe_settings(settings, layers):
        print(f"{name} = {value}" + (f"   # {layer}. {reason}" if args.explain else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
