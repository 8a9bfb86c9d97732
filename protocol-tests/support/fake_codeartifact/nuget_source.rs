//! NuGet v3 sources: index, flat container, registration, search, vulnerabilities and push.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Package;
use super::http::{Reply, Seen};
use super::push;
use super::repository::{Content, Repository};
use super::token_api::TokenApi;

/// All repositories of the fake.
#[derive(Debug, Default)]
pub struct Sources {
    repositories: HashMap<Repository, Content>,
}

impl Sources {
    /// The repository's content; made where there is none yet.
    pub fn at(&mut self, repository: &Repository) -> &mut Content {
        self.repositories.entry(repository.clone()).or_default()
    }

    pub fn answer(&mut self, tokens: &TokenApi, seen: &Seen) -> Reply {
        let Some((repository, root, rest)) = locate(seen.header("host"), &seen.path) else {
            return Reply::status(404);
        };
        let root = format!("{}{root}", base_url(seen.header("host")));
        let Some(content) = self.repositories.get_mut(&repository) else {
            return Reply::status(404);
        };
        let refused = content.refuse(&repository, tokens, seen);
        let reply = refused.unwrap_or_else(|| serve(content, &root, rest, seen));
        content.statuses.push(reply.status);
        reply
    }
}

/// What the client calls us: a real host name only ever comes through TLS.
fn base_url(host: &str) -> String {
    let scheme = if host.starts_with("127.0.0.1") { "http" } else { "https" };
    format!("{scheme}://{host}")
}

/// Splits `/nuget/{name}/v3/…` and `/nuget/d/{domain}-{owner}/{name}/v3/…` into the repository,
/// its root and the rest. Without domain and owner in the path, a real host names them.
fn locate<'a>(host: &str, path: &'a str) -> Option<(Repository, &'a str, &'a str)> {
    let (root, rest) = path.split_at_checked(path.find("/v3/")?)?;
    let names: Vec<_> = root.strip_prefix("/nuget/")?.split('/').collect();
    let repository = match names.as_slice() {
        [name] => match host.split_once(".d.codeartifact.") {
            Some((domain, _)) => in_domain(domain, name)?,
            None => Repository::new(name),
        },
        ["d", domain, name] => in_domain(domain, name)?,
        _ => return None,
    };
    Some((repository, root, &rest["/v3/".len()..]))
}

fn in_domain(domain: &str, name: &str) -> Option<Repository> {
    let (domain, owner) = domain.rsplit_once('-')?;
    Some(Repository::of(domain, owner, name))
}

fn serve(content: &mut Content, root: &str, rest: &str, seen: &Seen) -> Reply {
    let parts: Vec<_> = rest.split('/').collect();
    match (seen.method.as_str(), parts.as_slice()) {
        ("GET", ["index.json"]) => Reply::json(200, &service_index(content, root)),
        ("GET", ["flat", id, "index.json"]) => versions(&content.versions_of(id)),
        ("GET", ["flat", id, version, file]) => download(content, id, version, file),
        ("GET", ["registration", id, "index.json"]) => registration(content, root, id),
        ("GET", ["query"]) => search(content, root, seen.parameter("q").unwrap_or_default()),
        ("GET", ["vulnerabilities", "index.json"]) => vulnerability_pages(root),
        ("GET", ["vulnerabilities", "all.json"]) => vulnerabilities(content),
        ("PUT", ["package" | "package/"] | ["package", ""]) => push::accept(content, seen),
        _ => Reply::status(404),
    }
}

