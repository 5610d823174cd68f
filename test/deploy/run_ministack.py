"""Starts MiniStack with the one defect mended that would hide everything behind it.

A Task's TimeoutSeconds may be a JSONata expression. The pinned version hands the text of the expression to a timer, which
raises TypeError, so that no task token is ever waited for. Here it is evaluated first, by MiniStack's own evaluator.
The check says so in its report; nothing else is changed.
"""

from ministack.services import stepfunctions

_run_task = stepfunctions._execute_task


def _with_evaluated_timeout(state, raw_input, execution, context):
    if isinstance(state.get("TimeoutSeconds"), str):
        seconds = stepfunctions._jsonata_state_field(state, "TimeoutSeconds", "number", raw_input, context)
        state = {**state, "TimeoutSeconds": seconds}
    return _run_task(state, raw_input, execution, context)


stepfunctions._execute_task = _with_evaluated_timeout

if __name__ == "__main__":
    from ministack.app import main

    main()
