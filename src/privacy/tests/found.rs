//! What was once not found: numbers beside numbers, what escapes hide, names and forms of keys. Never: a file.

use std::path::Path;

use proptest::prelude::*;

use super::{all, forgetting_all};
use crate::privacy::Redactor;

/// A value that is none of anybody's.
const VALUE: &str = "aB3dE5gH7jK9mN1pQ2";

fn run(count: usize) -> String {
    VALUE.chars().cycle().take(count).collect()
}

fn shown(redactor: &Redactor, text: &str) -> String {
    redactor.redact(text).unwrap_or_else(|| text.to_owned())
}

#[track_caller]
fn becomes(text: &str, wanted: &str) {
    let wanted = ["card", "phone", "key", "token", "email"]
        .iter()
        .fold(wanted.to_owned(), |wanted, kind| {
            wanted.replace(&format!("*{kind}*"), &format!("«redacted-{kind}»"))
        });
    assert_eq!(shown(&all(), text), wanted, "{text}");
}

#[test]
fn a_number_is_found_beside_others() {
    let card = ["4111", "1111", "1111", "1111"];
    let spaced = card.join(" ");
    for (text, wanted) in [
        (format!("card: {spaced} 12/29"), "card: *card* 12/29"),
        (
            format!("2026-01-02 10:00 {spaced}"),
            "2026-01-02 10:00 *card*",
        ),
        (format!("{spaced} 123"), "*card* 123"),
        (format!("card 2 {}", card.join("-")), "card 2 *card*"),
        (
            format!("- id 7 {}", ["5500", "0055", "5555", "5559"].join("-")),
            "- id 7 *card*",
        ),
        (
            "Called +49 30 1234567 2026-01-02".to_owned(),
            "Called *phone* 2026-01-02",
        ),
        ("2026-01-02 0171 2345678".to_owned(), "2026-01-02 *phone*"),
        ("2 0171 2345678, 3".to_owned(), "2 *phone*, 3"),
        (
            "2026-01-02 (415) 555-0132 10:00".to_owned(),
            "2026-01-02 *phone* 10:00",
        ),
        ("call 1-415-555-0132 now".to_owned(), "call 1-*phone* now"),
        ("tel_+49301234567_x".to_owned(), "tel_*phone*_x"),
        ("0049 30 1234567".to_owned(), "*phone*"),
        (format!("card_{}", card.concat()), "card_*card*"),
        (format!("Card{}", card.concat()), "Card*card*"),
        (
            format!("notes/{}_visa.md", card.concat()),
            "notes/*card*_visa.md",
        ),
        (card.join("."), "*card*"),
        (card.join("\u{a0}"), "*card*"),
        (card.join("_"), "*card*"),
        (card.join("&nbsp;"), "*card*"),
        (card.join(r"\-"), "*card*"),
        (card.join("\u{2011}"), "*card*"),
        (format!("{spaced} {spaced}"), "*card* *card*"),
        ("3782 822463 10005".to_owned(), "*card*"),
    ] {
        becomes(&text, wanted);
    }
}

#[test]
fn numbers_of_many_groups_take_no_time() {
    let text = "4 ".repeat(200_000) + &"1234567890".repeat(10_000);
    assert_eq!(all().redact(&format!("{text}-")), None);
    let names = "password=".repeat(50_000);
    drop(all().redact(&names));
}

