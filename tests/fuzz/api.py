"""Cases made from the API's own document by schemathesis, and what was wrong with the answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
)
"""That valid data are accepted is not among them: of most values only some exist in a district."""


@dataclass
class Found:
    """How many cases were sent, how each status was answered, and what was wrong."""

    cases: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def explore(
    url: str,
    login: tuple[str, str] | None,
    *,
    phases: Iterable[str],
    examples: int,
    seed: int,
    parameters: dict[str, Any] | None = None,
) -> Found:
    """Send cases to every operation of a running service and return what came of them.

    Parameters
    ----------
    login
        Name and password; nobody where there is none.
    phases
        Of ``examples``, ``coverage``, ``fuzzing`` and ``stateful``.
    examples
        How many cases each operation gets in a phase at most.
    parameters
        Values of parameters that exist, by name, so that cases get past “not found”.
    """
    config = SchemathesisConfig(seed=seed)
    project = config.projects.default
    project.update(basic_auth=login, parameters=parameters, continue_on_failure=True, request_timeout=60)
    project.phases.update(phases=list(phases))
    project.generation.update(max_examples=examples, no_shrink=True, database="none", deterministic=True)
    project.checks.update(included_check_names=list(CHECKS))
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _take(found, event)
        elif isinstance(event, events.NonFatalError):
            found.faults.append(f"{event.label}: {event.value}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def _take(found: Found, event: events.ScenarioFinished) -> None:
    for interaction in event.recorder.interactions.values():
        if interaction.response is not None:
            found.cases += 1
            status = interaction.response.status_code
            found.statuses[status] = found.statuses.get(status, 0) + 1
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                one = check.failure_info.failure
                sample = check.failure_info.code_sample
                found.faults.append(f"{one.operation}: {one.title}: {one.message}\n{sample}")
