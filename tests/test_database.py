"""A file of SQLite: a step happens as a whole or not at all, and what fails is one sentence."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from baseline.database import Database
from baseline.errors import BaselineError, LogFileError

SCHEMA = "CREATE TABLE words (word TEXT) STRICT; CREATE INDEX by_word ON words (word);"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(a_database(tmp_path / "x.sqlite")) as database:
        database.create(SCHEMA, 1)
        with database.transaction() as step:
            step.execute("INSERT INTO words VALUES ('one')")
    return tmp_path / "x.sqlite"


def a_database(path: Path, error: type[BaselineError] = BaselineError) -> Database:
    return Database(path, error, remedy="Do it otherwise.", patience=0.01)


def words(database: Database) -> list[str]:
    return [word for (word,) in database.rows("SELECT word FROM words ORDER BY word")]


@pytest.mark.parametrize("end", [KeyboardInterrupt, ValueError, GeneratorExit])
def test_a_step_that_is_interrupted_leaves_nothing_and_the_next_one_goes_on(
    file: Path, end: type[BaseException]
) -> None:
    with closing(a_database(file)) as database:
        with suppress(end), database.transaction() as step:
            step.execute("INSERT INTO words VALUES ('two')")
            raise end
        assert words(database) == ["one"]
        with database.transaction() as step:
            step.execute("INSERT INTO words VALUES ('three')")
        assert list(database.each("SELECT word FROM words")) == [("one",), ("three",)]


def test_what_is_no_database_or_locked_is_named_with_what_helps(file: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database" * 100)
    with pytest.raises(LogFileError, match=r"text: cannot be used: file is not a database"):
        assert a_database(tmp_path / "text", LogFileError).version
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(BaselineError, match=r"is locked.*Do it otherwise"),
            a_database(file).transaction(),
        ):
            pass


def test_tables_are_made_once_and_those_of_another_version_replaced(file: Path) -> None:
    with closing(a_database(file)) as database:
        database.create(SCHEMA, 1)  # as a second process does that saw none a moment ago
        assert words(database) == ["one"]
        database.create(SCHEMA, 2)
        assert (words(database), database.version) == ([], 2)


def test_tables_of_somebody_else_stay(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "theirs", isolation_level=None)) as theirs:
        theirs.execute("CREATE TABLE words (word TEXT)")
        theirs.execute("INSERT INTO words VALUES ('theirs')")
    with closing(a_database(tmp_path / "theirs")) as database:
        with pytest.raises(BaselineError, match="already exists"):
            database.create(SCHEMA, 1)
        assert words(database) == ["theirs"]
