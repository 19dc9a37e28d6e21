//! Examples first, then laws over generated and real frontmatter.

mod examples;
