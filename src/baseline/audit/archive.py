"""What a tool wrote in one account, as one file to be sent, and as a directory again."""

import itertools
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from baseline.audit.job import PARTIAL
from baseline.audit.manifest import Entry
from baseline.errors import ToolError
from baseline.files import private, writing

# What is taken of one tool in one account: far above what the largest accounts give.
_MOST_FILES = 20_000
_MOST_BYTES = 8 << 30


def pack(directory: Path, archive: Path) -> None:
    """Put all files of ``directory`` into ``archive``."""
    with writing(archive), zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted(directory.rglob("*")):
            if file.is_file() and not file.is_symlink():
                out.write(file, file.relative_to(directory))


def unpack(archive: Path, entry: Entry, reports: Path) -> Entry:
    """Make the directory of ``entry`` again, whole or not at all; the entry as it then is.

    Another directory of that name stays, and the new one gets a number. Raises ToolError for an
    archive that is not whole, or reaches out of its directory.
    """
    wanted = reports / entry.directory
    if wanted.resolve().parent != reports.resolve() / entry.tool / entry.account_id:
        raise ToolError(f"its results claim the directory {entry.directory}", where=str(archive))
    part = wanted.with_name(f".{wanted.name}.collected")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with writing(part), zipfile.ZipFile(archive) as content:
            _bound(content, archive)
            for info in content.infolist():
                _extract(content, info, part)
            directory = _free(wanted)
            part.rename(directory)
    except zipfile.BadZipFile as error:
        raise ToolError(f"its results are not whole: {error}", where=str(archive)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return _moved(entry, str(directory.relative_to(reports)))


def _bound(content: zipfile.ZipFile, archive: Path) -> None:
    """Raise ToolError for more than a tool writes; no file is read further than it says."""
    files, size = len(content.infolist()), sum(info.file_size for info in content.infolist())
    if files > _MOST_FILES or size > _MOST_BYTES:
        raise ToolError(
            f"its results are {files:,} files of {size:,} bytes, and {_MOST_FILES:,} files of "
            f"{_MOST_BYTES:,} bytes are the most that is taken",
            where=str(archive),
        )


def _extract(content: zipfile.ZipFile, info: zipfile.ZipInfo, directory: Path) -> None:
    """Write one file, for its owner alone."""
    file = directory / info.filename
    if not file.resolve().is_relative_to(directory.resolve()) or info.is_dir():
        raise ToolError(f"its results reach out of their directory: {info.filename!r}")
    for place in reversed(file.relative_to(directory.parents[2]).parents):
        (directory.parents[2] / place).mkdir(exist_ok=True, mode=0o700)
    with content.open(info) as source, open(file, "wb", opener=private) as out:
        shutil.copyfileobj(source, out)


def without_strange_links(entry: Entry) -> Entry:
    """``entry`` without those of its files that are not below its directory: pages link to them."""

    def below(path: str) -> str:
        inside = entry.directory and path.startswith(f"{entry.directory}/")
        return path if inside and ".." not in path.split("/") else ""

    return replace(
        entry, log=below(entry.log), log_page=below(entry.log_page), page=below(entry.page)
    )


def _free(wanted: Path) -> Path:
    name = wanted.name.removesuffix(PARTIAL)
    ending = wanted.name[len(name) :]
    for number in itertools.count(1):
        directory = wanted.with_name((name if number == 1 else f"{name}-{number}") + ending)
        if not directory.exists():
            return directory
    raise AssertionError


def _moved(entry: Entry, directory: str) -> Entry:
    def there(path: str) -> str:
        return directory + path.removeprefix(entry.directory) if path else ""

    entry = without_strange_links(entry)
    return replace(
        entry,
        directory=directory,
        log=there(entry.log),
        log_page=there(entry.log_page),
        page=there(entry.page),
    )