#[test]
fn what_escapes_hide_is_found() {
    let token = format!("{}_{}", "ghp", run(36));
    for (text, wanted) in [
        (
            format!("# Key {}", token.replace('_', r"\_")),
            "# Key *token*",
        ),
        (token.replace('_', "&#95;"), "*token*"),
        (token.replace('_', "&lowbar;"), "*token*"),
        (token.replace('_', "%5F"), "*token*"),
        (format!("\"a\\n{token}\""), "\"a\\n*token*\""),
        (token.replace("aB3", "aB\u{200b}3"), "*token*"),
        (token.replace("aB3", "a\0B3"), "*token*"),
        (token.chars().flat_map(|c| [c, '\0']).collect(), "*token*\0"),
        ("by ada&#64;example.org".to_owned(), "by *email*"),
        ("by ada&#x40;example&period;org!".to_owned(), "by *email*!"),
        (r"by ada\@example.org".to_owned(), "by *email*"),
        (r#""ada\u0040example.org""#.to_owned(), r#""*email*""#),
        (
            "[a](mailto:ada%40example.org)".to_owned(),
            "[a](mailto:*email*)",
        ),
        ("ada\u{ff20}example\u{ff0e}org".to_owned(), "*email*"),
    ] {
        becomes(&text, wanted);
    }
}

#[test]
fn what_escapes_hide_of_a_person_is_found() {
    let redactor = forgetting_all(&["Ada Lovelace", "Zoë Ångström"]);
    for (text, wanted) in [
        ("[x](people/Ada%20Lovelace.md)", "[x](people/*.md)"),
        ("**Ada** Lovelace", "***"),
        ("**Ada** **Lovelace**", "*****"),
        ("> by Ada\n> Lovelace", "> by *"),
        ("# by Ada\r\n# Lovelace", "# by *"),
        ("Ada–Lovelace", "*"),
        (r"Ada\_Lovelace", "*"),
        ("Ada&nbsp;Lovelace", "*"),
        ("Ada\u{200b} Love\u{ad}lace", "*"),
        ("A\u{200d}da Lovelace", "*"),
        ("Ada%20Lovel%61ce's", "*'s"),
        ("Zo&euml; &Aring;ngstr&ouml;m", "*"),
        ("Zo%C3%AB_%C3%85ngstr%C3%B6m", "*"),
        ("- Ada\n- Lovelace", "- Ada\n- Lovelace"),
        ("* Ada\n* Lovelace", "* Ada\n* Lovelace"),
        ("Ada.\n\nLovelace", "Ada.\n\nLovelace"),
        ("«Ada» Lovelace", "«Ada» Lovelace"),
    ] {
        let wanted = match wanted {
            "***" => "**«redacted-person»".to_owned(),
            "*****" => "**«redacted-person»**".to_owned(),
            listed if listed.starts_with("* ") => listed.to_owned(),
            wanted => wanted.replace('*', "«redacted-person»"),
        };
        assert_eq!(shown(&redactor, text), wanted, "{text}");
    }
}

#[test]
fn usual_names_and_forms_are_known() {
    let hex: String = "0123456789abcdef".chars().cycle().take(32).collect();
    let long = run(40);
    for (text, wanted) in [
        (
            format!("SECRET_KEY='{VALUE}'"),
            "SECRET_KEY='*key*'".to_owned(),
        ),
        (format!("secretKey: {VALUE}"), "secretKey: *key*".to_owned()),
        (
            format!("ENCRYPTION_KEY={VALUE}"),
            "ENCRYPTION_KEY=*key*".to_owned(),
        ),
        (
            format!("AccountName=x;AccountKey={VALUE}=="),
            "AccountName=x;AccountKey=*key*".to_owned(),
        ),
        (format!("pass: {VALUE}"), "pass: *key*".to_owned()),
        (format!("auth: {VALUE}"), "auth: *key*".to_owned()),
        (format!("Passwort: {VALUE}"), "Passwort: *key*".to_owned()),
        (format!("password:: {VALUE}"), "password:: *key*".to_owned()),
        (
            format!("**Password:** {VALUE}"),
            "**Password:** *key*".to_owned(),
        ),
        (
            format!("**Password**: `{VALUE}`."),
            "**Password**: `*key*`.".to_owned(),
        ),
        (
            format!("| password | {VALUE} |"),
            "| password | *key* |".to_owned(),
        ),
        (
            format!("machine a login b password {VALUE}\n"),
            "machine a login b password *key*\n".to_owned(),
        ),
        (
            format!("password: >\n  {VALUE}\n"),
            "password: >\n  *key*\n".to_owned(),
        ),
        (
            format!("password:\n  {VALUE}\n"),
            "password:\n  *key*\n".to_owned(),
        ),
        (
            format!("<password>{VALUE}</password>"),
            "<password>*key*</password>".to_owned(),
        ),
        (
            "password: aB3,dE5gH7;jK9 x".to_owned(),
            "password: *key* x".to_owned(),
        ),
        (
            format!("password: {VALUE},TAIL99, x"),
            "password: *key*, x".to_owned(),
        ),
        (
            format!("password: {VALUE}<TAIL99"),
            "password: *key*".to_owned(),
        ),
        (
            "password: Sommer2026!".to_owned(),
            "password: *key*".to_owned(),
        ),
        ("pass: Sommer2026!".to_owned(), "pass: *key*".to_owned()),
        (
            "The password is Sommer2026!".to_owned(),
            "The password is *key*".to_owned(),
        ),
        (
            "password: 'correct horse 9 battery'".to_owned(),
            "password: '*key*'".to_owned(),
        ),
        (
            r#"{"password":"aB3\"dE5gH7","x":1}"#.to_owned(),
            r#"{"password":"*key*","x":1}"#.to_owned(),
        ),
        (
            format!("config[\"password\"] = \"{VALUE}\""),
            "config[\"password\"] = \"*key*\"".to_owned(),
        ),
        (
            format!("let token: &str = \"{VALUE}\";"),
            "let token: &str = \"*key*\";".to_owned(),
        ),
        (
            "Authorization: Basic YWRhOnB3".to_owned(),
            "Authorization: Basic *token*".to_owned(),
        ),
        (
            "basic QWRhOnB3MTIzNDU2".to_owned(),
            "basic *token*".to_owned(),
        ),
        (
            "curl -s -u ada:pw https://x".to_owned(),
            "curl -s -u ada:*key* https://x".to_owned(),
        ),
        (format!("{}-{}", "GOCSPX", run(28)), "*key*".to_owned()),
        (format!("{}{}", "ya29.", long), "*token*".to_owned()),
        (format!("{}-1-A0-{}", "xapp", run(20)), "*token*".to_owned()),
        (format!("{}-1-{}", "xoxc", run(20)), "*token*".to_owned()),
        (format!("{}_{}", "whsec", run(32)), "*key*".to_owned()),
        (format!("SK{hex}"), "*key*".to_owned()),
        (format!("123456789:AA{}", run(33)), "*token*".to_owned()),
        (
            format!("https://discord.com/api/webhooks/123456789012345678/{long}"),
            "https://discord.com/api/webhooks/*token*".to_owned(),
        ),
        (
            format!("https://x/y?sv=1&sig={}%3D", run(40)),
            "https://x/y?sv=1&sig=*key*".to_owned(),
        ),
        (
            format!(
                "{}-User-Key-File-3: ssh\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 0aF\nend",
                "PuTTY"
            ),
            "*key*\nend".to_owned(),
        ),
        (
            format!("{}-{}.01.0w1abcdef!", "glpat", run(27)),
            "*token*!".to_owned(),
        ),
        (
            format!("key_{}{}", "AKIA", "IOSFODNN7EXAMPLE"),
            "key_*key*".to_owned(),
        ),
        (
            format!("notes/aws_{}{}.md", "AKIA", "IOSFODNN7EXAMPLE"),
            "notes/aws_*key*.md".to_owned(),
        ),
        (
            format!("the_{}_{}", "ghp", run(36)),
            "the_*token*".to_owned(),
        ),
    ] {
        becomes(&text, &wanted);
    }
}

#[test]
fn words_after_names_stay() {
    for text in [
        "password: required",
        "pass: yes",
        "Pass: 12, fail: 3",
        "password: ${DB_PASSWORD_1}",
        "password: {{ secrets.DB_PASSWORD_1 }}",
        "password = get_password(user1)",
        "password: <your-password-1>",
        "Password: see KABSD-TSK-0315",
        "password: KABSD-TSK-0315",
        "auth: [[KABSD-TSK-0315_sign-in-with-oauth2]]",
        "pass: test_login_2",
        "token = auth_header[7:]",
        "const SECRETS: RapidSecrets = RapidSecrets::seed_cpp(0x1_2345);",
        "add `pw_name` to `passwd` ([#4188](https://example.org/pull/4188))",
        r#"{"max_tokens":2048,"overlap_tokens":32,"model":"text-3-small"}"#,
        "compass: NW12345678901",
        "| token | meaning |",
        "the password policy2026",
        "secret: docs/decisions/0008-one-profile.md",
        "Authorization: required",
        "basic knowledge",
        "primary key: name",
        "author: ada",
        "password rules are in docs/auth/v2.md",
    ] {
        assert_eq!(all().redact(text), None, "{text}");
    }
}

#[test]
fn usual_numbers_stay() {
    for text in [
        "KABSD-TSK-0315 2026-01-02 2026-01-03 10:11:12.123456",
        "0.1.12-rc.3 and v10.20.30, 192.168.100.200:5432",
        "4096 8192 16384 32768 65536 131072",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
        "2026-01-02T10:11:12+02:00 2026-01-02 10:11:12.000 +0100",
        "01.02.2026, 03.04.2026",
        "4e1243bd22c66e76c2ba9eddc1f91394e57f9f83c4111111111111111a",
        "uid: 01940000-0171-2345-6780-000000000007",
        "1767348000 1767348000123 1767348000123456789",
        "https://pubs.example.org/onlinepubs/009695399/basedefs/xbd_chap08.html",
        "00111111 00000001 10000000",
        "+1,234 -5,678 @@ -12,7 +12,9 @@",
        "TSK-0315-2026 TSK-0316-2026",
    ] {
        assert_eq!(all().redact(text), None, "{text}");
    }
}

/// In files as people have them nothing is blotted out but what tests and examples put there.
#[test]
fn the_fixtures_stay() {
    fn walk(folder: &Path, each: &mut impl FnMut(&Path, &str)) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, each);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                each(&path, &text);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let redactor = all();
    let mut files = 0;
    for folder in ["fixtures", "docs/decisions"] {
        walk(&root.join(folder), &mut |path, text| {
            files += 1;
            let less = shown(&redactor, text).replace("«redacted-email»", "");
            assert!(!less.contains("«redacted-"), "{}", path.display());
        });
    }
    assert!(files > 50, "{files}");
}

