//! Machines: shared files, variables and a command line, drawn from a generator that draws the same
//! ones each time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A machine. `~` in values of its files and variables that begin with it is its home.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    pub config: Option<String>,
    pub credentials: Option<String>,
    pub variables: BTreeMap<String, String>,
    /// The profile of `--profile`.
    pub profile: Option<&'static str>,
}

impl Machine {
    /// Writes its files into a home, with all that they may name, and completes its variables.
    pub fn settle(&mut self, home: &Path, server: &str) {
        let write = |name: &str, text: &str| {
            let path = home.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder of the test");
            fs::write(path, text).expect("a file of the test");
        };
        let here = |text: &str| text.replace("@HOME@", &home.to_string_lossy());
        fs::create_dir_all(home).expect("a folder of the test");
        for (name, text) in [("config", &self.config), ("credentials", &self.credentials)] {
            if let Some(text) = text {
                write(&format!(".aws/{name}"), &here(text));
            }
        }
        write("token", "web-identity-token");
        for key in KEYS_OF_PROCESSES {
            let printed =
                serde_json::json!({"Version": 1, "AccessKeyId": key, "SecretAccessKey": "s"});
            write(&format!("{key}.json"), &printed.to_string());
        }
        // printf corp | sha1sum; printf 'my corp' | sha1sum; printf https://old.example | sha1sum
        for (name, token) in SIGN_INS {
            let sign_in = serde_json::json!({
                "accessToken": token, "expiresAt": "2099-01-01T00:00:00Z", "region": "eu-west-1"
            });
            let name = hex::encode(<sha1::Sha1 as sha1::Digest>::digest(name));
            write(&format!(".aws/sso/cache/{name}.json"), &sign_in.to_string());
        }
        self.variables.values_mut().for_each(|value| *value = here(value));
        let url = format!("http://{server}");
        let common = [
            ("HOME", home.to_string_lossy().into_owned()),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ENDPOINT_URL", url.clone()),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url),
        ];
        for (name, value) in common {
            self.variables.entry(name.to_owned()).or_insert(value);
        }
        if let Some(uri) = self.variables.get_mut("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            *uri = format!("http://{server}/container");
        }
    }
}

const KEYS_OF_PROCESSES: [&str; 2] = ["AKIAPROCESSONE", "AKIAPROCESSTWO"];

const SIGN_INS: [(&str, &str); 3] =
    [("corp", "corp-token"), ("my corp", "my-corp-token"), ("https://old.example", "old-token")];

