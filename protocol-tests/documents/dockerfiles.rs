//! The Dockerfiles: the token is in no layer, and what they use they declare.

use super::example;

pub const DOCKERFILES: [&str; 2] = ["Dockerfile", "Dockerfile.alpine"];

/// The files of a project that the build takes; all others come by `COPY . .`.
const OF_THE_PROJECT: [&str; 4] = ["NuGet.Config", "*.csproj", "packages.lock.jso[n]", "."];

/// An instruction with its continued lines as one.
pub fn instructions(name: &str) -> Vec<(String, String)> {
    let text = example(name).replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let split = |line: &str| {
        line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.trim().to_owned()))
    };
    lines.map(|line| split(line).expect("an instruction and its words")).collect()
}

#[test]
fn the_token_is_a_secret_mount_and_neither_argument_nor_variable() {
    for name in DOCKERFILES {
        let instructions = instructions(name);
        let restores: Vec<_> =
            instructions.iter().filter(|(_, rest)| rest.contains("dotnet restore")).collect();
        assert_eq!(restores.len(), 1, "{name}");
        let restore = &restores[0].1;
        assert!(
            restore.starts_with(
                "--mount=type=secret,id=codeartifact_token,target=/run/secrets/codeartifact-token "
            ),
            "{name}: {restore}"
        );
        assert!(
            restore.contains(
                "CODEARTIFACT_AUTH_TOKEN_FILE=/run/secrets/codeartifact-token dotnet restore"
            ),
            "{name}: {restore}"
        );
        for (instruction, rest) in &instructions {
            let sets = matches!(instruction.as_str(), "ARG" | "ENV");
            assert!(
                !sets || !rest.to_uppercase().contains("TOKEN"),
                "{name}: {instruction} {rest}"
            );
        }
    }
}

/// What a user may have written a token to is not sent to the builder.
#[test]
fn what_holds_secrets_is_left_out_of_the_context() {
    let ignored = example(".dockerignore");
    for name in [".git", "**/token.json", "**/.env", "**/.aws"] {
        assert!(ignored.lines().any(|line| line == name), "{name}: {ignored}");
    }
}

/// A file with a token would be one more place to forget it in.
#[test]
fn the_token_is_handed_over_without_a_file() {
    for name in DOCKERFILES {
        let text = example(name);
        assert!(
            text.contains("--secret id=codeartifact_token,env=CODEARTIFACT_AUTH_TOKEN "),
            "{name}"
        );
        assert!(
            !text.contains("token --output") && !text.contains("src="),
            "{name}: a token in a file"
        );
        let long: Vec<_> = text.lines().filter(|line| line.chars().count() > 120).collect();
        assert!(long.is_empty(), "{name}: {long:#?}");
    }
}

#[test]
fn the_last_stage_gets_the_published_files_and_nothing_else() {
    for name in DOCKERFILES {
        let instructions = instructions(name);
        let stages: Vec<_> = instructions.iter().filter(|(word, _)| word == "FROM").collect();
        let names: Vec<_> = stages.iter().map(|(_, rest)| rest.split_once(" AS ")).collect();
        let [Some((image, "plugin")), Some((_, "build")), None] = names[..] else {
            panic!("{name}: {stages:?}")
        };
        assert_eq!(image, "${PLUGIN_IMAGE}", "{name}");
        let last = instructions.iter().rposition(|(word, _)| word == "FROM").expect("a stage");
        let copies: Vec<_> = instructions[last..]
            .iter()
            .filter(|(word, _)| word == "COPY" || word == "ADD")
            .collect();
        assert!(copies.len() == 1 && copies[0].1 == "--from=build /app .", "{name}: {copies:?}");
    }
}

#[test]
fn arguments_are_declared_and_used_and_copied_files_are_the_projects() {
    for name in DOCKERFILES {
        let instructions = instructions(name);
        let arguments: Vec<_> = instructions
            .iter()
            .filter(|(word, _)| word == "ARG")
            .map(|(_, rest)| rest.split('=').next().unwrap_or_default())
            .collect();
        assert_eq!(arguments, ["PLUGIN_IMAGE"], "{name}");
        let copies = instructions
            .iter()
            .filter(|(word, rest)| word == "COPY" && !rest.starts_with("--from="));
        for (_, words) in copies {
            let (sources, _) = words.rsplit_once(' ').expect("a target");
            assert!(
                sources.split(' ').all(|source| OF_THE_PROJECT.contains(&source)),
                "{name}: {words}"
            );
        }
    }
}
