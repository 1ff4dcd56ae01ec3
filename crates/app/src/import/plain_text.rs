//! Turns HTML into plain text, where a text is HTML at all.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// Elements that begin a new line.
const BLOCKS: &str = "address article aside blockquote body br caption center dd details div dl dt fieldset figure footer form \
h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody thead tfoot tr ul";
/// Elements whose content nobody reads.
const HIDDEN: &str = "script style noscript template iframe head";
const OTHERS: &str = "a abbr b big button cite code col del em font i img input ins label link meta option s select small span \
strike strong sub sup td th title tt u var video wbr";

/// The text as people would read it: `text` itself unless it has HTML tags or character references.
///
/// Links keep their address in parentheses, scripts and styles are dropped, white space is collapsed. A `<` that begins no tag
/// stays. One pass without a tree, so that no input is slow or deep.
pub(super) fn of(text: &str) -> String {
    let (escaped, has_tags) = escape_what_is_no_tag(text);
    if !has_tags && !has_reference(text) {
        return text.to_owned();
    }
    let sink = Reader(RefCell::new(Written {
        keeps_lines: !has_tags,
        ..Written::default()
    }));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(escaped));
    // The sink never asks to stop, so one call takes everything.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner().text.trim_end().to_owned()
}

/// `text` with every `<` escaped that does not begin a tag, and whether any tag is left.
fn escape_what_is_no_tag(text: &str) -> (String, bool) {
    let mut escaped = String::with_capacity(text.len());
    let (mut rest, mut has_tags) = (text, false);
    // Behind the last `>` nothing can be a whole tag.
    let last_close = text.rfind('>').unwrap_or(0);
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        escaped.push_str(before);
        let position = text.len() - from.len();
        if position < last_close && begins_tag(&from[1..]) {
            has_tags = true;
            escaped.push('<');
        } else {
            escaped.push_str("&lt;");
        }
        rest = &from[1..];
    }
    escaped.push_str(rest);
    (escaped, has_tags)
}

fn begins_tag(after: &str) -> bool {
    if after.starts_with("!--") {
        return true;
    }
    let after = after.strip_prefix('/').unwrap_or(after);
    let end = after
        .find(|character: char| !character.is_ascii_alphanumeric() && character != ':')
        .unwrap_or(after.len());
    let name = after[..end].to_ascii_lowercase();
    let ends_well = after[end..].starts_with(['>', '/', ' ', '\n', '\r', '\t']);
    // A name with a colon comes from word processors (`<o:p>`).
    ends_well
        && (name.contains(':')
            || [BLOCKS, HIDDEN, OTHERS]
                .iter()
                .any(|list| is_in(list, &name)))
}

/// Whether a character reference such as `&amp;` or `&#39;` stands somewhere.
fn has_reference(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| {
        let name = &text.as_bytes()[at + 1..];
        let end = name.iter().take(32).position(|byte| *byte == b';');
        end.is_some_and(|end| {
            let name = &name[..end];
            end > 1
                && name
                    .iter()
                    .enumerate()
                    .all(|(at, byte)| byte.is_ascii_alphanumeric() || (at == 0 && *byte == b'#'))
        })
    })
}

fn is_in(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == name)
}

struct Reader(RefCell<Written>);

#[derive(Default)]
struct Written {
    text: String,
    keeps_lines: bool,
    space_waits: bool,
    hidden: Option<String>,
    /// Address of the open link, and where its text begins.
    link: Option<(String, usize)>,
}

impl Written {
    fn characters(&mut self, characters: &str) {
        if self.hidden.is_some() {
            return;
        }
        for character in characters.chars() {
            if character == '\n' && self.keeps_lines {
                self.new_line();
            } else if character.is_whitespace() || character.is_control() {
                self.space_waits = true;
            } else {
                if self.space_waits && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
                    self.text.push(' ');
                }
                self.space_waits = false;
                self.text.push(character);
            }
        }
    }

    fn new_line(&mut self) {
        self.space_waits = false;
        let length = self.text.trim_end_matches(' ').len();
        self.text.truncate(length);
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn start(&mut self, name: &str, tag: &Tag) {
        if is_in(BLOCKS, name) {
            self.new_line();
        }
        match name {
            "li" => self.text.push_str("- "),
            "td" | "th" => self.space_waits = true,
            "a" => {
                let address = tag
                    .attrs
                    .iter()
                    .find(|attribute| &*attribute.name.local == "href")
                    .map(|attribute| attribute.value.trim().to_owned());
                self.link = address
                    .filter(|address| address.starts_with("http"))
                    .map(|address| (address, self.text.len()));
            }
            "img" => {
                let alternative = tag
                    .attrs
                    .iter()
                    .find(|attribute| &*attribute.name.local == "alt");
                if let Some(alternative) = alternative {
                    self.characters(&alternative.value);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if is_in(BLOCKS, name) {
            self.new_line();
        }
        if name == "a"
            && let Some((address, start)) = self.link.take()
            && !self
                .text
                .get(start..)
                .is_some_and(|shown| shown.contains(&address))
        {
            self.characters(&format!(" ({address})"));
        }
    }
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut written = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(characters) => written.characters(&characters),
            Token::TagToken(tag) => {
                let name: &str = &tag.name;
                let hides = is_in(HIDDEN, name) && !tag.self_closing;
                match (tag.kind, written.hidden.as_deref()) {
                    (TagKind::EndTag, Some(hidden)) if hidden == name => written.hidden = None,
                    (_, Some(_)) => {}
                    (TagKind::StartTag, None) if hides => {
                        written.hidden = Some(name.to_owned());
                        match name {
                            "script" => return TokenSinkResult::RawData(RawKind::ScriptData),
                            "style" => return TokenSinkResult::RawData(RawKind::Rawtext),
                            _ => {}
                        }
                    }
                    (TagKind::StartTag, None) => written.start(name, &tag),
                    (TagKind::EndTag, None) => written.end(name),
                }
            }
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::of;

    #[test]
    fn tags_go_and_the_text_stays() {
        for (html, text) in [
            (
                "<p>One  two<br>three</p><p>four</p>",
                "One two\nthree\nfour",
            ),
            ("<ul><li>a<li>b</ul>c", "- a\n- b\nc"),
            (
                "See <a href=\"https://example.org/x\">the <b>page</b></a>.",
                "See the page (https://example.org/x).",
            ),
            (
                "<a href='https://example.org'>https://example.org</a>",
                "https://example.org",
            ),
            (
                "<script>if (a<b) alert('<p>x')</script>after<style>p{}</style>!",
                "after!",
            ),
            ("a<!-- note -->b <o:p></o:p>c", "ab c"),
            (
                "Women&#39;s&nbsp;Fund &amp; Friends",
                "Women's Fund & Friends",
            ),
            ("line one\nR&amp;D", "line one\nR&D"),
            ("<td>1</td><td>2</td>", "1 2"),
            (
                "<img src=x alt='Logo'> GPA < 3.0 <b>or</b> age <25",
                "Logo GPA < 3.0 or age <25",
            ),
        ] {
            assert_eq!(of(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_no_html_is_untouched() {
        for text in [
            "GPA > 3.0 and < 3.5",
            "a <b",
            "AT&T; R&D",
            "x  y\n\n z",
            "<unknown>",
            "&;&a;",
        ] {
            assert_eq!(of(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_html_is_too_strange(html in "(<|>|/|p|a href=|script|style|!--|-->|&|;|#39|amp|x| |\n|\"){0,60}") {
            of(&html);
        }
    }
}
