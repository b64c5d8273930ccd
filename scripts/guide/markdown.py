"""Small pieces of Markdown."""

from collections.abc import Iterable, Sequence

GENERATED = (
    "<!-- Written by `python scripts/mapping_guide.py` from the YAML of the sources, the seeds and dbt_project.yml."
    " Change those, then run it again. -->"
)


def page(title: str, *parts: str) -> str:
    """A page: title, a note that it is generated, and its parts with an empty line between them."""
    return "\n\n".join([f"# {title}", GENERATED, *(part.strip() for part in parts if part.strip())]) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a pipe or a line break in a cell does not end it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def code(text: str) -> str:
    """Text as code; nothing where there is none."""
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Several texts as code, one after the other."""
    return ", ".join(code(text) for text in texts)


def block(text: str, language: str = "") -> str:
    """A block of code."""
    return f"```{language}\n{text.strip()}\n```"


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")
