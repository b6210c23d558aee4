"""BioLogic's binary files beside galvani 0.5 (GPL-3, a peer in the tests alone): the same numbers wherever it reads them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.core.errors import ReadError
from pipeline.core.sample import RawFile
from pipeline.instruments.eclab.mpr import parse_mpr

BioLogic = pytest.importorskip("galvani", reason="galvani is not installed").BioLogic

FLAGS = ("mode", "ox/red", "error", "control changes", "Ns changes", "counter inc.")


def mine(path):
    data = path.read_bytes()
    return parse_mpr(RawFile(name=path.name, data=data, size=len(data)))


def test_every_number_that_galvani_reads_is_the_same_here(real_data):
    files = columns = named = flags = empty = 0
    unread = []
    for path in sorted(real_data.rglob("*.mpr")):
        try:
            theirs = BioLogic.MPRfile(str(path))
        except NotImplementedError:
            unread.append(path.name)  # a column that is not in its list
            assert mine(path).n_rows > 0
            continue
        if len(theirs.data) == 0:
            empty += 1
            with pytest.raises(ReadError, match="rows: no data points"):
                mine(path)
            continue
        table = mine(path)
        assert table.n_rows == len(theirs.data)
        names = [n for n in theirs.data.dtype.names if n != "flags"]
        stored = {n: c for n, c in table.columns.items() if n not in FLAGS}
        for theirs_name, (name, column) in zip(names, stored.items(), strict=True):  # in the order of the row
            got = theirs.data[theirs_name].astype(float)
            np.testing.assert_array_equal(column, got, err_msg=f"{path.name} {name}, {theirs_name} there")
            columns += 1
            named += name == theirs_name
        for name in FLAGS:
            if name in theirs.flags_dict:
                got = np.asarray(theirs.get_flag(name)).astype(float)
                np.testing.assert_array_equal(table.columns[name], got, err_msg=f"{path.name} {name}")
                flags += 1
        files += 1
    assert files >= 45
    assert columns > 500
    assert (
        named > 0.9 * columns
    )  # galvani calls id 441 <Ecv>, and leaves external inputs under the name of their socket
    assert flags > 40
    assert empty >= 14
    assert len(unread) <= 3
