//! Where this program runs: whether this machine's files can outlive their user (files of a container
//! can end up in an image layer, and folders of a CI job in its cache), and which hints fit.

#[cfg(not(test))]
use std::io::{self, IsTerminal};
use std::path::Path;

use crate::base::environment::Environment;
use crate::base::files;

/// Variables that CI services set, and services that run without a user.
const CI: [&str; 17] = [
    "CI",
    "TF_BUILD",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "CODEBUILD_BUILD_ID",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "BUILDKITE",
    "BITBUCKET_BUILD_NUMBER",
    "APPVEYOR",
    "TRAVIS",
    "CIRCLECI",
    "DRONE",
    "SEMAPHORE",
    "BAMBOO_BUILDKEY",
    "JB_SPACE_API_URL",
    "AWS_LAMBDA_FUNCTION_NAME",
];

/// Variables that containers and cloud workspaces set.
const CONTAINERS: [&str; 10] = [
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
    "KUBERNETES_SERVICE_HOST",
    "DOTNET_RUNNING_IN_CONTAINER",
    "DOTNET_RUNNING_IN_CONTAINERS",
    "REMOTE_CONTAINERS",
    "CODESPACES",
    "DEVCONTAINER",
    "GITPOD_WORKSPACE_ID",
    "container",
];

/// Variables that containers and cloud workspaces for a person's work set.
const DEV_CONTAINERS: [&str; 4] =
    ["REMOTE_CONTAINERS", "CODESPACES", "DEVCONTAINER", "GITPOD_WORKSPACE_ID"];

/// Variables of Amazon ECS.
const ECS: [&str; 2] = ["ECS_CONTAINER_METADATA_URI", "ECS_CONTAINER_METADATA_URI_V4"];

/// Files that container engines put into every container.
const FILES: [&str; 2] = [".dockerenv", "run/.containerenv"];

/// Names in the control group of the first process that show a container engine.
const CONTROL_GROUPS: [&str; 6] = ["docker", "kubepods", "containerd", "buildkit", "libpod", "lxc"];

/// Where this program runs, as far as a hint depends on it. An EC2 instance is not told apart: whether
/// one has a role is what its metadata service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuntimeEnvironment {
    GitHubActions {
        /// Whether the job may request an `OpenID` Connect token, which a role can be assumed with.
        has_id_token: bool,
    },
    GitLab,
    CodeBuild,
    OtherCi,
    Ecs,
    Kubernetes,
    DevContainer,
    /// A program without a terminal started it, such as an IDE that was started from a menu.
    Menu,
    Terminal,
}

impl RuntimeEnvironment {
    /// That of this process. Looked up at each failure that has a hint, and never before.
    #[cfg(not(test))]
    #[expect(clippy::disallowed_methods, reason = "the terminal is only looked at, for what it is")]
    pub fn here() -> Self {
        Self::of(&Environment::of_process(), io::stderr().is_terminal())
    }

    /// Unit tests run on CI and on desks alike.
    #[cfg(test)]
    pub fn here() -> Self {
        Self::Terminal
    }

    fn of(environment: &Environment, has_terminal: bool) -> Self {
        let is_set = |names: &[&str]| names.iter().any(|name| is_on(environment, name));
        if is_set(&["GITHUB_ACTIONS"]) {
            // GitHub sets it if the job has the permission `id-token: write`.
            let has_id_token = environment.get("ACTIONS_ID_TOKEN_REQUEST_URL").is_some();
            Self::GitHubActions { has_id_token }
        } else if is_set(&["GITLAB_CI"]) {
            Self::GitLab
        } else if is_set(&["CODEBUILD_BUILD_ID"]) {
            Self::CodeBuild
        } else if is_set(&CI) {
            Self::OtherCi
        } else if is_set(&DEV_CONTAINERS) {
            Self::DevContainer
        } else if is_set(&ECS) {
            Self::Ecs
        } else if is_set(&["KUBERNETES_SERVICE_HOST"]) {
            Self::Kubernetes
        } else if has_terminal || environment.get("TERM").is_some() {
            Self::Terminal
        } else {
            // A shell's programs have the variable on Unix even where their output is redirected.
            Self::without_terminal(environment)
        }
    }

