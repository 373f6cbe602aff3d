"""Cases made from the API's own document by schemathesis, and what was wrong with the answers."""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.generation import GenerationMode
from schemathesis.hooks import unregister

from layers.accounts import PUBLIC_ROLE
from service.access.policy import POLICY, key_of

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

GATE = "None of your roles allows this"
"""How the gate begins; a route that looks further into whose a thing is says something else."""


@dataclass
class Found:
    """How many cases were sent, how each status was answered, and what was wrong."""

    cases: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        """Count what came of another run as well."""
        self.cases += other.cases
        self.faults += other.faults
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count

    def __str__(self) -> str:
        counts = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        return f"{self.cases} cases ({counts}), {len(self.faults)} faults"


def explore(
    url: str,
    role: str,
    headers: Mapping[str, str],
    *,
    phases: Iterable[str],
    examples: int,
    seed: int,
    known: Mapping[str, str] | None = None,
) -> Found:
    """Send cases to every operation of a running service and return what came of them.

    Parameters
    ----------
    role
        What the caller holds; each answer is compared with what the policy says of it.
    headers
        By which the caller is known.
    phases
        Of ``examples``, ``coverage``, ``fuzzing`` and ``stateful``.
    examples
        How many cases each operation gets in a phase at most.
    known
        Values of parameters that exist, by name; half of the valid cases get them, and so past “not found”.
    """
    config = SchemathesisConfig(seed=seed)
    project = config.projects.default
    project.update(headers={"Accept-Language": "en", **headers}, continue_on_failure=True, request_timeout=60)
    project.phases.update(phases=list(phases))
    project.generation.update(max_examples=examples, no_shrink=True, database="none", deterministic=True)
    project.checks.update(included_check_names=list(CHECKS))
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=config)
    found = Found()
    with _using(known or {}, random.Random(seed)):
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                _take(found, event, role)
            elif isinstance(event, events.NonFatalError):
                found.faults.append(f"{event.label}: {event.value}")
            elif isinstance(event, events.FatalError):
                raise event.exception
    return found


@contextmanager
def _using(known: Mapping[str, str], chance: random.Random) -> Iterator[None]:
    """Give half of the valid cases of the block known values; such a hook can only be one for all schemas."""

    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
            return
        documented = {(one.location, one.name) for one in case.operation.iter_parameters()}
        for location, values in (("path", case.path_parameters), ("query", case.query)):
            for name, value in known.items():
                if (location, name) in documented and chance.random() < 0.5:
                    values[name] = value

    schemathesis.hook(before_call)
    try:
        yield
    finally:
        unregister(before_call)


def _take(found: Found, event: events.ScenarioFinished, role: str) -> None:
    for identifier, interaction in event.recorder.interactions.items():
        answer = interaction.response
        if answer is None:
            continue
        found.cases += 1
        found.statuses[answer.status_code] = found.statuses.get(answer.status_code, 0) + 1
        operation = event.recorder.cases[identifier].value.operation
        wrong = misjudged(role, interaction.request.method, operation.path, answer)
        if wrong:
            found.faults.append(f"{interaction.request.method} {operation.path} as {role}: {wrong}")
    for checks in event.recorder.checks.values():
        for check in checks:
            if check.failure_info is not None:
                one = check.failure_info.failure
                sample = check.failure_info.code_sample
                found.faults.append(f"{one.operation}: {one.title}: {one.message}\n{sample}")


def misjudged(role: str, method: str, template: str, answer: Any) -> str:
    """Return how an answer contradicts the policy, nothing where it does not.

    Whom the policy refuses gets 401 or 403 and nothing else, unless the request was not even one for the
    route: cut, too large, or of a type that it does not take. Whom it admits is never refused by the gate.
    """
    rule = POLICY.get(key_of(method, template))
    if rule is None:
        return ""
    status, problem = answer.status_code, _problem(answer)
    if rule.public or role in rule.roles or (rule.anybody and role != PUBLIC_ROLE):
        refused = problem.get("code") == "sign-in-required" or str(problem.get("detail")).startswith(GATE)
        return f"is refused, {problem}" if refused else ""
    due = {401: "sign-in-required"} if role == PUBLIC_ROLE else {403: "not-allowed"}
    bare = method == "HEAD" and status in due
    if bare or status in _BEFORE_THE_GATE or due.get(status, "") == problem.get("code"):
        return ""
    return f"{status} {problem.get('code')}, not {due}"


_BEFORE_THE_GATE = frozenset({400, 405, 411, 413, 414, 415, 431})


def _problem(answer: Any) -> dict[str, Any]:
    if answer.status_code not in (401, 403) or not answer.content:
        return {}
    read = json.loads(answer.content)
    return read if isinstance(read, dict) else {}
