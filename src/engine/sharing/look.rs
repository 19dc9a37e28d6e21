//! What `doctor` tells of sharing: what state.db holds, and whether the way to the server can be gone to its end.
//! Gets what kanban.toml and the environment ask for. Gives rows with a verdict and what to do.
//! Never: makes state.db or anything on the server, shows the address.

use crate::engine::Engine;
use crate::engine::doctor::{failed, ok, warning};
use crate::engine::error::EngineError;
use crate::engine::sharing::address::{address, from_postgres};
use crate::engine::sharing::publish::from_state;
use crate::engine::sharing::run;
use crate::engine::sharing::sync::connect;
use crate::query::view::DoctorRow;
use crate::stores::postgres::{Address, Rights};

impl Engine {
    /// What cannot be made again from the files.
    pub(in crate::engine) fn state_row(&self) -> DoctorRow {
        match self.kept() {
            Ok(row) => row,
            Err(error) => failed("state", &error),
        }
    }

    fn kept(&self) -> Result<DoctorRow, EngineError> {
        let fail = |error| from_state(&error);
        let Some(state) = self.state()? else {
            let message = "none: all that is kept can be made again from the files";
            return Ok(ok("state", message));
        };
        let gone = self.left_lines(&state)?;
        let (mut branches, mut pending, mut broken) = (0, 0, 0);
        for row in state.lines().map_err(fail)? {
            if gone.contains(&row.line) {
                continue;
            }
            let counts = state.counts(&row.line).map_err(fail)?;
            branches += u64::from(row.line.draft.is_empty());
            pending += counts.pending;
            broken += counts.failed;
        }
        let newest = state.audited(1).map_err(fail)?;
        let entries = newest.first().map_or(0, |newest| newest.seq);
        let message = format!(
            "state.db, which the files cannot give back: audit {entries}, branches {branches}, \
             items that wait {pending}, that failed {broken}"
        );
        Ok(match broken {
            0 => ok("state", message),
            _ => warning(
                "state",
                message,
                "`kanban sync status --items` tells why; `kanban sync retry` lets them be tried again",
            ),
        })
    }

    /// The way to the server, as far as it can be gone; nothing where nobody asks for sharing.
    pub(in crate::engine) fn server_rows(&self) -> Vec<DoctorRow> {
        let address = match address() {
            Ok(address) => address,
            Err(error) if error.code == "no-server" => {
                let hint = error.hint.unwrap_or_default();
                let message = "kanban.toml asks for sharing, and no server is named";
                let row = warning("server", message, &hint);
                return self
                    .config
                    .sync
                    .is_wanted
                    .then_some(row)
                    .into_iter()
                    .collect();
            }
            Err(error) => return vec![failed("server", &error)],
        };
        let mut rows = Vec::new();
        let doubt = |text: &String| warning("server", text, "see docs/sharing.md, TLS");
        rows.extend(address.warnings.iter().map(doubt));
        let configured = self.config.sync.repository.as_deref();
        let named = self.repository(configured);
        if let Err(error) = &named {
            rows.push(failed("membership", error));
        }
        let asked = run(ask(&address, named.ok().as_deref(), &mut rows));
        if let Err(error) = asked {
            rows.push(match error.code {
                // It is a state, and nothing is broken here.
                "server-offline" => DoctorRow {
                    verdict: "warning".to_owned(),
                    ..failed("server", &error)
                },
                "server-schema" => failed("shared cache", &error),
                _ => failed("server", &error),
            });
        }
        rows
    }
}

async fn ask(
    address: &Address,
    repository: Option<&str>,
    rows: &mut Vec<DoctorRow>,
) -> Result<(), EngineError> {
    let fail = |error| from_postgres(&error);
    let mut server = connect(address).await?;
    let login = address.login();
    let message = format!("{} answers the login {login}", address.shown());
    rows.push(ok("server", message));
    server.expect_steps().await.map_err(fail)?;
    rows.push(ok("shared cache", "it is there, and of this version"));
    if let Some(repository) = repository {
        let rights = server.rights(repository).await.map_err(fail)?;
        rows.push(membership(rights, login, repository));
    }
    Ok(())
}

/// Whether roles of the server and membership fit each other.
fn membership(rights: Rights, login: &str, repository: &str) -> DoctorRow {
    const NAME: &str = "membership";
    let Some(member) = rights.member else {
        return warning(
            NAME,
            format!("the login {login} sees nothing of {repository}: it is no member"),
            "`kanban sync init` founds a repository; of one that is there an admin can admit you: \
             `kanban sync member add`",
        );
    };
    let is = format!("the login {login} is {} of {repository}", member.as_str());
    match rights.granted {
        Some(granted) if granted >= member => ok(NAME, is),
        granted => {
            let has = match granted {
                None => "no role".to_owned(),
                Some(granted) => format!("no higher role than kanban_{}", granted.as_str()),
            };
            let hint = format!(
                "the administrator of the server gives it one: `GRANT kanban_{} TO {login}`",
                member.as_str()
            );
            warning(NAME, format!("{is}, and has {has} of the server"), &hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::postgres::Role;

    #[test]
    fn a_member_needs_a_role_of_the_server_as_high() {
        let verdict = |granted, member| {
            let row = membership(Rights { granted, member }, "ada", "acme/backlog");
            (row.verdict, row.hint)
        };
        let (told, hint) = verdict(Some(Role::Reader), Some(Role::Writer));
        assert_eq!(told, "warning");
        assert!(hint.contains("GRANT kanban_writer TO ada"), "{hint}");
        assert_eq!(verdict(Some(Role::Admin), None).0, "warning");
        assert_eq!(verdict(None, Some(Role::Reader)).0, "warning");
        for granted in [Role::Writer, Role::Admin] {
            assert_eq!(verdict(Some(granted), Some(Role::Writer)).0, "ok");
        }
    }
}
