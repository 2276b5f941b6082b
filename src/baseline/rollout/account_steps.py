"""What is to be done where an account is not chosen any more, or cannot be entered. Pure."""

from collections.abc import Iterator

from baseline.organization import Target
from baseline.rollout.catalogue import Baseline, Part
from baseline.rollout.choice import Choice
from baseline.rollout.steps import Action, Kind, Step


def inactive(baseline: Baseline, choice: Choice) -> Iterator[Step]:
    """One step for each account that is left out because nothing can be done in it."""
    for account in baseline.organization.accounts:
        part = Part("everything", Target(account.id, baseline.home_region))
        chosen = choice.accounts is None or account.id in choice.accounts
        if not account.active and chosen and choice.names is None:
            yield Step(Action.SKIP, Kind.ACCOUNT, part, f"the account is {account.state}")


def out_of_reach(baseline: Baseline, part: Part) -> str:
    """Why nothing can be done in the account of an instance; or nothing."""
    account = baseline.accounts.get(part.target.account_id)
    if account is None:
        return "the account has left the organization"
    return "" if account.active else f"the account is {account.state}"


def why_deleted(baseline: Baseline, part: Part) -> str:
    """Why what is in an account that can be entered goes."""
    if part.target.account_id in baseline.chosen:
        return "the account or region is no longer chosen"
    unit = baseline.accounts[part.target.account_id].ou
    return f"the account is no longer chosen; it is in {unit}"
