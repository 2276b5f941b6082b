"""The whole state as bytes: moto's and ours. A pickle; load only what this program wrote."""

import importlib
import io
import pickle
import sys
import threading
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import cloudpickle
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from moto.core.base_backend import BackendDict, backend_lock

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

_KEYS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey)
_LOCKS: dict[type, Any] = {
    type(threading.RLock()): threading.RLock,
    type(threading.Lock()): threading.Lock,
}
# What two of moto's backends know beside their accounts.
_EXTRAS = ("master_accounts", "bucket_accounts")


def take(simulation: "Simulation") -> bytes:
    """The state now; nothing must be changing it meanwhile."""
    with backend_lock:
        return _pickled(
            {
                "blueprint": simulation.blueprint,
                "administrator": simulation.administrator,
                "clock": simulation.clock,
                "issued": simulation.issued.by_key,
                "mfa": simulation.mfa.used,
                "services": {n: s.__getstate__() for n, s in simulation.services.items()},
                "moto": {place: _content(found) for place, found in backends().items()},
            }
        )


def read(blob: bytes) -> dict[str, Any]:
    """What ``take`` put into ``blob``."""
    state: dict[str, Any] = pickle.loads(blob)  # noqa: S301  # the caller vouches that it is ours
    return state


def put_back(simulation: "Simulation", state: dict[str, Any]) -> None:
    """Make the state of ``simulation`` and of moto what ``state`` says."""
    simulation.administrator = state["administrator"]
    simulation.issued.by_key.update(state["issued"])
    simulation.mfa.used.update(state["mfa"])
    for name, content in state["services"].items():
        simulation.services[name].__dict__.update(content)
    for (module, attribute), content in state["moto"].items():
        _refill(getattr(importlib.import_module(module), attribute), content)


def forget() -> None:
    """Empty moto."""
    with backend_lock:
        for stored in backends().values():
            for extra in _EXTRAS:
                getattr(stored, extra, {}).clear()
        BackendDict.reset()


class _Pickler(cloudpickle.Pickler):
    """Takes along what moto's backends hold and pickle refuses.

    Lambdas, locks, the private keys of KMS, and dictionaries that hold their values weakly.
    """

    def reducer_override(self, value: Any) -> Any:
        """How to make ``value`` again, for what pickle cannot."""
        if type(value) in _LOCKS:
            return (_LOCKS[type(value)], ())
        if type(value) is weakref.WeakValueDictionary:
            return (weakref.WeakValueDictionary, (dict(value),))
        if isinstance(value, defaultdict) and type(value) is not defaultdict:
            made = (type(value), value.default_factory)
            return (_dictionary, made, vars(value), None, iter(list(value.items())))
        if isinstance(value, _KEYS):
            der = value.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            return (_key, (der,))
        return super().reducer_override(value)


def _dictionary(kind: type[defaultdict[Any, Any]], factory: Any) -> Any:
    """An empty one of moto's own dictionaries, whose constructors ask for more than pickle has."""
    made = kind.__new__(kind)
    made.default_factory = factory
    return made


def _key(der: bytes) -> Any:
    return serialization.load_der_private_key(der, None)


def _pickled(state: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    _Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(state)
    return file.getvalue()


def backends() -> dict[tuple[str, str], Any]:
    """Moto's backends, by where they are found: module and name, one place each.

    Without the "simple" variants of Batch and Lambda, which serve only where they are asked for.
    """
    places = {
        id(value): ((name, attribute), value)
        for name, module in sorted(sys.modules.items(), reverse=True)
        if name.startswith("moto.") and name.endswith(".models") and "_simple" not in name
        for attribute, value in vars(module).items()
        if isinstance(value, BackendDict)
    }
    return dict(places.values())


def _content(backends: Any) -> dict[str, Any]:
    accounts = {account: dict(regions.items()) for account, regions in backends.items()}
    extras = {extra: getattr(backends, extra) for extra in _EXTRAS if hasattr(backends, extra)}
    return {"accounts": accounts, "extras": extras}


def _refill(backends: Any, content: dict[str, Any]) -> None:
    for extra, value in content["extras"].items():
        getattr(backends, extra).update(value)
    for account, regions in content["accounts"].items():
        regional = backends[account]
        for region, backend in regions.items():
            dict.__setitem__(regional, region, backend)
