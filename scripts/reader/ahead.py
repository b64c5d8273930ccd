"""Takes the next item while the last one is still being worked on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


def one_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items in the same order; the next one is made in a thread of its own meanwhile. Close it when done."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        coming = executor.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = executor.submit(next, items, _END)
            yield item
