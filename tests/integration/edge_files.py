"""Writing rows as files: CSV in every legal and many illegal shapes, gzip, Parquet with native types."""

import datetime
import gzip
import io
from decimal import Decimal
from pathlib import Path
from random import Random

import pyarrow
import pyarrow.parquet

from tests.integration.edge_patients import Row
from tests.integration.oracle.tables import TABLES
from tests.integration.oracle.values import parse_boolean, parse_date, parse_integer, parse_number, parse_timestamp

EXTENSIONS = [".csv", ".csv.gz", ".parquet"]


def header_of(rng: Random, table: str, rows: list[Row]) -> list[str]:
    """Column names in any order; optional columns that no row uses are sometimes left out."""
    known = [column.name for column in TABLES[table].columns]
    used = {name for row in rows for name, value in row.items() if value is not None}
    required = {column.name for column in TABLES[table].columns if column.required}
    names = [name for name in known if name in required | used or rng.random() < 0.5]
    names += [name for name in TABLES[table].identifiers if name in used]
    rng.shuffle(names)
    return names


def spelled(rng: Random, name: str) -> str:
    """A header name in another case, with blanks around, or quoted."""
    return rng.choice(
        [name, name, name, name.upper(), name.title(), f" {name} ", f'"{name}"', f'" {name}"', f"{name}\t"]
    )


def plain_field(value: str | None) -> str:
    """One field of a record, quoted only where it must be."""
    text = value or ""
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def csv_field(rng: Random, value: str | None) -> str:
    """One field of a record, quoted where it must be and sometimes where it need not; sometimes padded."""
    text = value or ""
    if "\r" in text:
        return plain_field(text)
    if any(sign in text for sign in ',"\n') and not (
        '"' in text and text[0] != '"' and not any(s in text for s in ",\n")
    ):
        return '"' + text.replace('"', '""') + '"'
    shape = rng.random()
    if shape < 0.1:
        return '"' + text.replace('"', '""') + '"'
    if shape < 0.14:
        return rng.choice(
            [f" {text}  ", f"\t{text}", f'"\n{text}"' if '"' not in text else text, f"\u00a0{text}\u2003"]
        )
    return f'" {text} "' if shape < 0.16 and '"' not in text else text


def spoil(rng: Random, fields: list[bytes]) -> list[bytes]:
    """One record made malformed, or made odd but legal."""
    fields = list(fields)
    position = rng.randrange(len(fields))
    plain = fields[position].strip(b'" ').replace(b'"', b"")
    kind = rng.choice(
        ["short", "long", "behind", "blank behind", "bytes", "quoted bytes", "blank before", "quote in text"]
    )
    if kind == "short":
        fields.pop()
    elif kind == "long":
        fields.append(rng.choice([b"", b"extra"]))
    elif kind == "behind":
        fields[position] = b'"' + plain + b'"' + rng.choice([b"x", b'y"z', b' "again"'])
    elif kind == "blank behind":
        fields[position] = b'"' + plain + b'" '
    elif kind == "bytes":
        fields[position] = plain + rng.choice([b"\xff", b"\xe9t\xe9", b"\xc3"])
    elif kind == "quoted bytes":
        fields[position] = b'"\xfe,' + plain + b'"'
    elif kind == "blank before":
        fields[position] = b' "' + plain + b'"'
    else:
        fields[position] = plain + b'5" x'
    return fields


