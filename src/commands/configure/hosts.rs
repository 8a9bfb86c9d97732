//! `configure host`: adds and removes hosts of the user's own.

use toml_edit::Table;

use super::{Context, Document, Error};
use crate::cli::configure::{HostAction, HostArgs};

const HOSTS: &str = "hosts";

pub fn act(context: &mut Context<'_>, action: &HostAction) -> Result<(), Error> {
    match action {
        HostAction::Add(args) => add(context, args),
        HostAction::Remove { host } => remove(context, host),
    }
}

fn add(context: &mut Context<'_>, args: &HostArgs) -> Result<(), Error> {
    let mut document = Document::open(context)?;
    if document.place_of_host(&args.host)?.is_some() {
        return Err(Error::HostIsThere { path: document.path().into(), host: args.host.clone() });
    }
    let mut table = Table::new();
    table.insert("host", (&args.host).into());
    for (key, text) in [("domain", &args.domain), ("owner", &args.owner)] {
        if let Some(text) = text {
            table.insert(key, text.into());
        }
    }
    table.insert("region", (&args.region).into());
    document.append(HOSTS, table)?;
    let path = document.save()?;
    writeln!(context.out, "host {} is added to `{}`", args.host, path.display())?;
    Ok(())
}

fn remove(context: &mut Context<'_>, host: &str) -> Result<(), Error> {
    let mut document = Document::open(context)?;
    let Some(place) = document.place_of_host(host)? else {
        return Err(Error::NoHost { path: document.path().into(), host: host.to_owned() });
    };
    document.remove(HOSTS, place)?;
    let path = document.save()?;
    writeln!(context.out, "host {host} is removed from `{}`", path.display())?;
    Ok(())
}

impl Document {
    fn place_of_host(&mut self, host: &str) -> Result<Option<usize>, Error> {
        let Some(hosts) = self.tables(HOSTS)? else { return Ok(None) };
        let name =
            |table: &Table| table.get("host").and_then(|item| item.as_str()).map(str::to_owned);
        Ok(hosts
            .iter()
            .position(|table| name(table).is_some_and(|name| name.eq_ignore_ascii_case(host))))
    }
}
