"""Switches of a simulation that is served: faults, delivery, time and MFA codes, over HTTP.

Under ``/_simulation/``, for whoever has the administrator's secret key in ``X-Simulation-Token``:

* ``GET``, ``POST``, ``DELETE`` ``faults``: those planted, plant one (JSON as ``Fault``'s fields or
  ``{"fault": "deny:guardduty:CreateDetector"}``), clear them
* ``POST deliver``: write what trails and flow logs have pending; how many objects
* ``POST clock`` with ``{"advance": seconds}``
* ``GET mfa-code``: what the administrator's device shows
"""

import hmac
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from moto.core.request import Request

from baseline.errors import UsageError
from baseline.simulation.faults import Fault
from baseline.simulation.wire import Answer

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

PATH = "/_simulation/"
_HEADER = "X-Simulation-Token"


def answer(simulation: "Simulation", request: Request) -> Answer:
    """Do what the request asks for."""
    token = request.headers.get(_HEADER, "")
    if not hmac.compare_digest(token, simulation.administrator.secret_access_key):
        return _json(403, {"error": f"{_HEADER} must be the administrator's secret access key"})
    try:
        said = _do(simulation, request)
    except (UsageError, TypeError, ValueError) as error:
        return _json(400, {"error": str(error)})
    return _json(404, {"error": "no such switch"}) if said is None else _json(200, said)


def _do(simulation: "Simulation", request: Request) -> Any:
    asked = json.loads(request.data or b"{}")
    match request.method, request.path.removeprefix(PATH).strip("/"):
        case "POST", "faults":
            text = asked.get("fault")
            simulation.faults.add(Fault.parse(text) if text else Fault(**asked))
        case "DELETE", "faults":
            simulation.faults.clear()
        case "GET", "faults":
            pass
        case "POST", "deliver":
            return {"objects": simulation.deliver()}
        case "POST", "clock":
            simulation.clock.advance(float(asked["advance"]))
            return {"now": simulation.clock.now().isoformat()}
        case "GET", "mfa-code":
            return {"code": simulation.mfa_code()}
        case _:
            return None
    return {"faults": [asdict(fault) for fault in simulation.faults.planted()]}


def _json(status: int, value: Any) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(value).encode())
