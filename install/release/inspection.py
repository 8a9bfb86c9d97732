"""What an executable of a release says of itself: its system, its processor, and its version, read from
the file, so that one for another machine is checked too.

The version is the text that `--version` prints, such as `0.1.0 (4f2a1c9, x86_64-unknown-linux-musl)`.
"""

import os
import re
import struct
import subprocess

import project

# By the number of the processor in the header of each format.
ELF = {62: "linux-x64", 183: "linux-arm64"}
PE = {0x8664: "win-x64", 0xAA64: "win-arm64"}
MACH = {0x01000007: "osx-x64", 0x0100000C: "osx-arm64"}
# The beginning of a target's name, for each RID.
TARGETS = {
    "linux-x64": "x86_64-unknown-linux-",
    "linux-arm64": "aarch64-unknown-linux-",
    "win-x64": "x86_64-pc-windows-",
    "win-arm64": "aarch64-pc-windows-",
    "osx-x64": "x86_64-apple-darwin",
    "osx-arm64": "aarch64-apple-darwin",
}
PRINTED = re.compile(rb"([0-9]+\.[0-9]+\.[0-9]+[-+.0-9A-Za-z]*) \((?:([0-9a-f]{7,40}), )?([a-z0-9_]+-[-a-z0-9_]+)\)")
# A start takes some milliseconds.
LIMIT = 20


def check(target, file):
    """Ends the program unless the file is this version's executable for the target."""
    content = file.read_bytes()
    kind = kind_of(content)
    if kind != target.rid:
        project.fail(f"`{file}` is {kind or 'not an executable'} and should be {target.rid}; "
                     f"build it for {target.target}")
    versions = {match[1].decode() for match in printed(target, content)}
    if versions != {project.VERSION}:
        found = " and ".join(sorted(versions)) or "unknown"
        project.fail(f"the version of `{file}` is {found}, and Cargo.toml has {project.VERSION}; build it again")
    if target.rid == project.native_rid():
        check_start(file)


def commits(target, content):
    """The commits that an executable names: one of a release build, and none of others."""
    return {match[2].decode() for match in printed(target, content) if match[2]}


def printed(target, content):
    return [match for match in PRINTED.finditer(content) if match[3].decode().startswith(TARGETS[target.rid])]


def check_start(file):
    """Starts it, which this machine can."""
    # Nothing of this machine's user decides what it prints.
    kept = {name: os.environ[name] for name in ["PATH", "SYSTEMROOT"] if name in os.environ}
    try:
        run = subprocess.run([file.resolve(), "--version"], env=kept, stdin=subprocess.DEVNULL,
                             capture_output=True, timeout=LIMIT)
    except (OSError, subprocess.TimeoutExpired) as problem:
        project.fail(f"`{file}` does not start on this machine: {problem}")
    printed = run.stdout.decode(errors="replace").split()
    if run.returncode or printed[:2] != [project.NAME, project.VERSION]:
        said = ascii(" ".join(printed[:2]) or run.stderr.decode(errors="replace")[:200])
        project.fail(f"`{file} --version` printed {said} with exit code {run.returncode}, "
                     f"instead of version {project.VERSION}; build it again")


def kind_of(content):
    """The RID of a program of 64 bits, by its header; none if it is not a program for a known one."""
    try:
        if content[:6] == b"\x7fELF\x02\x01":
            kind, machine = struct.unpack_from("<HH", content, 16)
            # A static program that can be loaded anywhere is a shared object to the format.
            return ELF.get(machine) if kind in (2, 3) else None
        if content[:2] == b"MZ":
            (at,) = struct.unpack_from("<I", content, 0x3C)
            machine, = struct.unpack_from("<H", content, at + 4)
            (flags, magic) = struct.unpack_from("<HH", content, at + 22)
            is_program = content[at:at + 4] == b"PE\0\0" and flags & 0x2002 == 2 and magic == 0x20B
            return PE.get(machine) if is_program else None
        if content[:4] == b"\xcf\xfa\xed\xfe":
            processor, _, kind = struct.unpack_from("<III", content, 4)
            return MACH.get(processor) if kind == 2 else None
    except struct.error:
        pass
    return None
