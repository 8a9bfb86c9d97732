//! What a person meant who pasted a source's URL. The strict parser still decides about the result.

use super::{EndpointError, RepositoryEndpoint, resembles_codeartifact};

/// The suffix of every source's URL.
const INDEX: &str = "v3/index.json";

/// The URL of the source's index that the text most likely stands for: the text may lack the scheme
/// or the path of the index, or be the output of `aws codeartifact get-repository-endpoint`. A query
/// or a fragment stays.
pub fn repaired(text: &str) -> String {
    let url = with_scheme(url_in(text));
    let stem = url.trim_end_matches('/');
    let stem = stem.strip_suffix("/index.json").unwrap_or(stem);
    let stem = stem.strip_suffix("/v3").unwrap_or(stem);
    let url = format!("{stem}/{INDEX}");
    match RepositoryEndpoint::parse(&url, &[]) {
        // Of another package format, for example.
        Err(EndpointError::Path { right, .. }) if !right.contains('<') => right,
        _ => url,
    }
}

/// The URL in the text, without quotes and JSON around it.
fn url_in(text: &str) -> &str {
    let start = ["https://", "http://"].into_iter().filter_map(|scheme| text.find(scheme)).min();
    let text = text[start.unwrap_or_default()..].trim_start_matches(is_around);
    text.split(is_around).next().unwrap_or_default()
}

fn is_around(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '`' | '<' | '>' | '{' | '}' | ',')
}

/// With https if the scheme is missing, or is http for a host of AWS.
fn with_scheme(url: &str) -> String {
    let rest = match url.split_once("://") {
        Some(("http", rest)) => rest,
        Some(_) => return url.to_owned(),
        None => url,
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if resembles_codeartifact(&host.to_lowercase()) {
        format!("https://{rest}")
    } else {
        url.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com";

    #[test]
    fn what_people_paste_becomes_the_url_of_the_index() {
        let whole = format!("https://{HOST}/nuget/my-repo/v3/index.json");
        for text in [
            whole.clone(),
            format!(" {whole}\n"),
            format!("https://{HOST}/nuget/my-repo/"),
            format!("https://{HOST}/nuget/my-repo"),
            format!("https://{HOST}/nuget/my-repo/v3"),
            format!("https://{HOST}/nuget/my-repo/v3/"),
            format!("https://{HOST}/nuget/my-repo/v3/index.json/"),
            format!("http://{HOST}/nuget/my-repo/"),
            format!("{HOST}/nuget/my-repo"),
            format!("'{HOST}/nuget/my-repo/v3/index.json'"),
            format!("<https://{HOST}/nuget/my-repo/>"),
            format!("https://{HOST}/npm/my-repo/"),
            format!("https://{HOST}/maven/my-repo/"),
            format!("https://{HOST}/my-repo"),
            format!("{{\n    \"repositoryEndpoint\": \"https://{HOST}/nuget/my-repo/\"\n}}"),
        ] {
            assert_eq!(repaired(&text), whole, "{text}");
        }
    }

    #[test]
    fn what_is_not_aws_keeps_its_scheme() {
        for url in ["http://127.0.0.1:8080/nuget/d/x/my-repo", "ftp://a", "http://evil.example/x"] {
            assert_eq!(repaired(url), format!("{url}/v3/index.json"));
        }
        assert_eq!(repaired("my-repo"), "my-repo/v3/index.json");
    }
}
