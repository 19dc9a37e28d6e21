//! What must never leave: one of every kind, put together when the tests run so that no file of ours holds one.

/// A kind, as its detector is called, and an example.
pub(super) fn all() -> Vec<(&'static str, String)> {
    let run =
        |count: usize| -> String { "aB3dE5gH7jK9mN1pQ2".chars().cycle().take(count).collect() };
    vec![
        ("key", format!("{}{}", "AKIA", "IOSFODNN7EXAMPLE")),
        ("key", format!("{}{}", "AIza", run(35))),
        ("key", format!("{}_{}", "sk_live", run(24))),
        ("key", format!("sk-{}", run(40))),
        ("token", format!("{}_{}", "ghp", run(36))),
        ("token", format!("{}_{}", "github_pat", run(40))),
        ("token", format!("{}-{}", "glpat", run(20))),
        ("token", format!("{}-1234567890-{}", "xoxb", run(24))),
        (
            "token",
            format!("eyJ{}.eyJ{}.{}", run(20), run(30), run(40)),
        ),
        ("email", ["grace.hopper", "example.org"].join("@")),
        ("email", ["jörg", "müller-söhne.de"].join("@")),
        ("phone", ["+49", "30", "1234567"].join(" ")),
        ("phone", ["(415)", "555-0132"].join(" ")),
        ("card", ["4111", "1111", "1111", "1111"].join(" ")),
        ("card", ["5500", "0055", "5555", "5559"].join("-")),
    ]
}
