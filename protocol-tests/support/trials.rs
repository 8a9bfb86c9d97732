//! Tests as values, so that a table can make them and each is reported under a name of its own.
//!
//! A test that needs something which is not everywhere is reported as ignored without it, or as
//! failed where `CODEARTIFACT_NUGET_TEST_REQUIRE` names it (a list with commas, or `all`).

use std::collections::{HashMap, HashSet};
use std::env;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Failed};

use super::dotnet::{Dotnet, find_on_path};

/// A suite: the first part of its tests' names, and the tests.
pub type Suite = (&'static str, Vec<Trial>);

/// A test.
pub struct Trial {
    name: String,
    need: Option<Need>,
    is_possible: bool,
    is_alone: bool,
    test: Box<dyn FnOnce() + Send>,
}

/// A test of this name; it fails by a panic.
pub fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    let (need, test) = (None, Box::new(test));
    Trial { name: name.into(), need, is_possible: true, is_alone: false, test }
}

/// A test that needs the real `dotnet`.
pub fn with_dotnet(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    trial(name, test).needing(Need::Dotnet)
}

/// The tests, which all need this.
pub fn needing(trials: Vec<Trial>, need: Need) -> impl Iterator<Item = Trial> {
    trials.into_iter().map(move |trial| trial.needing(need))
}

