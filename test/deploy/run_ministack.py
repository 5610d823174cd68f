"""Starts MiniStack with the two defects mended that would hide everything behind them.

A Task's TimeoutSeconds may be a JSONata expression. The pinned version hands the text of the expression to a timer, which
raises TypeError, so that no task token is ever waited for. Here it is evaluated first, by MiniStack's own evaluator.

A template may have route responses of WebSocket APIs. The pinned version has them in its API, and calls the type of the
resource unrecognised. Here such a resource is made and removed by MiniStack's own operations.

The check says so in its report; nothing else is changed.
"""

import json

from ministack.services import apigateway, stepfunctions
from ministack.services.cloudformation import provisioners

_run_task = stepfunctions._execute_task


def _with_evaluated_timeout(state, raw_input, execution, context):
    if isinstance(state.get("TimeoutSeconds"), str):
        seconds = stepfunctions._jsonata_state_field(state, "TimeoutSeconds", "number", raw_input, context)
        state = {**state, "TimeoutSeconds": seconds}
    return _run_task(state, raw_input, execution, context)


stepfunctions._execute_task = _with_evaluated_timeout


def _create_route_response(_logical_id, props, _stack_name):
    api_id, route_id = props["ApiId"], props["RouteId"].split("/")[-1]
    request = {"routeResponseKey": props["RouteResponseKey"]}
    status, _headers, body = apigateway._create_route_response(api_id, route_id, request)
    if status >= 400:
        raise ValueError(f"AWS::ApiGatewayV2::RouteResponse failed: {body!r}")
    return "/".join([api_id, route_id, json.loads(body)["routeResponseId"]]), {}


def _delete_route_response(physical_id, _props):
    apigateway._delete_route_response(*physical_id.split("/"))


provisioners._RESOURCE_HANDLERS["AWS::ApiGatewayV2::RouteResponse"] = {
    "create": _create_route_response,
    "delete": _delete_route_response,
}

if __name__ == "__main__":
    from ministack.app import main

    main()
