//! `source add`: where it is put, what the file looks like then, and what is refused.

use serde_json::json;

use super::PROJECT;
use crate::support::fake_codeartifact::FakeCodeArtifact;
use crate::support::sandbox_home::SandboxHome;
use crate::support::trials::{Trial, trial};

const USER: &str = "home/.nuget/NuGet/NuGet.Config";
const STEM: &str =
    "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo";
const NAMES: [&str; 10] = [
    "source",
    "add",
    "--domain",
    "my-domain",
    "--domain-owner",
    "111122223333",
    "--region",
    "eu-west-1",
    "--repository",
    "my-repo",
];

pub fn trials() -> Vec<Trial> {
    vec![
        trial("add_where_nothing_is_yet", new_file),
        trial("add_the_url_in_any_form", any_form),
        trial("add_what_is_there", twice),
        trial("add_what_is_in_the_way", in_the_way),
        trial("add_beside_a_clear", beside_a_clear),
        trial("add_keeps_bytes", keeps_bytes),
        trial("add_to_a_named_file", named_file),
        trial("add_under_mapping", mapping),
        trial("add_tells_a_script", as_json),
        trial("add_what_is_not_ours", not_ours),
        trial("add_by_a_name_that_nuget_refuses", bad_names),
        trial("add_where_nuget_would_not_see_it", not_seen),
        trial("add_says_what_keeps_it_from_working", kept_from_working),
        trial("add_where_nuget_refuses_a_file", refused),
        trial("add_keeps_bytes_that_are_no_characters", bytes_of_no_character),
        trial("add_to_utf_32", utf_32),
        trial("add_by_names_that_aws_answers_otherwise", other_repository),
        trial("add_by_names", by_names),
        trial("add_by_names_that_are_refused", refused_names),
        #[cfg(unix)]
        trial("add_through_a_link_keeps_mode", link_and_mode),
    ]
}

fn added(line: &str) -> String {
    format!("<add key=\"{line}\" value=\"{STEM}/v3/index.json\" />")
}

fn text(home: &SandboxHome, name: &str) -> String {
    String::from_utf8(home.read(name)).unwrap()
}

fn new_file() {
    let home = SandboxHome::new();
    let run = home.run_plugin(&["source", "add", STEM]);
    assert_eq!(
        home.neutral(&run.assert_success().stdout),
        format!(
            "Added my-domain/my-repo to <root>/{USER}\n  {STEM}/v3/index.json\n  CodeArtifact: \
             repository `my-repo`, domain `my-domain` (111122223333, eu-west-1)\nCheck it: \
             dotnet codeartifact source check my-domain/my-repo\n"
        )
    );
    assert_eq!(
        text(&home, USER),
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration>\n  <packageSources>\n    \
             <add key=\"nuget.org\" value=\"https://api.nuget.org/v3/index.json\" \
             protocolVersion=\"3\" />\n    {}\n  </packageSources>\n</configuration>\n",
            added("my-domain/my-repo")
        )
    );
}

fn any_form() {
    for end in ["", "/", "/v3", "/v3/", "/v3/index.json"] {
        let home = SandboxHome::new();
        home.run_plugin(&["source", "add", &format!("{STEM}{end}"), "--name", "x"])
            .assert_success();
        assert!(text(&home, USER).contains(&added("x")), "{end}");
    }
}

fn twice() {
    let home = SandboxHome::new();
    home.run_plugin(&["source", "add", STEM]).assert_success();
    let before = home.read(USER);
    let run = home.run_plugin(&["source", "add", STEM]);
    run.assert_success().assert_says("The source is there already: my-domain/my-repo in ");
    assert_eq!(home.read(USER), before);
}

fn in_the_way() {
    let home = SandboxHome::new();
    home.run_plugin(&["source", "add", STEM, "--name", "mine"]).assert_success();
    let before = home.read(USER);
    let file = home.path(USER).display().to_string();
    let other = STEM.replace("my-repo", "other");
    let run = home.run_plugin(&["source", "add", &other, "--name", "MINE"]);
    run.assert_failure().assert_says(&format!(
        "error: [CNP409] `{file}` has a source `mine` with another URL: `{STEM}/v3/index.json`. Choose \
         another name with `--name`, or remove that source: dotnet codeartifact source remove mine"
    ));
    let run = home.run_plugin(&["source", "add", STEM, "--name", "another"]);
    run.assert_success().assert_says("The source is there already: mine in ");
    assert_eq!(home.read(USER), before);
}

