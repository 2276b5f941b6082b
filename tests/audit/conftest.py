"""Stub tools, and a session that needs no AWS."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from baseline.audit import environments, planning, schedule
from baseline.audit.job import Wish
from baseline.audit.ledger import Ledger
from baseline.audit.manifest import Run
from baseline.audit.tools import TOOLS
from baseline.organization import Account
from baseline.sessions import Session
from given_audits import FIRST, SECOND, FakeSession, install


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    install(tmp_path / "tools")
    return tmp_path / "tools"


@pytest.fixture
def behave(tmp_path: Path) -> Callable[[dict[str, str]], None]:
    """Tells the stub what to do; nothing special unless told."""
    file = tmp_path / "stub-behaviours.json"

    def told(behaviours: dict[str, str]) -> None:
        file.write_text(json.dumps(behaviours))

    told({})
    return told


@pytest.fixture
def prepare(
    tools: Path, tmp_path: Path, behave: Callable[[dict[str, str]], None]
) -> Callable[..., tuple[schedule.Plan, Ledger]]:
    """Plans an audit of the first and the second account with the stubs."""

    def planned(
        behaviours: dict[str, str] | None = None,
        *,
        before: Run | None = None,
        open_account: Callable[[str], Any] = FakeSession,
        tries: int = 1,
        **wishes: Any,
    ) -> tuple[schedule.Plan, Ledger]:
        behave(behaviours or {})
        found = (environments.find(tool, tools) for tool in TOOLS.values())
        installed = tuple(environment for environment in found if environment)
        accounts = tuple(Account(a, f"name-{a[0]}", "", "ACTIVE") for a in (FIRST, SECOND))
        choice = planning.Choice("Auditor", ("eu-west-1",), accounts, ())
        run = before or planning.new_run(choice, installed, ())
        ledger = (Ledger.resume if before else Ledger.begin)(run, tmp_path / "reports")
        wish: dict[str, Any] = {
            "reports": tmp_path / "reports",
            "stamp": ledger.run.stamp,
            "region": "eu-west-1",
            "limit": 30.0,
            "regions": ("eu-west-1",),
            "services": (),
            "options": {},
        } | wishes
        opened = cast("Callable[[str], Session]", open_account)
        plan = schedule.Plan(Wish(**wish), installed, opened, workers=2, tries=tries, pause=0)
        return plan, ledger

    return planned


@pytest.fixture
def audit(prepare: Callable[..., tuple[schedule.Plan, Ledger]]) -> Callable[..., Run]:
    """Carries such a plan out, and gives the run."""

    def carry_out(behaviours: dict[str, str] | None = None, **rest: Any) -> Run:
        plan, ledger = prepare(behaviours, **rest)
        for _ in schedule.run(plan, ledger):
            continue
        return ledger.close()

    return carry_out