    /// On Windows no variable tells a shell's program apart, but Visual Studio's have one of its own.
    fn without_terminal(environment: &Environment) -> Self {
        let is_menu = !cfg!(windows) || environment.get("VSAPPIDNAME").is_some();
        if is_menu { Self::Menu } else { Self::Terminal }
    }

    /// Whether it is a CI job.
    pub fn is_ci(self) -> bool {
        matches!(self, Self::GitHubActions { .. } | Self::GitLab | Self::CodeBuild | Self::OtherCi)
    }
}

/// The first sign of a container or a CI job, described for the log; none on a person's machine.
/// `root` is `/` except in tests.
pub fn container_or_ci(environment: &Environment, root: &Path) -> Option<String> {
    ci(environment).or_else(|| container(environment, root))
}

/// The first sign of a CI job, described for the log.
pub fn ci(environment: &Environment) -> Option<String> {
    first_set(environment, &CI)
}

/// The first sign of a container or a cloud workspace, as in [`container_or_ci`].
pub fn container(environment: &Environment, root: &Path) -> Option<String> {
    let variable = first_set(environment, &CONTAINERS);
    if variable.is_some() {
        return variable;
    }
    if cfg!(windows) {
        // There, a path of Unix would be one on the current drive.
        return container_of_windows(environment);
    }
    let file = FILES.into_iter().map(|name| root.join(name)).find(|path| path.exists());
    if let Some(path) = file {
        return Some(format!("`{}` is there", path.display()));
    }
    container_build(root)
}

fn first_set(environment: &Environment, names: &[&str]) -> Option<String> {
    let variable = names.iter().find(|name| is_on(environment, name))?;
    Some(format!("`{variable}` is set"))
}

/// A variable that is switched off does not count: with `CI=false` this is a person's shell.
fn is_on(environment: &Environment, name: &str) -> bool {
    let off = ["0", "false", "no", "off"];
    environment.get(name).is_some_and(|value| !off.contains(&value.to_lowercase().as_str()))
}

fn container_of_windows(environment: &Environment) -> Option<String> {
    let users = ["ContainerAdministrator", "ContainerUser"];
    let name = environment.get("USERNAME").filter(|name| users.contains(name))?;
    Some(format!("the user is `{name}`"))
}

/// Signs of a container: `BuildKit` leaves no file in the containers of an image build, but gives
/// them a host name; the root file system of most containers, and of few other systems, consists of
/// layers; on older kernels the engine's name is in a control group.
fn container_build(root: &Path) -> Option<String> {
    let mounts = beginning(&root.join("proc/self/mounts"));
    if mounts.lines().any(|mount| mount.split(' ').skip(1).take(2).eq(["/", "overlay"])) {
        return Some("the root is an overlay file system".to_owned());
    }
    if beginning(&root.join("proc/sys/kernel/hostname")).trim() == "buildkitsandbox" {
        return Some("the host is `buildkitsandbox`".to_owned());
    }
    let groups = beginning(&root.join("proc/1/cgroup"));
    let engine = CONTROL_GROUPS.into_iter().find(|name| groups.contains(name))?;
    Some(format!("the first process is in a control group of `{engine}`"))
}