/// Where NuGet adds it as well.
fn beside_a_clear() {
    let home = SandboxHome::new();
    let text_before = "<configuration>\r\n<packageSources>\r\n\t<clear/>\r\n</packageSources>\r\n</configuration>";
    home.write(PROJECT, text_before);
    home.run_plugin(&["source", "add", STEM, "--name", "x"]).assert_success();
    let line = format!("\t{}\r\n</packageSources>", added("x"));
    assert_eq!(text(&home, PROJECT), text_before.replace("</packageSources>", &line));
    assert!(!home.path(USER).exists());
}

fn keeps_bytes() {
    let before = "<configuration>\r\n  <!-- ä -->\r\n  <packageSources />\r\n</configuration>";
    let after = before.replace(
        "<packageSources />",
        &format!("<packageSources>\r\n    {}\r\n  </packageSources>", added("x")),
    );
    let utf_16 = |text: &str| -> Vec<u8> {
        [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect()
    };
    let marked = |text: &str| format!("\u{feff}{text}").into_bytes();
    for (before, after) in [(utf_16(before), utf_16(&after)), (marked(before), marked(&after))] {
        let home = SandboxHome::new();
        home.write_bytes(USER, &before);
        home.run_plugin(&["source", "add", STEM, "--name", "x"]).assert_success();
        assert_eq!(home.read(USER), after);
    }
}

fn named_file() {
    let home = SandboxHome::new();
    home.run_plugin(&["source", "add", STEM, "--name", "x", "--configfile", "new/nuget.config"])
        .assert_success();
    assert_eq!(
        text(&home, "project/new/nuget.config"),
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration>\n  <packageSources>\n    {}\n  \
             </packageSources>\n</configuration>\n",
            added("x")
        )
    );
    assert!(!home.path(USER).exists());
}

fn mapping() {
    let home = SandboxHome::new();
    home.write(
        USER,
        "<configuration><packageSourceMapping><packageSource key='a'><package pattern='*'/>\
         </packageSource></packageSourceMapping></configuration>",
    );
    home.run_plugin(&["source", "add", STEM, "--name", "x"]).assert_success().assert_says(
        "note: package source mapping is on, so NuGet does not use it before `packageSourceMapping` \
         has `<packageSource key=\"x\">` with patterns",
    );
}

fn as_json() {
    let home = SandboxHome::new();
    let add = || {
        let run = home.run_plugin(&["source", "add", STEM, "--name", "x", "--json"]);
        run.assert_success().result()
    };
    let expected = |added: bool| {
        json!({
            "added": added,
            "name": "x",
            "url": format!("{STEM}/v3/index.json"),
            "path": home.path(USER),
            "domain": "my-domain",
            "domainOwner": "111122223333",
            "region": "eu-west-1",
            "repository": "my-repo",
            "notes": [],
        })
    };
    assert_eq!(add(), expected(true));
    assert_eq!(add(), expected(false));
    let failed = home.run_plugin(&["source", "add", "https://x/?a", "--json"]);
    assert!(failed.assert_failure().problem().starts_with("The URL has a query"), "{failed}");
}

fn bad_names() {
    let home = SandboxHome::new();
    for name in ["", " ", "a\u{1}b", "a\nb", " a", "a\u{fffe}"] {
        let run = home.run_plugin(&["source", "add", STEM, "--name", name]);
        run.assert_failure()
            .assert_says("a name, without blanks around it and without control characters");
    }
    assert!(!home.path(USER).exists());
}

/// Of two sections that differ in case alone NuGet reads the first, and calls it nothing of its own.
fn not_seen() {
    let home = SandboxHome::new();
    let before = "<configuration><PackageSources><clear/></PackageSources></configuration>";
    home.write("project/x.config", before);
    let run = home.run_plugin(&["source", "add", STEM, "--configfile", "x.config"]);
    run.assert_failure().assert_says("NuGet would not see the source in `x.config`");
    assert_eq!(text(&home, "project/x.config"), before);
}

