"""Cells that a spreadsheet would take for formulas: defused when we write, restored when we read our own."""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")


def defused(cell: str) -> str:
    """The cell with a quote before it if a spreadsheet would calculate it; numbers stay numbers.

    So does a cell that looks defused already: restored() gives every cell back as it was.
    """
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def restored(cell: str) -> str:
    """What defused() was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
