//! YAML as the JSON that it stands for.

use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Value};

/// The documents in a text.
pub fn documents(text: &str) -> Vec<Value> {
    let documents =
        YamlOwned::load_from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    documents.into_iter().map(value).collect()
}

fn value(node: YamlOwned) -> Value {
    match node {
        YamlOwned::Sequence(items) => items.into_iter().map(value).collect(),
        YamlOwned::Mapping(entries) => {
            let entries = entries.into_iter().map(|(key, it)| (text(key), value(it)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        YamlOwned::Value(ScalarOwned::Null) => Value::Null,
        YamlOwned::Value(ScalarOwned::Boolean(it)) => it.into(),
        YamlOwned::Value(ScalarOwned::Integer(it)) => it.into(),
        YamlOwned::Value(ScalarOwned::FloatingPoint(it)) => it.into_inner().into(),
        YamlOwned::Value(ScalarOwned::String(it)) => it.into(),
        other => panic!("a file of ours has no {other:?}"),
    }
}

fn text(node: YamlOwned) -> String {
    match value(node) {
        Value::String(key) => key,
        other => panic!("a key is text, not {other}"),
    }
}
