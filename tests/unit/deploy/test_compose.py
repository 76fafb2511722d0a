"""The compose file, as far as it can be tested without Docker."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[3] / "deploy" / "compose"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_port_is_bound_to_the_loopback_address(name):
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", SERVICES)
def test_every_file_that_is_mounted_exists_and_every_volume_is_declared(name):
    for volume in SERVICES[name].get("volumes", []):
        source = volume.split(":")[0]
        assert (FOLDER / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_services_that_exist(name):
    assert set(SERVICES[name].get("depends_on", [])) <= set(SERVICES)


def test_images_are_built_from_targets_of_the_dockerfile():
    dockerfile = (FOLDER.parent / "Dockerfile").read_text()
    built = [service["build"] for service in SERVICES.values() if "build" in service]
    assert {build["target"] for build in built} == {"servers", "job"}
    assert all(f" AS {build['target']}\n" in dockerfile for build in built)
    assert all((FOLDER / build["context"] / build["dockerfile"]).exists() for build in built)


def test_the_dockerfile_copies_only_files_that_exist_and_are_not_ignored():
    root = FOLDER.parents[1]
    allowed = {line[1:] for line in (root / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [
        line.split()[1:-1]
        for line in (root / "deploy" / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY")
    ]
    for source in (name for names in copied for name in names):
        assert (root / source).exists()
        assert source.split("/")[0] in allowed
