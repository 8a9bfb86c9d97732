//! What `install` puts where, and what it says.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use super::{run, tree};
use crate::support::process;
use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::stage::LIMIT;
use crate::support::trials::{Need, Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("everything_is_readable_whatever_the_umask", everything_is_readable),
        trial("no_command_makes_what_others_can_write", nothing_for_others_to_write),
        trial("install_says_what_and_where", install_says_what_and_where),
        trial("json_is_one_stable_object", json_is_one_stable_object),
        trial("a_second_run_touches_nothing", a_second_run_touches_nothing),
        trial("a_damaged_installation_is_repaired", a_damaged_installation_is_repaired),
        trial("a_running_plugin_is_replaced", a_running_plugin_is_replaced),
        trial("the_sdk_home_gets_it_as_well", the_sdk_home_gets_it_as_well),
        trial("any_folder_will_do", any_folder_will_do),
        trial("without_a_launcher_there_is_only_the_native_file", without_a_launcher),
        trial("netfx_only", netfx_only),
        trial("what_nuget_cannot_start_is_refused", what_nuget_cannot_start_is_refused),
        trial("a_file_in_the_way_is_named", a_file_in_the_way_is_named),
        trial("a_runtime_configuration_is_warned_of", a_runtime_configuration_is_warned_of),
        trial("harmful_claims_are_dropped", harmful_claims_are_dropped),
        trial("a_host_that_fails_fails_the_install", a_host_that_fails_fails_the_install),
        trial("a_host_that_talks_nonsense_fails_the_install", nonsense_fails_the_install),
        trial("a_host_that_hangs_is_ended", a_host_that_hangs_is_ended),
        trial("the_command_is_found_by_its_name", the_command_is_found_by_its_name),
        trial("the_line_for_path_works", the_line_for_path_works),
        trial("root_by_sudo_is_warned", root_by_sudo_is_warned).needing(Need::Root),
        trial("a_user_id_without_a_name", a_user_id_without_a_name).needing(Need::Root),
    ]
}

fn everything_is_readable() {
    for umask in ["077", "000"] {
        let home = SandboxHome::bare();
        let script = format!("umask {umask}; exec \"$0\" install");
        let install =
            || run(home.command("/bin/sh").args(["-c", &script]).arg(SandboxHome::plugin()));
        install().assert_success();
        assert_eq!(tree(&home.home()), INSTALLED, "umask {umask}");
        fs::set_permissions(home.netcore(), fs::Permissions::from_mode(0o777)).expect("its mode");
        install().assert_success();
        assert_eq!(tree(&home.home()), INSTALLED, "umask {umask}");
    }
}

fn nothing_for_others_to_write() {
    const SOURCE: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";
    let home = SandboxHome::bare();
    for words in [
        &["install", "--netcore-only"][..],
        &["source", "add", SOURCE],
        &["configure", "set", "profile", "dev"],
    ] {
        let mut command = home.command("/bin/sh");
        command.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(SandboxHome::plugin());
        run(command.args(words)).assert_success();
    }
    let made = tree(&home.home());
    assert!(made.iter().any(|file| file.starts_with(".nuget/NuGet/NuGet.Config ")), "{made:?}");
    for file in made {
        let access = u32::from_str_radix(file.rsplit(' ').next().unwrap(), 8).unwrap();
        assert_eq!(access & 0o022, 0, "{file}");
    }
}

const INSTALLED: [&str; 15] = [
    ".dotnet 755",
    ".dotnet/tools 755",
    ".dotnet/tools/dotnet-codeartifact 000",
    ".nuget 755",
    ".nuget/plugins 755",
    ".nuget/plugins/netcore 755",
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact 755",
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact 755",
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll 644",
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/installed-files.json 644",
    LAUNCHER,
    ".nuget/plugins/netfx 755",
    ".nuget/plugins/netfx/CredentialProvider.CodeArtifact 755",
    ".nuget/plugins/netfx/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.exe 755",
    ".nuget/plugins/netfx/CredentialProvider.CodeArtifact/installed-files.json 644",
];

