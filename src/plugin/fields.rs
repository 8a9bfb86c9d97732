//! A JSON object read as NuGet's own library reads one, which is Newtonsoft.Json with a converter for
//! enums: keys and names of enums in any case, the last of two equal keys, numbers for enums and texts,
//! texts for numbers and booleans. Null counts as absent. The JSON itself is strict, as NuGet writes it.

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// An object's values by their keys, unread.
pub struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl Fields {
    /// The value of a key, unread; none if it is absent or null.
    pub fn raw(&self, key: &str) -> Option<&RawValue> {
        let mut fields = self.0.iter().rev();
        let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case(key))?;
        Some(&**value).filter(|value| value.get() != "null")
    }

    /// A text; none if it is absent.
    pub fn text<E: Error>(&self, key: &'static str) -> Result<Option<String>, E> {
        let Some(value) = self.raw(key) else { return Ok(None) };
        match value.get().as_bytes().first() {
            Some(b'"') => serde_json::from_str(value.get()).map(Some).map_err(E::custom),
            Some(b'{' | b'[') | None => Err(E::custom(format_args!("`{key}` is no text"))),
            // A number or a boolean is the text that stands there.
            Some(_) => Ok(Some(value.get().to_owned())),
        }
    }

    /// A text that must be there.
    pub fn required<E: Error>(&self, key: &'static str) -> Result<String, E> {
        self.text(key)?.ok_or_else(|| E::missing_field(key))
    }

    /// A boolean; false if it is absent. A number other than zero is true.
    pub fn boolean<E: Error>(&self, key: &'static str) -> Result<bool, E> {
        let Some(text) = self.text::<E>(key)? else { return Ok(false) };
        let text = text.trim();
        if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            return Ok(text.eq_ignore_ascii_case("true"));
        }
        let number = text.parse::<f64>();
        number.map(|it| it != 0.0).map_err(|_| E::custom(format_args!("`{key}` is no boolean")))
    }

    /// A whole number that must be there. A fraction is rounded, and halves go to the even number.
    pub fn number<E: Error>(&self, key: &'static str) -> Result<u32, E> {
        let text = self.required::<E>(key)?;
        let text = text.trim();
        let of_fraction = || {
            let number = text.parse::<f64>().ok()?.round_ties_even();
            format!("{number:.0}").parse().ok()
        };
        let number = text.parse().ok().or_else(of_fraction);
        number.ok_or_else(|| E::custom(format_args!("`{key}` is no whole number")))
    }
}

/// The name of an enum's value that is given by its name in any case, or by its number. Any other text
/// stays as it is.
pub fn enum_name(text: String, names: &[&'static str]) -> String {
    let trimmed = text.trim();
    let by_name = || names.iter().find(|name| name.eq_ignore_ascii_case(trimmed));
    let by_number = || names.get(trimmed.parse::<usize>().ok()?);
    match by_number().or_else(by_name) {
        Some(name) => (*name).to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Fields {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn keys_match_in_any_case_and_the_last_one_counts() {
        let fields = fields(r#"{"uri":"a","URI":"b","Other":{"Uri":"c"},"Nothing":null}"#);
        assert_eq!(fields.required::<serde_json::Error>("Uri").unwrap(), "b");
        assert!(fields.raw("Nothing").is_none() && fields.raw("Missing").is_none());
        assert!(fields.text::<serde_json::Error>("Other").is_err());
    }

    #[test]
    fn texts_numbers_and_booleans_stand_for_each_other() {
        let fields = fields(
            r#"{"a":"12","b":12.0,"c":"True","d":0,"e":false,"f":"x","g":2.5,"h":-1,"i":12,"j":1e10}"#,
        );
        let text = |key| fields.text::<serde_json::Error>(key).unwrap().unwrap();
        assert_eq!([text("a"), text("b"), text("e")], ["12", "12.0", "false"]);
        let number = |key| fields.number::<serde_json::Error>(key).ok();
        let numbers = ["a", "b", "g", "i", "h", "f", "j", "x"].map(number);
        assert_eq!(numbers, [Some(12), Some(12), Some(2), Some(12), None, None, None, None]);
        let boolean = |key| fields.boolean::<serde_json::Error>(key).ok();
        let booleans = ["a", "c", "d", "e", "f", "missing"].map(boolean);
        assert_eq!(booleans, [Some(true), Some(true), Some(false), Some(false), None, Some(false)]);
    }

    #[test]
    fn enums_are_names_in_any_case_or_numbers() {
        let names = ["Cancel", "Fault"];
        for (text, name) in
            [("cancel", "Cancel"), ("1", "Fault"), ("FAULT", "Fault"), ("2", "2"), ("New", "New")]
        {
            assert_eq!(enum_name(text.to_owned(), &names), name);
        }
    }
}
