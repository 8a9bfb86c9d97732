//! A NuGet.Config with everything in it, changed at random. The same seed makes the same changes.

const WHOLE: &str = "\
<?xml version=\"1.0\" encoding=\"utf-8\"?>
<configuration>
  <!-- c -->
  <packageSources><clear /><add key=\"a\" value=\"https://a/\" protocolVersion=\"3\" /><add key=\"b\" value=\"../b\" /></packageSources>
  <packageSourceCredentials>
    <a><add key=\"Username\" value=\"u\" /><add key=\"ClearTextPassword\" value=\"p\" /></a>
    <b_x0020_c><add key=\"Username\" value=\"u\" /><add key=\"Password\" value=\"p\" /></b_x0020_c>
  </packageSourceCredentials>
  <disabledPackageSources><add key=\"b\" value=\"true\" /></disabledPackageSources>
  <packageSourceMapping><packageSource key=\"a\"><package pattern=\"*\" /><package pattern=\"A.*\" /></packageSource></packageSourceMapping>
  <fallbackPackageFolders><add key=\"f\" value=\"/f\" /></fallbackPackageFolders>
  <clientCertificates><storeCert packageSource=\"z\" findValue=\"x\" storeName=\"My\" /><fileCert packageSource=\"y\" path=\"p\" clearTextPassword=\"c\" /></clientCertificates>
  <trustedSigners><author name=\"n\"><certificate fingerprint=\"AB\" hashAlgorithm=\"SHA256\" allowUntrustedRoot=\"false\" /></author></trustedSigners>
  <other><deep><add key=\"k\" value=\"v\" /></deep>text</other>
</configuration>
";

const NAMES: [&str; 12] = [
    "add",
    "clear",
    "package",
    "packageSource",
    "author",
    "certificate",
    "owners",
    "storeCert",
    "fileCert",
    "configuration",
    "x",
    "ADD",
];

const ATTRIBUTES: [&str; 12] = [
    "key",
    "value",
    "Key",
    "name",
    "packageSource",
    "pattern",
    "password",
    "x",
    "xmlns",
    "xmlns:q",
    "q:key",
    "xml:space",
];

const VALUES: [&str; 11] = ["", "a", " ", "A", "*", "SHA1", "0", "&lt;", "ä", "https://a/", "&#9;"];

const INSERTED: [&str; 22] = [
    "<",
    ">",
    "&",
    "\"",
    "=",
    "/",
    "\u{1}",
    "\u{fffe}",
    "é",
    "ሀ",
    "-",
    "<!-- c -->",
    "<![CDATA[x]]>",
    "<?p q?>",
    "]]>",
    "&#xD800;",
    "&x;",
    "\n",
    "\u{7f}",
    "\u{feff}",
    ":",
    "text",
];

const DECLARATIONS: [&str; 8] = [
    "",
    "<?xml version=\"1.1\"?>",
    "<?xml version='1.0' standalone='yes'?>",
    "<?xml version=\"1.0 \" encoding=\"us-ascii\"?>",
    "\n<?xml version=\"1.0\"?>",
    "<!DOCTYPE c>",
    "<?xml  version=\"1.0\"\tencoding=\"UTF-8\"\n?>",
    "<?xml version=\"1.0\"?><?xml-stylesheet x?>",
];

/// The file after one to three changes.
pub fn mutated(seed: u64) -> String {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d);
    let mut text = WHOLE.to_owned();
    for _ in 0..=random.below(3) {
        text = changed(&text, &mut random);
    }
    text
}

fn changed(text: &str, random: &mut Random) -> String {
    let attributes = attributes(text);
    let elements = empty_elements(text);
    if attributes.is_empty() || elements.is_empty() {
        return text.to_owned();
    }
    let (start, equals, end) = random.one_of(&attributes);
    let (open, close) = random.one_of(&elements);
    let (other_open, other_close) = random.one_of(&elements);
    let element = &text[open..close];
    let replaced = |from: usize, to: usize, with: &str| [&text[..from], with, &text[to..]].concat();
    match random.below(12) {
        0 => replaced(start, end, ""),
        1 => replaced(equals + 2, end - 1, random.one_of(&VALUES)),
        2 => replaced(start + 1, equals, random.one_of(&ATTRIBUTES)),
        3 => {
            let attribute =
                format!(" {}=\"{}\"", random.one_of(&ATTRIBUTES), random.one_of(&VALUES));
            replaced(start, start, &attribute)
        }
        4 => replaced(open, close, ""),
        5 => replaced(other_open, other_open, element),
        6 => {
            let name = element[1..].split(' ').next().unwrap_or_default();
            replaced(open + 1, open + 1 + name.len(), random.one_of(&NAMES))
        }
        7 => {
            let name = element[1..].split(' ').next().unwrap_or_default();
            let inner = &text[other_open..other_close];
            replaced(close - 2, close, &format!(">{inner}</{name}>"))
        }
        8 => {
            let at = text.floor_char_boundary(random.below(text.len()));
            replaced(at, at, random.one_of(&INSERTED))
        }
        9 => {
            let at = text.floor_char_boundary(random.below(text.len()));
            replaced(at, text.ceil_char_boundary((at + 1).min(text.len())), "")
        }
        10 => {
            let body = text.find("<configuration").unwrap_or_default();
            replaced(0, body, random.one_of(&DECLARATIONS))
        }
        _ => {
            let upper = text[equals + 2..end - 1].to_uppercase();
            replaced(equals + 2, end - 1, &upper)
        }
    }
}

/// Where ` name="value"` begins, its `=` stands, and it ends.
fn attributes(text: &str) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    for (equals, _) in text.match_indices("=\"") {
        let start = text[..equals].rfind(' ');
        let length = text[equals + 2..].find('"');
        if let (Some(start), Some(length)) = (start, length) {
            found.push((start, equals, equals + length + 3));
        }
    }
    found
}

/// Where `<name … />` begins and ends.
fn empty_elements(text: &str) -> Vec<(usize, usize)> {
    let ends = text.match_indices(" />").map(|(at, _)| at + 3);
    ends.filter_map(|end| Some((text[..end].rfind('<')?, end))).collect()
}

/// A generator of numbers (xorshift), since the trial must be the same every time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("it is below a number of that size")
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}
