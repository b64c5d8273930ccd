"""What is not kept of the texts that a delivery holds.

Free text never enters the warehouse: of a column of type `presence`, only that something was written there; of one of
type `codes`, the codes without the words around them, and whether these doubt them; of one of type `word`, the words
that have an alias. The short texts that rules are made of (a medicine, a route, a unit) are kept, but not what looks
like a contact, a record number or a date in them, nor a name behind a title. A name without a title looks like any
other word.
"""

import re
from functools import cache

import pyarrow
import pyarrow.compute

from reader.declaration import CODES, PRESENCE, WORD, Column, Table
from reader.seeds import alias_key_of, doubt_words, known_words

GIVEN = "given"
REMOVED = "[removed]"
REMOVED_IN_JSON = rf"{REMOVED}\1"  # what follows a date stays: see _DATE_IN_WORDS
DOUBTED = " [doubted]"
_LETTER = "A-Za-zÀ-ÖØ-öø-ſ"
_MAIL = rf"[^\s@\"\\<>;,]+ ?(?:@|(?i:[(\[]at[)\]])) ?[^\s@\"\\<>;,]+\.[{_LETTER}]{{2,}}"
_PHONE = (
    r"(?:\+?\b1[-. /]?)?(?:\([2-9][0-9]{2}\) ?|\b[2-9][0-9]{2}[-–. /])[0-9]{3}[-–. /][0-9]{4}\b"
    r"|\+[1-9][0-9]{0,2}(?:[-. /]?\(?[0-9]{1,4}\)?){2,5}\b|\b00[1-9][0-9]{0,2} [0-9]{1,4}[- ][0-9]{3,}\b"
)
_LOCAL_PHONE = r"\b[2-9][0-9]{2}[-–][0-9]{4}\b"
# Ten digits in a row may be an NDC: they are a telephone behind a word that says so.
_NAMED_PHONE = (
    r"\b(?i:tel|telephone|phone|ph|cell|mobile|call|fax|contact|home|work|wife|husband|spouse|partner|mother|father"
    r"|daughter|son|sister|brother|friend)\b[ :.#]*1?[0-9]{10}\b"
)
_SOCIAL_SECURITY = r"\b[0-9]{3}[-– ][0-9]{2}[-– ][0-9]{4}\b"
_DOTTED_SOCIAL_SECURITY = r"\b[0-9]{3}[.][0-9]{2}[.][0-9]{4}\b"  # or a part of an OID, where those may stand
_LABELLED = (
    r"\b(?i:mrn|m[.]r[.]n|ssn|dob|d[.]o[.]b|medical record)(?:\b|[.])[ :#=-]*(?i:number|no)?[ :#.=-]*"
    r"[0-9A-Za-z/.-]*[0-9][0-9A-Za-z/.-]*(?: [0-9]{2,}\b){0,3}"
    r"|\b(?i:chart|account|acct|record|patient) ?(?i:#|number|no|id)[ :#.]*[0-9]{3,}\b"
)
_MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b[.]?"
)
_YEAR = r"(?:19|20)[0-9]{2}\b"
_DATE = rf"\b[0-9]{{1,2}}[-./][0-9]{{1,2}}[-./]{_YEAR}|\b(?:19|20)[0-9]{{2}}[-./][0-9]{{1,2}}[-./][0-9]{{1,2}}\b"
# As no standard writes the date of a record: so it is in a text.
_WRITTEN_DATE = (
    r"\b[0-9]{1,2}/[0-9]{1,2}/(?:19|20)?[0-9]{2}\b"
    rf"|\b{_MONTH}(?:[- ]*[0-9]{{1,2}}(?i:st|nd|rd|th)?,?)?[- ]+{_YEAR}"
    rf"|\b[0-9]{{1,2}}(?i:st|nd|rd|th)?(?: of)?[-. ]*{_MONTH}[-, ]*{_YEAR}"
)
# A blank stands before or behind a standard date only within a text; a time stands behind with digits. The only group
# of all patterns: the word behind the date may be a medicine.
_DATE_IN_WORDS = r"[ \t](?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}\b|\b(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}\b([,;:]? +[A-Za-z])"
# As written in letters: "Patient Health Questionnaire" is a form, "MS Contin" a medicine and "MR" modified release.
_NAME = rf"(?:(?i:de|la|van|von|der|den|del|di|da|le|el|al|bin) +)*[A-ZÀ-ÖØ-ÞĀ-Ž][{_LETTER}'’.-]*"
_TITLED = (
    rf"\b(?:(?:Patient|Pt):|(?:Mrs|MRS|Mr|Ms|Miss|MISS|Mx|Dr|Prof|Herr|Frau)\b[.]?)\s+{_NAME}(?:\s+{_NAME})*"
    rf"|\b(?:Mrs|MRS|Mr|MR|Ms|MS|Mx|Dr|DR|Prof)[.]\s*(?:{_NAME}(?:\s+{_NAME})*|[{_LETTER}'’-]{{2,}})"
)
# A code of ICD-9 or ICD-10 begins with a digit, or a letter and a digit; dots mean nothing. ı and ſ are I and S in
# capitals. The part of a cell ends at ; or , as in diagnosis_code_matches.
_CODE = r"[.]*[A-Za-zıſ]?[.]*[0-9][A-Za-z0-9.ıſ]*"
_BLANKS = r"[\x09-\x0d\x1c-\x20\x{85}\pZ]*"
_MARK = "\x01"  # stands for DOUBTED while the words are cut off
_PART_OF_CELL = rf"(^|[;,]){_BLANKS}(?:({_CODE})|)[^;,{_MARK}]*"
_EVERYWHERE = (_MAIL, _PHONE, _NAMED_PHONE, _SOCIAL_SECURITY, _LABELLED, _WRITTEN_DATE, _TITLED)
IN_JSON = "|".join((*_EVERYWHERE, _DATE_IN_WORDS))
IN_TEXT = "|".join((*_EVERYWHERE, _LOCAL_PHONE, _DOTTED_SOCIAL_SECURITY, _DATE))
_IN_CODES = "|".join((_PHONE, _SOCIAL_SECURITY, _DOTTED_SOCIAL_SECURITY))

