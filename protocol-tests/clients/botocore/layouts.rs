//! Odd layouts of the shared files, each with the keys of its profiles, and the profiles that are tried.

use super::machine::Machine;

/// What `KEY` stands for in a layout: the two lines of an access key, whose id is the number of its
/// place in the text.
const KEY: &str = "KEY";

const CONFIG: [&str; 58] = [
    "[default]\naws_access_key_id = AKIAA\n  # old key\naws_secret_access_key = s\n",
    "[default]\n  aws_access_key_id = AKIAA\n  aws_secret_access_key = s\n",
    "[default]\n\taws_access_key_id = AKIAA\n\n\taws_secret_access_key = s\n",
    "  [default]\n  KEY",
    "[default]\naws_access_key_id = AKIAA\naws_secret_access_key = s\n  ; x\n\n",
    "[default]\naws_access_key_id: AKIAA\naws_secret_access_key: s\n",
    "[default]\naws_access_key_id=AKIAA\naws_secret_access_key=s",
    "[default]\nAWS_ACCESS_KEY_ID = AKIAA\nAws_Secret_Access_Key = s\n",
    "[default] # mine\nKEY",
    "[default]x\nKEY",
    "[default]   \nKEY",
    "[default]\t; y\nKEY[profile dev] z\nKEY",
    "[default]\rKEY[profile dev]\rKEY",
    "[default]\r\nKEY\r\n[profile dev]\r\nKEY",
    "\x0c\n[default]\nKEY",
    "[default]\n\x0c\nKEY\x0c\n[profile dev]\nKEY",
    "# first\n; second\n\n[profile dev]\nKEY",
    "[profile dev]\nKEY[default]\nKEY",
    "[profile 'dev']\nKEY",
    "[profile \"dev\"]\nKEY",
    "[profile d\\ev]\nKEY",
    "[profile  dev  ]\nKEY",
    "[profile\tdev]\nKEY",
    "[profilex dev]\nKEY",
    "[profile 'my dev']\nKEY",
    "[profile \"my dev\"]\nKEY",
    "[profile my\\ dev]\nKEY",
    "[profile Größe]\nKEY",
    "[profile 'Größe']\nKEY",
    "[profile a,b=c]\nKEY",
    "[profile a:b]\nKEY",
    "[dev]\nKEY[default]\nKEY",
    "[profile]\nKEY[default]\nKEY",
    "[profile dev]\nKEY[profile 'dev']\nKEY",
    "[default]\nKEY[profile default]\nKEY",
    "[profile default]\nKEY[default]\nKEY",
    "[DEFAULT]\naws_session_token = t\n[profile dev]\nKEY[default]\nKEY",
    "[DEFAULT]\nKEY[profile dev]\nregion = r\n",
    "[Default]\nKEY",
    "[profile dev]\nKEY[preview]\ncloudfront = true\n[plugins]\na = b\n",
    "[profile dev]\ns3 =\n  a = 1\n  b = 2\nKEY",
    "[profile dev]\ncli_pager =\nKEY",
    "[profile dev]\nx = %(y)s ${z} %x\nKEY",
    "[profile base]\nKEY[profile dev]\n\trole_arn = arn:aws:iam::111122223333:role/a\n\tsource_profile = base\n",
    "[profile base]\nKEY[profile dev]\nrole_arn: arn:aws:iam::111122223333:role/a\nsource_profile: base\n",
    "[profile 'my base']\nKEY[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = my base\n",
    "[profile dev]\nKEYrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = dev\n",
    "[profile dev]\nKEYrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = default\n[default]\nrole_arn = arn:aws:iam::111122223333:role/b\nsource_profile = dev\n",
    "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = default\n[default]\nKEYrole_arn = arn:aws:iam::111122223333:role/b\nsource_profile = dev\n",
    "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nrole_session_name =\nsource_profile = default\n[default]\nKEY",
    "[profile dev]\nrole_arn =\nsource_profile = default\n[default]\nKEY",
    "[profile dev]\nweb_identity_token_file =\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = default\nKEY",
    "[sso-session \"my corp\"]\nsso_region = eu-west-1\nsso_start_url = https://x.example\n[profile dev]\nsso_session = my corp\nsso_account_id = 1\nsso_role_name = r\n",
    "[sso-session corp]\n  sso_region = eu-west-1\n  sso_start_url = https://x.example\n[profile dev]\nsso_session: corp\nsso_account_id: 1\nsso_role_name: r\n",
    "[sso-session corp] # x\nsso_region = eu-west-1\nsso_start_url = https://x.example\n[profile dev]\nsso_region = us-east-1\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n",
    "[profile dev]\ncredential_process =\n  cat @HOME@/AKIAPROCESSONE.json\n[default]\nKEY",
    "[profile dev]\ncredential_process = sh -c \"cat @HOME@/AKIAPROCESSONE.json ; true\"\n[default]\nKEY",
    "[profile dev]\n[default]\nKEY",
];

