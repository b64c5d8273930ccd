"""Reads one delivered file by the rules of its format."""

from collections.abc import Iterable, Iterator

import numpy
import pyarrow
import pyarrow.compute

from reader.batch import Arrival, Batch
from reader.blocks import Blocks, HashedFile
from reader.columnar import read_columnar
from reader.declaration import FHIR, OMOP, Table, Tables
from reader.delimited import read_delimited
from reader.preflight.inventory import DeliveredFile
from reader.preflight.naming import PARQUET
from reader.resources.lines import LINES_BLOCK_BYTES, LineReader
from reader.resources.values import SCORE
from reader.seeds import values_of_seed

GZIP = ".gz"


class Readers:
    """The readers of all formats. test_names: see reader.seeds."""

    def __init__(self, formats: dict[str, Tables], test_names: list[str]) -> None:
        self._formats = formats
        self._resources = LineReader(formats[FHIR], values_of_seed, frozenset(test_names))

    def read(self, found: DeliveredFile, file: HashedFile) -> tuple[tuple[str, ...], Iterator[Arrival]]:
        """Names of unknown columns, and the records of a file.

        Raises RefusedFileError, also while the records are taken.
        """
        has_bytes = found.path.stat().st_size > 0
        name = found.file.lower()
        is_gzip = has_bytes and name.endswith(GZIP)
        if found.format_name == FHIR:
            return (), self._resources.read(Blocks(file, is_gzip=is_gzip, block_bytes=LINES_BLOCK_BYTES))
        table = self._formats[found.format_name][found.declared_name]
        if has_bytes and name.endswith(PARQUET):
            heading, batches = read_columnar(found.path, table)
        else:
            is_omop = found.format_name == OMOP
            heading, batches = read_delimited(file, table, is_gzip=is_gzip, may_be_tabbed=is_omop)
        return heading.unknown, _numbered(table, batches)


def _numbered(table: Table, batches: Iterable[Batch]) -> Iterator[Arrival]:
    n_records = 0
    for batch in batches:
        numbers = numpy.arange(n_records + 1, n_records + 1 + batch.n_records, dtype=numpy.int64)
        n_records += batch.n_records
        yield Arrival(table, _without_free_text(batch, table), pyarrow.array(numbers))


def _without_free_text(batch: Batch, table: Table) -> Batch:
    """The batch, in columns that may hold free text with short numbers alone."""
    scores = {name: _only_scores(batch.columns[name]) for name in table.score_text_names if name in batch.columns}
    return Batch(batch.columns | scores, batch.is_malformed) if scores else batch


def _only_scores(text: pyarrow.Array) -> pyarrow.Array:
    is_score = pyarrow.compute.match_substring_regex(text, SCORE)
    return pyarrow.compute.if_else(is_score, text, pyarrow.scalar(None, text.type))