#[test]
fn a_blot_saves_nothing_around_it() {
    let pem = |inner: &str| {
        format!(
            "-----BEGIN {0}-----\nMIIE{inner}{1}\n-----END {0}-----",
            "RSA PRIVATE KEY",
            run(60)
        )
    };
    becomes(&pem("«redacted-email»"), "*key*");
    becomes(&format!("x {} y", pem(" «redacted-key» ")), "x *key* y");
    becomes("«redacted-email»", "«redacted-email»");
    // What is no blot of ours hides nothing.
    let token = format!("{}_{}", "ghp", run(36));
    becomes(&format!("«redacted-{token}»"), "«redacted-*token*»");
}

proptest! {
    /// Whatever numbers stand around it, a number is found.
    #[test]
    fn no_number_saves_another(
        before in "(([0-9]{1,4}[ ./:-])|2026-01-02 |[a-z]{1,4}[ _]){0,4}",
        after in "(([ ./:-][0-9]{1,4})|[ _][a-z]{1,4}| 2026-01-02){0,4}",
        which in 0_usize..4,
    ) {
        let card = ["4111", "1111", "1111", "1111"];
        let numbers = [card.join(" "), card.join("-"), card.concat(), "+49 30 1234567".to_owned()];
        let text = format!("{before}{}{after}", numbers[which]);
        let less = shown(&all(), &text);
        prop_assert!(!less.contains(&numbers[which]), "{} {}", text, less);
        prop_assert_eq!(all().redact(&less), None);
    }

    /// However each letter is written, a token is found, and nothing beside it.
    #[test]
    fn no_spelling_hides_a_token(ways in prop::collection::vec(0_u8..7, 40)) {
        let token = format!("{}_{}", "ghp", run(36));
        let spelled: String = token
            .chars()
            .zip(ways)
            .map(|(c, way)| match way {
                0 => format!("&#{};", u32::from(c)),
                1 => format!("&#x{:X};", u32::from(c)),
                2 => format!("%{:02x}", u32::from(c)),
                3 => format!("\\u{:04x}", u32::from(c)),
                4 if c.is_ascii_punctuation() => format!("\\{c}"),
                5 => format!("\u{200b}{c}\u{2060}"),
                _ => c.to_string(),
            })
            .collect();
        let less = shown(&all(), &format!("ä% {spelled} & ö"));
        let unseen = |c| matches!(c, '\u{200b}' | '\u{2060}');
        prop_assert_eq!(less.replace(unseen, ""), "ä% «redacted-token» & ö");
    }
}