fn kept_from_working() {
    let home = SandboxHome::new();
    let leftovers = "<configuration><disabledPackageSources><add key='x' value='true'/>\
                     </disabledPackageSources><packageSourceCredentials><x><add key='Username' value='aws'/>\
                     <add key='ClearTextPassword' value='hunter2'/></x></packageSourceCredentials>\
                     </configuration>";
    home.write(USER, leftovers);
    for word in ["Added x", "The source is there already: x"] {
        let run = home.run_plugin(&["source", "add", STEM, "--name", "x"]);
        run.assert_success().assert_says(word).assert_silent_on("hunter2");
        run.assert_says("note: it is disabled, so NuGet does not use it; enable it with `dotnet nuget enable source x`");
        run.assert_says(" before it calls the plugin. Remove them: dotnet codeartifact scrub");
    }
    home.write(
        "project/refused.config",
        "<configuration><packageSources><add key='a'/></packageSources></configuration>",
    );
    home.write("project/other.config", "<configuration></configuration>");
    let run = home.run_plugin(&["source", "add", STEM, "--configfile", "other.config"]);
    run.assert_success()
        .assert_says(&format!("Check it: dotnet codeartifact source check {STEM}/v3/index.json\n"));
}

/// Whatever NuGet refuses, at once or in a restore only, and whichever file has it.
fn refused() {
    let home = SandboxHome::new();
    let credentials =
        |adds: &str| format!("<packageSourceCredentials><a>{adds}</a></packageSourceCredentials>");
    let user_name = "<add key='Username' value='u'/>";
    let password = "<add key='ClearTextPassword' value='hunter2'/>";
    for (sections, line) in [
        (
            "<packageSources><add key='a'/></packageSources>",
            "line 1, column 32: `add` lacks `value`",
        ),
        (
            "<packageSources/><packageSources x='1'/>",
            "line 1, column 33: the section `packageSources`",
        ),
        (
            &credentials(&format!("{user_name}{password}<add key='Password' value='p'/>")),
            "the credentials of `a` have `ClearTextPassword` or `Password` twice; keep one",
        ),
        (
            &credentials(&format!("{user_name}{}", password.replace("hunter2", ""))),
            "no restore works for line 1, column 76: the password of saved credentials is empty",
        ),
    ] {
        let text = format!("<configuration>{sections}</configuration>");
        for file in [USER, PROJECT] {
            home.write(file, &text);
            let run = home.run_plugin(&["source", "add", STEM]);
            run.assert_failure().assert_says("error: [CNP403] Nothing was added: NuGet re");
            run.assert_says(line).assert_silent_on("hunter2");
            assert_eq!(home.read(file), text.as_bytes());
            std::fs::remove_file(home.path(file)).unwrap();
        }
    }
}

/// A byte that US-ASCII does not have stays, and what cannot stay is not changed.
fn bytes_of_no_character() {
    let home = SandboxHome::new();
    let text = |encoding: &str| {
        let declaration = format!("<?xml version='1.0' encoding='{encoding}'?><!-- ");
        let sections = b" --><configuration><packageSources></packageSources></configuration>";
        [declaration.as_bytes(), b"\xe4", sections].concat()
    };
    home.write_bytes("project/a.config", &text("us-ascii"));
    home.run_plugin(&["source", "add", STEM, "--configfile", "a.config"]).assert_success();
    let found = home.read("project/a.config");
    assert!(found.starts_with(&text("us-ascii")[..60]), "{}", String::from_utf8_lossy(&found));
    assert!(found.len() > text("us-ascii").len());
    home.write_bytes("project/b.config", &text("unicode-1-1-utf-8"));
    let run = home.run_plugin(&["source", "add", STEM, "--configfile", "b.config"]);
    run.assert_failure()
        .assert_says("`b.config` has bytes that are no UTF-8, which a change would lose");
    assert_eq!(home.read("project/b.config"), text("unicode-1-1-utf-8"));
}