/// The first 4 KiB of a file; empty if it cannot be read.
fn beginning(path: &Path) -> String {
    String::from_utf8_lossy(&files::beginning(path, 4096)).into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn root_with(files: &[(&str, &str)]) -> TempDir {
        let root = TempDir::new().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn nobody() -> Environment {
        Environment::from_pairs([])
    }

    #[test]
    fn a_persons_machine_has_no_sign() {
        let root = root_with(&[
            ("proc/1/cgroup", "0::/init.scope\n"),
            ("proc/sys/kernel/hostname", "desk\n"),
            ("proc/self/mounts", "/dev/sda / ext4 rw 0 0\noverlay /docker/1 overlay rw 0 0\n"),
        ]);
        let person = Environment::from_pairs([("HOME", "/home/u"), ("SHELL", "/bin/sh")]);
        assert_eq!(container_or_ci(&person, root.path()), None);
    }

    #[test]
    fn every_variable_is_a_sign_unless_it_is_switched_off() {
        let root = root_with(&[]);
        for name in CI.into_iter().chain(CONTAINERS) {
            let sign =
                |value| container_or_ci(&Environment::from_pairs([(name, value)]), root.path());
            assert_eq!(sign("true"), Some(format!("`{name}` is set")));
            for off in ["false", "False", "0", "no", "off", ""] {
                assert_eq!(sign(off), None, "{name}={off}");
            }
        }
    }

    #[test]
    fn each_place_is_known_by_its_variables() {
        use RuntimeEnvironment as Place;
        let id_token = ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token.example");
        let (ci, github) = (("CI", "true"), ("GITHUB_ACTIONS", "true"));
        let kubernetes = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
        let cases: &[(&[(&str, &str)], Place)] = &[
            (&[ci, github, id_token], Place::GitHubActions { has_id_token: true }),
            (&[ci, github], Place::GitHubActions { has_id_token: false }),
            (&[ci, ("GITLAB_CI", "true"), kubernetes], Place::GitLab),
            (&[("CODEBUILD_BUILD_ID", "p:1")], Place::CodeBuild),
            (&[("TF_BUILD", "True")], Place::OtherCi),
            (&[("AWS_LAMBDA_FUNCTION_NAME", "f")], Place::OtherCi),
            (&[("CODESPACES", "true"), kubernetes], Place::DevContainer),
            (&[("ECS_CONTAINER_METADATA_URI_V4", "http://169.254.170.2/v4")], Place::Ecs),
            (&[kubernetes], Place::Kubernetes),
            (&[("CI", "false"), ("TERM", "xterm")], Place::Terminal),
        ];
        for (variables, place) in cases {
            let environment = Environment::from_pairs(variables.iter().copied());
            assert_eq!(Place::of(&environment, false), *place, "{variables:?}");
        }
        assert_eq!(Place::of(&nobody(), true), Place::Terminal);
        let of_visual_studio = Environment::from_pairs([("VSAPPIDNAME", "devenv.exe")]);
        assert_eq!(Place::of(&of_visual_studio, false), Place::Menu);
    }

    #[cfg(unix)]
    #[test]
    fn the_files_of_the_engines_are_signs() {
        for name in FILES {
            let root = root_with(&[(name, "")]);
            assert!(container_or_ci(&nobody(), root.path()).unwrap().contains(name));
        }
    }

    #[cfg(windows)]
    #[test]
    fn no_path_of_unix_is_looked_at() {
        let root = root_with(&[(".dockerenv", ""), ("proc/1/cgroup", "4:cpu:/docker/1\n")]);
        assert_eq!(container_or_ci(&nobody(), root.path()), None);
        let user = Environment::from_pairs([("USERNAME", "ContainerUser")]);
        assert!(container_or_ci(&user, root.path()).is_some());
    }

    #[cfg(unix)]
    #[test]
    fn an_image_build_is_known_by_its_host_its_layers_or_its_control_groups() {
        let build = root_with(&[("proc/sys/kernel/hostname", "buildkitsandbox\n")]);
        assert!(container_or_ci(&nobody(), build.path()).unwrap().contains("buildkitsandbox"));
        let layers = root_with(&[("proc/self/mounts", "overlay / overlay rw,lowerdir=/l 0 0\n")]);
        assert!(container_or_ci(&nobody(), layers.path()).unwrap().contains("overlay"));
        let groups = root_with(&[("proc/1/cgroup", "4:cpu:/kubepods/besteffort/pod1/2\n")]);
        assert!(container_or_ci(&nobody(), groups.path()).unwrap().contains("kubepods"));
    }
}
