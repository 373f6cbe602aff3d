"""The files for Docker: whole, of this checkout, and what the service really reads."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from service.cli.main import COMMANDS
from service.settings import variables

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "service" / "Dockerfile"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["services", "volumes"],
    "propertyNames": {"pattern": "^(name|services|volumes|x-.+)$"},
    "properties": {
        "services": {
            "additionalProperties": {
                "type": "object",
                "required": ["image"],
                "additionalProperties": False,
                "properties": {
                    "image": {"type": "string"},
                    "build": {"type": "object", "required": ["context", "dockerfile"]},
                    "command": {"type": "array", "items": {"type": "string"}},
                    "depends_on": {
                        "additionalProperties": {
                            "type": "object",
                            "properties": {"condition": {"const": "service_healthy"}},
                        }
                    },
                    "environment": {"type": "object", "additionalProperties": {"type": "string"}},
                    "healthcheck": {"type": "object", "required": ["test", "interval", "timeout", "retries"]},
                    "ports": {"type": "array", "items": {"type": "string", "pattern": r"^127\.0\.0\.1:"}},
                    "profiles": {"type": "array", "items": {"type": "string"}},
                    "restart": {"const": "unless-stopped"},
                    "shm_size": {"type": "string"},
                    "user": {"type": "string"},
                    "volumes": {"type": "array", "items": {"type": "string"}},
                },
            }
        }
    },
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file, its anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with continued lines joined."""
    text = "\n".join(
        line for line in DOCKERFILE.read_text().splitlines() if not line.lstrip().startswith("#")
    )
    joined = re.sub(r"\\\n\s*", " ", text)
    return [(line.split()[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]


def test_compose_has_the_right_shape(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, SCHEMA)
    used = [
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    ]
    named = {volume for volume in used if not volume.startswith(".")}
    assert named == set(compose["volumes"])
    for path in (volume for volume in used if volume.startswith(".")):
        assert (ROOT / path).is_file()


def test_compose_keeps_photos_and_keys_where_a_new_container_finds_them(compose: dict[str, Any]) -> None:
    home = re.search(r"WARDLINE_HOME=(\S+)", DOCKERFILE.read_text(encoding="utf-8"))
    assert home is not None
    targets = [volume.split(":")[1] for volume in compose["services"]["service"]["volumes"]]
    assert home[1] in targets


def test_compose_lets_a_promoted_replica_take_the_place_of_the_database(compose: dict[str, Any]) -> None:
    address = compose["services"]["service"]["environment"]["WARDLINE_DATABASE_URL"]
    assert "@${DATABASE_HOST:-db}:" in address
    assert {"db", "replica"} <= compose["services"].keys()


def test_compose_waits_for_a_healthy_database_and_keeps_it_inside(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["service"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert "ports" not in services["db"]
    assert "--host=127.0.0.1" in services["db"]["healthcheck"]["test"][1]
    assert services["replica"]["profiles"] == ["replica"]


def test_docker_sets_only_variables_that_we_read(compose: dict[str, Any]) -> None:
    known = set(variables())
    given = set(compose["services"]["service"]["environment"])
    given |= {
        pair.split("=")[0] for name, rest in instructions() if name == "ENV" for pair in shlex.split(rest)
    }
    assert {name for name in given if name.startswith("WARDLINE_")} <= known


def test_compose_agrees_with_docker(compose: dict[str, Any]) -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no docker compose here")
    said = subprocess.run(
        [docker, "compose", "--profile", "*", "config", "--format", "json"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    assert set(json.loads(said.stdout)["services"]) == set(compose["services"])


def test_the_image_is_made_of_files_that_exist() -> None:
    for name, rest in instructions():
        if name == "COPY" and "--from" not in rest:
            *sources, _ = rest.split()
            assert all((ROOT / source).exists() for source in sources), rest
    ignored = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text().split("\n")
    for folder in ("geo", "layers", "maps", "service"):
        assert f"!{folder}" in ignored


def test_the_image_starts_a_command_of_ours_as_an_ordinary_account() -> None:
    last = dict(instructions())
    assert json.loads(last["CMD"])[0] in COMMANDS
    assert json.loads(last["ENTRYPOINT"])[-2:] == ["-m", "service"]
    assert last["USER"] == "wardline"
