"""Switches of a simulation that is served: faults, delivery, time and MFA codes, over HTTP.

Under ``/_simulation/``, for whoever has the administrator's secret key in ``X-Simulation-Token``:

* ``GET``, ``POST``, ``DELETE`` ``faults``: those planted, plant one (JSON as ``Fault``'s fields or
  ``{"fault": "deny:guardduty:CreateDetector"}``), clear them
* ``POST deliver``: write what trails and flow logs have pending; how many objects
* ``POST clock`` with ``{"advance": seconds}``, at most ten years at once; schedules that are due
  then are carried out
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
_TEN_YEARS = 10 * 366 * 24 * 3600


def answer(simulation: "Simulation", request: Request) -> Answer:
    """Do what the request asks for."""
    token = request.headers.get(_HEADER, "")
    secret = simulation.administrator.secret_access_key
    if not hmac.compare_digest(token.encode(), secret.encode()):
        return _json(403, {"error": f"{_HEADER} must be the administrator's secret access key"})
    try:
        said = _do(simulation, request)
    except (UsageError, TypeError, ValueError) as error:
        return _json(400, {"error": str(error)})
    return _json(404, {"error": "no such switch"}) if said is None else _json(200, said)


def _do(simulation: "Simulation", request: Request) -> Any:
    asked = _asked(request)
    match request.method, request.path.removeprefix(PATH).strip("/"):
        case "POST", "faults":
            simulation.faults.add(_fault(asked))
        case "DELETE", "faults":
            simulation.faults.clear()
        case "GET", "faults":
            pass
        case "POST", "deliver":
            return {"objects": simulation.deliver()}
        case "POST", "clock":
            simulation.advance(_seconds(asked))
            return {"now": simulation.clock.now().isoformat()}
        case "GET", "mfa-code":
            return {"code": simulation.mfa_code()}
        case _:
            return None
    return {"faults": [asdict(fault) for fault in simulation.faults.planted()]}


def _asked(request: Request) -> dict[str, Any]:
    asked = json.loads(request.data or b"{}")
    if not isinstance(asked, dict):
        raise UsageError("the body is not a JSON object")
    return asked


def _fault(asked: dict[str, Any]) -> Fault:
    return Fault.parse(str(asked["fault"])) if "fault" in asked else Fault(**asked)


def _seconds(asked: dict[str, Any]) -> float:
    seconds = asked.get("advance")
    if not isinstance(seconds, int | float) or not 0 <= seconds <= _TEN_YEARS:
        raise UsageError(f"advance must be a number of seconds from 0 to {_TEN_YEARS}")
    return seconds


def _json(status: int, value: Any) -> Answer:
    # A line, for the terminal of whoever asks with curl.
    body = f"{json.dumps(value)}\n".encode()
    return Answer(status, (("Content-Type", "application/json"),), body)
