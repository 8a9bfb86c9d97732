//! Whether NuGet finds the plugin, and can start it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use libtest_mimic::Trial;
use sha2::{Digest, Sha256};

use super::stage::Mend::{By, Paste};
use super::stage::{Stage, broken, trial};
use super::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use super::support::sandbox_home::SandboxHome;

const NAME: &str = "CredentialProvider.CodeArtifact";

pub fn trials() -> Vec<Trial> {
    vec![
        broken(
            "plugin_not_installed",
            |stage| fs::remove_dir_all(stage.netcore()).unwrap(),
            "FAIL  dotnet, MSBuild: not installed, there is no \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll`",
            "nuget-plugin-codeartifact install",
            Paste,
        ),
        broken(
            "plugin_folder_in_another_case",
            |stage| {
                let lower = stage.netcore().with_file_name(NAME.to_lowercase());
                fs::rename(stage.netcore(), lower).unwrap();
            },
            "FAIL  dotnet, MSBuild: not installed, there is no \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll`; \
             `credentialprovider.codeartifact` is there, but the name's case counts",
            "nuget-plugin-codeartifact install",
            Paste,
        ),
        broken(
            "launcher_damaged",
            |stage| fs::write(stage.netcore().join("libhostpolicy.so"), "x").unwrap(),
            "FAIL  dotnet, MSBuild: \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/libhostpolicy.so` \
             is not what was installed",
            "nuget-plugin-codeartifact install",
            Paste,
        ),
        broken(
            "launcher_missing",
            |stage| fs::remove_file(stage.netcore().join("libhostpolicy.so")).unwrap(),
            "FAIL  dotnet, MSBuild: \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/libhostpolicy.so` \
             cannot be read: No such file or directory (os error 2)",
            "nuget-plugin-codeartifact install",
            Paste,
        ),
        broken(
            "executable_without_execute_bit",
            |stage| {
                let mode = fs::Permissions::from_mode(0o644);
                fs::set_permissions(stage.netcore().join(NAME), mode).unwrap();
            },
            "FAIL  dotnet, MSBuild: \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact` \
             lacks the permission to be run",
            "chmod +x <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact",
            Paste,
        ),
        broken(
            "executable_of_another_processor",
            |stage| {
                let file = stage.netcore().join(NAME);
                let before = fs::read(&file).unwrap();
                // The header of a program for RISC-V.
                let after = [&before[..18], &[0xf3, 0], &before[20..]].concat();
                fs::write(&file, &after).unwrap();
                let list = stage.netcore().join("installed-files.json");
                let text = fs::read_to_string(&list).unwrap();
                fs::write(&list, text.replace(&digest(&before), &digest(&after))).unwrap();
            },
            "FAIL  dotnet, MSBuild: \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact` \
             is for Linux on processor 243, and `<plugin>` for Linux on <arch>",
            "do: install the plugin's release for that processor, then run its `install`",
            By(|stage| drop(stage.home.run_plugin(&["install", "--netcore-only"]))),
        ),
        broken(
            "another_plugin_that_hangs",
            |stage| {
                stage.home.write("home/.nuget/plugins/netcore/Other/Other.dll", "");
                let other = "home/.nuget/plugins/netcore/Other/CredentialProvider.CodeArtifact";
                stage.script(other, "exec sleep 60");
            },
            "FAIL  `<root>/home/.nuget/plugins/netcore/Other/Other.dll` does not work, and NuGet may ask \
             it before this plugin and stop: it did not answer within 10 s",
            "mv <root>/home/.nuget/plugins/netcore/Other <root>/home/.nuget/plugins/netcore/Other.off",
            Paste,
        ),
        broken(
            "runtimeconfig_beside_the_dll",
            |stage| {
                let file = format!("{NAME}.runtimeconfig.json");
                fs::write(stage.netcore().join(file), "{}").unwrap();
            },
            "FAIL  dotnet, MSBuild: \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.runtimeconfig.json` \
             makes `dotnet` look for a .NET application, so the plugin may not start; remove that file",
            "rm <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.runtimeconfig.json",
            Paste,
        ),
        broken(
            "plugin_of_an_older_version",
            |stage| {
                let list = stage.netcore().join("installed-files.json");
                let text = fs::read_to_string(&list).unwrap();
                let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
                fs::write(&list, text.replace(&version, "\"version\": \"0.0.1\"")).unwrap();
            },
            concat!(
                "warn  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact` \
                 is of version 0.0.1, and this is ",
                env!("CARGO_PKG_VERSION")
            ),
            "nuget-plugin-codeartifact install",
            Paste,
        ),
        broken(
            "plugin_that_does_not_answer",
            |stage| {
                stage.dotnet(
                    "case \"$1\" in --version) echo 10.0.401;; --list-sdks) echo '10.0.401 [/x]';; \
                     *) echo boom >&2; exit 3;; esac",
                );
            },
            "FAIL  dotnet, MSBuild: \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll` \
             through `<root>/bin/dotnet`: it ended without an answer (exit status: 3); it said: boom",
            "nuget-plugin-codeartifact install",
            By(|stage| stage.working_dotnet()),
        ),
        broken(
            "dotnet_cli_home_without_the_plugin",
            |stage| {
                let home = stage.home.home().join("cli");
                stage.home.set("DOTNET_CLI_HOME", &home.to_string_lossy());
            },
            "FAIL  dotnet, MSBuild: not installed, there is no \
             `<root>/home/cli/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll`",
            "nuget-plugin-codeartifact install",
            Paste,
        ),
        broken(
            "home_with_a_quote",
            |stage| {
                let home = stage.home.root().join("a\"b");
                fs::create_dir(&home).unwrap();
                stage.home.set("HOME", &home.to_string_lossy());
            },
            "FAIL  NuGet cannot start a plugin below `<root>/a\"b/.nuget/plugins`, because of the `\"` \
             in it; name another plugins folder with `--dir`",
            "nuget-plugin-codeartifact install --netcore-only --dir /opt/nuget/plugins && export \
             NUGET_NETCORE_PLUGIN_PATHS=/opt/nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
            By(|stage| {
                let home = stage.home.home();
                stage.home.set("HOME", &home.to_string_lossy());
            }),
        ),
        broken(
            "no_sdk_for_global_json",
            |stage| {
                stage.home.write("project/global.json", "{}");
                stage.dotnet(
                    "case \"$1\" in --version) echo 'A compatible .NET SDK was not found.' >&2; exit 145;; \
                     --list-sdks) echo '10.0.401 [/x]';; \
                     *) exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\";; esac",
                );
            },
            "FAIL  no SDK can be chosen in this folder (`<root>/bin/dotnet --version` ended with exit \
             status: 145: A compatible .NET SDK was not found.)",
            "do: name an installed SDK in global.json (10.0.401), or let it `rollForward`",
            By(|stage| stage.working_dotnet()),
        ),
        broken(
            "dangling_link_on_path",
            |stage| symlink("nowhere", stage.home.bin().join("nuget-plugin-other")).unwrap(),
            "FAIL  PATH: `<root>/bin/nuget-plugin-other` is a link that leads nowhere: NuGet starts no \
             plugin at all because of it",
            "rm <root>/bin/nuget-plugin-other",
            Paste,
        ),
        broken(
            "file_on_path_without_execute_bit",
            |stage| drop(stage.home.write("bin/nuget-plugin-codeartifact", "")),
            "warn  PATH: `<root>/bin/nuget-plugin-codeartifact` lacks the permission to be run, and \
             NuGet passes it over",
            "chmod +x <root>/bin/nuget-plugin-codeartifact",
            By(|stage| {
                fs::remove_file(stage.home.bin().join("nuget-plugin-codeartifact")).unwrap();
            }),
        ),
        broken(
            "copy_on_path_of_another_version",
            |stage| {
                stage.script(
                    "bin/nuget-plugin-codeartifact",
                    "echo nuget-plugin-codeartifact 0.0.1",
                );
            },
            concat!(
                "warn  PATH: `<root>/bin/nuget-plugin-codeartifact` is version 0.0.1, and this is ",
                env!("CARGO_PKG_VERSION")
            ),
            "rm <root>/bin/nuget-plugin-codeartifact",
            Paste,
        ),
        broken(
            "relative_folder_on_path",
            |stage| {
                stage.script("project/tools/nuget-plugin-other", "exit 1");
                let path = stage.home.environment().find(|(name, _)| *name == "PATH");
                let path = format!("{}:tools", path.expect("a PATH").1);
                stage.home.set("PATH", &path);
            },
            "warn  PATH: `tools/nuget-plugin-other` is in a folder that PATH names by a relative path, \
             which NuGet passes over",
            "do: name the folder in PATH by its whole path",
            By(|stage| fs::remove_dir_all(stage.home.project().join("tools")).unwrap()),
        ),
        broken(
            "plugin_paths_name_a_missing_file",
            |stage| {
                stage.home.set("NUGET_NETCORE_PLUGIN_PATHS", "/nowhere/x.dll");
            },
            "FAIL  NUGET_NETCORE_PLUGIN_PATHS names `/nowhere/x.dll`, which is not there",
            "export NUGET_NETCORE_PLUGIN_PATHS=<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
            Paste,
        ),
        broken(
            "plugin_paths_without_this_plugin",
            |stage| {
                let other = stage.home.write("other/Other.dll", "");
                stage.home.set("NUGET_NETCORE_PLUGIN_PATHS", &other.to_string_lossy());
            },
            "FAIL  NUGET_NETCORE_PLUGIN_PATHS is set, and does not name this plugin; it switches off the \
             plugins folders and PATH",
            "export NUGET_NETCORE_PLUGIN_PATHS=<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
            Paste,
        ),
        broken(
            "short_time_limit",
            |stage| {
                stage.home.set("NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS", "1");
            },
            "warn  NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS is `1`: less than 5 s, or no number",
            "unset NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS",
            Paste,
        ),
        broken(
            "empty_claims",
            |stage| write_claims(stage, "[]"),
            "FAIL  NuGet's claims cache: `<root>/home/.local/share/NuGet/plugin-cache/<plugin>/e31fb857036daf0857c70f5a13956500adde37dc.dat` \
             is empty or damaged, and NuGet does not start the plugin because of it",
            "nuget-plugin-codeartifact doctor --fix",
            Paste,
        ),
        broken(
            "claims_cache_that_is_no_folder",
            |stage| drop(stage.home.write("home/.local/share/NuGet/plugin-cache", "")),
            "FAIL  NuGet's claims cache: `<root>/home/.local/share/NuGet/plugin-cache` is no folder, and \
             every restore fails",
            "mv <root>/home/.local/share/NuGet/plugin-cache <root>/home/.local/share/NuGet/plugin-cache.off",
            Paste,
        ),
        broken(
            "another_plugin_that_crashes",
            |stage| {
                stage.home.write("home/.nuget/plugins/netcore/Other/Other.dll", "");
                stage.script(
                    "home/.nuget/plugins/netcore/Other/CredentialProvider.CodeArtifact",
                    "echo no framework >&2; exit 150",
                );
            },
            "FAIL  `<root>/home/.nuget/plugins/netcore/Other/Other.dll` does not work, and NuGet may ask \
             it before this plugin and stop: it ended without an answer (exit status: 150); it said: no framework",
            "mv <root>/home/.nuget/plugins/netcore/Other <root>/home/.nuget/plugins/netcore/Other.off",
            Paste,
        ),
        broken(
            "amazons_provider_beside_it",
            |stage| {
                let folder = "home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider";
                stage
                    .home
                    .write(&format!("{folder}/AWS.CodeArtifact.NuGetCredentialProvider.dll"), "");
                let copy = stage.home.root().join(folder).join(NAME);
                symlink(stage.netcore().join(NAME), copy).unwrap();
            },
            "warn  AWS's own provider \
             `<root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider/AWS.CodeArtifact.NuGetCredentialProvider.dll` \
             is installed as well: whichever NuGet finds first answers, and the other is not asked",
            "mv <root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider \
             <root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider.off",
            Paste,
        ),
        trial("amazons_provider_that_was_told_a_profile", || {
            let mut stage = Stage::new();
            stage.with_profile_dev();
            let folder = "home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGet.CredentialProvider";
            stage
                .home
                .write(&format!("{folder}/AWS.CodeArtifact.NuGet.CredentialProvider.dll"), "");
            stage
                .home
                .write(&format!("{folder}/configuration.json"), r#"{"defaultProfile": "dev"}"#);
            let copy = stage.home.root().join(folder).join(NAME);
            symlink(stage.netcore().join(NAME), copy).unwrap();
            let place = stage.home.root().join(folder);
            let place = place.display();
            let fix = format!(
                "nuget-plugin-codeartifact configure import {place}/configuration.json && mv {place} {place}.off"
            );
            let run = stage.doctor(&[]);
            let said = stage.readable(&run.stdout);
            assert!(said.contains(&stage.readable(&format!("      fix: {fix}\n"))), "{run}");
            stage.paste(&fix).assert_success().assert_silent_on("FAIL");
        }),
        broken(
            "amazons_provider_for_other_clients",
            |stage| {
                let folder = "home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider";
                stage
                    .home
                    .write(&format!("{folder}/AWS.CodeArtifact.NuGetCredentialProvider.exe"), "");
            },
            "warn  AWS's own provider \
             `<root>/home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider/AWS.CodeArtifact.NuGetCredentialProvider.exe` \
             is installed as well: whichever NuGet finds first answers, and the other is not asked",
            "mv <root>/home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider \
             <root>/home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider.off",
            Paste,
        ),
        trial("a_newer_plugin_is_left_alone", || {
            let stage = Stage::new();
            let list = stage.netcore().join("installed-files.json");
            let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
            let newer =
                fs::read_to_string(&list).unwrap().replace(&version, "\"version\": \"99.0.0\"");
            fs::write(&list, &newer).unwrap();
            let run = stage.doctor(&["--fix"]);
            run.assert_success().assert_says("is of version 99.0.0, and this is ");
            run.assert_says("      do: use that one, which is newer").assert_silent_on("fix:  ");
            assert_eq!(fs::read_to_string(&list).unwrap(), newer);
        }),
        broken(
            "list_of_installed_files_that_is_none",
            |stage| fs::write(stage.netcore().join("installed-files.json"), "garbage").unwrap(),
            "warn  dotnet, MSBuild: \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/installed-files.json` is no \
             list of installed files",
            "nuget-plugin-codeartifact install",
            Paste,
        ),
        broken(
            "a_file_where_the_plugins_folder_should_be",
            |stage| {
                let netcore = stage.home.home().join(".nuget/plugins/netcore");
                fs::remove_dir_all(&netcore).unwrap();
                fs::write(netcore, "").unwrap();
            },
            "FAIL  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore` is no folder, where `install` wants \
             one",
            "mv <root>/home/.nuget/plugins/netcore <root>/home/.nuget/plugins/netcore.off",
            By(|stage| {
                fs::remove_file(stage.home.home().join(".nuget/plugins/netcore")).unwrap();
                stage.home.run_plugin(&["install", "--netcore-only"]).assert_success();
            }),
        ),
        broken(
            "plugin_paths_that_are_relative",
            |stage| {
                stage.home.set("NUGET_PLUGIN_PATHS", "x/CredentialProvider.CodeArtifact.dll");
            },
            "FAIL  NUGET_PLUGIN_PATHS names `x/CredentialProvider.CodeArtifact.dll`, which is relative",
            "unset NUGET_PLUGIN_PATHS",
            Paste,
        ),
        broken(
            "plugin_paths_with_a_folder",
            |stage| {
                let folder = stage.netcore().to_string_lossy().into_owned();
                stage.home.set("NUGET_NETCORE_PLUGIN_PATHS", &folder);
            },
            "FAIL  NUGET_NETCORE_PLUGIN_PATHS names \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact`, which is a folder, where \
             files are wanted",
            "export NUGET_NETCORE_PLUGIN_PATHS=<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
            Paste,
        ),
        broken(
            "plugin_paths_with_the_native_file",
            |stage| {
                let file = stage.netcore().join(NAME).to_string_lossy().into_owned();
                stage.home.set("NUGET_PLUGIN_PATHS", &file);
            },
            "FAIL  NUGET_PLUGIN_PATHS names \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact`, \
             which `dotnet` cannot start: it wants the `.dll`",
            "unset NUGET_PLUGIN_PATHS",
            Paste,
        ),
        broken(
            "plugin_paths_of_other_clients",
            |stage| {
                stage.home.set("NUGET_NETFX_PLUGIN_PATHS", "/nowhere/x.exe");
            },
            "warn  NUGET_NETFX_PLUGIN_PATHS names `/nowhere/x.exe`, which is not there (nuget.exe and its \
             like alone read it)",
            "unset NUGET_NETFX_PLUGIN_PATHS",
            Paste,
        ),
        broken(
            "relative_claims_cache",
            |stage| {
                stage.home.set("NUGET_PLUGINS_CACHE_PATH", "rel/ative");
            },
            "FAIL  NuGet's claims cache: NUGET_PLUGINS_CACHE_PATH is `rel/ative`, which is relative, and \
             NuGet starts no plugin because of it",
            "unset NUGET_PLUGINS_CACHE_PATH",
            Paste,
        ),
        broken(
            "folder_for_nugets_log_that_is_missing",
            |stage| {
                stage.home.set("NUGET_PLUGIN_ENABLE_LOG", "true");
                stage.home.set("NUGET_PLUGIN_LOG_DIRECTORY_PATH", "/nowhere");
            },
            "FAIL  NUGET_PLUGIN_LOG_DIRECTORY_PATH names `/nowhere`, which is no folder, and NuGet starts no \
             plugin because of it",
            "unset NUGET_PLUGIN_ENABLE_LOG",
            Paste,
        ),
        broken(
            "claims_entry_that_is_a_folder",
            |stage| {
                let entry = format!(
                    "home/.local/share/NuGet/plugin-cache/{}/e31fb857036daf0857c70f5a13956500adde37dc.dat",
                    stage.claims_name()
                );
                fs::create_dir_all(stage.home.root().join(entry)).unwrap();
            },
            "FAIL  NuGet's claims cache: `<root>/home/.local/share/NuGet/plugin-cache/<plugin>/e31fb857036daf0857c70f5a13956500adde37dc.dat` \
             is a folder, where NuGet wants a file",
            "mv <root>/home/.local/share/NuGet/plugin-cache/<plugin>/e31fb857036daf0857c70f5a13956500adde37dc.dat \
             <root>/home/.local/share/NuGet/plugin-cache/<plugin>/e31fb857036daf0857c70f5a13956500adde37dc.dat.off",
            Paste,
        ),
        broken(
            "another_plugin_on_path_that_crashes",
            |stage| {
                fs::remove_dir_all(stage.netcore()).unwrap();
                fs::copy(SandboxHome::plugin(), stage.home.bin().join("nuget-plugin-codeartifact"))
                    .unwrap();
                stage.script("bin/nuget-plugin-aaa", "exit 3");
            },
            "FAIL  `<root>/bin/nuget-plugin-aaa` does not work, and NuGet may ask it before this plugin and \
             stop: it ended without an answer (exit status: 3)",
            "chmod a-x <root>/bin/nuget-plugin-aaa",
            Paste,
        ),
        broken(
            "dotnet_that_does_not_work",
            |stage| {
                stage.dotnet(
                    "case \"$1\" in --version|--list-sdks|nuget) echo broken >&2; exit 3;; \
                     *) exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\";; esac",
                );
            },
            "FAIL  `dotnet` does not work here: `<root>/bin/dotnet --version` ended with exit status: 3: \
             broken",
            "do: see what it says by itself; a variable may be in its way (DOTNET_…, HOME)",
            By(|stage| stage.working_dotnet()),
        ),
        trial("a_dotnet_tool_that_is_not_on_path", || {
            let stage = Stage::new();
            let tool = "home/.dotnet/tools/nuget-plugin-codeartifact";
            stage.script(tool, "echo nuget-plugin-codeartifact 0.0.1");
            let line = ".NET tool: `<root>/home/.dotnet/tools/nuget-plugin-codeartifact` (version 0.0.1) is \
                        not found by NuGet, since its folder is not on PATH\n";
            let beside = stage.doctor(&[]);
            beside.assert_success();
            assert!(stage.readable(&beside.stdout).contains(&format!("ok    {line}")), "{beside}");
            fs::remove_dir_all(stage.netcore()).unwrap();
            let alone = stage.doctor(&[]);
            let fix = "      fix: export PATH=<root>/home/.dotnet/tools:\"$PATH\"\n";
            let told = stage.readable(&alone.stdout);
            assert!(told.contains(&format!("warn  {line}{fix}")), "{alone}");
            let fix = format!(
                "export PATH={}:\"$PATH\"",
                stage.home.home().join(".dotnet/tools").display()
            );
            stage
                .paste(&fix)
                .assert_silent_on(".NET tool: ")
                .assert_says("is version 0.0.1, and this is");
        }),
        trial("a_dotnet_tool_of_a_project", || {
            let stage = Stage::new();
            stage.home.write(
                "project/.config/dotnet-tools.json",
                r#"{"version": 1, "isRoot": true, "tools": {"codeartifact-plugin": {"version": "1.2.3",
                   "commands": ["nuget-plugin-codeartifact"]}}}"#,
            );
            fs::remove_dir_all(stage.netcore()).unwrap();
            let run = stage.doctor(&[]);
            run.assert_failure();
            assert!(
                stage.readable(&run.stdout).contains(
                    "warn  .NET tool: `codeartifact-plugin` version 1.2.3 of \
                     `<root>/project/.config/dotnet-tools.json` is a local tool, which NuGet never \
                     finds\n      fix: nuget-plugin-codeartifact install\n"
                ),
                "{run}"
            );
            let mended = stage.paste("nuget-plugin-codeartifact install");
            mended
                .assert_success()
                .assert_says("ok    .NET tool: `codeartifact-plugin` version 1.2.3");
        }),
        broken(
            "a_global_tool_of_another_version",
            |stage| {
                let stored =
                    "home/.dotnet/tools/.store/codeartifact-plugin/0.0.1/nuget-plugin-codeartifact";
                let file = stage.script(stored, "echo nuget-plugin-codeartifact 0.0.1");
                let tools = stage.home.home().join(".dotnet/tools");
                symlink(file, tools.join("nuget-plugin-codeartifact")).unwrap();
                let path = stage.home.environment().find(|(name, _)| *name == "PATH");
                let path = format!("{}:{}", path.expect("a PATH").1, tools.display());
                stage.home.set("PATH", &path);
            },
            concat!(
                "warn  PATH: `<root>/home/.dotnet/tools/nuget-plugin-codeartifact` is version 0.0.1, and \
                 this is ",
                env!("CARGO_PKG_VERSION")
            ),
            "dotnet tool update --global codeartifact-plugin",
            By(|stage| fs::remove_dir_all(stage.home.home().join(".dotnet")).unwrap()),
        ),
        broken(
            "the_aws_toolkits_setting",
            |stage| {
                let folder = "home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider";
                stage
                    .home
                    .write(&format!("{folder}/configuration.json"), r#"{"DefaultProfile":"ops"}"#);
                stage.home.write(&format!("{folder}/AWSSDK.Core.dll"), "");
                stage.home.write(
                    "home/.aws/credentials",
                    &format!("[ops]\naws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n"),
                );
            },
            "warn  `<root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider/configuration.json` \
             has profile `ops` for source `ours`, for which this plugin asks by the environment's keys: \
             AWS's own provider uses that one, and so does the AWS Toolkit, which Visual Studio asks first",
            "nuget-plugin-codeartifact configure rule add --first --domain my-domain --owner 111122223333 \
             --region eu-west-1 --repository my-repo --profile ops",
            Paste,
        ),
        trial("fix_removes_a_dangling_link_of_ours_outside_of_the_home_only_if_told", || {
            let stage = Stage::new();
            let link = stage.home.bin().join("nuget-plugin-codeartifact");
            symlink("nowhere", &link).unwrap();
            let left = stage.doctor(&["--fix"]);
            left.assert_failure().assert_says("left alone: `").assert_says("add `--yes`");
            assert!(link.is_symlink());
            stage.doctor(&["--fix", "--yes"]).assert_success().assert_says("      done\n");
            assert!(!link.is_symlink());
        }),
        trial("fix_touches_no_other_plugin", || {
            let stage = Stage::new();
            let link = stage.home.bin().join("nuget-plugin-other");
            symlink("nowhere", &link).unwrap();
            stage.doctor(&["--fix", "--yes"]).assert_failure().assert_silent_on("fix:  ");
            assert!(link.is_symlink());
        }),
    ]
}

fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// As NuGet names it.
fn write_claims(stage: &Stage, text: &str) {
    let folder = format!("home/.local/share/NuGet/plugin-cache/{}", stage.claims_name());
    stage.home.write(&format!("{folder}/e31fb857036daf0857c70f5a13956500adde37dc.dat"), text);
}
