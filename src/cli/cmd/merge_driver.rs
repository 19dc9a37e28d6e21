//! `kanban merge-driver`: what git starts for each item that both sides changed.
//!
//! Git reads the exit code: 0 merged, up to 128 a conflict, above that the whole merge is off. So it
//! is 0, 1, or 2 where the merge by meaning failed and the file is merged line by line.

use crate::cli::args::merging::MergeDriverArgs;
use crate::cli::context::Context;
use crate::cli::error::{Failure, Stop};
use crate::cli::exit::Exit;
use crate::cli::panics;
use crate::engine::Class;
use crate::engine::merging::{self, DriverWish};
use crate::model::merging::MergeConflict;

pub(crate) fn run(context: &mut Context, args: MergeDriverArgs) -> Result<Exit, Stop> {
    // An old git leaves what it does not know as it is.
    let known = |label: Option<String>| label.filter(|label| !label.starts_with('%'));
    let wish = DriverWish {
        base: args.base,
        ours: args.ours,
        theirs: args.theirs,
        output: args.output,
        path: args.path,
        marker_size: args.marker_size,
        ours_label: known(args.ours_label).unwrap_or_else(|| merging::OURS.to_owned()),
        base_label: known(args.base_label),
        theirs_label: known(args.theirs_label).unwrap_or_else(|| merging::THEIRS.to_owned()),
    };
    let name = wish.path.clone();
    let name = name.unwrap_or_else(|| wish.ours.display().to_string());
    let merged = panics::catch(|| Ok(merging::drive(&context.start, &wish)?));
    let failure = match merged {
        Ok(conflicts) if conflicts.is_empty() => return Ok(Exit::Done),
        Ok(conflicts) => {
            for conflict in &conflicts {
                context
                    .printer
                    .words(&format!("kanban: {name}: {}\n", told(conflict)));
            }
            return Ok(Exit::No);
        }
        Err(Stop::Pipe) => return Ok(Exit::Usage),
        Err(Stop::Failed(failure)) => failure,
    };
    // The file must not be left as it was: that would look like our side without theirs.
    let by_line = panics::catch(|| Ok(merging::drive_by_line(&wish)?));
    let failure = match by_line {
        Ok(_) => *failure,
        Err(Stop::Failed(second)) => second.cause(&failure.message),
        Err(Stop::Pipe) => *failure,
    };
    context.fail(&Failure {
        class: Class::Usage,
        ..failure
    });
    Ok(Exit::Usage)
}

fn told(conflict: &MergeConflict) -> String {
    match (conflict.place.as_str(), conflict.in_body) {
        ("", _) => "both sides changed the text".to_owned(),
        (section, true) => format!("both sides changed the section `{section}`"),
        (field, false) => format!(
            "both sides changed `{field}`: {} and {}",
            conflict.ours.as_deref().unwrap_or("nothing"),
            conflict.theirs.as_deref().unwrap_or("nothing")
        ),
    }
}