/// Draws the same numbers each time (xorshift).
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 33) % below as u64).expect("a small number")
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.next(count) == 0
    }

    fn of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.next(choices.len())]
    }

    /// A machine with everything that names an identity, each in some of them.
    pub fn machine(&mut self) -> Machine {
        let mut machine = Machine { variables: self.variables(), ..Machine::default() };
        if !self.one_in(8) {
            machine.config = Some(self.config());
        }
        if !self.one_in(3) {
            machine.credentials = Some(self.credentials());
        }
        match self.next(10) {
            0..3 => self.put(&mut machine, "AWS_PROFILE"),
            3 => self.put(&mut machine, "AWS_DEFAULT_PROFILE"),
            4 => {
                self.put(&mut machine, "AWS_PROFILE");
                self.put(&mut machine, "AWS_DEFAULT_PROFILE");
            }
            5 => machine.profile = Some(self.of(&["dev", "base", "my dev", "default"])),
            _ => {}
        }
        self.move_files(&mut machine);
        machine
    }

    fn put(&mut self, machine: &mut Machine, variable: &str) {
        let name = self.of(&["dev", "dev", "base", "my dev", "default", "gone", ""]);
        machine.variables.insert(variable.to_owned(), name.to_owned());
    }

    fn move_files(&mut self, machine: &mut Machine) {
        let path = match self.next(12) {
            0 => "~/.aws/config",
            1 => "$HOME/.aws/config",
            2 => "${HOME}/.aws/config",
            3 => "/nowhere/config",
            4 => "/dev/null",
            _ => return,
        };
        machine.variables.insert("AWS_CONFIG_FILE".to_owned(), path.to_owned());
    }

    fn variables(&mut self) -> BTreeMap<String, String> {
        let mut pairs = Vec::new();
        if self.one_in(5) {
            pairs.push(("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT"));
            match self.next(6) {
                0 => {}
                1 => pairs.push(("AWS_SECRET_ACCESS_KEY", "")),
                _ => pairs.push(("AWS_SECRET_ACCESS_KEY", "s")),
            }
        } else if self.one_in(8) {
            pairs.push(("AWS_SECRET_ACCESS_KEY", "s"));
        }
        if self.one_in(5) {
            pairs.push(("AWS_SESSION_TOKEN", "session"));
        }
        if self.one_in(6) {
            pairs.push(("AWS_SECURITY_TOKEN", "security"));
        }
        if self.one_in(6) {
            pairs.push(("AWS_WEB_IDENTITY_TOKEN_FILE", "@HOME@/token"));
        }
        if self.one_in(6) {
            pairs.push(("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/environment"));
        }
        if self.one_in(6) {
            pairs.push(("AWS_ROLE_SESSION_NAME", "environment"));
        }
        if self.one_in(3) {
            pairs.push(("AWS_CONTAINER_CREDENTIALS_FULL_URI", "container"));
        }
        if self.one_in(3) {
            pairs.push(("AWS_EC2_METADATA_DISABLED", "true"));
        }
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn config(&mut self) -> String {
        let mut text: Vec<String> = Vec::new();
        for (header, name) in [
            ("[default]", "default"),
            ("[profile dev]", "dev"),
            ("[profile base]", "base"),
            ("[profile 'my dev']", "my-dev"),
        ] {
            if !self.one_in(4) {
                text.push(format!("{header}\n{}\n", self.properties(&format!("CONFIG-{name}"))));
            }
        }
        if !self.one_in(4) {
            let sessions = [("corp", "corp"), ("\"my corp\"", "corp-of-mine")];
            for (header, host) in sessions {
                text.push(format!(
                    "[sso-session {header}]\nsso_start_url = https://{host}.example\n"
                ));
                if !self.one_in(6) {
                    text.push("sso_region = eu-west-1\n".to_owned());
                }
            }
        }
        text.concat()
    }

    fn credentials(&mut self) -> String {
        let mut text: Vec<String> = Vec::new();
        for name in ["default", "dev", "base", "my dev"] {
            if self.one_in(2) {
                let properties = match self.next(5) {
                    0 => self.properties(&format!("CREDENTIALS-{}", name.replace(' ', "-"))),
                    _ => self.keys(&format!("CREDENTIALS-{}", name.replace(' ', "-"))),
                };
                text.push(format!("[{name}]\n{properties}\n"));
            }
        }
        text.concat()
    }

    /// Lines of a profile; `of` makes its key another one's than any other.
    fn properties(&mut self, of: &str) -> String {
        let mut text: Vec<String> = Vec::new();
        if self.one_in(2) {
            text.push("region = eu-west-1\n".to_owned());
        }
        if self.one_in(3) {
            text.push(self.keys(of));
        }
        if self.one_in(4) {
            text.push(self.role());
        }
        if self.one_in(8) {
            let file = self.of(&["@HOME@/token", "@HOME@/token", "@HOME@/token", ""]);
            text.push(format!("web_identity_token_file = {file}\n"));
        }
        if self.one_in(5) {
            text.push(self.sso());
        }
        if self.one_in(6) {
            let key = self.of(&KEYS_OF_PROCESSES);
            text.push(format!("credential_process = cat '@HOME@/{key}.json'\n"));
        }
        if self.one_in(25) {
            text.push("login_session = arn:aws:iam::111122223333:user/me\n".to_owned());
        }
        text.concat()
    }

    fn keys(&mut self, of: &str) -> String {
        let mut text: Vec<String> = Vec::new();
        let parts = self.next(12);
        if parts != 0 {
            text.push(format!("aws_access_key_id = AKIA{of}\n"));
        }
        if parts > 1 {
            text.push("aws_secret_access_key = s\n".to_owned());
        }
        if self.one_in(6) {
            text.push("aws_session_token = session-of-profile\n".to_owned());
        }
        if self.one_in(8) {
            text.push("aws_security_token = security-of-profile\n".to_owned());
        }
        text.concat()
    }

    fn role(&mut self) -> String {
        let mut text =
            vec![format!("role_arn = arn:aws:iam::111122223333:role/{}\n", self.next(5))];
        if !self.one_in(8) {
            let name = self.of(&["base", "dev", "default", "my dev", "base", "gone"]);
            text.push(format!("source_profile = {name}\n"));
        } else if !self.one_in(4) {
            let source =
                self.of(&["Environment", "EcsContainer", "Ec2InstanceMetadata", "Elsewhere"]);
            text.push(format!("credential_source = {source}\n"));
        }
        if self.one_in(4) {
            text.push("external_id = customer-1\n".to_owned());
        }
        if self.one_in(4) {
            text.push(format!("role_session_name = {}\n", self.of(&["name", "name", ""])));
        }
        if self.one_in(6) {
            text.push(format!("duration_seconds = {}\n", self.of(&["1800", "long"])));
        }
        if self.one_in(15) {
            text.push("mfa_serial = arn:aws:iam::111122223333:mfa/me\n".to_owned());
        }
        text.concat()
    }

    fn sso(&mut self) -> String {
        let mut text: Vec<String> = Vec::new();
        match self.next(6) {
            0..3 => text.push("sso_session = corp\n".to_owned()),
            3 => text.push("sso_session = my corp\n".to_owned()),
            4 => text.push(format!("sso_session = {}\n", self.of(&["gone", "corp"]))),
            _ => text.push("sso_start_url = https://old.example\n".to_owned()),
        }
        if !self.one_in(6) {
            text.push("sso_account_id = 111122223333\n".to_owned());
        }
        if !self.one_in(6) {
            text.push("sso_role_name = Developer\n".to_owned());
        }
        if text.concat().contains("old.example") || self.one_in(10) {
            let region = self.of(&["eu-west-1", "eu-west-1", "us-east-1"]);
            text.push(format!("sso_region = {region}\n"));
        }
        text.concat()
    }
}

/// The home of the machine of this number.
pub fn home_of(root: &Path, number: usize) -> PathBuf {
    root.join(format!("m{number}"))
}