fn utf_32() {
    let home = SandboxHome::new();
    let encode = |text: &str| -> Vec<u8> {
        "\u{feff}".chars().chain(text.chars()).flat_map(|it| u32::from(it).to_le_bytes()).collect()
    };
    let text = "<?xml version='1.0' encoding='utf-32'?><configuration><packageSources><add key='ä' \
                value='https://x'/></packageSources></configuration>";
    home.write_bytes("project/a.config", &encode(text));
    home.run_plugin(&["source", "add", STEM, "--name", "b", "--configfile", "a.config"])
        .assert_success();
    let add = format!("<add key=\"b\" value=\"{STEM}/v3/index.json\" /></packageSources>");
    assert_eq!(home.read("project/a.config"), encode(&text.replace("</packageSources>", &add)));
}

fn other_repository() {
    let fake = FakeCodeArtifact::start();
    fake.endpoint_api_names_repository("other");
    let home = SandboxHome::for_codeartifact(&fake);
    home.run_plugin(&NAMES).assert_failure().assert_says(
        "error: [CNP510] AWS returned the URL of `other` in domain `my-domain` (111122223333, \
         eu-west-1) instead of `my-repo` in domain `my-domain` (111122223333, eu-west-1).",
    );
    assert!(!home.path(USER).exists());
}

fn not_ours() {
    let home = SandboxHome::new();
    for (arguments, line) in [
        (
            &["https://nuget.example/nuget/x"][..],
            "`https://nuget.example/nuget/x` is not a CodeArtifact URL: the host is not one of \
             CodeArtifact's. If it is your own proxy for CodeArtifact, add its host first: dotnet \
             codeartifact configure host add --help",
        ),
        (&["https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/"], "its URL is"),
        (&["https://x/?a"], "The URL has a query or a fragment"),
    ] {
        let run = home.run_plugin(&[&["source", "add"], arguments].concat());
        run.assert_failure().assert_says(line);
    }
    let run = home.run_plugin(&["source", "add", STEM, "--domain", "my-domain"]);
    assert_eq!(run.code(), Some(2), "{run}");
    assert!(!home.path(USER).exists());
}

fn by_names() {
    let fake = FakeCodeArtifact::start();
    for (more, folder) in [(&[][..], ""), (&["--endpoint-type", "dualstack"], "/dualstack")] {
        let home = SandboxHome::for_codeartifact(&fake);
        home.run_plugin(&[&NAMES, more].concat()).assert_success();
        let url =
            format!("{}{folder}/nuget/d/my-domain-111122223333/my-repo/v3/index.json", fake.url());
        let line = format!(
            "<add key=\"my-domain/my-repo\" value=\"{url}\" allowInsecureConnections=\"true\" />"
        );
        assert!(text(&home, USER).contains(&line), "{}", text(&home, USER));
        home.assert_no_secrets();
    }
    assert!(fake.token_calls().is_empty());
}

fn refused_names() {
    let fake = FakeCodeArtifact::start();
    let home = SandboxHome::for_codeartifact(&fake);
    let head = "The URL of `my-repo` in domain `my-domain` (111122223333, eu-west-1) cannot be looked up: ";
    fake.endpoint_api_fails(403, "AccessDeniedException", "not authorized");
    home.run_plugin(&NAMES).assert_failure().assert_says(&format!(
        "{head}AWS denied `codeartifact:GetRepositoryEndpoint` to the environment's keys"
    ));
    fake.endpoint_api_fails(404, "ResourceNotFoundException", "Repository not found");
    home.run_plugin(&NAMES).assert_failure().assert_says(head).assert_says("CNP509");
    let mut wrong = NAMES;
    wrong[9] = "x/y";
    home.run_plugin(&wrong)
        .assert_failure()
        .assert_says("error: [CNP803] Invalid value `x/y` for --repository: expected 2 to 100 of");
    assert!(!home.path(USER).exists());
}

#[cfg(unix)]
fn link_and_mode() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = SandboxHome::new();
    let target = home.write("shared/real.config", "<configuration/>");
    fs::set_permissions(&target, Permissions::from_mode(0o640)).unwrap();
    symlink(&target, home.project().join("nuget.config")).unwrap();
    home.run_plugin(&["source", "add", STEM, "--name", "x", "--configfile", "nuget.config"])
        .assert_success();
    assert!(home.project().join("nuget.config").is_symlink());
    assert!(text(&home, "shared/real.config").contains(&added("x")));
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
    let names: Vec<_> = fs::read_dir(home.root().join("shared")).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
