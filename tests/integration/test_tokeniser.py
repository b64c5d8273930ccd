"""The exact tokeniser, sentence by sentence, and the fast way against it: equal on every file that it accepts."""

import time
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.batch import WHITE_SPACE, trimmed
from reader.heading import Heading
from reader.splitting import split_block
from reader.structure import prove_plain, split_plain
from reader.tokeniser import IncompleteRecordError, State, next_record, skip_record, tokenise
from tests.integration.oracle.reading import tokenise as oracle_tokenise

# Texts made of the bytes that matter, so that every short combination of them turns up.
PIECES = [*(3 * [b'"', b","]), b"\n", b"\r\n", b"\r", b" ", b"a", b"bc", "é".encode(), b"\xff", b"\0", b"\xef\xbb\xbf"]
CLEAN_FIELDS = [b'"a"', b'"a,b"', b'"a\r\nb"', b'"x ""y"" z"', b'""""', b'""', b"", b"a", b" a ", "Zoë".encode(), b"1"]
wild_bytes = st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
clean_records = st.tuples(st.sampled_from(CLEAN_FIELDS), st.sampled_from(CLEAN_FIELDS)).map(b",".join)
clean_lines = st.tuples(st.one_of(clean_records, st.just(b"")), st.sampled_from([b"\n", b"\r\n"])).map(b"".join)
clean_bytes = st.lists(clean_lines, min_size=1, max_size=12).map(b"".join)


def records_of(data: bytes, n_fields: int = 2) -> list:
    """All records of a whole file without a header."""
    records, used = tokenise(data, n_fields, is_final=True)
    assert used == len(data)
    return records


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # line ends: LF, CRLF, mixed, none at the end; empty lines are not records
        (b"a,b\nc,d\r\ne,f", [["a", "b"], ["c", "d"], ["e", "f"]]),
        (b"\n\r\na,b\n\n\r\nc,d\n\n", [["a", "b"], ["c", "d"]]),
        (b"", []),
        (b"\n\r\n", []),
        # a CR alone is text, also before CRLF; a line of blanks is not empty
        (b"a\rb,c\n", [["a\rb", "c"]]),
        (b"a,b\r\r\n", [["a", "b\r"]]),
        (b"  \na,b\n", [None, ["a", "b"]]),
        # number of fields
        (b"a\na,b\na,b,c\n,\n", [None, ["a", "b"], None, ["", ""]]),
        # quotes: comma, line break and doubled quote inside; empty
        (b'"a,b",c\n', [["a,b", "c"]]),
        (b'"a\nb\r\nc",d\n', [["a\nb\r\nc", "d"]]),
        (b'"a ""b"" c","""",\n"""","a"', [None, ['"', "a"]]),
        (b'"a ""b"" c",""""\n"",""\r\n', [['a "b" c', '"'], ["", ""]]),
        (b'a,"b"', [["a", "b"]]),
        # a quote inside an unquoted field is text, and so is one behind a blank
        (b'a"b,"c"\n', [['a"b', "c"]]),
        (b' "a",b\n', [[' "a"', "b"]]),
        (b' "a,b",c\n', [None]),
        # text behind a closing quote spoils its own record only, which ends at the next line break outside quotes
        (b'"a"b,c\nd,e\n', [None, ["d", "e"]]),
        (b'"a" ,c\nd,e\n', [None, ["d", "e"]]),
        (b'"a"b,"c\nd"\ne,f\n', [None, ["e", "f"]]),
        (b'"a"b"\nc,d\n', [None, ["c", "d"]]),
        (b'"a"\rb,c\nd,e\n', [None, ["d", "e"]]),
        # a quote that never closes takes everything from its record's start to the end
        (b'a,b\nc,"d\ne,f\ng,h\n', [["a", "b"], None]),
        (b'a,b\nc,"d""\ne,f\n', [["a", "b"], None]),
        (b'"a"x,"b\nc,d', [None]),
        # bytes that are not UTF-8 spoil their own record only, quoted or not
        (b'a,\xff\nc,d\n"\xe9",f\n"g",h', [None, ["c", "d"], None, ["g", "h"]]),
        (b"\xed\xa0\x80,a\n\0,b\n", [None, ["\0", "b"]]),
    ],
)
def test_fine_print(data, expected):
    assert records_of(data) == expected


@settings(max_examples=400, deadline=None)
@given(wild_bytes)
def test_agrees_with_the_independent_reading(data):
    expected = []
    for fields, is_broken in oracle_tokenise(data):
        try:
            texts = [field.decode("utf-8") for field in fields]
        except UnicodeDecodeError:
            is_broken = True
        expected.append(None if is_broken or len(fields) != 2 else texts)
    assert records_of(data) == expected


