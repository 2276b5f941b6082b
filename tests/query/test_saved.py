"""The saved queries are Athena's SQL, run, and find what they are for and nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest

from baseline.errors import QueryError, UsageError
from baseline.query import catalogue, pruning, statement
from baseline.query.duckdb import DuckDB
from given_incidents import EVENTS, ROWS, needed, user

SAVED = catalogue.saved()
HEADER = "-- name: X\n-- title: t\n-- description: d\n-- why: w\n-- topic: noise\n"


def run(engine: DuckDB, name: str, **values: str) -> list[dict[str, Any]]:
    saved = catalogue.find(name)
    return list(engine.run(statement.read(saved.sql, saved.literals(needed(saved) | values))).rows)


def test_every_saved_query_is_tried_on_incidents() -> None:
    """Each has events or a row of its own below."""
    assert len(SAVED) >= 60
    assert {saved.name for saved in SAVED} == set(EVENTS) | set(ROWS)


@pytest.mark.parametrize("name", EVENTS)
def test_what_it_finds_and_what_it_leaves(over_incidents: DuckDB, name: str) -> None:
    """The incidents, and none of their harmless likes."""
    found, left = EVENTS[name]
    ids = {row["eventid"] for row in run(over_incidents, name)}
    assert {f"{name}/found/{number}" for number in range(len(found))} <= ids
    assert not {f"{name}/left/{number}" for number in range(len(left))} & ids


@pytest.mark.parametrize("name", ROWS)
def test_what_it_counts(over_incidents: DuckDB, name: str) -> None:
    """One row says so; another, of harmless logs, is not there."""
    counted = ROWS[name]
    rows = run(over_incidents, name, **counted.values)
    alike = [row for row in rows if counted.row.items() <= row.items()]
    assert len(alike) == 1, rows[:20]
    assert not counted.not_row or not [r for r in rows if counted.not_row.items() <= r.items()]


@pytest.mark.parametrize("saved", SAVED, ids=[saved.name for saved in SAVED])
def test_every_saved_query_is_complete_and_prunes(saved: catalogue.SavedQuery) -> None:
    """Explained, and limited to days before anything is opened."""
    assert min(len(saved.title), len(saved.description), len(saved.why)) > 15
    assert "--" not in saved.description + saved.why
    assert saved.mitre or saved.topic in ("network", "noise", "partitions", "identity")
    query = statement.read(saved.sql, saved.literals(needed(saved)))
    # The view of partitions opens no log.
    logs = [table for table in pruning.tables(query) if f"{table}$partitions" not in saved.sql]
    assert all("date" in str(pruning.condition(query, table)) for table in logs)


def test_each_detection_gives_the_shape() -> None:
    """So that they can run together."""
    for saved in SAVED:
        if saved.severity:
            names = statement.read(saved.sql, saved.literals({})).named_selects
            assert tuple(names[: len(catalogue.SHAPE)]) == catalogue.SHAPE
            assert saved.mitre


def test_root_logins_of_the_last_30_days_with_what_one_wants_to_know(
    over_incidents: DuckDB,
) -> None:
    """When, where, from where, with what, with MFA or not, and how it ended; nothing nested."""
    found = run(over_incidents, "RootLogin30Days")
    assert list(found[0])[:6] == ["time", "account", "region", "sourceip", "mfa", "result"]
    assert {row["result"] for row in found} == {"Success", "Failure"}
    assert {type(cell) for row in found for cell in row.values()} <= {str, type(None)}


@pytest.mark.parametrize("saved", SAVED, ids=[saved.name for saved in SAVED])
def test_no_query_asks_for_somebody_of_an_example(saved: catalogue.SavedQuery) -> None:
    """Whose key or address it is has to be said: an answer about another one is a false "no"."""
    said = {p.name for p in saved.parameters if p.default is None}
    assert said == {p.name for p in saved.parameters} & {"key", "address", "principal"}
    if said:
        with pytest.raises(QueryError, match=f"needs the parameter {min(said)}: .+ Give it with"):
            saved.literals({})


def test_a_failed_sign_in_is_told_of_its_user_though_it_has_no_arn(over_incidents: DuckDB) -> None:
    """Not as somebody new, and not as a call that went well."""
    new = {row["principal"] for row in run(over_incidents, "PrincipalsFirstSeen")}
    assert user("newcomer")["arn"] in new
    assert not {name for name in new if name.startswith("AIDA")}
    rows = run(over_incidents, "AddressActivity", address="203.0.113.9")
    assert {row["event"]: row["errors"] for row in rows} == {"ListBuckets": 0, "ConsoleLogin": 1}


def test_a_threshold_can_be_given(over_incidents: DuckDB) -> None:
    """One more than the objects that were read."""
    assert run(over_incidents, "S3MassDownload", threshold="119")
    assert run(over_incidents, "S3MassDownload", threshold="120") == []


def test_who_is_everybody_is_written_alike_wherever_it_is_looked_for() -> None:
    """A query is one file, which the Athena console shows too: what they share stands in each."""
    names = ("BucketMadePublic", "ResourceMadePublic", "RoleOpenedToEverybody")
    texts = [" ".join(catalogue.find(name).sql.split()) for name in names]
    rules = {re.search(r"s -> json_extract_scalar\(s, '\$\.Effect'\).*?false", t) for t in texts}
    assert all(rules)
    assert len({found[0] for found in rules if found}) == 1


@pytest.mark.parametrize("value", ["203.0.113", "203.0.113.0/24", "999.1.1.1", "2001:db8:::1"])
def test_what_no_log_can_have_is_no_address(value: str) -> None:
    """It would find nothing, and that would be taken for an answer."""
    with pytest.raises(QueryError, match="expected one address, like 203"):
        catalogue.find("AddressActivity").literals({"address": value})


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("203.0.113.66", "203.0.113.66"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("cloudtrail.amazonaws.com", "cloudtrail.amazonaws.com"),
    ],
)
def test_an_address_is_looked_for_as_logs_write_it(value: str, written: str) -> None:
    literals = catalogue.find("AddressTimeline").literals({"address": value})
    assert literals["address"].name == written


def test_an_access_key_is_known_in_any_case_and_by_its_form() -> None:
    saved = catalogue.find("AccessKeyUse")
    literals = saved.literals({"key": "akiaiosfodnn7example"})
    assert literals["key"].name == "AKIAIOSFODNN7EXAMPLE"
    with pytest.raises(QueryError, match="expected an access key's id"):
        saved.literals({"key": "alice"})


def test_a_parameter_must_be_known_and_of_its_type() -> None:
    """What cannot be a number of days is told before anything runs."""
    saved = catalogue.find("TrailStopped")
    with pytest.raises(QueryError, match="expected a number of days"):
        saved.literals({"days": "1 OR 1 = 1"})
    with pytest.raises(QueryError, match="expected an integer"):
        catalogue.find("S3MassDownload").literals({"threshold": "1.5"})
    with pytest.raises(QueryError, match="has no parameter dya"):
        saved.literals({"dya": "1"})


def test_a_query_is_found_in_any_case() -> None:
    """And a near name is proposed."""
    assert catalogue.find("rootlogin30days").name == "RootLogin30Days"
    with pytest.raises(UsageError, match="Did you mean RootLogin30Days"):
        catalogue.find("RootLogin3Days")


def test_all_queries_that_begin_like_a_name_are_proposed() -> None:
    """And what is written much like it, where none does; at most three."""
    for name, proposed in (
        ("RootLogin", "Did you mean RootLogin30Days or RootLoginFailed?"),
        ("RotLogin30Days", "Did you mean RootLogin30Days?"),
        ("zzzzzzzz", "See: baseline query list"),
    ):
        with pytest.raises(UsageError) as refused:
            catalogue.find(name)
        assert refused.value.remedy == proposed
    with pytest.raises(UsageError) as refused:
        catalogue.find("S")
    assert refused.value.remedy.count(" or ") == 2


def test_queries_of_ones_own_stand_beside_ours(tmp_path: Path) -> None:
    """Under names of their own."""
    file = tmp_path / "mine.sql"
    file.write_text(f"{HEADER}SELECT 1")
    assert catalogue.find("x", tmp_path).path == str(file)
    assert len(catalogue.saved(tmp_path)) == len(SAVED) + 1
    file.write_text(f"{HEADER}SELECT 1".replace("X", "TrailStopped"))
    with pytest.raises(QueryError, match=r"mine.sql: there is another query called TrailStopped"):
        catalogue.saved(tmp_path)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (HEADER.replace("-- title: t\n", ""), "the header has no title"),
        (HEADER.replace("-- why: w\n", ""), "the header has no why"),
        (HEADER.replace("noise", "nois"), "'nois' is no topic. Did you mean noise?"),
        (HEADER + "-- severity: bad\n", "'bad' is no severity"),
        (HEADER + "-- mitre: 1078\n", "'1078' is no list of techniques"),
        (HEADER + "-- parameter: days\n", "'days' is no parameter"),
    ],
)
def test_a_header_that_misses_something_is_refused(header: str, sentence: str) -> None:
    """A query nobody can explain is none to save."""
    with pytest.raises(QueryError) as refused:
        catalogue.parse(f"{header}SELECT 1")
    assert sentence in str(refused.value)


DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "page", ["how-to/investigate.md", "tutorial-root-login.md", "explanation/detections.md"]
)
def test_what_the_docs_name_is_there(page: str) -> None:
    """Every query that a reader is told to run, with the parameters that it is told to give."""
    text = (DOCS / page).read_text()
    known = {saved.name: saved for saved in SAVED}
    named = re.findall(r"(?:query (?:run|show) |`)([A-Z][a-z0-9]+[A-Z]\w+)( --param (\w+)=)?", text)
    assert len(named) >= 3
    own = {"DeploymentsAtNight", "DeleteBucket"}
    for name, _, parameter in named:
        assert name in own or name in known, name
        assert not parameter or parameter in {p.name for p in known[name].parameters}


def test_the_query_in_the_docs_is_one(tmp_path: Path, over_incidents: DuckDB) -> None:
    """As it stands there."""
    text = (DOCS / "how-to/investigate.md").read_text()
    (sql,) = re.findall(r"```sql\n(-- name.*?)```", text, re.DOTALL)
    (tmp_path / "mine.sql").write_text(sql)
    mine = catalogue.find("DeploymentsAtNight", tmp_path)
    assert not list(over_incidents.run(statement.read(mine.sql, mine.literals({}))).rows)
