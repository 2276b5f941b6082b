"""From CloudFormation's reasons to what a person can do about them. Pure."""

from baseline.rollout.catalogue import EXECUTION_ROLE

_PERMISSION = (
    "Allow {who} this action in that account, also in its service control policies; then deploy "
    "again."
)
_LATER = "Deploy again in a few minutes."

# What a reason holds, in lower case, and the remedy; the first that fits wins.
_REMEDIES = {
    "inoperable": "Delete this instance keeping its stack (--retain-stacks), delete the stack "
    "there by hand, then deploy again.",
    "explicit deny": "A service control policy forbids it: exempt {who}, then deploy again.",
    "denied": _PERMISSION,
    "not authorized": _PERMISSION,
    "throttl": _LATER,
    "rate exceeded": _LATER,
    "maxnumberof": "Somebody else's recorder or delivery channel is there: delete it or leave the "
    "account out, then deploy again.",
    "bucketalreadyowned": "The bucket of an earlier roll-out is there: import it into the stack, "
    "or empty and delete it, then deploy again.",
    "already exist": "Delete or rename what has that name there, then deploy again.",
    "cancelled": "Deploy again.",
    "suspended": "Nothing can be done in a suspended account.",
    "executionrole": "Deploy again; if it stays, check the stack stack-set-roles in that account.",
}
_OTHERWISE = "Mend the cause, then deploy again: only what failed is repeated."


def remedy(reason: str, who: str = EXECUTION_ROLE) -> str:
    """What to do about ``reason``; ``who`` is whose permissions were used."""
    lowered = reason.lower()
    found = (text for word, text in _REMEDIES.items() if word in lowered)
    return next(found, _OTHERWISE).format(who=who)