const LAUNCHER: &str = if cfg!(target_os = "macos") {
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/libhostpolicy.dylib 644"
} else {
    ".nuget/plugins/netcore/CredentialProvider.CodeArtifact/libhostpolicy.so 644"
};

/// The text without the one thing that differs from run to run.
fn without_time(text: &str) -> String {
    let lines = text.lines().map(|line| match line.rsplit_once(" in ") {
        Some((before, time)) if time.ends_with(" ms") => format!("{before} in TIME"),
        _ => line.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn install_says_what_and_where() {
    let home = SandboxHome::bare();
    let out = home.succeed(&["install"]);
    assert_eq!(
        without_time(&home.neutral(&out)),
        "\
installed: <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact (dotnet, MSBuild)
installed: <root>/home/.nuget/plugins/netfx/CredentialProvider.CodeArtifact (nuget.exe, Visual Studio)
installed: <root>/home/.dotnet/tools/dotnet-codeartifact (dotnet codeartifact)
checked: it answers through <root>/dotnet in TIME
note: <root>/home/.dotnet/tools is not on PATH; to add it: echo 'export PATH=\"$PATH:$HOME/.dotnet/tools\"' >> ~/.profile && . ~/.profile
next: `dotnet restore`, or `dotnet codeartifact setup URL` for a source that is not in NuGet.Config yet"
    );
}

fn json_is_one_stable_object() {
    let mut home = SandboxHome::bare();
    let tools = home.path("home/.dotnet/tools");
    home.set("PATH", &format!("/usr/bin:/bin:{}", tools.display()));
    home.succeed(&["install", "--netfx-only"]);
    let out = home.neutral(&home.succeed(&["install", "--netfx-only", "--json"]));
    let (before, rest) = out.split_once("\"milliseconds\":").expect("a time");
    let after = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
    assert_eq!(
        format!("{before}\"milliseconds\":0{after}"),
        concat!(
            r#"{"schema":2,"command":"install","ok":true,"errors":[],"result":{"version":""#,
            env!("CARGO_PKG_VERSION"),
            r#"","folders":[{"path":"<root>/home/.nuget/plugins/netfx/CredentialProvider.CodeArtifact","#,
            r#""client":"netfx","change":"unchanged","files":["CredentialProvider.CodeArtifact.exe"]}],"#,
            r#""command":{"path":"<root>/home/.dotnet/tools/dotnet-codeartifact","change":"unchanged","onPath":true},"#,
            r#""claimsDropped":[],"checks":[{"plugin":"<root>/home/.nuget/plugins/netfx/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.exe","#,
            r#""through":null,"milliseconds":0,"problem":null}],"warnings":[]}}"#,
            "\n"
        )
    );
}

fn a_second_run_touches_nothing() {
    let home = SandboxHome::bare();
    let stamps = || {
        let names = [PLUGIN_NAME, "CredentialProvider.CodeArtifact.dll", "installed-files.json"];
        names.map(|name| {
            let file = fs::metadata(home.netcore().join(name)).expect("a file");
            (file.ino(), file.mtime_nsec(), file.ctime_nsec())
        })
    };
    home.succeed(&["install"]);
    let before = stamps();
    let out = home.succeed(&["install"]);
    let folders = [home.netcore(), home.netfx()].map(|it| it.display().to_string()).join(", ");
    let line = format!("already up to date: version {} in {folders}", env!("CARGO_PKG_VERSION"));
    let said: Vec<_> = out.lines().filter(|line| !line.starts_with("note: ")).collect();
    assert_eq!(said, [line]);
    assert_eq!(stamps(), before);
}

fn a_damaged_installation_is_repaired() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    fs::write(home.netcore().join(PLUGIN_NAME), "damaged").expect("to damage");
    fs::write(home.netcore().join("installed-files.json"), "[").expect("to damage");
    let theirs = home.netcore().join("theirs.txt");
    fs::write(&theirs, "").expect("a file of somebody else");
    home.succeed(&["install"]);
    assert_eq!(
        fs::read(home.netcore().join(PLUGIN_NAME)).unwrap(),
        fs::read(SandboxHome::plugin()).unwrap()
    );
    assert!(theirs.exists());
}

fn a_running_plugin_is_replaced() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    let installed = home.netcore().join(PLUGIN_NAME);
    let mut running = home
        .command(&installed)
        .arg("-Plugin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the installed plugin");
    let newer = home.root().join("newer");
    let mut content = fs::read(SandboxHome::plugin()).expect("the plugin");
    content.extend_from_slice(b"newer");
    fs::write(&newer, &content).expect("a newer plugin");
    fs::set_permissions(&newer, fs::metadata(SandboxHome::plugin()).unwrap().permissions())
        .expect("its mode");

    let ran = run(home.command(&newer).arg("install"));
    assert!(ran.stdout.starts_with("updated: "), "{ran}");
    assert_eq!(fs::read(&installed).expect("the installed one"), content);
    let mut lines = BufReader::new(running.stdout.take().expect("its output")).lines();
    assert!(lines.next().expect("a line").expect("text").contains("Handshake"));
    let mut input = running.stdin.take().expect("its input");
    writeln!(
        input,
        r#"{{"RequestId":"old","Type":"Request","Method":"Handshake","Payload":{{"ProtocolVersion":"2.0.0","MinimumProtocolVersion":"1.0.0"}}}}"#
    )
    .expect("it still runs");
    assert!(lines.next().expect("a line").expect("text").contains("\"old\""));
    drop(input);
    let status = process::wait(&mut running, Instant::now() + LIMIT);
    assert!(status.is_some_and(|status| status.success()), "{status:?}");
}

fn the_sdk_home_gets_it_as_well() {
    let home = SandboxHome::bare();
    let sdk_home = home.root().join("sdk");
    fs::create_dir(&sdk_home).expect("a folder");
    for (command, there) in [("install", true), ("uninstall", false)] {
        let ran =
            run(home.command(SandboxHome::plugin()).arg(command).env("DOTNET_CLI_HOME", &sdk_home));
        assert_eq!(ran.code(), Some(0), "{ran}");
        let below = sdk_home.join(".nuget/plugins/netcore").join(PLUGIN_NAME).join(PLUGIN_NAME);
        assert_eq!((below.exists(), home.netcore().exists()), (there, there));
    }
}

fn any_folder_will_do() {
    let home = SandboxHome::bare();
    let folder = home.root().join("Plügins für 'Ü' $HOME");
    let named = folder.to_str().expect("a text");
    let out = home.succeed(&["install", "--dir", named]);
    assert!(out.contains(&format!("  NUGET_NETCORE_PLUGIN_PATHS={named}/netcore/")), "{out}");
    assert!(out.contains(&format!("  NUGET_NETFX_PLUGIN_PATHS={named}/netfx/")), "{out}");
    assert!(
        folder
            .join("netcore")
            .join(PLUGIN_NAME)
            .join("CredentialProvider.CodeArtifact.dll")
            .exists()
    );
    assert!(!home.path("home/.nuget").exists() && !home.path("home/.dotnet").exists());
    home.succeed(&["install", "--dir", "relative to here"]);
    assert!(home.project().join("relative to here/netfx").join(PLUGIN_NAME).exists());
    home.succeed(&["uninstall", "--dir", named]);
    assert_eq!(tree(&folder), ["netcore 755", "netfx 755"]);
}

fn without_a_launcher() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    let out = home.succeed(&["install", "--no-launcher", "--netcore-only"]);
    assert_eq!(
        without_time(&home.neutral(&out)),
        "\
updated: <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact (dotnet, MSBuild)
updated: <root>/home/.dotnet/tools/dotnet-codeartifact (dotnet codeartifact)
checked: <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/nuget-plugin-codeartifact answers in TIME
note: <root>/home/.dotnet/tools is not on PATH; to add it: echo 'export PATH=\"$PATH:$HOME/.dotnet/tools\"' >> ~/.profile && . ~/.profile
next: name the plugin to NuGet, which does not find it without launcher:
  NUGET_PLUGIN_PATHS=<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/nuget-plugin-codeartifact"
    );
    assert_eq!(
        tree(&home.netcore()),
        ["installed-files.json 644", "nuget-plugin-codeartifact 755"]
    );
}

