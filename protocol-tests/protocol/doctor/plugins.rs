//! Whether NuGet finds the plugin, and can start it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::support::fake_codeartifact::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::support::sandbox_home::SandboxHome;
use crate::support::stage::Stage;
use crate::support::stage::doctor::Repair::{By, Paste};
use crate::support::stage::doctor::{Broken, DOTNET, each_is_repaired};
use crate::support::trials::{Trial, named};

const NAME: &str = "CredentialProvider.CodeArtifact";

const BROKEN: &[Broken] = &[
    Broken {
        name: "plugin_not_installed",
        set_up: |stage| fs::remove_dir_all(stage.netcore()).unwrap(),
        line: "FAIL  dotnet, MSBuild: the plugin is not installed (`<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll` is missing)",
        fix: "dotnet codeartifact install",
        repair: Paste,
    },
    Broken {
        name: "plugin_folder_in_another_case",
        set_up: |stage| {
            let lower = stage.netcore().with_file_name(NAME.to_lowercase());
            fs::rename(stage.netcore(), lower).unwrap();
        },
        line: "FAIL  dotnet, MSBuild: the plugin is not installed (`<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll` is missing); `credentialprovider.codeartifact` is there, but NuGet needs the same upper and lower case",
        fix: "dotnet codeartifact install",
        repair: Paste,
    },
    Broken {
        name: "launcher_damaged",
        set_up: |stage| fs::write(stage.netcore().join("libhostpolicy.so"), "x").unwrap(),
        line: "FAIL  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/libhostpolicy.so` is not the file that was installed",
        fix: "dotnet codeartifact install",
        repair: Paste,
    },
    Broken {
        name: "launcher_missing",
        set_up: |stage| fs::remove_file(stage.netcore().join("libhostpolicy.so")).unwrap(),
        line: "FAIL  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/libhostpolicy.so` cannot be read: No such file or directory (os error 2)",
        fix: "dotnet codeartifact install",
        repair: Paste,
    },
    Broken {
        name: "executable_without_execute_bit",
        set_up: |stage| {
            let mode = fs::Permissions::from_mode(0o644);
            fs::set_permissions(stage.netcore().join(NAME), mode).unwrap();
        },
        line: "FAIL  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact` is not executable",
        fix: "chmod +x <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact",
        repair: Paste,
    },
    Broken {
        name: "executable_of_another_processor",
        set_up: |stage| {
            let file = stage.netcore().join(NAME);
            let before = fs::read(&file).unwrap();
            // The header of a program for RISC-V.
            let after = [&before[..18], &[0xf3, 0], &before[20..]].concat();
            fs::write(&file, &after).unwrap();
            let list = stage.netcore().join("installed-files.json");
            let text = fs::read_to_string(&list).unwrap();
            fs::write(&list, text.replace(&digest(&before), &digest(&after))).unwrap();
        },
        line: "FAIL  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact` is for Linux on processor 243, and `nuget-plugin-codeartifact` for Linux on <arch>",
        fix: "do: Download the plugin's release for that processor, and run its `install`.",
        repair: By(|stage| drop(stage.home.run_plugin(&["install", "--netcore-only"]))),
    },
    Broken {
        name: "another_plugin_that_hangs",
        set_up: |stage| {
            stage.home.write("home/.nuget/plugins/netcore/Other/Other.dll", "");
            let other = "home/.nuget/plugins/netcore/Other/CredentialProvider.CodeArtifact";
            stage.home.script(other, "exec sleep 60");
        },
        line: "FAIL  `<root>/home/.nuget/plugins/netcore/Other/Other.dll` does not work, and NuGet may start it before this plugin and stop: it did not answer within 10 s",
        fix: "mv <root>/home/.nuget/plugins/netcore/Other <root>/home/.nuget/plugins/netcore/Other.off",
        repair: Paste,
    },
    Broken {
        name: "runtimeconfig_beside_the_dll",
        set_up: |stage| {
            let file = format!("{NAME}.runtimeconfig.json");
            fs::write(stage.netcore().join(file), "{}").unwrap();
        },
        line: "FAIL  dotnet, MSBuild: \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.runtimeconfig.json` \
             makes `dotnet` look for a .NET application, so the plugin may not start; remove that file",
        fix: "rm <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.runtimeconfig.json",
        repair: Paste,
    },
    Broken {
        name: "plugin_of_an_older_version",
        set_up: |stage| {
            let list = stage.netcore().join("installed-files.json");
            let text = fs::read_to_string(&list).unwrap();
            let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
            fs::write(&list, text.replace(&version, "\"version\": \"0.0.1\"")).unwrap();
        },
        line: concat!(
            "warn  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact` \
                 has version 0.0.1, and this program ",
            env!("CARGO_PKG_VERSION")
        ),
        fix: "dotnet codeartifact install",
        repair: Paste,
    },
    Broken {
        name: "plugin_that_does_not_answer",
        set_up: |stage| {
            stage.set_dotnet(
                "case \"$1\" in --version) echo 10.0.401;; --list-sdks) echo '10.0.401 [/x]';; \
                     *) echo boom >&2; exit 3;; esac",
            );
        },
        line: "FAIL  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll` through `<root>/bin/dotnet`: it ended without an answer (exit status: 3); it said: boom",
        fix: "dotnet codeartifact install",
        repair: By(|stage| stage.set_working_dotnet()),
    },
    Broken {
        name: "dotnet_cli_home_without_the_plugin",
        set_up: |stage| {
            let home = stage.home.home().join("cli");
            stage.home.set("DOTNET_CLI_HOME", &home.to_string_lossy());
        },
        line: "FAIL  dotnet, MSBuild: the plugin is not installed (`<root>/home/cli/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll` is missing)",
        fix: "dotnet codeartifact install",
        repair: Paste,
    },
    Broken {
        name: "home_with_a_quote",
        set_up: |stage| {
            let home = stage.home.root().join("a\"b");
            fs::create_dir(&home).unwrap();
            stage.home.set("HOME", &home.to_string_lossy());
        },
        line: "FAIL  NuGet cannot start a plugin below `<root>/a\"b/.nuget/plugins`, because of the `\"` in the path.",
        fix: "dotnet codeartifact install --netcore-only --dir /opt/nuget/plugins && export NUGET_NETCORE_PLUGIN_PATHS=/opt/nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
        repair: By(|stage| {
            let home = stage.home.home();
            stage.home.set("HOME", &home.to_string_lossy());
        }),
    },
    Broken {
        name: "no_sdk_for_global_json",
        set_up: |stage| {
            stage.home.write("project/global.json", "{}");
            stage.set_dotnet(
                    "case \"$1\" in --version) echo 'A compatible .NET SDK was not found.' >&2; exit 145;; \
                     --list-sdks) echo '10.0.401 [/x]';; \
                     *) exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\";; esac",
                );
        },
        line: "FAIL  No SDK can be chosen in this folder (`<root>/bin/dotnet --version` ended with exit status: 145: A compatible .NET SDK was not found.)",
        fix: "do: Name an installed SDK in global.json (10.0.401), or let it `rollForward`.",
        repair: By(|stage| stage.set_working_dotnet()),
    },
    Broken {
        name: "everybody_may_write_to_a_plugin",
        set_up: |stage| {
            let file = stage.netcore().join(format!("{NAME}.dll"));
            fs::set_permissions(file, fs::Permissions::from_mode(0o646)).unwrap();
        },
        line: "FAIL  Every user can write to `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll` (mode 0646), and so change what NuGet starts or this plugin reads",
        fix: "chmod go-w <root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
        repair: Paste,
    },
    Broken {
        name: "everybody_may_write_to_a_folder_above_a_plugin",
        set_up: |stage| {
            let folder = stage.home.path("home/.nuget");
            fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        },
        line: "FAIL  Every user can write to `<root>/home/.nuget` (mode 0777), and so change what NuGet starts or this plugin reads",
        fix: "chmod go-w <root>/home/.nuget",
        repair: Paste,
    },
    Broken {
        name: "sdks_that_a_repository_names",
        set_up: |stage| {
            let text = "{\"sdk\": {\"paths\": [\"./sdks\", \"$host$\"]}}";
            stage.home.write("global.json", text);
        },
        line: "warn  `<root>/global.json` names folders of SDKs (`sdk.paths`), whose code any `dotnet` command here runs; doctor does not, so it cannot tell which SDK restores",
        fix: "do: Check that you trust the repository before you run `dotnet` in it, or remove `sdk.paths`.",
        repair: By(|stage| fs::remove_file(stage.home.root().join("global.json")).unwrap()),
    },
    Broken {
        name: "dangling_link_on_path",
        set_up: |stage| symlink("nowhere", stage.home.bin().join("nuget-plugin-other")).unwrap(),
        line: "FAIL  PATH: `<root>/bin/nuget-plugin-other` is a broken link, so NuGet starts no plugin at all",
        fix: "rm <root>/bin/nuget-plugin-other",
        repair: Paste,
    },
    Broken {
        name: "file_on_path_without_execute_bit",
        set_up: |stage| drop(stage.home.write("bin/nuget-plugin-codeartifact", "")),
        line: "warn  PATH: `<root>/bin/nuget-plugin-codeartifact` is not executable, so NuGet ignores it",
        fix: "chmod +x <root>/bin/nuget-plugin-codeartifact",
        repair: By(|stage| {
            fs::remove_file(stage.home.bin().join("nuget-plugin-codeartifact")).unwrap();
        }),
    },
    Broken {
        name: "copy_on_path_of_another_version",
        set_up: |stage| {
            stage
                .home
                .script("bin/nuget-plugin-codeartifact", "echo nuget-plugin-codeartifact 0.0.1");
        },
        line: concat!(
            "warn  PATH: `<root>/bin/nuget-plugin-codeartifact` is version 0.0.1, and this program is ",
            env!("CARGO_PKG_VERSION")
        ),
        fix: "rm <root>/bin/nuget-plugin-codeartifact",
        repair: Paste,
    },
    Broken {
        name: "relative_folder_on_path",
        set_up: |stage| {
            stage.home.script("project/tools/nuget-plugin-other", "exit 1");
            let path = stage.home.environment().find(|(name, _)| *name == "PATH");
            let path = format!("{}:tools", path.expect("a PATH").1);
            stage.home.set("PATH", &path);
        },
        line: "warn  PATH: `tools/nuget-plugin-other` is in a folder with a relative path, which NuGet ignores",
        fix: "do: Write the whole path of the folder in PATH.",
        repair: By(|stage| fs::remove_dir_all(stage.home.project().join("tools")).unwrap()),
    },
    Broken {
        name: "plugin_paths_name_a_missing_file",
        set_up: |stage| {
            stage.home.set("NUGET_NETCORE_PLUGIN_PATHS", "/nowhere/x.dll");
        },
        line: "FAIL  NUGET_NETCORE_PLUGIN_PATHS names `/nowhere/x.dll`, which is not there",
        fix: "export NUGET_NETCORE_PLUGIN_PATHS=<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
        repair: Paste,
    },
    Broken {
        name: "plugin_paths_without_this_plugin",
        set_up: |stage| {
            let other = stage.home.write("other/Other.dll", "");
            stage.home.set("NUGET_NETCORE_PLUGIN_PATHS", &other.to_string_lossy());
        },
        line: "FAIL  NUGET_NETCORE_PLUGIN_PATHS does not name this plugin; NuGet then searches neither the plugins folders nor PATH",
        fix: "export NUGET_NETCORE_PLUGIN_PATHS=<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
        repair: Paste,
    },
    Broken {
        name: "short_time_limit",
        set_up: |stage| {
            stage.home.set("NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS", "1");
        },
        line: "warn  NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS is `1`: less than 5 s, or not a number",
        fix: "unset NUGET_PLUGIN_HANDSHAKE_TIMEOUT_IN_SECONDS",
        repair: Paste,
    },
    Broken {
        name: "empty_claims",
        set_up: |stage| write_claims(stage, "[]"),
        line: "FAIL  NuGet's plugin cache: `<root>/home/.local/share/NuGet/plugin-cache/<plugin>/e31fb857036daf0857c70f5a13956500adde37dc.dat` is empty or damaged, so NuGet does not start the plugin",
        fix: "dotnet codeartifact doctor --fix",
        repair: Paste,
    },
    Broken {
        name: "claims_cache_that_is_no_folder",
        set_up: |stage| drop(stage.home.write("home/.local/share/NuGet/plugin-cache", "")),
        line: "FAIL  NuGet's plugin cache: `<root>/home/.local/share/NuGet/plugin-cache` is not a folder, and every restore fails",
        fix: "mv <root>/home/.local/share/NuGet/plugin-cache <root>/home/.local/share/NuGet/plugin-cache.off",
        repair: Paste,
    },
    Broken {
        name: "another_plugin_that_crashes",
        set_up: |stage| {
            stage.home.write("home/.nuget/plugins/netcore/Other/Other.dll", "");
            stage.home.script(
                "home/.nuget/plugins/netcore/Other/CredentialProvider.CodeArtifact",
                "echo no framework >&2; exit 150",
            );
        },
        line: "FAIL  `<root>/home/.nuget/plugins/netcore/Other/Other.dll` does not work, and NuGet may start it before this plugin and stop: it ended without an answer (exit status: 150); it said: no framework",
        fix: "mv <root>/home/.nuget/plugins/netcore/Other <root>/home/.nuget/plugins/netcore/Other.off",
        repair: Paste,
    },
    Broken {
        name: "aws_provider_beside_it",
        set_up: |stage| {
            let folder = "home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider";
            stage.home.write(&format!("{folder}/AWS.CodeArtifact.NuGetCredentialProvider.dll"), "");
            let copy = stage.home.root().join(folder).join(NAME);
            symlink(stage.netcore().join(NAME), copy).unwrap();
        },
        line: "warn  AWS's own provider `<root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider/AWS.CodeArtifact.NuGetCredentialProvider.dll` is installed too. NuGet uses the one that it finds first",
        fix: "mv <root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider <root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider.off",
        repair: Paste,
    },
    Broken {
        name: "aws_provider_for_other_clients",
        set_up: |stage| {
            let folder = "home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider";
            stage.home.write(&format!("{folder}/AWS.CodeArtifact.NuGetCredentialProvider.exe"), "");
        },
        line: "warn  AWS's own provider `<root>/home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider/AWS.CodeArtifact.NuGetCredentialProvider.exe` is installed too. NuGet uses the one that it finds first",
        fix: "mv <root>/home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider <root>/home/.nuget/plugins/netfx/AWS.CodeArtifact.NuGetCredentialProvider.off",
        repair: Paste,
    },
    Broken {
        name: "list_of_installed_files_that_is_none",
        set_up: |stage| fs::write(stage.netcore().join("installed-files.json"), "garbage").unwrap(),
        line: "warn  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/installed-files.json` is not a list of installed files",
        fix: "dotnet codeartifact install",
        repair: Paste,
    },
    Broken {
        name: "a_file_where_the_plugins_folder_should_be",
        set_up: |stage| {
            let netcore = stage.home.path("home/.nuget/plugins/netcore");
            fs::remove_dir_all(&netcore).unwrap();
            fs::write(netcore, "").unwrap();
        },
        line: "FAIL  dotnet, MSBuild: `<root>/home/.nuget/plugins/netcore` is not a folder, and `install` needs one there",
        fix: "mv <root>/home/.nuget/plugins/netcore <root>/home/.nuget/plugins/netcore.off",
        repair: By(|stage| {
            fs::remove_file(stage.home.path("home/.nuget/plugins/netcore")).unwrap();
            stage.home.run_plugin(&["install", "--netcore-only"]).assert_success();
        }),
    },
    Broken {
        name: "plugin_paths_that_are_relative",
        set_up: |stage| {
            stage.home.set("NUGET_PLUGIN_PATHS", "x/CredentialProvider.CodeArtifact.dll");
        },
        line: "FAIL  NUGET_PLUGIN_PATHS names `x/CredentialProvider.CodeArtifact.dll`, which is relative",
        fix: "unset NUGET_PLUGIN_PATHS",
        repair: Paste,
    },
    Broken {
        name: "plugin_paths_with_a_folder",
        set_up: |stage| {
            let folder = stage.netcore().to_string_lossy().into_owned();
            stage.home.set("NUGET_NETCORE_PLUGIN_PATHS", &folder);
        },
        line: "FAIL  NUGET_NETCORE_PLUGIN_PATHS names \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact`, which is a folder, where \
             files are wanted",
        fix: "export NUGET_NETCORE_PLUGIN_PATHS=<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll",
        repair: Paste,
    },
    Broken {
        name: "plugin_paths_with_the_native_file",
        set_up: |stage| {
            let file = stage.netcore().join(NAME).to_string_lossy().into_owned();
            stage.home.set("NUGET_PLUGIN_PATHS", &file);
        },
        line: "FAIL  NUGET_PLUGIN_PATHS names \
             `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact`, \
             which `dotnet` cannot start: it wants the `.dll`",
        fix: "unset NUGET_PLUGIN_PATHS",
        repair: Paste,
    },
    Broken {
        name: "plugin_paths_of_other_clients",
        set_up: |stage| {
            stage.home.set("NUGET_NETFX_PLUGIN_PATHS", "/nowhere/x.exe");
        },
        line: "warn  NUGET_NETFX_PLUGIN_PATHS names `/nowhere/x.exe`, which is not there (only nuget.exe and Visual Studio read it)",
        fix: "unset NUGET_NETFX_PLUGIN_PATHS",
        repair: Paste,
    },
    Broken {
        name: "relative_claims_cache",
        set_up: |stage| {
            stage.home.set("NUGET_PLUGINS_CACHE_PATH", "rel/ative");
        },
        line: "FAIL  NuGet's plugin cache: NUGET_PLUGINS_CACHE_PATH is `rel/ative`, which is relative, so NuGet starts no plugin",
        fix: "unset NUGET_PLUGINS_CACHE_PATH",
        repair: Paste,
    },
    Broken {
        name: "folder_for_nugets_log_that_is_missing",
        set_up: |stage| {
            stage.home.set("NUGET_PLUGIN_ENABLE_LOG", "true");
            stage.home.set("NUGET_PLUGIN_LOG_DIRECTORY_PATH", "/nowhere");
        },
        line: "FAIL  NUGET_PLUGIN_LOG_DIRECTORY_PATH names `/nowhere`, which is not a folder, so NuGet starts no plugin",
        fix: "unset NUGET_PLUGIN_ENABLE_LOG",
        repair: Paste,
    },
    Broken {
        name: "claims_entry_that_is_a_folder",
        set_up: |stage| {
            let entry = format!(
                "home/.local/share/NuGet/plugin-cache/{}/e31fb857036daf0857c70f5a13956500adde37dc.dat",
                stage.claims_name()
            );
            fs::create_dir_all(stage.home.root().join(entry)).unwrap();
        },
        line: "FAIL  NuGet's plugin cache: `<root>/home/.local/share/NuGet/plugin-cache/<plugin>/e31fb857036daf0857c70f5a13956500adde37dc.dat` is a folder, where NuGet expects a file",
        fix: "mv <root>/home/.local/share/NuGet/plugin-cache/<plugin>/e31fb857036daf0857c70f5a13956500adde37dc.dat <root>/home/.local/share/NuGet/plugin-cache/<plugin>/e31fb857036daf0857c70f5a13956500adde37dc.dat.off",
        repair: Paste,
    },
    Broken {
        name: "a_copy_on_path_that_an_old_sdk_does_not_find",
        set_up: |stage| {
            fs::remove_dir_all(stage.netcore()).unwrap();
            SandboxHome::link_plugin(&stage.home.bin().join("nuget-plugin-codeartifact"));
            stage.set_dotnet(&DOTNET.replace("10.0.401", "8.0.404"));
        },
        line: "FAIL  dotnet, MSBuild: the plugin is not installed (`<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact/CredentialProvider.CodeArtifact.dll` is missing), and SDK 8.0.404 does not search PATH, where `<root>/bin/nuget-plugin-codeartifact` is",
        fix: "dotnet codeartifact install",
        repair: Paste,
    },
    Broken {
        name: "another_plugin_on_path_that_crashes",
        set_up: |stage| {
            fs::remove_dir_all(stage.netcore()).unwrap();
            fs::copy(SandboxHome::plugin(), stage.home.bin().join("nuget-plugin-codeartifact"))
                .unwrap();
            stage.home.script("bin/nuget-plugin-aaa", "exit 3");
        },
        line: "FAIL  `<root>/bin/nuget-plugin-aaa` does not work, and NuGet may start it before this plugin and stop: it ended without an answer (exit status: 3)",
        fix: "chmod a-x <root>/bin/nuget-plugin-aaa",
        repair: Paste,
    },
    Broken {
        name: "dotnet_that_does_not_work",
        set_up: |stage| {
            stage.set_dotnet(
                "case \"$1\" in --version|--list-sdks|nuget) echo broken >&2; exit 3;; \
                     *) exec \"$(dirname \"$1\")/CredentialProvider.CodeArtifact\" \"$2\";; esac",
            );
        },
        line: "FAIL  `dotnet` does not work here: `<root>/bin/dotnet --version` ended with exit status: 3: broken",
        fix: "do: Show more: <root>/bin/dotnet --info",
        repair: By(|stage| stage.set_working_dotnet()),
    },
    Broken {
        name: "a_global_tool_of_another_version",
        set_up: |stage| {
            let stored =
                "home/.dotnet/tools/.store/codeartifact-plugin/0.0.1/nuget-plugin-codeartifact";
            let file = stage.home.script(stored, "echo nuget-plugin-codeartifact 0.0.1");
            let tools = stage.home.path("home/.dotnet/tools");
            symlink(file, tools.join("nuget-plugin-codeartifact")).unwrap();
            let path = stage.home.environment().find(|(name, _)| *name == "PATH");
            let path = format!("{}:{}", path.expect("a PATH").1, tools.display());
            stage.home.set("PATH", &path);
        },
        line: concat!(
            "warn  PATH: `<root>/home/.dotnet/tools/nuget-plugin-codeartifact` is version 0.0.1, and \
                 this program is ",
            env!("CARGO_PKG_VERSION")
        ),
        fix: "dotnet tool update --global codeartifact-plugin",
        repair: By(|stage| fs::remove_dir_all(stage.home.path("home/.dotnet")).unwrap()),
    },
    Broken {
        name: "the_aws_toolkits_setting",
        set_up: |stage| {
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
        line: "warn  `<root>/home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGetCredentialProvider/configuration.json` has profile `ops` for source `ours`, but this plugin uses the environment's keys. AWS's own provider and the AWS Toolkit, which Visual Studio calls first, use that profile",
        fix: "dotnet codeartifact configure rule add --first --domain my-domain --owner 111122223333 --region eu-west-1 --repository my-repo --profile ops",
        repair: Paste,
    },
];

pub fn trials() -> Vec<Trial> {
    let others = named![
        aws_provider_that_was_told_a_profile,
        a_newer_plugin_is_left_alone,
        a_dotnet_tool_that_is_not_on_path,
        a_dotnet_tool_of_a_project,
        a_pipe_in_the_place_of_a_file_makes_nobody_wait,
        fix_removes_a_dangling_link_of_ours_outside_of_the_home_only_if_told,
        fix_touches_no_other_plugin,
        programs_run_in_a_folder_of_its_own,
    ];
    each_is_repaired(BROKEN).chain(others).collect()
}

/// `doctor` and `install` start nothing in the working folder, whose files a program might read.
fn programs_run_in_a_folder_of_its_own() {
    let mut stage = Stage::working();
    let record = stage.home.root().join("folders");
    stage.set_dotnet(&format!(
        "echo \"$PWD $(ls) $(stat -c %a .)\" >> '{}'\n{DOTNET}",
        record.display()
    ));
    stage.home.script("bin/nuget-plugin-other", &format!("pwd >> '{}'", record.display()));
    stage.doctor(&["--offline"]);
    stage.doctor(&["--fix"]);
    stage.home.run_plugin(&["install", "--netcore-only"]).assert_success();
    stage.set("TMPDIR", ".");
    stage.doctor(&["--offline"]);
    let folders = fs::read_to_string(&record).unwrap();
    assert!(folders.lines().count() >= 4, "{folders}");
    for line in folders.lines() {
        let (folder, rest) = line.split_once(' ').unwrap_or((line, ""));
        assert!(!Path::new(folder).starts_with(stage.home.project()), "{folders}");
        assert!(!Path::new(folder).exists(), "{folders}");
        assert!(["", "global.json 700", " 700"].contains(&rest), "{folders}");
    }
}

fn aws_provider_that_was_told_a_profile() {
    let mut stage = Stage::working();
    stage.with_profile_dev();
    let folder = "home/.nuget/plugins/netcore/AWS.CodeArtifact.NuGet.CredentialProvider";
    stage.home.write(&format!("{folder}/AWS.CodeArtifact.NuGet.CredentialProvider.dll"), "");
    stage.home.write(&format!("{folder}/configuration.json"), r#"{"defaultProfile": "dev"}"#);
    let copy = stage.home.root().join(folder).join(NAME);
    symlink(stage.netcore().join(NAME), copy).unwrap();
    let place = stage.home.root().join(folder);
    let place = place.display();
    let fix = format!(
        "dotnet codeartifact configure import {place}/configuration.json && mv {place} {place}.off"
    );
    let run = stage.doctor(&[]);
    let said = stage.doctor_readable(&run.stdout);
    assert!(said.contains(&stage.doctor_readable(&format!("      fix: {fix}\n"))), "{run}");
    stage.paste(&fix).assert_success().assert_silent_on("FAIL");
}

fn a_newer_plugin_is_left_alone() {
    let stage = Stage::working();
    let list = stage.netcore().join("installed-files.json");
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let newer = fs::read_to_string(&list).unwrap().replace(&version, "\"version\": \"99.0.0\"");
    fs::write(&list, &newer).unwrap();
    let run = stage.doctor(&["--fix"]);
    run.assert_success().assert_says("has version 99.0.0, and this program ");
    run.assert_says("      do: Run that newer version").assert_silent_on("fix:  ");
    assert_eq!(fs::read_to_string(&list).unwrap(), newer);
}

fn a_dotnet_tool_that_is_not_on_path() {
    let stage = Stage::working();
    let tool = "home/.dotnet/tools/nuget-plugin-codeartifact";
    stage.home.script(tool, "echo nuget-plugin-codeartifact 0.0.1");
    let line = ".NET tool: `<root>/home/.dotnet/tools/nuget-plugin-codeartifact` (version 0.0.1) is \
                not found by NuGet, because its folder is not on PATH\n";
    let beside = stage.doctor(&[]);
    beside.assert_success();
    assert!(stage.doctor_readable(&beside.stdout).contains(&format!("ok    {line}")), "{beside}");
    fs::remove_dir_all(stage.netcore()).unwrap();
    let alone = stage.doctor(&[]);
    let fix = "      fix: export PATH=<root>/home/.dotnet/tools:\"$PATH\"\n";
    let told = stage.doctor_readable(&alone.stdout);
    assert!(told.contains(&format!("warn  {line}{fix}")), "{alone}");
    let fix = format!("export PATH={}:\"$PATH\"", stage.home.path("home/.dotnet/tools").display());
    stage
        .paste(&fix)
        .assert_silent_on(".NET tool: ")
        .assert_says("is version 0.0.1, and this program is");
}

fn a_dotnet_tool_of_a_project() {
    let stage = Stage::working();
    stage.home.write(
        "project/.config/dotnet-tools.json",
        r#"{"version": 1, "isRoot": true, "tools": {"codeartifact-plugin": {"version": "1.2.3",
           "commands": ["nuget-plugin-codeartifact"]}}}"#,
    );
    fs::remove_dir_all(stage.netcore()).unwrap();
    let run = stage.doctor(&[]);
    run.assert_failure();
    assert!(
        stage.doctor_readable(&run.stdout).contains(
            "warn  .NET tool: `codeartifact-plugin` version 1.2.3 of \
             `<root>/project/.config/dotnet-tools.json` is a local tool, which NuGet never \
             finds\n      fix: dotnet codeartifact install\n"
        ),
        "{run}"
    );
    let after = stage.paste("dotnet codeartifact install");
    after.assert_success().assert_says("ok    .NET tool: `codeartifact-plugin` version 1.2.3");
}

