"""Reads a CSV file into columns of text, and finds the label among them."""

import codecs
import csv
import io
import warnings

import pandas

from .errors import BadData

LABEL_NAMES = ("label", "target", "class", "y")
TEXT_NAMES = ("text", "sentence", "review", "message", "content", "comment", "body")
ROWS_MIN = 10


def read(path, report):
    """The rows of a CSV file, every cell as text."""
    if not path.is_file():
        raise BadData("dataset: the file is not there")
    encoding = _encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        head = file.read(65536)
    if not head.strip():
        raise BadData("dataset: the file is empty")
    if "\0" in head:
        raise BadData("dataset: this is no text file")
    with warnings.catch_warnings(record=True) as skipped:
        warnings.simplefilter("always")
        try:
            table = pandas.read_csv(
                path, sep=_delimiter(head), encoding=encoding, dtype=str, keep_default_na=False,
                on_bad_lines="warn", encoding_errors="replace", skipinitialspace=True,
            )  # fmt: skip
        except (pandas.errors.ParserError, pandas.errors.EmptyDataError, csv.Error) as error:
            raise BadData(f"dataset: the CSV cannot be read: {error}") from error
    for warning in skipped:
        if issubclass(warning.category, pandas.errors.ParserWarning):
            report.log(f"lines left out: {str(warning.message).strip()}", "warning")
    table.columns = [str(name).strip() for name in table.columns]
    if table.columns.has_duplicates:
        raise BadData("dataset: two columns have the same name")
    if len(table.columns) < 2:
        raise BadData("dataset: there is one column; a label and something to learn from are needed")
    return table


def label_of(table, asked, report):
    """The name of the label's column."""
    if asked is not None:
        if asked not in table.columns:
            raise BadData(f"label_column: the CSV has no column {asked}")
        return asked
    by_name = {name.lower(): name for name in table.columns}
    found = next((by_name[name] for name in LABEL_NAMES if name in by_name), table.columns[-1])
    report.log(f"the label is column {found}")
    return found


def text_of(table, asked, label, report):
    """The name of the text's column."""
    if asked is not None:
        if asked not in table.columns or asked == label:
            raise BadData(f"text_column: the CSV has no column {asked} besides the label")
        return asked
    others = [name for name in table.columns if name != label]
    by_name = {name.lower(): name for name in others}
    longest = max(others, key=lambda name: table[name].str.len().mean())
    found = next((by_name[name] for name in TEXT_NAMES if name in by_name), longest)
    report.log(f"the text is column {found}")
    return found


def with_label(table, label, report):
    """The rows whose label is said."""
    table = table[table[label].str.strip() != ""].reset_index(drop=True)
    if len(table) < ROWS_MIN:
        raise BadData(f"dataset: {len(table)} rows have a label; at least {ROWS_MIN} are needed")
    report.log(f"{len(table)} rows, {len(table.columns)} columns")
    return table


def classes_of(values):
    """The classes among labels, in a stable order; one class is nothing to learn."""
    classes = sorted(set(values))
    if len(classes) < 2:
        raise BadData(f"dataset: every row has the label {classes[0]}; two classes are needed")
    if len(classes) > 1000 or len(classes) > len(values) // 2:
        raise BadData(f"dataset: {len(classes)} classes in {len(values)} rows; is this the label?")
    return classes


def _encoding(path):
    """UTF-8 where it is, else the encoding of Russian spreadsheets."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1251"
    return "utf-8-sig"


def _delimiter(head):
    """What stands between cells: the candidate that gives the first lines the same many cells."""
    lines = io.StringIO(head, newline="")
    best, most = ",", 1
    for delimiter in (",", ";", "\t", "|"):
        lines.seek(0)
        try:
            counts = [len(row) for row, _ in zip(csv.reader(lines, delimiter=delimiter), range(20))]
        except csv.Error:
            continue
        counts = counts[:-1] if len(counts) > 2 else counts
        if counts and min(counts) == counts[0] and counts[0] > most:
            best, most = delimiter, counts[0]
    return best