fn netfx_only() {
    let home = SandboxHome::bare();
    home.succeed(&["install", "--netfx-only"]);
    assert!(home.netfx().join("CredentialProvider.CodeArtifact.exe").exists());
    assert!(!home.netcore().exists());
}

fn what_nuget_cannot_start_is_refused() {
    let home = SandboxHome::bare();
    let quoted = home.root().join("a\"b");
    fs::create_dir(&quoted).expect("a folder");
    let ran = run(home.command(SandboxHome::plugin()).arg("install").env("HOME", &quoted));
    assert_eq!(ran.code(), Some(1));
    assert_eq!(
        home.neutral(&ran.stderr),
        "error: [CNP602] NuGet cannot start a plugin below `<root>/a\"b/.nuget/plugins`, because of the `\"` \
         in the path. Choose another plugins folder with `--dir`.\n"
    );
    assert_eq!(tree(&quoted), Vec::<String>::new());
}

fn a_file_in_the_way_is_named() {
    let home = SandboxHome::bare();
    fs::write(home.path("home/.nuget"), "").expect("a file");
    let ran = home.run_plugin(&["install"]);
    assert_eq!(ran.code(), Some(1));
    let said = home.neutral(&ran.stderr);
    assert!(
        said.starts_with("error: [CNP604] Cannot make the folder `<root>/home/.nuget`: "),
        "{said}"
    );
    assert!(said.ends_with("Something else is in its place: move that away and run this again.\n"));
}

