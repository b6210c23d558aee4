"""What absorption leaves for other programs."""

from __future__ import annotations

from dataclasses import replace

from tests.archived_run import archive_files, shell, summary


def test_the_inputs_of_feff_are_kept_once():
    text = "TITLE SmCl3\nEDGE L3\nEND\n"
    fits = [replace(shell(), feff_inputs={"Sm_SmCl3": text}), replace(shell("b"), feff_inputs={"Sm_SmCl3": text})]
    files = archive_files(summary(shells=tuple(fits)))
    assert {n: files[n] for n in files if n.startswith("feff/")} == {"feff/Sm_SmCl3.inp": text.encode()}
