"""The days for which a source has logs: listed level by level, never object by object.

A marker of the last object seen is never kept: CloudTrail delivers late, and under names that sort
before what was read already.
"""

from collections.abc import Iterable

from baseline.logs.layout import Folder, Selection, below
from baseline.logs.source import Source
from baseline.parallel import Failed, each


def days(source: Source, wanted: Selection) -> list[Folder]:
    """The folders of single days that hold wanted logs, sorted; raises the source's errors."""
    level = [Folder(prefix=source.prefix)]
    while level and not all(folder.complete for folder in level):
        level = _descend(source, level, wanted)
    return sorted(level)


def _descend(source: Source, level: Iterable[Folder], wanted: Selection) -> list[Folder]:
    def children(folder: Folder) -> list[Folder]:
        if folder.complete:
            return [folder]
        return below(folder, source.folders(folder.path), wanted)

    found: list[Folder] = []
    for outcome in each(level, children):
        if isinstance(outcome, Failed):
            # What cannot be listed would be missing without a word.
            raise outcome.error
        found += outcome.value
    return found