def csv_bytes(rng: Random, table: str, rows: list[Row]) -> bytes:
    """A CSV file of the rows: any line ends, byte-order mark, empty lines, broken records, unknown columns.

    A third of the files are clean, so that a fast way of reading is taken and tested as well.
    """
    names = header_of(rng, table, rows)
    if rng.random() < 0.33:
        lines = [names, *([plain_field(row.get(name)) for name in names] for row in rows)]
        ends = rng.choice(["\n", "\r\n"])
        return (ends.join(",".join(line) for line in lines) + rng.choice([ends, ""])).encode()
    extras = rng.sample(["note", "Provider_NPI", "zz top"], rng.choice([0, 0, 0, 1, 2]))
    line_end = rng.choice([b"\n", b"\n", b"\r\n", b"mixed"])
    output = io.BytesIO()

    def end() -> bytes:
        return line_end if line_end != b"mixed" else rng.choice([b"\n", b"\r\n"])

    if rng.random() < 0.2:
        output.write(b"\xef\xbb\xbf")
    if rng.random() < 0.05:
        output.write(end())
    output.write(",".join([spelled(rng, name) for name in names] + extras).encode())
    unclosed_at = len(rows) - rng.randint(1, 3) if rng.random() < 0.06 else None
    for position, row in enumerate(rows):
        output.write(end())
        if rng.random() < 0.02:
            output.write(rng.choice([end(), end() * 2, b"   " + end(), b"," * (len(names + extras) - 1) + end()]))
        values = [*(row.get(name) for name in names), *(rng.choice(["", "free, text", "7"]) for _ in extras)]
        fields = [csv_field(rng, value).encode() for value in values]
        if position == unclosed_at:
            fields[-1] = b'"never closed'
        elif rng.random() < 0.012:
            fields = spoil(rng, fields)
        output.write(b",".join(fields))
    if rng.random() < 0.7:
        output.write(end())
    return output.getvalue()


def native(rng: Random, name: str, kind: str, texts: list[str | None]) -> pyarrow.Array | None:
    """A column with a native type that means the same as its texts, or None where there is none."""
    present = [(text or "").strip() or None for text in texts]
    parsers = {
        "date": parse_date,
        "timestamp": parse_timestamp,
        "number": parse_number,
        "integer": parse_integer,
        "boolean": parse_boolean,
    }
    if kind not in parsers:
        if present and all(
            text is None or (text.isascii() and text.isdigit() and str(int(text)) == text) for text in present
        ):
            return pyarrow.array([None if text is None else int(text) for text in present], pyarrow.int64())
        return None
    try:
        values = [None if text is None else parsers[kind](text) for text in present]
    except ValueError:
        return None
    if kind == "timestamp":
        if all(value is None or value.time is None for value in values) and rng.random() < 0.5:
            return pyarrow.array([None if value is None else value.day for value in values], pyarrow.date32())
        moments = [None if value is None else value.instant for value in values]
        return pyarrow.array(moments, pyarrow.timestamp("us", tz=rng.choice([None, None, "UTC"])))
    if kind == "number":
        if rng.random() < 0.5:
            decimals = [None if value is None else Decimal(value.numerator) / value.denominator for value in values]
            return pyarrow.array(decimals, pyarrow.decimal128(30, 12))
        return pyarrow.array([None if value is None else float(value) for value in values], pyarrow.float64())
    if kind == "date" and rng.random() < 0.3:
        return pyarrow.array([None if value is None else value for value in values], pyarrow.date64())
    types = {"date": pyarrow.date32(), "integer": pyarrow.int32(), "boolean": pyarrow.bool_()}
    return pyarrow.array(values, types[kind])


def parquet_bytes(rng: Random, table: str, rows: list[Row]) -> bytes:
    """A Parquet file of the rows with text columns and, where the texts allow it, native ones."""
    names = header_of(rng, table, rows)
    kinds = {column.name: column.kind for column in TABLES[table].columns}
    columns = []
    for name in names:
        texts = [row.get(name) for row in rows]
        try:
            column = native(rng, name, kinds.get(name, "text"), texts) if rng.random() < 0.7 else None
        except (pyarrow.ArrowInvalid, OverflowError):  # a number too large for the native type stays text
            column = None
        text_type = rng.choice(
            [pyarrow.string(), pyarrow.large_string(), pyarrow.dictionary(pyarrow.int32(), pyarrow.string())]
        )
        columns.append(pyarrow.array(texts, pyarrow.string()).cast(text_type) if column is None else column)
    headers = [rng.choice([name, name, name.upper(), f" {name}"]) for name in names]
    if rng.random() < 0.2:
        headers.append("Batch")
        columns.append(pyarrow.array(range(len(rows)), pyarrow.int64()))
    output = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(columns, names=headers), output)
    return output.getvalue()


