"""Tables of text, as commands print them."""

from collections.abc import Collection, Sequence


def format_table(rows: Sequence[Sequence[str]], right_aligned: Collection[str] = ()) -> list[str]:
    """Return a line for each row, its cells below each other. The first row has the headings.

    right_aligned: the headings of columns of numbers.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if heading in right_aligned else cell.ljust(width)
            for cell, width, heading in zip(row, widths, rows[0], strict=True)
        ).rstrip()
        for row in rows
    ]
