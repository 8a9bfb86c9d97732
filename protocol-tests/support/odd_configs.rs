//! NuGet.Config files: plain ones, and such as people, scripts and tools write, with credentials to
//! remove.

/// A file with these sections.
pub fn config(sections: &str) -> String {
    format!("<?xml version=\"1.0\"?>\n<configuration>\n{sections}\n</configuration>\n")
}

/// A section with these sources.
pub fn sources(adds: &str) -> String {
    let adds = adds.split_whitespace().map(|pair| {
        let (key, value) = pair.split_once('=').unwrap();
        format!("<add key='{key}' value='{value}' />")
    });
    config(&format!("<packageSources>{}</packageSources>", adds.collect::<String>()))
}

/// What marks the bytes that are to go.
const MARKS: [char; 2] = ['⟦', '⟧'];

/// A file, with what is to go between marks; `FEED` is a CodeArtifact URL.
pub struct Odd {
    pub name: &'static str,
    text: &'static str,
    encode: fn(&str) -> Vec<u8>,
}

pub const ODD: [Odd; 20] = [
    Odd {
        name: "one_source_twice",
        encode: utf_8,
        text: "<configuration>\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\n⟦  <packageSourceCredentials>\n    <a><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></a>\n    <A><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></A>\n  </packageSourceCredentials>\n⟧</configuration>\n",
    },
    Odd {
        name: "two_sections",
        encode: utf_8,
        text: "<configuration>\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\n  <packageSourceCredentials />\n⟦  <packageSourceCredentials>\n    <a><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></a>\n  </packageSourceCredentials>\n⟧</configuration>\n",
    },
    Odd {
        name: "a_section_in_another_case",
        encode: utf_8,
        text: "<configuration>\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\n⟦  <PackageSourceCredentials>\n    <a><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></a>\n  </PackageSourceCredentials>\n⟧</configuration>\n",
    },
    Odd {
        name: "as_nuget_writes_it",
        encode: marked,
        text: "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<configuration>\n  <packageSources>\n    <add key=\"my-org/my-packages\" value=\"FEED\" />\n  </packageSources>\n⟦  <packageSourceCredentials>\n    <my-org_x002F_my-packages>\n        <add key=\"Username\" value=\"aws\" />\n        <add key=\"ClearTextPassword\" value=\"hunter2\" />\n      </my-org_x002F_my-packages>\n  </packageSourceCredentials>\n⟧</configuration>",
    },
    Odd {
        name: "beside_another_source",
        encode: utf_8,
        text: "<configuration>\n  <packageSources>\n    <add key=\"ours\" value=\"FEED\" />\n    <add key=\"theirs\" value=\"https://nuget.example/v3/index.json\" />\n  </packageSources>\n  <packageSourceCredentials>\n    <theirs>\n      <add key=\"Username\" value=\"aws\" />\n      <add key=\"ClearTextPassword\" value=\"theirs\" />\n    </theirs>\n⟦    <ours>\n      <add key=\"Username\" value=\"aws\" />\n      <add key=\"ClearTextPassword\" value=\"hunter2\" />\n    </ours>\n⟧  </packageSourceCredentials>\n</configuration>\n",
    },
    Odd {
        name: "prefixes",
        encode: utf_8,
        text: "<n:configuration xmlns:n=\"urn:x\">\n  <n:packageSources><n:add key=\"a\" value=\"FEED\" /></n:packageSources>\n⟦  <n:packageSourceCredentials>\n    <n:a><n:add key=\"Username\" value=\"aws\" /><n:add key=\"ClearTextPassword\" value=\"hunter2\" /></n:a>\n  </n:packageSourceCredentials>\n⟧</n:configuration>\n",
    },
    Odd {
        name: "default_namespace",
        encode: utf_8,
        text: "<configuration xmlns=\"urn:x\">\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\n⟦  <packageSourceCredentials>\n    <a><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></a>\n  </packageSourceCredentials>\n⟧</configuration>\n",
    },
    Odd {
        name: "comments",
        encode: utf_8,
        text: "<!-- first -->\n<configuration>\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\n  <packageSourceCredentials>\n    <!-- stays -->\n⟦    <a>\n      <!-- goes: hunter2 -->\n      <add key=\"Username\" value=\"aws\" />\n      <add key=\"ClearTextPassword\" value=\"hunter2\" /> <!-- hunter2 -->\n    </a>\n⟧  </packageSourceCredentials> <!-- stays -->\n</configuration>\n<!-- last -->\n",
    },
    Odd {
        name: "crlf_and_tabs",
        encode: utf_8,
        text: "<configuration>\r\n\t<packageSources>\r\n\t\t<add key=\"a\" value=\"FEED\" />\r\n\t</packageSources>\r\n⟦\t<packageSourceCredentials>\r\n\t\t<a>\r\n\t\t\t<add key=\"Username\" value=\"aws\" />\r\n\t\t\t<add key=\"ClearTextPassword\" value=\"hunter2\" />\r\n\t\t</a>\r\n\t</packageSourceCredentials>\r\n⟧</configuration>\r\n",
    },
    Odd {
        name: "mixed_line_ends",
        encode: utf_8,
        text: "<configuration>\n\t<packageSources>\r\n <add key=\"a\" value=\"FEED\" />\n\t</packageSources>\r\n⟦\t<packageSourceCredentials>\n\t\t<a>\r\n\t\t\t<add key=\"Username\" value=\"aws\" />\n<add key=\"ClearTextPassword\" value=\"hunter2\" />\r\n\t\t</a>\n\t</packageSourceCredentials>\r\n⟧\n\n</configuration>",
    },
    Odd { name: "utf_16_le", encode: utf_16_le, text: UTF_16 },
    Odd { name: "utf_16_be", encode: utf_16_be, text: UTF_16 },
    Odd {
        name: "latin_1",
        encode: latin_1,
        text: "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<configuration>\n  <!-- öffentlich -->\n  <packageSources><add key=\"ä\" value=\"FEED\" /></packageSources>\n⟦  <packageSourceCredentials>\n    <ä><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></ä>\n  </packageSourceCredentials>\n⟧</configuration>\n",
    },
    Odd {
        name: "encrypted",
        encode: utf_8,
        text: "<configuration>\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\n⟦  <packageSourceCredentials>\n    <a><add key=\"Username\" value=\"aws\" /><add key=\"Password\" value=\"AQAAhunter2==\" /><add key=\"ValidAuthenticationTypes\" value=\"basic\" /></a>\n  </packageSourceCredentials>\n⟧</configuration>\n",
    },
    Odd {
        name: "one_line",
        encode: utf_8,
        text: "<configuration><packageSources><add key=\"a\" value=\"FEED\"/></packageSources>⟦<packageSourceCredentials><a><add key=\"Username\" value=\"aws\"/><add key=\"ClearTextPassword\" value=\"hunter2\"/></a></packageSourceCredentials>⟧<apikeys><add key=\"https://x\" value=\"hunter2\"/></apikeys></configuration>",
    },
    Odd {
        name: "single_quotes_and_entities",
        encode: utf_8,
        text: "<configuration>\n  <packageSources><add value='FEED' key='a&amp;b &#x3c;c&gt;'/></packageSources>\n⟦  <packageSourceCredentials>\n    <a_x0026_b_x0020__x003C_c_x003E_><add value='aws' key='Username'/><add value='x>&quot;hunter2' key='ClearTextPassword'/></a_x0026_b_x0020__x003C_c_x003E_>\n  </packageSourceCredentials>\n⟧</configuration>\n",
    },
    Odd {
        name: "behind_a_clear",
        encode: utf_8,
        text: "<configuration>\n  <packageSources>\n    <add key=\"a\" value=\"FEED\" />\n    <clear />\n  </packageSources>\n⟦  <packageSourceCredentials>\n    <a><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></a>\n  </packageSourceCredentials>\n⟧</configuration>\n",
    },
    Odd {
        name: "another_case",
        encode: utf_8,
        text: "<Configuration>\n  <packageSources><add key=\"MyFeed\" value=\"FEED\" /></packageSources>\n⟦  <packageSourceCredentials>\n    <myfeed><ADD key=\"USERNAME\" value=\"aws\" /><Add key=\"cleartextpassword\" value=\"hunter2\" /></myfeed>\n  </packageSourceCredentials>\n⟧</Configuration>\n",
    },
    Odd {
        name: "self_closing_sections",
        encode: utf_8,
        text: "<configuration>\n  <config />\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\n  <disabledPackageSources/>\n⟦  <packageSourceCredentials>\n    <a><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></a>\n  </packageSourceCredentials>\n⟧  <apikeys />\n</configuration>\n",
    },
    Odd {
        name: "two_on_a_line",
        encode: utf_8,
        text: "<configuration>\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\n  <packageSourceCredentials>\n    <b><add key=\"Username\" value=\"me\" /><add key=\"ClearTextPassword\" value=\"b\" /></b> ⟦<a><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></a>⟧\n  </packageSourceCredentials>\n</configuration>\n",
    },
];

const UTF_16: &str = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<configuration>\r\n  <!-- 😀 -->\r\n  <packageSources><add key=\"a\" value=\"FEED\" /></packageSources>\r\n⟦  <packageSourceCredentials>\r\n    <a><add key=\"Username\" value=\"aws\" /><add key=\"ClearTextPassword\" value=\"hunter2\" /></a>\r\n  </packageSourceCredentials>\r\n⟧</configuration>\r\n";

const FEED: &str = "https://my-domain-111122223333.d.codeartifact.eu-west-1.amazonaws.com/nuget/my-repo/v3/index.json";

impl Odd {
    /// The file with its credentials.
    pub fn before(&self) -> Vec<u8> {
        (self.encode)(&self.text.replace("FEED", FEED).replace(MARKS, ""))
    }

    /// The file without them.
    pub fn after(&self) -> Vec<u8> {
        let text = self.text.replace("FEED", FEED);
        let parts = text.split(MARKS).step_by(2);
        (self.encode)(&parts.collect::<String>())
    }
}

fn utf_8(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

fn marked(text: &str) -> Vec<u8> {
    utf_8(&format!("\u{feff}{text}"))
}

fn utf_16_le(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn utf_16_be(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn latin_1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(character).unwrap()).collect()
}
