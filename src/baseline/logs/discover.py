"""What folders a source has: listed level by level, never object by object.

A marker of the last object seen is never kept: CloudTrail delivers late, and under names that sort
before what was read already.
"""

from collections.abc import Iterable

from baseline.logs.layout import Folder, Selection, below
from baseline.logs.source import Source
from baseline.parallel import all_done, each


def days(source: Source, wanted: Selection) -> list[Folder]:
    """The folders of single days that hold wanted logs, sorted; raises the source's errors."""
    return folders(source, wanted, "day")


def folders(source: Source, wanted: Selection, down_to: str) -> list[Folder]:
    """The same down to another level: a field of Folder, like ``region`` or ``month``."""
    level = [Folder(prefix=source.prefix)]
    while level and not all(getattr(folder, down_to) for folder in level):
        level = _descend(source, level, wanted, down_to)
    return sorted(level)


def _descend(
    source: Source, level: Iterable[Folder], wanted: Selection, down_to: str
) -> list[Folder]:
    def children(folder: Folder) -> list[Folder]:
        if getattr(folder, down_to):
            return [folder]
        return below(folder, source.folders(folder.path), wanted)

    found: list[Folder] = []
    # What cannot be listed would be missing without a word.
    for outcome in all_done(each(level, children)):
        found += outcome.value
    return found
