"""The columns of BioLogic's binary files as a table of facts: id, quantity, unit, type.

Established from measurements that exist twice, as .mpr and as the .mpt that EC-Lab exported from it: the text names the columns
of the binary file in their order, the length of a row gives the types, and the numbers agree to the printed digits
(tests/real/test_mpr_pairs.py).  A column marked ``seen=False`` stands in no such pair: its name and place are known from EC-Lab's
own list of quantities, its type is the one of its neighbours, and a file that has it is read only where the row's length agrees.

A new column is one line here.
"""

from __future__ import annotations

from dataclasses import dataclass

F4, F8, U2, U4 = "<f4", "<f8", "<u2", "<u4"


@dataclass(frozen=True, slots=True)
class Column:
    """One quantity of a row."""

    id: int
    quantity: str
    unit: str
    """'' for a number without one."""
    dtype: str
    """As numpy writes it, little endian."""
    seen: bool = True
    """False where no pair of .mpr and .mpt shows the column."""

    @property
    def heading(self) -> str:
        """As EC-Lab's text export writes it."""
        return f"{self.quantity}/{self.unit}" if self.unit else self.quantity


@dataclass(frozen=True, slots=True)
class Flag:
    """One or two bits of the byte that all flags of a row share."""

    id: int
    quantity: str
    mask: int

    @property
    def shift(self) -> int:
        """Bits below it."""
        return (self.mask & -self.mask).bit_length() - 1


FLAGS = {
    flag.id: flag
    for flag in (
        Flag(1, "mode", 0b0000_0011),
        Flag(2, "ox/red", 0b0000_0100),
        Flag(3, "error", 0b0000_1000),
        Flag(21, "control changes", 0b0001_0000),
        Flag(31, "Ns changes", 0b0010_0000),
        Flag(65, "counter inc.", 0b1000_0000),
    )
}

COLUMNS = {
    column.id: column
    for column in (
        Column(4, "time", "s", F8),
        Column(5, "control", "V/mA", F4),
        Column(6, "Ewe", "V", F4),
        Column(7, "dq", "mA.h", F8),
        Column(8, "I", "mA", F4),
        Column(9, "Ece", "V", F4),
        Column(11, "<I>", "mA", F8),
        Column(13, "(Q-Qo)", "mA.h", F8),
        Column(16, "Analog IN 1", "V", F4),
        Column(17, "Analog IN 2", "V", F4),
        Column(18, "Analog IN 3", "V", F4, seen=False),
        Column(19, "control", "V", F4),
        Column(20, "control", "mA", F4),
        Column(23, "dQ", "mA.h", F8),
        Column(24, "cycle number", "", F8),
        Column(26, "Rapp", "Ohm", F4, seen=False),
        Column(27, "Ewe-Ece", "V", F4, seen=False),
        Column(32, "freq", "Hz", F4),
        Column(33, "|Ewe|", "V", F4),
        Column(34, "|I|", "A", F4),
        Column(35, "Phase(Z)", "deg", F4),
        Column(36, "|Z|", "Ohm", F4),
        Column(37, "Re(Z)", "Ohm", F4),
        Column(38, "-Im(Z)", "Ohm", F4),
        Column(39, "I Range", "", U2),
        Column(69, "R", "Ohm", F4, seen=False),
        Column(70, "P", "W", F4),
        Column(74, "|Energy|", "W.h", F8),
        Column(75, "Analog OUT", "V", F4, seen=False),
        Column(76, "<I>", "mA", F4),
        Column(77, "<Ewe>", "V", F4),
        Column(78, "Cs-2", "µF-2", F4, seen=False),
        Column(96, "|Ece|", "V", F4),
        Column(97, "|Ice|", "A", F4, seen=False),
        Column(98, "Phase(Zce)", "deg", F4),
        Column(99, "|Zce|", "Ohm", F4),
        Column(100, "Re(Zce)", "Ohm", F4),
        Column(101, "-Im(Zce)", "Ohm", F4),
        Column(123, "Energy charge", "W.h", F8),
        Column(124, "Energy discharge", "W.h", F8),
        Column(125, "Capacitance charge", "µF", F8),
        Column(126, "Capacitance discharge", "µF", F8),
        Column(131, "Ns", "", U2),
        Column(168, "Rcmp", "Ohm", F4),
        Column(169, "Cs", "µF", F4),
        Column(172, "Cp", "µF", F4),
        Column(174, "<Ewe>", "V", F4),
        Column(430, "Phase(Zwe-ce)", "deg", F4),
        Column(431, "|Zwe-ce|", "Ohm", F4),
        Column(432, "Re(Zwe-ce)", "Ohm", F4),
        Column(433, "-Im(Zwe-ce)", "Ohm", F4),
        Column(434, "(Q-Qo)", "C", F4),
        Column(435, "dQ", "C", F4),
        Column(438, "step time", "s", F8),
        Column(441, "<Ece>", "V", F4),
        Column(467, "Q charge/discharge", "mA.h", F8),
        Column(468, "half cycle", "", U4),
        Column(471, "<Ece>", "V", F4),
        Column(473, "THD Ewe", "%", F4),
        Column(474, "THD I", "%", F4),
        Column(475, "THD Ece", "%", F4, seen=False),
        Column(476, "NSD Ewe", "%", F4),
        Column(477, "NSD I", "%", F4),
        Column(478, "NSD Ece", "%", F4, seen=False),
        Column(479, "NSR Ewe", "%", F4),
        Column(480, "NSR I", "%", F4),
        Column(481, "NSR Ece", "%", F4, seen=False),
        *(Column(484 + h, f"|Ewe h{h}|", "V", F4) for h in range(2, 8)),
        *(Column(490 + h, f"|I h{h}|", "A", F4) for h in range(2, 8)),
        *(Column(496 + h, f"|Ece h{h}|", "V", F4, seen=False) for h in range(2, 8)),
    )
}

LARGEST_ID = 0xFFF
"""The largest id that is passed over as one not known yet: EC-Lab's own stay below a quarter of it, damage seldom does."""
