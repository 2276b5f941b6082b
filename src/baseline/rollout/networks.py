"""The addresses of each network: divided out of the pool, or said one by one. Pure.

An account has its block by its place in ``vpc.accounts``, and in it each region its network by its
place in ``vpc.regions``. So what is added at the end of a list moves nothing, and an account that
is no longer there keeps its place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network
from itertools import pairwise

from baseline.configuration import Vpc
from baseline.errors import ConfigurationError
from baseline.organization import Target

# A mapping takes 200 accounts [CloudFormation quotas: mapping attributes]: those of the pool by
# their places, and in the first also some that have networks of their own only.
_OF_THE_POOL = 150
_OF_THEIR_OWN = 50
FIRST = "Networks1"

# Of these no network has addresses: this network, the machine itself, the link, multicast, and what
# is reserved [IANA IPv4 Special-Purpose Address Registry].
_NO_NETWORKS = tuple(
    map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"))
)

Networks = Mapping[Target, IPv4Network]


def assigned(vpc: Vpc) -> Networks:
    """The network of each account and region; raises ConfigurationError when that cannot be."""
    networks = dict(_divided(vpc)) | dict(_own(vpc))
    _check_apart(networks)
    return networks


def mappings(vpc: Vpc) -> Mapping[str, str]:
    """The name of the mapping in which each account's networks are; raises ConfigurationError."""
    named = {a: f"Networks{i // _OF_THE_POOL + 1}" for i, a in enumerate(vpc.accounts)}
    own = sorted({network.account for network in vpc.networks} - named.keys())
    if len(own) > _OF_THEIR_OWN:
        raise ConfigurationError(
            f"{len(own)} accounts that vpc.accounts does not list have networks of their own, and "
            f"{_OF_THEIR_OWN} may",
            where="vpc.networks",
            remedy=f"List {own[_OF_THEIR_OWN]} and those after it in vpc.accounts, too.",
        )
    return named | dict.fromkeys(own, FIRST)


def _divided(vpc: Vpc) -> Iterator[tuple[Target, IPv4Network]]:
    """What the pool gives to every account and region, by their places."""
    if not (vpc.accounts and vpc.regions):
        return
    pool = _network(vpc.pool, "vpc.pool")
    _check_once(vpc.accounts, "vpc.accounts")
    _check_once(vpc.regions, "vpc.regions")
    _check_room(f"the pool {pool}", pool.prefixlen, vpc.block_size, vpc.accounts, "accounts")
    size = vpc.block_size
    _check_room(f"a block of /{size}", size, vpc.network_size, vpc.regions, "regions")
    block, network = (2 ** (32 - prefix) for prefix in (size, vpc.network_size))
    first = int(pool.network_address)
    for place, account in enumerate(vpc.accounts):
        for number, region in enumerate(vpc.regions):
            address = first + place * block + number * network
            yield Target(account, region), IPv4Network((address, vpc.network_size))


def _own(vpc: Vpc) -> Iterator[tuple[Target, IPv4Network]]:
    targets = [f"{n.account} {n.region}" for n in vpc.networks]
    _check_once(targets, "vpc.networks")
    for network, target in zip(vpc.networks, targets, strict=True):
        found = _network(network.cidr, f"vpc.networks, {target}")
        if found.prefixlen > vpc.network_size:
            raise ConfigurationError(
                f"{found} is too small: vpc.network_size is {vpc.network_size}, and subnets have "
                f"an eighth of that",
                where=f"vpc.networks, {target}",
                remedy="Give a larger one, or make all smaller with vpc.network_size.",
            )
        yield Target(network.account, network.region), found


def _network(text: str, where: str) -> IPv4Network:
    found = _parsed(text, where)
    for special in _NO_NETWORKS:
        if found.overlaps(special):
            raise ConfigurationError(
                f"{found} is not for networks: {special} has another use",
                where=where,
                remedy="Give private addresses, like 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
            )
    return found


def _parsed(text: str, where: str) -> IPv4Network:
    try:
        return IPv4Network(text)
    except ValueError as error:
        raise ConfigurationError(
            f"{text} is no network: {error}",
            where=where,
            remedy="Begin it where a network of its size begins, like 10.0.0.0/16.",
        ) from None


def _check_once(listed: Iterable[str], where: str) -> None:
    for name, times in Counter(listed).items():
        if times > 1:
            raise ConfigurationError(
                f"{name} is listed {times} times", where=where, remedy="List it once."
            )


def _check_room(what: str, size: int, part: int, listed: Sequence[str], name: str) -> None:
    room = 2 ** (part - size) if part >= size else 0
    if len(listed) > room:
        raise ConfigurationError(
            f"{what} has room for {room} {name} of /{part} each, and {len(listed)} are listed",
            where=f"vpc.{name}",
            remedy="Give a larger pool, or change vpc.block_size and vpc.network_size.",
        )


def _check_apart(networks: Networks) -> None:
    """Networks that overlap could never be connected."""
    ordered = sorted(networks.items(), key=lambda item: (item[1].network_address, item[0]))
    for (target, network), (other, next_one) in pairwise(ordered):
        if next_one.network_address <= network.broadcast_address:
            raise ConfigurationError(
                f"{network} of {target} and {next_one} of {other} overlap",
                where="vpc",
                remedy="Give one of them other addresses.",
            )
