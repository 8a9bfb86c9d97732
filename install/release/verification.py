"""What is checked of the files of a release. Each check reads the files as their users do, and not by
what the programs that make them know."""

import io
import json
import os
import platform
import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import dependencies
import inspection
import packages
import project
import signatures

# In every archive besides the executable and the installer: of the sources, and made.
OF_SOURCES = ["README.md", "CHANGELOG.md", "LICENSE"]
SHELLS = ["dotnet-codeartifact.bash", "dotnet-codeartifact.fish", "dotnet-codeartifact.ps1", "_dotnet-codeartifact"]
MANUAL = "man/man1/dotnet-codeartifact.1"
START_LIMIT = 60
WINE = project.ROOT / ".ci/wine"
MANIFESTS = f"{project.NAME}-manifests.tar.gz"
FEATURE = f"devcontainer-feature-{project.NAME}.tgz"
FEATURE_FILES = {
    # as install/release/devcontainer-feature makes it
    "devcontainer-feature.json": (f"install/devcontainer/{project.NAME}/devcontainer-feature.json", 0o644),
    "install.sh": (f"install/devcontainer/{project.NAME}/install.sh", 0o755),
    "install-plugin.sh": ("install/install.sh", 0o755),
    "LICENSE": ("LICENSE", 0o644),
}
TOOLS = [project.NAME, "dotnet-codeartifact"]
# In each .NET tool besides what is for a system, and besides one file whose name is a checksum.
OF_PACKAGES = ["README.md", "LICENSE", "NOTICE", "_rels/.rels", "[Content_Types].xml"]
PROPERTIES = re.compile(r"package/services/metadata/core-properties/[0-9a-f]{32}\.psmdcp")
# The version in a manifest of each kind, and the address and the checksum of a file.
MANIFEST_VERSION = re.compile(r'^ *"?(?:version|PackageVersion)"?:? "([^"]*)"', re.MULTILINE)
ADDRESS_OR_DIGEST = re.compile(r"""/releases/download/v([^/\s"]+)/([^\s"']+)|\b([0-9a-fA-F]{64})\b""")
# Each kind of package writes the hyphen of 1.2.3-rc1 in its way.
NAMED_VERSION = re.compile(r"(?<![0-9.])" + "[._]?".join(map(re.escape, project.VERSION.split("-", 1))) + r"(?![0-9.])")
# As GitHub keeps the names of a release's files.
PLAIN_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")


