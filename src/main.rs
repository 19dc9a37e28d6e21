//! The binary: everything is in `kanban::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kanban::cli::main()
}