/// A test for each of these functions, of the function's name.
macro_rules! named {
    ($($(#[$attribute:meta])* $test:ident),* $(,)?) => {
        vec![$($(#[$attribute])* $crate::support::trials::trial(stringify!($test), $test)),*]
    };
}
pub(crate) use named;

impl Trial {
    /// Ignored without `need`, unless that is required here.
    pub fn needing(self, need: Need) -> Self {
        Self { need: Some(need), ..self }
    }

    /// Ignored where it is not possible, whatever is required.
    pub fn where_possible(self, is_possible: bool) -> Self {
        Self { is_possible, ..self }
    }

    /// Run before all others with few at a time: it measures a time that a busy machine would spoil.
    pub fn alone(self) -> Self {
        Self { is_alone: true, ..self }
    }
}

/// Runs the tests of these suites, `together` at a time unless the command line says otherwise: most
/// of them wait most of the time.
pub fn run(suites: impl IntoIterator<Item = Suite>, together: usize) -> ExitCode {
    let mut arguments = Arguments::from_args();
    let mut present = HashMap::new();
    let mut names = HashSet::new();
    let (mut alone, mut others) = (Vec::new(), Vec::new());
    for (suite, trials) in suites {
        for trial in trials {
            let name = format!("{suite}::{}", trial.name);
            assert!(names.insert(name.clone()), "two tests are called `{name}`");
            let list = if trial.is_alone { &mut alone } else { &mut others };
            list.push(as_reported(name, trial, &mut present));
        }
    }
    let is_good = alone.is_empty() || !libtest_mimic::run(&arguments, alone).has_failed();
    arguments.test_threads.get_or_insert(together);
    let are_good = !libtest_mimic::run(&arguments, others).has_failed();
    if is_good && are_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// As many as this machine has.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(2, NonZero::get)
}

fn as_reported(
    name: String,
    trial: Trial,
    present: &mut HashMap<Need, bool>,
) -> libtest_mimic::Trial {
    let missing =
        trial.need.filter(|need| !*present.entry(*need).or_insert_with(|| need.is_there()));
    let Some(need) = missing else {
        let test = move || {
            (trial.test)();
            Ok(())
        };
        return libtest_mimic::Trial::test(name, test).with_ignored_flag(!trial.is_possible);
    };
    let failure = move || Err(Failed::from(format!("{} is not here", need.name())));
    libtest_mimic::Trial::test(name, failure).with_ignored_flag(!need.is_required())
}

/// The variable with the executable of the last release.
pub const PREVIOUS: &str = "CODEARTIFACT_NUGET_TEST_PREVIOUS";

/// The variable with a folder of schemas; `manifests.rs` of the packaging tests names its files.
pub const SCHEMAS: &str = "CODEARTIFACT_NUGET_TEST_SCHEMAS";

/// What a variable names, as an absolute path.
pub fn named_by(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// The program that makes Linux packages.
pub fn nfpm() -> Option<PathBuf> {
    named_by("NFPM").or_else(|| find_on_path("nfpm"))
}

/// What a test may need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    Dotnet,
    /// `mono`, and a nuget.exe that the variable `NUGET_EXE` names.
    NugetExe,
    /// The AWS CLI, version 2, that `AWS_CLI` names or that is on PATH.
    Aws,
    /// Both of them.
    AwsAndDotnet,
    /// botocore, the AWS CLI's library, in a Python that `BOTOCORE_PYTHON` names or that is on PATH.
    Botocore,
    /// Further hosts that start the launcher as `dotnet` does.
    OtherHosts,
    /// `curl` on PATH.
    Curl,
    /// `buildah` on PATH, and root, who can look into an image.
    Buildah,
    CheckJsonschema,
    /// `python3` on PATH, 3.11 or newer.
    Python,
    PythonAndDotnet,
    /// A Windows executable of the plugin, for the Wine of `.ci/wine`.
    WindowsPlugin,
    /// `devcontainer` on PATH.
    DevContainerCli,
    Zizmor,
    /// `wget` of GNU on PATH.
    Wget,
    /// `busybox` on PATH.
    Busybox,
    Shellcheck,
    /// `pwsh`, or `powershell` of Windows.
    PowerShell,
    /// A Python with the grammar of `tree-sitter-powershell`, that `POWERSHELL_GRAMMAR_PYTHON` names
    /// or that is on PATH.
    PowerShellGrammar,
    /// `osslsigncode` and `openssl` on PATH, which sign for Windows.
    Osslsigncode,
    Git,
    Root,
    /// `dotnet`, and a program that makes a certificate (a PEM file) one that this Windows trusts, which
    /// `CODEARTIFACT_NUGET_TEST_TRUST` names.
    TrustedAuthority,
    /// A mount namespace of its own, in which root can put anything into `/etc`.
    MountNamespace,
    /// `script` of util-linux, which makes a terminal.
    Terminal,
    /// Both `script` and `dotnet`.
    TerminalAndDotnet,
    /// A network namespace of its own, without any network.
    NetworkNamespace,
    /// A file system that never answers: `/dev/fuse`, and root, who can mount it.
    HungDrive,
    /// `setpriv` of util-linux, and root, who can become another user.
    OtherUser,
    /// The executable of the last release, which [`PREVIOUS`] names.
    Previous,
    /// The schemas of package managers, in the folder that [`SCHEMAS`] names.
    Schemas,
    /// `nfpm`, of the variable `NFPM` or on PATH.
    Nfpm,
    /// A program of this name on PATH.
    Program(&'static str),
    /// All of these.
    All(&'static [Need]),
    /// That this user has no tokens in memory: `status` shows them to a test and `logout` removes
    /// them, wherever the home is.
    CleanMemory,
}

impl Need {
    /// Its name in `CODEARTIFACT_NUGET_TEST_REQUIRE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dotnet => "dotnet",
            Self::NugetExe => "nuget.exe",
            Self::Aws | Self::AwsAndDotnet => "aws",
            Self::Botocore => "botocore",
            Self::OtherHosts => "other-hosts",
            Self::Curl => "curl",
            Self::Buildah => "buildah",
            Self::CheckJsonschema => "check-jsonschema",
            Self::DevContainerCli => "devcontainer",
            Self::Python | Self::PythonAndDotnet => "python",
            Self::WindowsPlugin => "windows-plugin",
            Self::Zizmor => "zizmor",
            Self::Wget => "wget",
            Self::Busybox => "busybox",
            Self::Shellcheck => "shellcheck",
            Self::PowerShell => "powershell",
            Self::PowerShellGrammar => "powershell-grammar",
            Self::Osslsigncode => "osslsigncode",
            Self::Git => "git",
            Self::Root => "root",
            Self::TrustedAuthority => "trusted-authority",
            Self::MountNamespace => "mount-namespace",
            Self::Terminal | Self::TerminalAndDotnet => "terminal",
            Self::NetworkNamespace => "network-namespace",
            Self::HungDrive => "hung-drive",
            Self::OtherUser => "other-user",
            Self::Previous => "previous",
            Self::Schemas => "schemas",
            Self::Nfpm => "nfpm",
            Self::Program(name) => name,
            Self::All(needs) => {
                let missing = needs.iter().find(|need| !need.is_there());
                missing.or(needs.first()).map_or("", |need| need.name())
            }
            Self::CleanMemory => "clean-memory",
        }
    }

    /// Whether this machine has it.
    pub fn is_there(self) -> bool {
        match self {
            Self::Dotnet => Dotnet::find().is_some(),
            Self::NugetExe => find_on_path("mono").is_some() && nuget_exe().is_some(),
            Self::Aws => aws_cli().is_some(),
            Self::AwsAndDotnet => Self::Aws.is_there() && Self::Dotnet.is_there(),
            Self::Botocore => botocore_python().is_some(),
            Self::OtherHosts => !other_hosts().is_empty(),
            Self::Curl => find_on_path("curl").is_some(),
            Self::Buildah => is_root() && find_on_path("buildah").is_some(),
            Self::CheckJsonschema => find_on_path("check-jsonschema").is_some(),
            Self::DevContainerCli => find_on_path("devcontainer").is_some(),
            Self::Python => {
                find_on_path("python3").is_some_and(|it| imports(&it, "import tomllib"))
            }
            Self::PythonAndDotnet => Self::Python.is_there() && Self::Dotnet.is_there(),
            Self::WindowsPlugin => Self::Python.is_there() && windows_plugin().is_some(),
            Self::Zizmor => find_on_path("zizmor").is_some(),
            Self::Wget => is_gnu_wget(),
            Self::Busybox => find_on_path("busybox").is_some(),
            Self::Shellcheck => find_on_path("shellcheck").is_some(),
            Self::PowerShell => !powershells().is_empty(),
            Self::PowerShellGrammar => powershell_grammar_python().is_some(),
            Self::Osslsigncode => {
                ["osslsigncode", "openssl"].iter().all(|name| find_on_path(name).is_some())
            }
            Self::Git => find_on_path("git").is_some(),
            Self::Root => is_root(),
            Self::TrustedAuthority => trusting_program().is_some() && Self::Dotnet.is_there(),
            Self::MountNamespace => {
                let script = "[ $(id -u) = 0 ] && mount -t tmpfs tmpfs /etc";
                can_unshare(&["-m", "sh", "-c", script])
            }
            Self::Terminal => cfg!(target_os = "linux") && find_on_path("script").is_some(),
            Self::TerminalAndDotnet => Self::Terminal.is_there() && Self::Dotnet.is_there(),
            Self::NetworkNamespace => can_unshare(&["--map-root-user", "--net", "true"]),
            Self::HungDrive => can_unshare(&["-m", "sh", "-c", MOUNT_NOBODYS]),
            Self::OtherUser => is_root() && find_on_path("setpriv").is_some(),
            Self::Previous => named_by(PREVIOUS).is_some_and(|file| file.is_file()),
            Self::Schemas => named_by(SCHEMAS).is_some_and(|folder| folder.is_dir()),
            Self::Nfpm => nfpm().is_some(),
            Self::Program(name) => find_on_path(name).is_some(),
            Self::All(needs) => needs.iter().all(|need| need.is_there()),
            Self::CleanMemory => !keeps_tokens_in_memory(),
        }
    }

    fn is_required(self) -> bool {
        let list = env::var("CODEARTIFACT_NUGET_TEST_REQUIRE").unwrap_or_default();
        list.split(',').any(|name| name.trim() == self.name() || name.trim() == "all")
    }
}

/// The Windows executable that `CODEARTIFACT_NUGET_TEST_WINDOWS_PLUGIN` names, where it is a file.
pub fn windows_plugin() -> Option<PathBuf> {
    let named = env::var_os("CODEARTIFACT_NUGET_TEST_WINDOWS_PLUGIN").map(PathBuf::from);
    named.filter(|file| file.is_file())
}

fn is_gnu_wget() -> bool {
    let version = Command::new("wget").arg("--version").output();
    version.is_ok_and(|output| output.stdout.starts_with(b"GNU Wget"))
}

/// Every PowerShell of this machine: 7, and the one of Windows.
pub fn powershells() -> Vec<PathBuf> {
    ["pwsh", "powershell"].into_iter().filter_map(find_on_path).collect()
}

/// The first Python that can parse PowerShell.
pub fn powershell_grammar_python() -> Option<PathBuf> {
    let named = env::var_os("POWERSHELL_GRAMMAR_PYTHON").map(PathBuf::from);
    let import = "import tree_sitter, tree_sitter_powershell";
    [named, find_on_path("python3")].into_iter().flatten().find(|python| imports(python, import))
}

fn imports(python: &Path, statement: &str) -> bool {
    let mut import = Command::new(python);
    import.args(["-c", statement]).stdout(Stdio::null()).stderr(Stdio::null());
    import.status().is_ok_and(|status| status.success())
}

/// Mounts a file system that nobody serves at `/mnt`.
const MOUNT_NOBODYS: &str = "exec 3<>/dev/fuse && \
    mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 nobodys /mnt";

/// Whether root runs the tests. File modes do not restrict root.
pub fn is_root() -> bool {
    #[cfg(unix)]
    let is_root = rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    let is_root = false;
    is_root
}

fn can_unshare(words: &[&str]) -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(words).stderr(Stdio::null());
    unshare.status().is_ok_and(|status| status.success())
}

/// The nuget.exe that `NUGET_EXE` names, where it is a file.
pub fn nuget_exe() -> Option<PathBuf> {
    env::var_os("NUGET_EXE").map(PathBuf::from).filter(|file| file.is_file())
}

/// The program that `CODEARTIFACT_NUGET_TEST_TRUST` names.
pub fn trusting_program() -> Option<PathBuf> {
    env::var_os("CODEARTIFACT_NUGET_TEST_TRUST").map(PathBuf::from)
}

/// The hosts that `CODEARTIFACT_NUGET_TEST_HOSTS` names, a list as of PATH.
pub fn other_hosts() -> Vec<PathBuf> {
    let list = env::var_os("CODEARTIFACT_NUGET_TEST_HOSTS").unwrap_or_default();
    env::split_paths(&list).filter(|host| !host.as_os_str().is_empty()).collect()
}

fn keeps_tokens_in_memory() -> bool {
    let id = Command::new("id").arg("-u").output();
    let id = id.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let id = id.unwrap_or_default();
    let folders = ["/dev/shm".to_owned(), format!("/run/user/{id}")];
    let ours = format!("nuget-plugin-codeartifact-{id}");
    folders.iter().any(|base| Path::new(base).join(&ours).exists())
}

/// The first `aws` that says it is version 2: `AWS_CLI`, the system's, the first on PATH. Version 1
/// of Python's tools may stand before the system's.
pub fn aws_cli() -> Option<PathBuf> {
    let named = env::var_os("AWS_CLI").map(PathBuf::from);
    let system = Some(PathBuf::from("/usr/bin/aws")).filter(|file| file.is_file());
    [named, system, find_on_path("aws")].into_iter().flatten().find(|file| {
        let version = Command::new(file).arg("--version").output();
        version.is_ok_and(|output| output.stdout.starts_with(b"aws-cli/2."))
    })
}

/// The first Python with a botocore that knows `aws login`: the one that `BOTOCORE_PYTHON` names, or
/// the one on PATH.
pub fn botocore_python() -> Option<PathBuf> {
    let named = env::var_os("BOTOCORE_PYTHON").map(PathBuf::from);
    let import = "from botocore.credentials import LoginProvider";
    [named, find_on_path("python3")].into_iter().flatten().find(|python| imports(python, import))
}
