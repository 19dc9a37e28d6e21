//! Laws first, then the corpus of `fixtures/docs`, then second opinions from other parsers.

mod corpus;
mod examples;
mod laws;
mod oracles;
mod show;
