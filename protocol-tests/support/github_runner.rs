//! A step's output as the runner of GitHub Actions reads it: which lines it runs as commands, and what
//! its log shows. The rules are those of the runner's `ActionCommand.cs` and `ActionCommandManager.cs`.

/// The commands that the runner knows. It compares their names without regard to case, and shows a
/// line with any other name as it is.
const COMMANDS: [&str; 15] = [
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
];

/// What the runner made of the lines so far.
#[derive(Debug, Default)]
pub struct Runner {
    /// The commands that it ran, with their data.
    pub ran: Vec<(String, String)>,
    /// The lines of its log, with the masked values replaced.
    pub log: Vec<String>,
    masks: Vec<String>,
}

impl Runner {
    /// A runner that has read this output of a step.
    pub fn of(output: &str) -> Self {
        let mut runner = Self::default();
        output.split(['\n', '\r']).for_each(|line| runner.read(line));
        runner
    }

    fn read(&mut self, line: &str) {
        match command(line) {
            Some((name, data)) if name.eq_ignore_ascii_case("add-mask") => {
                if !data.trim().is_empty() {
                    self.masks.push(data.clone());
                }
                self.ran.push((name, data));
            }
            Some(command) => self.ran.push(command),
            None => {
                let masked =
                    self.masks.iter().fold(line.to_owned(), |line, mask| line.replace(mask, "***"));
                self.log.push(masked);
            }
        }
    }
}

/// The command in a line: `::name properties::data` behind blanks, else `##[name properties]data`
/// anywhere.
fn command(line: &str) -> Option<(String, String)> {
    let of_line = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"));
    let known = |(info, data): (&str, &str), escapes: &[(&str, &str)]| {
        let name = info.split(' ').next().unwrap_or_default();
        let is_known = COMMANDS.iter().any(|known| known.eq_ignore_ascii_case(name));
        is_known.then(|| (name.to_owned(), unescaped(data, escapes)))
    };
    let escapes = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
    of_line.and_then(|found| known(found, &escapes)).or_else(|| {
        let anywhere = line.split_once("##[").and_then(|(_, rest)| rest.split_once(']'));
        let escapes = [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")];
        anywhere.and_then(|found| known(found, &escapes))
    })
}

/// Escapes are replaced one after the other, in the runner's order.
fn unescaped(data: &str, escapes: &[(&str, &str)]) -> String {
    escapes.iter().fold(data.to_owned(), |data, (escape, text)| data.replace(escape, text))
}

/// The trial of these rules: samples from the runner's own tests and documentation.
pub fn lines_are_read_as_the_runner_of_github_reads_them() {
    for (line, expected) in [
        ("::add-mask::secret", Some(("add-mask", "secret"))),
        ("  ::ADD-MASK::a%25b%0Ac", Some(("ADD-MASK", "a%b\nc"))),
        ("::error file=a.cs,line=1::it failed", Some(("error", "it failed"))),
        ("text ##[error]it failed", Some(("error", "it failed"))),
        ("##[set-env name=a;]b%5D", Some(("set-env", "b]"))),
        ("text ::error::it failed", None),
        ("::unknown::text", None),
        (": :error::it failed", None),
        ("## [error]it failed", None),
    ] {
        let read = command(line);
        assert_eq!(read.as_ref().map(|(name, data)| (&**name, &**data)), expected, "{line:?}");
    }
    let runner = Runner::of("a secret\n::add-mask::secret\na secret\r::add-mask::  ");
    assert_eq!(runner.log, ["a secret", "a ***"]);
    assert_eq!(runner.ran.len(), 2);
}
