"""The crates whose code is in an executable, as Cargo resolves them by Cargo.lock."""

import functools
import json
import subprocess
import tomllib

import project


def shipped(target):
    """The packages, of other people, whose code is in the executable for this target: not those that
    only build or test it. As `cargo metadata` describes them, by name."""
    tree = cargo("tree", "--edges=no-dev,no-build,no-proc-macro", f"--target={target}",
                 "--prefix=none", "--format={p}")
    names = {tuple(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    known = metadata()["packages"]
    found = [package for package in known if (package["name"], f"v{package['version']}") in names]
    found = [package for package in found if package["name"] != project.NAME]
    return sorted(found, key=lambda package: (package["name"], package["version"]))


def needed_by():
    """For each package's id, the ids of those that it needs."""
    nodes = metadata()["resolve"]["nodes"]
    return {node["id"]: [needed["pkg"] for needed in node["deps"]] for node in nodes}


def checksums():
    """The SHA-256 of each package, by (name, version)."""
    with open(project.ROOT / "Cargo.lock", "rb") as file:
        locked = tomllib.load(file)["package"]
    return {(package["name"], package["version"]): package.get("checksum") for package in locked}


@functools.cache
def metadata():
    return json.loads(cargo("metadata", "--format-version=1"))


def cargo(*words):
    try:
        run = subprocess.run(["cargo", *words, "--locked"], cwd=project.ROOT, stdout=subprocess.PIPE, encoding="utf-8")
    except FileNotFoundError:
        project.fail("cargo is not here; install Rust (https://rustup.rs)")
    if run.returncode:
        project.fail(f"`cargo {words[0]}` failed with {run.returncode}; the lines above say why")
    return run.stdout