@settings(max_examples=300, deadline=None)
@given(wild_bytes, st.integers(0, 40))
def test_a_cut_anywhere_changes_nothing(data, cut):
    records, used = tokenise(data[:cut], 2, is_final=False)
    assert records + records_of(data[used:]) == records_of(data)


@settings(max_examples=300, deadline=None)
@given(wild_bytes, st.integers(1, 5))
def test_skipping_ends_where_reading_ends(data, step):
    if data.startswith((b"\n", b"\r\n")) or not data:
        return
    try:
        _, end = next_record(data, 0, is_final=False)
    except IncompleteRecordError:
        end = None
    state, skipped, position = State.FIELD_START, None, 0
    while skipped is None and position < len(data):
        skipped, state = skip_record(data[position : position + step], state)
        position += step
    found = None if skipped is None else position - step + skipped
    assert found == end


def assert_exact_if_taken(data: bytes, *, is_final: bool) -> bool:
    """Whether the fast way is taken for `data`; where it is, it must read what the tokeniser reads."""
    plain = prove_plain(data, 2, is_final=is_final)
    if plain is None:
        return False
    columns = split_plain(plain, 2, {"first": 0, "second": 1})
    assert columns is not None, "the parser disagrees with the proof"
    records, used = tokenise(plain.data, 2, is_final=True)
    assert used == len(plain.data)
    assert [list(row) for row in zip(*(column.to_pylist() for column in columns.values()), strict=True)] == records
    return True


@settings(max_examples=500, deadline=None)
@given(clean_bytes, st.sampled_from([b"", b'"end","of file"', b"end,"]), st.booleans())
def test_the_fast_way_is_taken_and_exact_on_clean_files(data, ending, is_final):
    assert assert_exact_if_taken(data + ending, is_final=is_final)


@settings(max_examples=800, deadline=None)
@given(clean_bytes, st.sampled_from(PIECES), st.integers(0, 200), st.booleans())
def test_the_fast_way_is_exact_wherever_it_is_taken(data, piece, position, is_final):
    position %= len(data) + 1
    assert_exact_if_taken(data[:position] + piece + data[position:], is_final=is_final)
    assert_exact_if_taken(data[:position] + data[position + 1 :], is_final=is_final)


@settings(max_examples=500, deadline=None)
@given(wild_bytes, st.booleans())
def test_the_fast_way_is_exact_on_wild_files(data, is_final):
    assert_exact_if_taken(data, is_final=is_final)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(clean_lines, clean_lines, clean_lines, st.sampled_from(PIECES))), st.integers(1, 60))
def test_pieces_of_a_block_give_the_same_records(pieces, window_bytes):
    data = b"".join(pieces)
    with mock.patch("reader.splitting.WINDOW_BYTES", window_bytes):
        batch, used = split_block(data, Heading(2, {"first": 0, "second": 1}, ()), is_final=True)
    assert used == len(data)
    expected = records_of(data)
    assert batch.is_malformed.to_pylist() == [record is None for record in expected]
    for position, name in enumerate(("first", "second")):
        assert batch.columns[name].to_pylist() == [(record and record[position].strip()) or None for record in expected]


@pytest.mark.parametrize(
    "data",
    [
        b'a,b\nc,"d,e"\r\nf,"g\nh"\n"i ""j""",k\n',
        b"a,b\r\nc,d",
        "Zoë,b\n\nc,d\n".encode(),
    ],
)
def test_clean_files_take_the_fast_way(data):
    plain = prove_plain(data, 2, is_final=True)
    assert plain is not None
    assert plain.data == data
    assert plain.n_records == len(records_of(data))


@pytest.mark.parametrize(
    "data",
    [b"a,b\rc,d\n", b"a,\xff\n", b"a,\0\n", b"\xef\xbb\xbfa,b\n", b'a, "b"\n', b'"a"b,c\n', b'a,"b\n', b"a,b,c\nd\n"],
)
def test_files_with_any_doubt_do_not(data):
    assert prove_plain(data, 2, is_final=True) is None


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from(WHITE_SPACE + "a\u200b\ufeffé"), max_size=6))
def test_trimming_is_that_of_python(text):
    import pyarrow

    assert trimmed(pyarrow.array([text, None])).to_pylist() == [text.strip() or None, None]


def test_white_space_is_complete():
    assert {letter for letter in map(chr, range(0x110000)) if not letter.strip()} == set(WHITE_SPACE)


def test_a_million_plain_records_take_seconds():
    data = b"".join(b"A%07d,12,3\n" % number for number in range(200_000))
    started = time.process_time()
    records = records_of(data, 3)
    assert len(records) == 200_000
    assert time.process_time() - started < 3, "200,000 records should take about a third of a second"
