//! `configure rule`: adds and removes rules.

use toml_edit::{InlineTable, Table, Value};

use super::document::prefix;
use super::keys::word_or_list;
use super::{Context, Document, Error};
use crate::cli::configure::{RuleAction, RuleArgs};

const RULES: &str = "rules";

pub fn act(context: &mut Context<'_>, action: &RuleAction) -> Result<(), Error> {
    match action {
        RuleAction::Add(args) => add(context, args),
        RuleAction::Remove { number } => remove(context, *number),
    }
}

fn add(context: &mut Context<'_>, args: &RuleArgs) -> Result<(), Error> {
    let mut document = Document::open(context)?;
    if args.proxy.as_ref().is_some_and(|url| url.contains('@')) {
        return Err(Error::ProxyPassword(document.path().to_owned()));
    }
    let table = table(args);
    if table.is_empty() {
        return Err(Error::EmptyRule);
    }
    let number = document.insert_rule(table, if args.first { Some(1) } else { args.at })?;
    let path = document.save()?;
    writeln!(context.out, "rule {number} is added to `{}`", path.display())?;
    context.print_shadows()
}

fn remove(context: &mut Context<'_>, number: usize) -> Result<(), Error> {
    let mut document = Document::open(context)?;
    let count = document.count_of_rules()?;
    if number == 0 || number > count {
        return Err(Error::NoRule { path: document.path().to_owned(), number, count });
    }
    document.remove(RULES, number - 1)?;
    let path = document.save()?;
    writeln!(context.out, "rule {number} is removed from `{}`", path.display())?;
    context.print_shadows()
}

fn table(args: &RuleArgs) -> Table {
    let lists = [
        ("domain", &args.domain),
        ("owner", &args.owner),
        ("region", &args.region),
        ("repository", &args.repository),
        ("profile", &args.profile),
    ];
    let texts = [
        ("prefer", &args.prefer),
        ("endpoint_url", &args.endpoint_url),
        ("sts_endpoint_url", &args.sts_endpoint_url),
        ("sso_endpoint_url", &args.sso_endpoint_url),
        ("proxy", &args.proxy),
        ("ca_bundle", &args.ca_bundle),
        ("interactive", &args.interactive),
    ];
    let mut table = Table::new();
    for (key, words) in lists.into_iter().filter(|(_, words)| !words.is_empty()) {
        table.insert(key, word_or_list(words).into());
    }
    if let Some(role) = role(args) {
        table.insert("role", role.into());
    }
    if let Some(seconds) = args.duration_seconds {
        table.insert("duration_seconds", seconds.into());
    }
    for (key, text) in texts {
        if let Some(text) = text {
            table.insert(key, text.into());
        }
    }
    table
}

/// The ARN alone where nothing more is said of the role.
fn role(args: &RuleArgs) -> Option<Value> {
    let arn = args.role_arn.as_ref()?;
    let more = [("external_id", &args.external_id), ("session_name", &args.role_session_name)];
    if more.iter().all(|(_, text)| text.is_none()) {
        return Some(arn.into());
    }
    let mut role = InlineTable::new();
    role.insert("arn", arn.into());
    for (key, text) in more {
        if let Some(text) = text {
            role.insert(key, text.into());
        }
    }
    Some(role.into())
}

impl Document {
    /// Puts a rule at this number, or behind all others; says which number it has.
    pub fn insert_rule(&mut self, mut rule: Table, number: Option<usize>) -> Result<usize, Error> {
        let last = self.count_of_rules()? + 1;
        let number = number.unwrap_or(last);
        if number == 0 || number > last {
            return Err(Error::NoPlace { path: self.path().to_owned(), number, last });
        }
        if number == last {
            self.append(RULES, rule)?;
        } else if let Some(rules) = self.tables(RULES)? {
            if let Some(next) = rules.get_mut(number - 1) {
                place_before(next, &mut rule);
            }
            rules.insert(number - 1, rule);
        }
        Ok(number)
    }

    fn count_of_rules(&mut self) -> Result<usize, Error> {
        Ok(self.tables(RULES)?.map_or(0, |rules| rules.len()))
    }
}

/// Where the file has other tables between, the number alone does not say where a rule stands.
fn place_before(next: &mut Table, rule: &mut Table) {
    rule.set_position(next.position());
    let above = prefix(next).to_owned();
    if above.starts_with('\n') {
        rule.decor_mut().set_prefix("\n");
    } else {
        rule.decor_mut().set_prefix("");
        next.decor_mut().set_prefix(format!("\n{above}"));
    }
}
