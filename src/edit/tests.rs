//! Examples first, then laws over generated and real files, then other readers of YAML.

mod body;
mod corpus;
mod examples;
mod flow;
mod frontmatter;
mod laws;
mod oracles;
mod proof;