fn a_pipe_in_the_place_of_a_file_makes_nobody_wait() {
    const PLUGIN: &str = "home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact";
    for place in [
        "project/dotnet-tools.json",
        "project/global.json",
        "project/nuget.config",
        "home/.config/nuget-plugin-codeartifact/config.toml",
        "home/.aws/config",
        &format!("{PLUGIN}/installed-files.json"),
        &format!("{PLUGIN}/CredentialProvider.CodeArtifact.dll"),
    ] {
        let stage = Stage::new();
        let pipe = stage.home.write(place, "");
        fs::remove_file(&pipe).unwrap();
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for words in [&["doctor", "--offline"][..], &["status"], &["explain"], &["scrub"]] {
            let run = stage.run(words);
            assert!(!run.output().is_empty() || words == ["scrub"], "{place}: {run:?}");
        }
    }
}

fn fix_removes_a_dangling_link_of_ours_outside_of_the_home_only_if_told() {
    let stage = Stage::working();
    let link = stage.home.bin().join("nuget-plugin-codeartifact");
    symlink("nowhere", &link).unwrap();
    let left = stage.doctor_text(&["--fix"]);
    left.assert_failure().assert_says("left alone: `").assert_says("add `--yes`");
    assert!(link.is_symlink());
    stage.doctor_text(&["--fix", "--yes"]).assert_success().assert_says("      done\n");
    assert!(!link.is_symlink());
}

fn fix_touches_no_other_plugin() {
    let stage = Stage::working();
    let link = stage.home.bin().join("nuget-plugin-other");
    symlink("nowhere", &link).unwrap();
    stage.doctor(&["--fix", "--yes"]).assert_failure().assert_silent_on("fix:  ");
    assert!(link.is_symlink());
}

fn digest(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// As NuGet names it.
fn write_claims(stage: &Stage, text: &str) {
    let folder = format!("home/.local/share/NuGet/plugin-cache/{}", stage.claims_name());
    stage.home.write(&format!("{folder}/e31fb857036daf0857c70f5a13956500adde37dc.dat"), text);
}
