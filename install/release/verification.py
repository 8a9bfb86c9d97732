"""What is checked of the files of a release. Each check reads the files as their users do, and not by
what the programs that make them know."""

import io
import os
import platform
import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import inspection
import project

# In every archive besides the executable and the installer: of the sources, and made.
OF_SOURCES = ["README.md", "CHANGELOG.md", "LICENSE"]
SHELLS = ["dotnet-codeartifact.bash", "dotnet-codeartifact.fish", "dotnet-codeartifact.ps1", "_dotnet-codeartifact"]
MANUAL = "man/man1/dotnet-codeartifact.1"
START_LIMIT = 60
WINE = project.ROOT / ".ci/wine"


class Release:
    """A folder with the files of a release, what was seen of each file, and what is wrong."""

    def __init__(self, folder, executables):
        self.folder = folder
        self.executables = executables
        self.seen = {}
        self.problems = []

    def saw(self, name, what):
        self.seen.setdefault(name, []).append(what)

    def wrong(self, problem):
        if problem not in self.problems:
            self.problems.append(problem)

    def check(self):
        self.checksums()
        for target, executable in self.executables:
            self.executable(target, executable)
            self.archive(target, executable)
            self.bill(target, executable)
        self.installers()
        for file in sorted(self.folder.glob("*.nupkg")):
            self.dotnet_tool(file)
        for file in sorted(self.folder.iterdir()):
            self.linux_package(file)
        self.manifests()
        self.changelog()
        for name in sorted(entry.name for entry in self.folder.iterdir()):
            if not (self.folder / name).is_file():
                self.wrong(f"{name}: a release has files only")
            elif self.seen.get(name, ["checksum"]) == ["checksum"]:
                self.wrong(f"{name}: nothing is known of such a file; remove it")

    def checksums(self):
        """Every file, and no other, is in SHA256SUMS, in the form that sha256sum reads."""
        file = self.folder / project.CHECKSUMS
        if not file.is_file():
            return self.wrong(f"{project.CHECKSUMS} is missing")
        names = {entry.name for entry in self.folder.iterdir()} - {project.CHECKSUMS}
        for line in file.read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition("  ")
            if not re.fullmatch("[0-9a-f]{64}", digest) or name not in names:
                self.wrong(f"{project.CHECKSUMS}: {name!a} is listed and not there")
                continue
            names.remove(name)
            if project.sha256(self.folder / name) != digest:
                self.wrong(f"{name}: its checksum is not the one in {project.CHECKSUMS}")
            else:
                self.saw(name, "checksum")
        for name in sorted(names):
            self.wrong(f"{name}: it is not in {project.CHECKSUMS}")
        self.saw(project.CHECKSUMS, "names every file")

    def executable(self, target, file):
        """It is for the target, has this version, and starts where that is possible here."""
        try:
            inspection.check(target, file)
        except SystemExit as problem:
            return self.wrong(f"{target.rid}: {str(problem).removeprefix('error: ')}")
        how, printed = start(target, file)
        if printed is not None and printed.split()[:2] != [project.NAME, project.VERSION]:
            return self.wrong(f"{target.rid}: `--version` printed {printed[:80]!a} {how}")
        self.saw(target.archive, f"version {project.VERSION}")
        self.saw(target.archive, f"started {how}" if printed is not None else f"NOT started: {how}")
        signature = signed(target, file)
        if signature:
            self.saw(target.archive, signature)

    def archive(self, target, executable):
        """One folder with exactly what belongs into it, and files as they are in the sources."""
        name = target.archive
        entries = self.entries(self.folder / name)
        if entries is None:
            return
        installer = "install.ps1" if target.is_windows else "install.sh"
        expected = {target.executable: (executable.read_bytes(), 0o755)}
        expected[installer] = ((project.ROOT / "install" / installer).read_bytes(), 0o755)
        for text in OF_SOURCES:
            expected[text] = ((project.ROOT / text).read_bytes(), 0o644)
        for text in ["NOTICE", MANUAL, *[f"completions/{shell}" for shell in SHELLS]]:
            expected[text] = (None, 0o644)
        for inner, (content, mode) in expected.items():
            found = entries.pop(f"{target.stem}/{inner}", None)
            if found is None:
                self.wrong(f"{name}: it has no {inner}")
            elif found[1] != mode:
                self.wrong(f"{name}: the mode of {inner} is {found[1]:o} and should be {mode:o}")
            elif content is not None and found[0] != content:
                self.wrong(f"{name}: its {inner} is not the one of this release")
            elif not found[0].strip():
                self.wrong(f"{name}: its {inner} is empty")
        manuals = re.compile(rf"{re.escape(target.stem)}/man/man1/[a-z-]+\.1")
        for other in sorted(set(entries)):
            if not manuals.fullmatch(other):
                self.wrong(f"{name}: {other!a} does not belong into it")
        self.saw(name, f"content ({len(entries) + 1} manual pages)")

    def entries(self, file):
        """The (content, mode) of each entry of an archive by name; none where it cannot be read."""
        try:
            if file.suffix == ".zip":
                return self.of_zip(file)
            return self.of_tar(file.name, file.read_bytes())
        except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile) as problem:
            self.wrong(f"{file.name}: it cannot be read: {problem}")
            return None

    def of_zip(self, file):
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            self.only_once(file.name, [info.filename for info in infos])
            return {info.filename: (archive.read(info), info.external_attr >> 16 & 0o7777) for info in infos}

    def of_tar(self, name, content):
        found = {}
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            members = [member for member in archive if not member.isdir()]
            self.only_once(name, [member.name for member in members])
            for member in members:
                if not member.isfile() or (member.uid, member.gid) != (0, 0):
                    self.wrong(f"{name}: {member.name!a} is not a plain file of root's")
                    continue
                found[member.name] = (archive.extractfile(member).read(), member.mode)
        return found

    def only_once(self, archive, names):
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.wrong(f"{archive}: {name!a} is in it twice")

    def bill(self, target, executable):
        file = self.folder / f"{target.stem}.cdx.json"
        if not file.is_file():
            return self.wrong(f"{file.name} is missing")
        text = file.read_text(encoding="utf-8")
        for what, value in [("version", project.VERSION), ("executable", project.sha256(executable))]:
            if f'"{value}"' not in text:
                self.wrong(f"{file.name}: it does not name the {what} of this release, {value}")
        self.saw(file.name, "version, checksum of the executable")

    def installers(self):
        for name in ["install.sh", "install.ps1"]:
            file = self.folder / name
            if not file.is_file() or file.read_bytes() != (project.ROOT / "install" / name).read_bytes():
                self.wrong(f"{name}: it is not the one of the sources")
            self.saw(name, "same as in the sources")

    def dotnet_tool(self, file):
        """A package's executables are those of the archives, and its version is this one."""
        try:
            with zipfile.ZipFile(file) as package:
                contents = {name: package.read(name) for name in package.namelist()}
        except (OSError, zipfile.BadZipFile) as problem:
            return self.wrong(f"{file.name}: it cannot be read: {problem}")
        nuspec = b"".join(content for name, content in contents.items() if name.endswith(".nuspec"))
        if f"<version>{project.VERSION}</version>".encode() not in nuspec:
            self.wrong(f"{file.name}: its version is not {project.VERSION}")
        held = set(contents.values())
        for target, executable in self.executables:
            if executable.read_bytes() not in held:
                self.wrong(f"{file.name}: the executable for {target.rid} in it is not the one of this release")
        self.saw(file.name, f"version, {len(self.executables)} executables")

    def linux_package(self, file):
        """The executable in a package is the one of its system's archive."""
        kind = next((kind for kind in PACKAGES if file.name.endswith(kind)), None)
        if kind is None:
            return
        arm = re.search("arm64|aarch64", file.name) is not None
        rid = "linux-arm64" if arm else "linux-x64"
        executable = next((path for target, path in self.executables if target.rid == rid), None)
        if executable is None:
            return self.wrong(f"{file.name}: there is no executable for {rid}")
        if project.VERSION not in file.name:
            self.wrong(f"{file.name}: its name has another version than {project.VERSION}")
        content = PACKAGES[kind](file)
        if content is None:
            return self.saw(file.name, "NOT opened: no program for it here")
        if content != executable.read_bytes():
            self.wrong(f"{file.name}: its executable is not the one for {rid}")
        self.saw(file.name, "version, executable")

    def manifests(self):
        """Each address in a manifest is of this version and names a file that is there, by its checksum."""
        file = self.folder / f"{project.NAME}-manifests.tar.gz"
        if not file.is_file():
            return
        entries = self.entries(file) or {}
        sums = {project.sha256(entry) for entry in self.folder.iterdir() if entry.is_file()}
        for name, (content, _) in sorted(entries.items()):
            text = content.decode("utf-8")
            if project.VERSION not in text:
                self.wrong(f"{file.name}: {name} does not name version {project.VERSION}")
            for version, target in re.findall(r"/releases/download/v([^/\s\"$]+)/([^\s\"']+)", text):
                if version == project.VERSION and not (self.folder / target).is_file():
                    self.wrong(f"{file.name}: {name} names {target}, which is not there")
                if version != project.VERSION and re.match(r"\d", version):
                    self.wrong(f"{file.name}: {name} names version {version!a}")
            for digest in re.findall(r"\b[0-9a-fA-F]{64}\b", text):
                if digest.lower() not in sums:
                    self.wrong(f"{file.name}: {name} has the checksum {digest[:12]}…, which is no file's")
        self.saw(file.name, f"{len(entries)} manifests: version, addresses, checksums")

    def changelog(self):
        headings = re.findall(r"^## (\S+)", (project.ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
        if project.VERSION not in headings and "Unreleased" not in headings:
            self.wrong(f"CHANGELOG.md has no section `## {project.VERSION}`")
        for file in sorted(self.folder.glob("*.tgz")):
            entries = self.entries(file) or {}
            installer = (project.ROOT / "install/install.sh").read_bytes()
            if all(content != installer for content, _ in entries.values()):
                self.wrong(f"{file.name}: the installer in it is not the one of the sources")
            self.saw(file.name, "installer")


def start(target, file):
    """How the executable was started, and what `--version` printed; or why it was not, and none."""
    if target.rid == project.native_rid():
        return run_version([file.resolve()], "here")
    system, _, processor = target.rid.partition("-")
    if system == "linux" and platform.system() == "Linux":
        emulator = "qemu-" + {"arm64": "aarch64", "x64": "x86_64"}[processor]
        found = shutil.which(f"{emulator}-static") or shutil.which(emulator)
        return run_version([found, file.resolve()], "by qemu") if found else (f"{emulator} is not here", None)
    if target.rid == "win-x64" and platform.system() == "Linux":
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        prefix = Path(os.environ.get("CODEARTIFACT_NUGET_WINE") or cache / "nuget-plugin-codeartifact-wine")
        if not (prefix / "windows").is_dir():
            return "`.ci/wine setup` has not run here", None
        return run_version(["bash", WINE, "run", file.resolve()], "by Wine")
    if target.rid == "osx-x64" and project.native_rid() == "osx-arm64":
        return run_version(["arch", "-x86_64", file.resolve()], "by Rosetta")
    return f"this machine is {project.native_rid()}", None


def run_version(words, how):
    try:
        run = subprocess.run([*words, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=START_LIMIT)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return how, f"({problem})"
    return how, (run.stdout or run.stderr).decode(errors="replace")


def signed(target, file):
    """Whether an executable has the signature of somebody; it is checked where it was made."""
    content = file.read_bytes()
    if target.rid.startswith("linux-"):
        return None
    if not target.is_windows:
        # The directory of what is signed, and the flag that nobody signed it (`ad hoc`).
        at = content.find(b"\xfa\xde\x0c\x02")
        nobodys = at < 0 or int.from_bytes(content[at + 12:at + 16], "big") & 2
        return "NOT signed" if nobodys else "signed"
    at = int.from_bytes(content[0x3C:0x40], "little")
    # The directory of certificates is the fifth of the header for 64 bits.
    size = int.from_bytes(content[at + 24 + 112 + 4 * 8 + 4:at + 24 + 112 + 5 * 8], "little")
    return "signed" if size else "NOT signed"


def in_deb(file):
    """A deb is an `ar` archive of two compressed tars."""
    content, at = file.read_bytes(), 8
    while at + 60 <= len(content):
        name, size = content[at:at + 16].decode().strip(), int(content[at + 48:at + 58])
        if name.startswith("data.tar"):
            return program_of(content[at + 60:at + 60 + size])
        at += 60 + size + size % 2
    return b""


def in_apk(file):
    """An apk is three compressed tars, one after the other."""
    return program_of(file.read_bytes())


def in_rpm(file):
    if not shutil.which("rpm2cpio") or not shutil.which("cpio"):
        return None
    archive = subprocess.run(["rpm2cpio", file], stdout=subprocess.PIPE).stdout
    words = ["cpio", "--extract", "--quiet", "--to-stdout", "*/usr/bin/" + project.NAME, "/usr/bin/" + project.NAME]
    return subprocess.run(words, input=archive, capture_output=True).stdout


def in_arch(file):
    if not shutil.which("zstd"):
        return None
    return program_of(subprocess.run(["zstd", "--decompress", "--stdout", file], stdout=subprocess.PIPE).stdout)


def program_of(content):
    """The executable in usr/bin of a tar."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), ignore_zeros=True) as archive:
            for member in archive:
                if member.isfile() and Path(member.name).parts[-3:] == ("usr", "bin", project.NAME):
                    return archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError):
        pass
    return b""


PACKAGES = {".deb": in_deb, ".rpm": in_rpm, ".apk": in_apk, ".pkg.tar.zst": in_arch}
