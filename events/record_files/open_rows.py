"""Opens a file of records by what is in it, whatever it is called."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from events.record_files.csv_rows import choose_encoding, read_csv
from events.record_files.excel_rows import read_excel
from events.record_files.file_rows import FileRows, UnreadableRecords
from events.record_files.json_rows import read_json

# The first bytes of a workbook, and of one of Excel 2003 or older.
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
HEAD_BYTES = 1024


@contextmanager
def open_rows(path: Path, encoding: str = "") -> Iterator[FileRows]:
    """Open a file of records. encoding: of a CSV file; empty if nobody said. Raises UnreadableRecords."""
    with ExitStack() as stack:
        try:
            rows = _open(path, encoding, stack)
        except OSError as error:
            raise UnreadableRecords(f"{path}: {error.strerror}") from error
        yield rows


def _open(path: Path, encoding: str, stack: ExitStack) -> FileRows:
    """Open the file until the stack is closed. Raises UnreadableRecords and OSError."""
    file = stack.enter_context(path.open("rb"))
    head = file.read(HEAD_BYTES)
    text = head.removeprefix(BOM_UTF8)
    if not text.strip():
        raise UnreadableRecords(f"{path} is empty")
    if head.startswith(OLD_EXCEL):
        raise UnreadableRecords(f"{path} is of an old Excel: save it as .xlsx or CSV")
    if head.startswith(ZIP):
        return read_excel(path, file)
    if text.lstrip().startswith((b"{", b"[")):
        file.seek(len(head) - len(text))
        return read_json(path, file)
    chosen = choose_encoding(path, encoding)
    return read_csv(path, stack.enter_context(path.open(encoding=chosen, newline="")), chosen)
