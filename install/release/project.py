"""What the programs of a release share: the version, the address, the targets, and archives whose
bytes depend on their content only. Python 3.11 or newer, standard library only.

The executables of a release are in one folder with a folder for each runtime identifier (RID) of
.NET, such as `linux-x64/nuget-plugin-codeartifact` and `win-x64/nuget-plugin-codeartifact.exe`.
"""

import gzip
import hashlib
import io
import json
import os
import platform
import re
import sys
import tarfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

try:
    import tomllib
except ImportError:
    sys.exit("error: this needs Python 3.11 or newer, and is run by " + platform.python_version())

ROOT = Path(__file__).resolve().parents[2]
NAME = "nuget-plugin-codeartifact"
CHECKSUMS = "SHA256SUMS"

with open(ROOT / "Cargo.toml", "rb") as _file:
    PACKAGE = tomllib.load(_file)["package"]

VERSION = PACKAGE["version"]
# The address of the project. Every other file that names it is compared with this one by a test.
REPOSITORY = PACKAGE["repository"]
OWNER = REPOSITORY.split("/")[3]

# What every NuGet reads: less the fourth number and what SemVer 1 does not know, since old clients would
# not see such a package.
RELEASED = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z][0-9A-Za-z-]*)?")

# Files in archives have this time unless SOURCE_DATE_EPOCH (seconds) says another: 1 January 2020.
_epoch = os.environ.get("SOURCE_DATE_EPOCH") or "1577836800"
# A zip archive has no year before 1980, and a tar of the old form none after 2242.
if not re.fullmatch("[0-9]{9,10}", _epoch) or int(_epoch) < 315619200:
    sys.exit(f"error: SOURCE_DATE_EPOCH is {_epoch[:40]!a}, and has to be a number of seconds, of 1980 or later")
TIME = int(_epoch)


@dataclass(frozen=True)
class Target:
    """One of the systems that a release serves."""

    rid: str
    target: str
    runner: str

    @property
    def is_windows(self):
        return self.rid.startswith("win-")

    @property
    def executable(self):
        """The executable's file name."""
        return NAME + (".exe" if self.is_windows else "")

    @property
    def stem(self):
        """The name of the archive without its suffix, and of the one folder in it."""
        return f"{NAME}-{self.rid}"

    @property
    def archive(self):
        return self.stem + (".zip" if self.is_windows else ".tar.gz")


def targets():
    """All targets, in the order of targets.json."""
    entries = json.loads((ROOT / "install/release/targets.json").read_text())
    return [Target(**entry) for entry in entries]


def target(rid):
    """The target of a RID that the command line names."""
    for known in targets():
        if known.rid == rid:
            return known
    fail(f"`{rid}` is not a RID of targets.json")


def native_rid():
    """The RID whose executable runs on this machine; none where a release has none."""
    system = {"Linux": "linux", "Windows": "win", "Darwin": "osx"}.get(platform.system())
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    return f"{system}-{machine.get(platform.machine().lower())}"


def executables(folder):
    """The targets whose executables are in this folder, each with its file."""
    known = {target.rid: target for target in targets()}
    for entry in sorted(folder.iterdir()):
        if entry.is_dir() and entry.name not in known:
            fail(f"`{entry}` is not named after a RID of targets.json; rename or remove it")
    found = [(target, folder / rid / target.executable) for rid, target in known.items()]
    for target, file in found:
        if file.parent.is_dir() and not file.is_file():
            fail(f"`{file.parent}` has no `{file.name}`; build it with install/release/build {target.target}")
    found = [(target, file) for target, file in found if file.is_file()]
    if not found:
        fail(f"`{folder}` has no executable; each is in a folder named after its RID, such as linux-x64")
    return found


def check_version(version):
    """Ends the program unless every client of a release reads this version."""
    if not RELEASED.fullmatch(version):
        fail(f"{version!a} is not a version that every NuGet reads, such as 1.2.3 or 1.2.3-rc1")


def fail(problem):
    """Ends the program with one line."""
    sys.exit(f"error: {problem}")


def folder(name):
    """A folder that the command line names."""
    if not Path(name).is_dir():
        fail(f"`{name}` is not a folder")
    return Path(name)


def write_checksums(folder):
    """Writes SHA256SUMS over the files of a release: those in the folder itself, by name."""
    files = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    lines = [f"{sha256(folder / name)}  {name}\n" for name in files if name != CHECKSUMS]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def sha256(file):
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def release_url(version=VERSION):
    """Where the files of a release are downloaded from."""
    return f"{REPOSITORY}/releases/download/v{version}"


def unpack(file, folder):
    """Writes the plain files of a tar into a folder. (Python 3.11.4 can do that, and 3.11.2 of Debian not.)"""
    with tarfile.open(file) as archive:
        for member in archive:
            parts = Path(member.name).parts
            if not member.isfile() or ".." in parts or Path(member.name).is_absolute():
                fail(f"`{file}` has {member.name!a}, which is not a plain file in a folder of its own")
            place = folder / member.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(archive.extractfile(member).read())
            place.chmod(member.mode & 0o777)


def tar_gz(entries, level=9):
    """The bytes of a .tar.gz of these (name, content, mode), in this order, owned by root."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content, mode in entries:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), mode, TIME
            archive.addfile(entry, io.BytesIO(content))
    return gzipped(inner.getvalue(), level)


def gzipped(content, level=9):
    """Compressed, with the same header by each Python: that of `gzip.compress` depends on its version."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=level, fileobj=packed, mtime=0) as file:
        file.write(content)
    return packed.getvalue()


def zipped(entries, level=9):
    """The bytes of a .zip of these (name, content, mode), in this order."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content, mode in entries:
            entry = zipfile.ZipInfo(name, time.gmtime(TIME)[:6])
            entry.create_system, entry.external_attr = 3, (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            # An entry of one's own does not get the level of the archive.
            archive.writestr(entry, content, compresslevel=level)
    return packed.getvalue()