/// The AWS CLI refuses these files, or does not see a profile in them.
const KINDER: [&str; 16] = [
    "[default]\nKEY[profile dev]\nrole_arn\n",
    "[default]\nKEY[profile dev]\n= x\n",
    "[default]\nKEY[profile dev]\nregion = a\nregion = b\n",
    "[profile dev]\nKEY[profile other]\nregion = a\n[profile other]\nregion = b\n[default]\nKEY",
    "[profile dev]\nKEY[default]\nKEY[profile dev]\nregion = b\n",
    "x = y\n[profile dev]\nKEY",
    "[profile dev]\nKEY[profile other\nregion = x\n",
    "[profile dev]\nKEY[]\nregion = x\n",
    "[profile dev]\nKEYs3 =\n  addressing\n",
    "\u{feff}[profile dev]\nKEY[default]\nKEY",
    "[ default ]\nKEY[ profile dev ]\nKEY",
    "[profile my dev]\nKEY",
    "[default] # see [x]\nKEY",
    "[profile dev]\naws_access_key_id = AKIAA # old\naws_secret_access_key = s\n",
    "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a # x\nsource_profile = base ; y\n[profile base]\nKEY",
    "[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nexternal_id =\nsource_profile = base\n[profile base]\nKEY",
];

const CREDENTIALS: [&str; 14] = [
    "[default]\n  KEY",
    "[dev]\naws_access_key_id: AKIAA\naws_secret_access_key: s\n",
    "[my dev]\nKEY[dev]\nKEY",
    "['dev']\nKEY[dev] x\nKEY",
    "[Größe]\nKEY",
    "[a,b=c]\nKEY",
    "[profile dev]\nKEY",
    "[dev]\rKEY",
    "[DEFAULT]\nKEY[dev]\nregion = r\n",
    "[dev]\naws_access_key_id = AKIAA\n",
    "[dev]\naws_secret_access_key = s\n[default]\nKEY",
    "[dev]\naws_access_key_id =\naws_secret_access_key = s\n[default]\nKEY",
    "[dev]\nKEYaws_session_token =\n",
    "[dev]\nrole_arn = arn:aws:iam::111122223333:role/a\nsource_profile = default\n[default]\nKEY",
];

/// What is said of the same profiles in both files.
const BOTH: [(&str, &str); 5] = [
    ("[profile dev]\nKEYaws_session_token = t\n", "[dev]\nKEY"),
    ("[profile dev]\nKEY", "[dev]\naws_access_key_id = AKIAHALF\n"),
    ("[profile dev]\nKEY", "[dev]\naws_secret_access_key = s\n"),
    ("[profile dev]\nKEY", "[dev]\nregion = r\naws_session_token = t\n"),
    ("[profile dev]\naws_access_key_id = AKIAHALF\n", "[dev]\naws_secret_access_key = s\n"),
];

/// Each layout with each profile that its text names, and without any.
pub fn machines() -> Vec<Machine> {
    let config = CONFIG.iter().chain(&KINDER).map(|text| (Some(*text), None));
    let credentials = CREDENTIALS.iter().map(|text| (None, Some(*text)));
    let both = BOTH.iter().map(|(config, credentials)| (Some(*config), Some(*credentials)));
    let mut machines = Vec::new();
    for (config, credentials) in config.chain(credentials).chain(both) {
        let texts = format!("{}{}", config.unwrap_or_default(), credentials.unwrap_or_default());
        for name in ["", "dev", "my dev", "Größe", "a,b=c", "a:b"] {
            if !texts.contains(name) {
                continue;
            }
            let text = |text: Option<&str>, file| text.map(|text| with_keys(text, file));
            let mut machine = Machine {
                config: text(config, "CONFIG"),
                credentials: text(credentials, "CREDENTIALS"),
                ..Machine::default()
            };
            if !name.is_empty() {
                machine.variables.insert("AWS_PROFILE".to_owned(), name.to_owned());
            }
            machines.push(machine);
        }
    }
    machines
}

fn with_keys(text: &str, file: &str) -> String {
    let mut parts = text.split(KEY);
    let mut with_keys = parts.next().unwrap_or_default().to_owned();
    // The end of lines of this text, and how far its keys are indented.
    let end = if text.contains('\n') { "\n" } else { "\r" };
    for (number, part) in parts.enumerate() {
        let before = with_keys.rsplit(['\n', '\r']).next().unwrap_or_default();
        let indent = if before.trim().is_empty() { before.to_owned() } else { String::new() };
        with_keys = format!(
            "{with_keys}aws_access_key_id = AKIA{file}{number}{end}{indent}\
             aws_secret_access_key = s{end}{part}"
        );
    }
    with_keys
}