fn service_index(content: &Content, root: &str) -> Value {
    let mut resources = vec![];
    for (kind, path) in [
        ("PackageBaseAddress/3.0.0", "flat/"),
        ("RegistrationsBaseUrl/3.4.0", "registration/"),
        ("RegistrationsBaseUrl/3.6.0", "registration/"),
        ("SearchQueryService", "query"),
        ("SearchQueryService/3.0.0-beta", "query"),
        ("SearchQueryService/3.0.0-rc", "query"),
        ("SearchQueryService/3.5.0", "query"),
        ("PackagePublish/2.0.0", "package"),
    ] {
        resources.push(json!({"@id": format!("{root}/v3/{path}"), "@type": kind}));
    }
    if content.vulnerable.is_some() {
        let id = format!("{root}/v3/vulnerabilities/index.json");
        resources.push(json!({"@id": id, "@type": "VulnerabilityInfo/6.7.0"}));
    }
    json!({"version": "3.0.0", "resources": resources})
}

fn versions(packages: &[&Package]) -> Reply {
    if packages.is_empty() {
        return Reply::status(404);
    }
    let versions: Vec<_> = packages.iter().map(|package| &package.version).collect();
    Reply::json(200, &json!({"versions": versions}))
}

fn download(content: &Content, id: &str, version: &str, file: &str) -> Reply {
    let packages = content.versions_of(id);
    match packages.iter().find(|package| package.version == version) {
        Some(package) if file.ends_with(".nuspec") => {
            Reply::bytes(200, "application/xml", package.nuspec())
        }
        Some(package) => Reply::bytes(200, "application/octet-stream", package.nupkg()),
        None => Reply::status(404),
    }
}

fn registration(content: &Content, root: &str, id: &str) -> Reply {
    let packages = content.versions_of(id);
    let (Some(first), Some(last)) = (packages.first(), packages.last()) else {
        return Reply::status(404);
    };
    let address = format!("{root}/v3/registration/{id}/index.json");
    let leaves: Vec<_> = packages.iter().map(|package| leaf(package, root, &address)).collect();
    let page = json!({
        "@id": format!("{address}#page"), "count": leaves.len(), "items": leaves,
        "lower": first.version, "upper": last.version, "parent": address
    });
    Reply::json(200, &json!({"@id": address, "count": 1, "items": [page]}))
}

fn leaf(package: &Package, root: &str, address: &str) -> Value {
    let Package { id, version, .. } = package;
    let lower = id.to_lowercase();
    let content = format!("{root}/v3/flat/{lower}/{version}/{lower}.{version}.nupkg");
    json!({
        "@id": format!("{address}#{version}"),
        "packageContent": content,
        "registration": address,
        "catalogEntry": {
            "@id": format!("{address}#{version}/entry"), "id": id, "version": version,
            "description": "made by the fake", "authors": "fake", "listed": true,
            "packageContent": content, "published": "2026-01-01T00:00:00Z"
        }
    })
}

fn search(content: &Content, root: &str, query: &str) -> Reply {
    let mut found: Vec<Value> = vec![];
    let query = query.to_lowercase();
    for package in content.packages.iter().rev() {
        let is_new = found.iter().all(|known| known["id"] != *package.id);
        if is_new && package.id.to_lowercase().contains(&query) {
            found.push(json!({
                "id": package.id, "version": package.version, "description": "made by the fake",
                "registration": format!("{root}/v3/registration/{}/index.json", package.id),
                "versions": [{"version": package.version, "downloads": 1, "@id": root}],
                "totalDownloads": 1, "authors": ["fake"]
            }));
        }
    }
    Reply::json(200, &json!({"totalHits": found.len(), "data": found}))
}

fn vulnerability_pages(root: &str) -> Reply {
    Reply::json(
        200,
        &json!([{
            "@name": "all", "@id": format!("{root}/v3/vulnerabilities/all.json"),
            "@updated": "2026-01-01T00:00:00Z", "comment": "made by the fake"
        }]),
    )
}

fn vulnerabilities(content: &Content) -> Reply {
    let id = content.vulnerable.clone().unwrap_or_default().to_lowercase();
    let advisory = json!({
        "url": "https://example.com/advisory", "severity": 2, "versions": "(, 999.0.0]"
    });
    let mut advisories = serde_json::Map::new();
    advisories.insert(id, json!([advisory]));
    Reply::json(200, &Value::Object(advisories))
}