fn a_runtime_configuration_is_warned_of() {
    let home = SandboxHome::bare();
    home.succeed(&["install"]);
    let stray = home.netcore().join("CredentialProvider.CodeArtifact.runtimeconfig.json");
    fs::write(&stray, "{}").expect("a file");
    let out = home.neutral(&home.succeed(&["install"]));
    assert!(
        out.contains("note: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.runtimeconfig.json` makes"),
        "{out}"
    );
    assert!(stray.exists());
}

fn harmful_claims_are_dropped() {
    let home = SandboxHome::bare();
    let cache = home.root().join("cache");
    let with_cache = |command: &str| {
        let ran = run(home
            .command(SandboxHome::plugin())
            .arg(command)
            .env("NUGET_PLUGINS_CACHE_PATH", &cache));
        assert_eq!(ran.code(), Some(0), "{ran}");
        home.neutral(&ran.stdout)
    };
    let entry = |plugin: &Path, text: &str| {
        let folder = cache.join(sha256_40(&plugin.display().to_string()));
        fs::create_dir_all(&folder).expect("a folder");
        let entry = folder.join("e31fb857036daf0857c70f5a13956500adde37dc.dat");
        fs::write(&entry, text).expect("an entry");
        entry
    };
    let ours = entry(&home.netcore().join("CredentialProvider.CodeArtifact.dll"), "[]");
    let theirs = entry(&home.root().join("theirs.dll"), "[]");
    let out = with_cache("install");
    assert!(out.contains("(it kept NuGet from starting the plugin)"), "{out}");
    assert!(!ours.exists() && theirs.exists());
    let good = entry(&home.netfx().join("CredentialProvider.CodeArtifact.exe"), "[\n  1\n]");
    with_cache("install");
    assert!(good.exists());
    with_cache("uninstall");
    assert!(!good.exists() && theirs.exists());
}

/// By another program than the plugin.
fn sha256_40(text: &str) -> String {
    let home = SandboxHome::bare();
    let ran = run(home.command("/bin/sh").args([
        "-c",
        "printf %s \"$0\" | { sha256sum || shasum -a 256; }",
        text,
    ]));
    ran.stdout[..40].to_string()
}