# Ids and codes are keys, whatever they look like; the tables of a vocabulary are about no patient.
_KEYS = re.compile(
    r"(^|_)id$|^(zip|postal|rxnorm|concept)_code$|_version$|^(merged_into|questionnaire|(security|tag)_codings)$"
)
_VOCABULARY = ("concept", "concept_ancestor", "drug_strength", "cdm_source")


def without_free_text(columns: dict[str, pyarrow.Array], table: Table) -> dict[str, pyarrow.Array]:
    """The columns of some records as they may be kept; the others, and those that are no text, unchanged."""
    kept = dict(columns)
    for column in table.columns:
        text = columns.get(column.name)
        if text is None or column.is_reader or not pyarrow.types.is_string(text.type):
            continue
        if column.kind == PRESENCE:
            missing = pyarrow.scalar(None, text.type)
            kept[column.name] = pyarrow.compute.if_else(text.is_valid(), pyarrow.scalar(GIVEN, text.type), missing)
        elif column.kind == CODES:
            kept[column.name] = _only_codes(text)
        elif column.kind == WORD:
            kept[column.name] = _only_known_words(text, known_words(column.name))
        elif pattern := _pattern_for(column, table):
            kept[column.name] = _without(text, pattern)
    return kept


def _only_codes(text: pyarrow.Array) -> pyarrow.Array:
    """Each part of a cell cut behind its code; a cell without any code stays a cell that is filled.

    Where the words behind a code say that it is ruled out or was long ago, DOUBTED stands in their place.
    """
    plain = _without(pyarrow.compute.replace_substring(text, _MARK, "?"), _IN_CODES)
    marked = pyarrow.compute.replace_substring_regex(plain, _doubted_part(), rf"\1\2{_MARK}")
    codes = pyarrow.compute.replace_substring_regex(marked, _PART_OF_CELL, r"\1\2")
    codes = pyarrow.compute.replace_substring(codes, _MARK, DOUBTED)
    return pyarrow.compute.if_else(pyarrow.compute.equal(codes, ""), pyarrow.scalar(REMOVED, text.type), codes)


@cache
def _doubted_part() -> str:
    """A code and words behind it that doubt it."""
    words = "|".join(re.sub("[^a-z/]+", "[ -]+", word) for word in doubt_words())
    return rf"(^|[;,]){_BLANKS}({_CODE})[^;,]*?\b(?i:{words})\b[^;,]*"


def _only_known_words(text: pyarrow.Array, known: frozenset[str]) -> pyarrow.Array:
    """Each spelling that is known as it was written, and any other text without its words."""
    written = text.unique()
    unknown = [value for value in written.to_pylist() if value is not None and alias_key_of(value) not in known]
    is_unknown = pyarrow.compute.is_in(text, value_set=pyarrow.array(unknown, text.type))
    return pyarrow.compute.if_else(is_unknown, pyarrow.scalar(REMOVED, text.type), text)


def _pattern_for(column: Column, table: Table) -> str | None:
    if table.name in _VOCABULARY or _KEYS.search(column.name):
        return None
    return {"text": IN_TEXT, "json": IN_JSON}.get(column.kind)


def _without(text: pyarrow.Array, pattern: str) -> pyarrow.Array:
    looks_like = pyarrow.compute.match_substring_regex(text, pattern)
    if not pyarrow.compute.any(looks_like).as_py():
        return text
    replacement = REMOVED_IN_JSON if pattern == IN_JSON else REMOVED
    return pyarrow.compute.replace_substring_regex(text, pattern, replacement)
