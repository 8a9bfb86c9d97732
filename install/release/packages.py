"""What is in a Linux package, read as the system's own programs read it."""

import io
import re
import shutil
import subprocess
import tarfile

import project

COMMAND = "dotnet-codeartifact"
_NAMES = f"({project.NAME}|{COMMAND})"
# Where a package may put a file. None has a script.
PLACES = re.compile(
    f"usr/bin/{_NAMES}|"
    r"usr/share/(man/man1/[a-z-]+\.1\.gz|"
    "(bash-completion/completions|zsh/(site-functions|vendor-completions)|fish/vendor_completions[.]d)/"
    f"_?{_NAMES}([.]fish)?|"
    f"(doc|licenses)/{project.NAME}/[A-Za-z.]+|lintian/overrides/{project.NAME})"
)
# What describes a package of each kind.
DESCRIPTIONS = {"control", "md5sums", ".PKGINFO", ".MTREE"}
PROGRAM = f"usr/bin/{project.NAME}"


def contents(file):
    """The (content, mode) of each file in a package by name, links too; none where no program here opens it.
    Raises what the readers of such files raise."""
    kind = next((kind for kind in KINDS if file.name.endswith(kind)), None)
    return KINDS[kind](file)


def is_package(file):
    return file.name.endswith(tuple(KINDS))


def does_not_belong(name):
    return not PLACES.fullmatch(name) and name not in DESCRIPTIONS


def in_deb(file):
    """A deb is an `ar` archive of two compressed tars."""
    content, at, found = file.read_bytes(), 8, {}
    while at + 60 <= len(content):
        name, size = content[at:at + 16].decode().strip(), int(content[at + 48:at + 58])
        if ".tar" in name:
            found |= of_tar(content[at + 60:at + 60 + size])
        at += 60 + size + size % 2
    return found


def in_apk(file):
    """An apk is compressed tars, one after the other."""
    return of_tar(file.read_bytes())


def in_arch(file):
    if not shutil.which("zstd"):
        return None
    return of_tar(output_of("zstd", "--decompress", "--stdout", file))


def in_rpm(file):
    if not shutil.which("rpm2cpio"):
        return None
    return of_cpio(output_of("rpm2cpio", file))


def output_of(*words):
    run = subprocess.run(words, capture_output=True)
    if run.returncode:
        raise ValueError(f"{words[0]} ended with {run.returncode}")
    return run.stdout


def of_tar(content):
    found = {}
    with tarfile.open(fileobj=io.BytesIO(content), ignore_zeros=True) as archive:
        for member in archive:
            if not member.isdir():
                opened = archive.extractfile(member) if member.isfile() else None
                found[plain(member.name)] = (opened.read() if opened else b"", member.mode)
    return found


def of_cpio(content):
    """Of the form `newc`: a header of hexadecimal numbers, the name and the content, each on 4 bytes."""
    found, at = {}, 0
    while True:
        if content[at:at + 6] not in (b"070701", b"070702"):
            raise ValueError("it has another form")
        fields = [int(content[at + 6 + 8 * number:at + 14 + 8 * number], 16) for number in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = content[at + 110:at + 110 + length - 1].decode()
        at = (at + 110 + length + 3) & ~3
        if name == "TRAILER!!!":
            return found
        if mode & 0o170000 != 0o040000:
            found[plain(name)] = (content[at:at + size], mode & 0o7777)
        at = (at + size + 3) & ~3


def plain(name):
    return name.removeprefix("./").removeprefix("/")


KINDS = {".deb": in_deb, ".rpm": in_rpm, ".apk": in_apk, ".pkg.tar.zst": in_arch}