def write_table(rng: Random, folder: Path, table: str, rows: list[Row]) -> None:
    """Write one table of one delivery as one to three files of different extensions."""
    folder.mkdir(parents=True, exist_ok=True)
    extensions = rng.sample(EXTENSIONS, rng.choice([1, 1, 2, 3]))
    shares: dict[str, list[Row]] = {extension: [] for extension in extensions}
    for row in rows:
        shares[rng.choice(extensions)].append(row)
    for extension, share in shares.items():
        content = parquet_bytes(rng, table, share) if extension == ".parquet" else csv_bytes(rng, table, share)
        content = gzip.compress(content, mtime=0) if extension == ".csv.gz" else content
        (folder / (table + extension)).write_bytes(content)


def refused_content(rng: Random, table: str, extension: str) -> bytes:
    """A file that must be refused, or that has a header and nothing else."""
    names = [column.name for column in TABLES[table].columns]
    required = [column.name for column in TABLES[table].columns if column.required]
    kind = rng.choice(
        [
            "missing",
            "missing",
            "twice",
            "unknown twice",
            "both",
            "empty",
            "mark only",
            "lines only",
            "broken",
            "header only",
            "bad header",
        ]
    )
    if kind == "broken" or (extension == ".parquet" and kind not in ("empty", "missing")):
        good = gzip.compress(b"patient_id\n" * 500, mtime=0)
        return {
            ".csv": b"patient_id,\xff\xfe\n1,2\n",
            ".csv.gz": rng.choice([good[:-9], good[:20], b"plain text"]),
            ".parquet": b"PAR1 no parquet",
        }[extension]
    if extension == ".parquet" and kind == "missing":
        output = io.BytesIO()
        gone = rng.choice(required)
        columns = {name: ["1"] for name in names if name != gone}
        pyarrow.parquet.write_table(pyarrow.table(columns), output)
        return output.getvalue()
    header = {
        "missing": [name for name in names if name not in rng.sample(required, min(2, len(required)))],
        "twice": [*names, rng.choice(names).upper()],
        "unknown twice": [*names, "note", " NOTE"],
        "both": [name for name in [*names, names[-1]] if name != required[-1]],
        "header only": [*names, "unheard_of"],
    }.get(kind, [])
    content = ",".join(header).encode() + (
        b"\n" + b",".join([b"1"] * len(header)) + b"\n" if kind != "header only" else b""
    )
    if kind in ("empty", "mark only", "lines only"):
        content = {"empty": b"", "mark only": b"\xef\xbb\xbf", "lines only": b"\n\r\n"}[kind]
        if kind == "empty":
            return content
    elif kind == "bad header":
        content = b"patient_id,caf\xe9\n1,2\n"
    return gzip.compress(content, mtime=0) if extension == ".csv.gz" else content


def add_strange_files(rng: Random, folder: Path, delivered_on: datetime.date) -> None:
    """Refused files beside the good ones, and files that are no table at all."""
    for table in rng.sample(sorted(TABLES), rng.choice([0, 1, 2])):
        free = [extension for extension in EXTENSIONS if not (folder / (table + extension)).exists()]
        if free:
            extension = rng.choice(free)
            (folder / (table + extension)).write_bytes(refused_content(rng, table, extension))
    for name in rng.sample(
        [
            "notes.txt",
            "Vitals.csv",
            "vitals.tsv",
            ".DS_Store",
            "patients.csv.bak",
            "encounters.csv",
            "manifest.json",
            "patients_1.csv",
        ],
        rng.choice([0, 0, 1, 2]),
    ):
        (folder / name).write_bytes(b"patient_id\n1\n")
    if rng.random() < 0.15:
        stray = folder.parent / f"delivered-{delivered_on}"
        stray.mkdir(exist_ok=True)
        (stray / "patients.csv").write_bytes(b"patient_id,birth_date\nstray,1980-01-01\n")