class Release:
    """A folder with the files of a release, what was seen of each file, and what is wrong."""

    def __init__(self, folder, executables, commit=None, whole=False):
        """`commit`: that of which the executables have to be release builds. `whole`: everything that a
        release has must be there."""
        self.folder = folder
        self.executables = executables
        self.commit = commit
        self.whole = whole
        self.shared = {}
        self.seen = {}
        self.problems = []

    def saw(self, name, what):
        self.seen.setdefault(name, []).append(what)

    def wrong(self, problem):
        if problem not in self.problems:
            self.problems.append(problem)

    def unreadable(self, file, problem):
        self.saw(file.name, "NOT readable")
        self.wrong(f"{file.name}: it cannot be read: {ascii(str(problem))[1:-1]}")

    def check(self):
        self.names()
        self.checksums()
        for target, executable in self.executables:
            self.executable(target, executable)
            self.archive(target, executable)
            self.bill(target, executable)
        self.differences()
        self.installers()
        for name in TOOLS:
            self.dotnet_tool(name)
        for file in sorted(self.folder.iterdir()):
            if packages.is_package(file):
                self.linux_package(file)
        self.feature()
        self.manifests()
        self.changelog()
        for name in sorted(entry.name for entry in self.folder.iterdir()):
            if self.seen.get(name, ["checksum"]) == ["checksum"]:
                self.wrong(f"{name!a}: nothing is known of such a file; remove it")
        if self.whole:
            self.nothing_is_missing()

    def names(self):
        for entry in sorted(self.folder.iterdir()):
            if entry.is_symlink() or not entry.is_file():
                self.wrong(f"{entry.name!a}: a release has plain files only")
            if not PLAIN_NAME.fullmatch(entry.name):
                self.wrong(f"{entry.name!a}: GitHub would give it another name; use letters, digits and `._-`")

    def nothing_is_missing(self):
        names = {entry.name for entry in self.folder.iterdir()}
        for name in [MANIFESTS, FEATURE, *[f"{tool}.{project.VERSION}.nupkg" for tool in TOOLS]]:
            if name not in names:
                self.wrong(f"{name} is missing")
        for kind in packages.KINDS:
            if sum(name.endswith(kind) for name in names) != 2:
                self.wrong(f"there should be two packages of the kind {kind}, for x64 and arm64")
        for name, seen in sorted(self.seen.items()):
            self.problems += [f"{name}: {what}" for what in seen if what.startswith("NOT opened")]

    def checksums(self):
        """Every file, and no other, is in SHA256SUMS, in the form that sha256sum reads."""
        file = self.folder / project.CHECKSUMS
        if not file.is_file():
            return self.wrong(f"{project.CHECKSUMS} is missing")
        names = {entry.name for entry in self.folder.iterdir()} - {project.CHECKSUMS}
        for line in file.read_text(encoding="utf-8").splitlines():
            digest, _, name = line.partition("  ")
            is_listed = re.fullmatch("[0-9a-f]{64}", digest) and name in names
            if not is_listed or not (self.folder / name).is_file():
                self.wrong(f"{project.CHECKSUMS}: {(name or line)[:80]!a} is listed and not there, or listed twice")
                continue
            names.remove(name)
            if project.sha256(self.folder / name) != digest:
                self.wrong(f"{name}: its checksum is not the one in {project.CHECKSUMS}")
            else:
                self.saw(name, "checksum")
        for name in sorted(names):
            self.wrong(f"{name!a}: it is not in {project.CHECKSUMS}")
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
        content = file.read_bytes()
        self.build(target, content)
        self.signature(target, content)

    def build(self, target, content):
        """Only release builds name their commit, and only those of cargo-auditable list their crates."""
        commits = inspection.commits(target, content)
        has_list = b".dep-v0" in content
        self.saw(target.archive, f"commit {', '.join(sorted(commits))}" if commits else "NOT a release build")
        self.saw(target.archive, "list of crates" if has_list else "NO list of crates")
        if self.commit and not (commits and all(self.commit.startswith(commit) for commit in commits)):
            built_of = f"of commit {', '.join(sorted(commits))}" if commits else "no release build"
            self.wrong(f"{target.rid}: the executable is {built_of}; build {self.commit[:12]} with install/release/build")
        if self.whole and not has_list:
            self.wrong(f"{target.rid}: the executable has no list of its crates; build it by cargo-auditable")

    def signature(self, target, content):
        described = signatures.described(target, content)
        if described is None:
            return
        self.saw(target.archive, described)
        launchers = signatures.launchers_in(target, content)
        if not launchers and self.whole:
            self.wrong(f"{target.rid}: there is no launcher in the executable")
        if signatures.is_signed(target, content) and not all(launchers):
            self.wrong(f"{target.rid}: the executable is signed, and the launcher in it is not; old SDKs refuse it")

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
            elif inner == "NOTICE" and not found[0].startswith(notice_of(target)):
                self.wrong(f"{name}: its NOTICE is not the one of {project.VERSION} for {target.rid}")
            elif inner.startswith("completions/"):
                self.same_everywhere(name, inner, found[0])
        pages = {}
        manuals = re.compile(r"man/man1/[a-z-]+\.1")
        for other, (content, mode) in sorted(entries.items()):
            page = other.removeprefix(f"{target.stem}/")
            if page == other or not manuals.fullmatch(page):
                self.wrong(f"{name}: {other!a} does not belong into it")
            elif mode != 0o644 or not content.strip():
                self.wrong(f"{name}: {other!a} is empty or has another mode than 644")
            else:
                pages[page] = content
                self.same_everywhere(name, page, content)
        self.same_everywhere(name, "list of manual pages", tuple(sorted(pages)))
        self.saw(name, f"content ({len(pages) + 1} manual pages)")

    def same_everywhere(self, archive, inner, content):
        self.shared.setdefault(inner, {}).setdefault(content, []).append(archive)

    def differences(self):
        """What all archives have is the same in each: the fewest are wrong."""
        for inner, contents in sorted(self.shared.items()):
            for archives in sorted(contents.values(), key=len)[:-1]:
                self.wrong(f"{', '.join(archives)}: the {inner} is another one than in the other archives")

    def entries(self, file):
        """The (content, mode) of each entry of an archive by name; none where it cannot be read."""
        if not file.is_file():
            return self.wrong(f"{file.name} is missing")
        try:
            if file.suffix == ".zip":
                return self.of_zip(file)
            return self.of_tar(file.name, file.read_bytes())
        except (OSError, EOFError, ValueError, tarfile.TarError, zipfile.BadZipFile) as problem:
            self.unreadable(file, problem)
            return None

    def of_zip(self, file):
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            self.only_once(file.name, [info.filename for info in infos])
            for info in infos:
                # A link would have another kind than a plain file.
                if info.external_attr >> 28 != 0o10 and not info.is_dir():
                    self.wrong(f"{file.name}: {info.filename!a} is not a plain file")
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
        try:
            text = json.loads(file.read_text(encoding="utf-8"))
            described = text["metadata"]["component"]
            found = {
                "name": described["name"],
                "version": described["version"],
                "executable": described["hashes"][0]["content"],
                "target": text["metadata"]["properties"][0]["value"],
                "number of crates": len(text["dependencies"]) - 1,
            }
            unknown = unknown_crates(text)
        except (ValueError, KeyError, IndexError, TypeError) as problem:
            return self.unreadable(file, problem)
        expected = {
            "name": project.NAME,
            "version": project.VERSION,
            "executable": project.sha256(executable),
            "target": target.target,
            "number of crates": len(text.get("components", [])),
        }
        for what, value in expected.items():
            if found[what] != value:
                self.wrong(f"{file.name}: it does not name the {what} of this release, {value}")
        for crate in unknown:
            self.wrong(f"{file.name}: {crate!a} is not a crate of Cargo.lock, or its checksum is another one")
        self.saw(file.name, f"version, checksum of the executable, {found['number of crates']} crates")

    def installers(self):
        for name in ["install.sh", "install.ps1"]:
            file = self.folder / name
            if not file.is_file() or file.read_bytes() != (project.ROOT / "install" / name).read_bytes():
                self.wrong(f"{name}: it is not the one of the sources")
            self.saw(name, "same as in the sources")

    def dotnet_tool(self, name):
        """A package has this version, the executables of the archives in their places, and nothing else."""
        file = self.folder / f"{name}.{project.VERSION}.nupkg"
        if not file.is_file():
            return
        try:
            with zipfile.ZipFile(file) as package:
                self.only_once(file.name, package.namelist())
                contents = {inner: package.read(inner) for inner in package.namelist()}
        except (OSError, EOFError, ValueError, zipfile.BadZipFile) as problem:
            return self.unreadable(file, problem)
        if f"<version>{project.VERSION}</version>".encode() not in contents.get(f"{name}.nuspec", b""):
            self.wrong(f"{file.name}: its version is not {project.VERSION}")
        expected = set(OF_PACKAGES) | {f"{name}.nuspec"}
        for target, executable in self.executables:
            folder, place = places_in_tool(name, target)
            expected |= {place, f"{folder}/DotnetToolSettings.xml"}
            if contents.get(place) != executable.read_bytes():
                self.wrong(f"{file.name}: the executable for {target.rid} in it is not the one of this release")
        if name == project.NAME:
            expected.add(f"tools/netcoreapp2.1/any/{name}.dll")
        for inner in sorted(expected - set(contents)):
            self.wrong(f"{file.name}: it has no {inner}")
        for inner in sorted(set(contents) - expected):
            if not PROPERTIES.fullmatch(inner):
                self.wrong(f"{file.name}: {inner!a} does not belong into it")
        self.saw(file.name, f"version, {len(self.executables)} executables, content")

    def linux_package(self, file):
        """The executable in a package is the one of its system's archive."""
        arm = re.search("arm64|aarch64", file.name) is not None
        rid = "linux-arm64" if arm else "linux-x64"
        executable = next((path for target, path in self.executables if target.rid == rid), None)
        if executable is None:
            return self.wrong(f"{file.name}: there is no executable for {rid}")
        if not NAMED_VERSION.search(file.name):
            self.wrong(f"{file.name}: its name has another version than {project.VERSION}")
        try:
            contents = packages.contents(file)
        except (OSError, EOFError, ValueError, tarfile.TarError) as problem:
            return self.unreadable(file, problem)
        if contents is None:
            return self.saw(file.name, "NOT opened: no program for it here")
        if contents.get(packages.PROGRAM) != (executable.read_bytes(), 0o755):
            self.wrong(f"{file.name}: its executable is not the one for {rid}, or cannot be started")
        for name in sorted(name for name in contents if packages.does_not_belong(name)):
            self.wrong(f"{file.name}: {name!a} does not belong into it")
        self.saw(file.name, "version, executable, places of files")

    def feature(self):
        """The dev container feature has the files of the sources, and no other."""
        file = self.folder / FEATURE
        if not file.is_file():
            return
        entries = self.entries(file)
        if entries is None:
            return
        for name, (source, mode) in FEATURE_FILES.items():
            if entries.pop(f"./{name}", None) != ((project.ROOT / source).read_bytes(), mode):
                self.wrong(f"{file.name}: its {name} is not the one of the sources")
        for name in sorted(entries):
            self.wrong(f"{file.name}: {name!a} does not belong into it")
        self.saw(file.name, "same as in the sources")

    def manifests(self):
        """Each address in a manifest is of this version and names a file that is there, by its checksum."""
        file = self.folder / MANIFESTS
        if not file.is_file():
            return
        entries = self.entries(file)
        if entries is None:
            return
        if self.whole and sorted(Path(name).parts[0] for name in entries) != ["homebrew", "scoop"] + 3 * ["winget"]:
            self.wrong(f"{file.name}: it should have a manifest of Homebrew, one of Scoop and three of winget")
        for name, (content, _) in sorted(entries.items()):
            text = content.decode("utf-8", "replace")
            versions = MANIFEST_VERSION.findall(text)
            for version in versions or ["none"]:
                if version != project.VERSION:
                    self.wrong(f"{file.name}: the version in {name!a} is {version!a}")
            self.addresses(f"{file.name}: {name!a}", text)
        self.saw(file.name, f"{len(entries)} manifests: version, addresses, checksums")

    def addresses(self, where, text):
        """A checksum stands behind the address of its file."""
        target = None
        for version, name, digest in ADDRESS_OR_DIGEST.findall(text):
            if digest:
                if target is None or not target.is_file() or project.sha256(target) != digest.lower():
                    self.wrong(f"{where} has the checksum {digest[:12]}…, which is not that of its file")
            elif version == project.VERSION:
                target = self.folder / name
                if not PLAIN_NAME.fullmatch(name) or not target.is_file():
                    self.wrong(f"{where} names {name!a}, which is not there")
            elif version != "$version":
                self.wrong(f"{where} names version {version!a}")

    def changelog(self):
        headings = re.findall(r"^## (\S+)", (project.ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
        if project.VERSION not in headings and "Unreleased" not in headings:
            self.wrong(f"CHANGELOG.md has no section `## {project.VERSION}`")


def unknown_crates(bill):
    """What a bill of materials names and Cargo.lock does not have so."""
    locked = {
        f"pkg:cargo/{name}@{version}": [{"alg": "SHA-256", "content": checksum}]
        for (name, version), checksum in dependencies.checksums().items()
    }
    crates = [(f"pkg:cargo/{each['name']}@{each['version']}", each) for each in bill["components"]]
    # All but the name of the licence, which the package of the crate has.
    unknown = [name for name, each in crates if each != {
        "type": "library", "bom-ref": name, "name": each["name"], "version": each["version"], "scope": "required",
        "hashes": locked.get(name), "licenses": each["licenses"], "purl": name,
    }]
    named = {name for each in bill["dependencies"] for name in [each["ref"], *each["dependsOn"]]}
    return sorted({*unknown, *named - set(locked)})


def notice_of(target):
    """How the page of licences for a target begins."""
    return f"{project.NAME} {project.VERSION} for {target.rid} ".encode()


def places_in_tool(name, target):
    """The folder with the settings, and the executable, of a system in a .NET tool."""
    if name == project.NAME:
        folder = "tools/netcoreapp2.1/any"
        return folder, f"{folder}/shims/{target.rid}/{target.executable}"
    folder = f"tools/any/{target.rid}"
    return folder, f"{folder}/{target.executable.replace(project.NAME, name)}"


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