fn a_host_that_fails_fails_the_install() {
    let home = SandboxHome::bare();
    home.script("dotnet", "echo 'You must install .NET' >&2; exit 131");
    let ran = home.run_plugin(&["install"]);
    assert_eq!(ran.code(), Some(1));
    assert_eq!(
        home.neutral(&ran.stderr),
        "error: [CNP607] The installed plugin does not work: `<root>/dotnet \
         <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll \
         -Plugin`: it ended without an answer (exit status: 131); it said: You must install .NET.\n"
    );
    assert!(!ran.stdout.contains("next:"), "{ran}");
}

fn nonsense_fails_the_install() {
    let home = SandboxHome::bare();
    home.script("dotnet", "echo Welcome; sleep 60");
    let ran = home.run_plugin(&["install"]);
    assert_eq!(ran.code(), Some(1));
    assert!(ran.stderr.contains("it answered `Welcome` and not the handshake"), "{ran}");
}

fn a_host_that_hangs_is_ended() {
    let home = SandboxHome::bare();
    let note = home.root().join("process");
    home.script("dotnet", &format!("echo $$ > '{}'; exec sleep 600", note.display()));
    let ran = home.run_plugin(&["install"]);
    assert_eq!(ran.code(), Some(1));
    assert!(ran.stderr.contains("it did not answer within 10 s"), "{ran}");
    let process = fs::read_to_string(note).expect("its id");
    let alive = run(home.command("/bin/sh").args(["-c", "kill -0 \"$0\"", process.trim()]));
    assert_ne!(alive.code(), Some(0));
}

fn the_command_is_found_by_its_name() {
    let mut home = SandboxHome::bare();
    let tools = home.path("home/.local/bin");
    home.set("PATH", &format!("/usr/bin:/bin:{}", tools.display()));
    home.succeed(&["install"]);
    let ran = run(home.command("/bin/sh").args(["-c", "dotnet-codeartifact nonsense"]));
    ran.assert_says("Usage: dotnet codeartifact");
    assert_eq!(
        fs::read_link(tools.join("dotnet-codeartifact")).unwrap(),
        home.netcore().join(PLUGIN_NAME)
    );
    // NuGet starts each of these on PATH a second time.
    assert!(tree(&home.home()).iter().all(|file| !file.contains("nuget-plugin-")));
}

fn the_line_for_path_works() {
    let home = SandboxHome::bare();
    let out = home.succeed(&["install"]);
    let (_, rest) = out.split_once("is not on PATH; to add it: ").expect("the note");
    let line = rest.lines().next().expect("a command");
    let script = format!("{line} && dotnet-codeartifact completions bash");
    run(home.command("/bin/sh").args(["-c", &script])).assert_success();
}

fn root_by_sudo_is_warned() {
    let mut home = SandboxHome::bare();
    home.set("SUDO_USER", "alice");
    let out = home.neutral(&home.succeed(&["install"]));
    assert!(out.contains("for root, in <root>/home. A restore of alice does not find it"), "{out}");
    let named = home.succeed(&["install", "--dir", "named"]);
    home.succeed(&["uninstall", "--dir", "named"]);
    assert!(!named.contains("alice"), "{named}");
}

fn a_user_id_without_a_name() {
    let home = SandboxHome::bare();
    let copy = home.root().join("plugin");
    fs::copy(SandboxHome::plugin(), &copy).expect("a copy");
    run(home.command("chmod").arg("755").arg(home.root().join("")));
    let ran = run(home.command(&copy).arg("install").env_remove("HOME").uid(54_321).gid(54_321));
    assert_eq!(ran.code(), Some(1));
    assert_eq!(
        ran.stderr,
        "error: [CNP601] No home folder is known: `HOME` is not set to an absolute path, and the \
         system's user database has none for this user. Set `HOME`, or choose a plugins folder with \
         `--dir`.\n"
    );
}
