//! Who may read and publish a repository: listing members, admitting them, taking them out.
//! Gets a member as the server names it. Gives the members that the asking one may see.
//! Never: tells a repository that is not there from one that the asking one may not see.

use serde_json::json;

use crate::engine::error::{Class, EngineError};
use crate::engine::sharing::address::{address, from_postgres};
use crate::engine::sharing::run;
use crate::engine::sharing::sync::{Sharing, connect};
use crate::query::view::{MemberRow, MembersView};
use crate::stores::postgres::{Change, Role};
use crate::stores::state::Act;

impl Sharing<'_> {
    /// The members of the repository, after one was admitted (with a role) or taken out (without); and what
    /// should be known of it.
    ///
    /// # Errors
    /// Where the asking one is no member, and nothing was to be changed.
    pub(crate) fn members(
        &self,
        change: Option<(&str, Option<Role>)>,
    ) -> Result<(MembersView, Option<String>), EngineError> {
        let address = address()?;
        let repository = self.repository()?;
        let fail = |error| from_postgres(&error);
        let (members, me, unknown) = run(async {
            let mut server = connect(&address).await?;
            let mut unknown = None;
            if let Some((member, role)) = change {
                let done = match role {
                    Some(role) => server.admit(&repository, member, role).await,
                    None => server.expel(&repository, member).await,
                };
                unchanged(done.map_err(fail)?, member, &repository)?;
                if let (Some(login), Some(_)) = (member.strip_prefix("login:"), role) {
                    let is_there = server.has_login(login).await.map_err(fail)?;
                    unknown = (!is_there).then(|| login.to_owned());
                }
            }
            let members = server.members(&repository).await.map_err(fail)?;
            let me = server.me().await.map_err(fail)?;
            Ok((members, me, unknown))
        })?;
        if let Some((member, role)) = change {
            let mut state = self.state()?;
            let role = role.map(Role::as_str);
            let details = json!({"by": self.actor(), "member": member, "role": role});
            let counts = json!({"members": members.len()});
            self.note(
                &mut state,
                (Act::Member, "done"),
                (&repository, ""),
                &counts,
                &details,
            )?;
        } else if members.is_empty() {
            return Err(EngineError {
                class: Class::No,
                ..EngineError::environment(
                    "not-shared",
                    format!("nothing of {repository} is shared with you"),
                )
            }
            .hint(
                "no such repository is published, or you are no member: an admin of it can admit \
                 you, `kanban sync member add`",
            ));
        }
        let all = members
            .iter()
            .any(|member| Some(&member.member) == me.as_ref() && member.role == "admin");
        let members = members.into_iter().map(|member| MemberRow {
            member: member.member,
            role: member.role,
        });
        let view = MembersView {
            members: members.collect(),
            all,
            repository,
        };
        let warning = unknown.map(|login| {
            format!(
                "the server has no login {login}: it is a member that nobody is, until the administrator \
                 of the server makes it"
            )
        });
        Ok((view, warning))
    }
}

/// Why a change of members was not done, if it was not.
fn unchanged(change: Change, member: &str, repository: &str) -> Result<(), EngineError> {
    match change {
        Change::Done => Ok(()),
        Change::Nobody => Err(EngineError::environment(
            "no-such-member",
            format!("{member} is no member of {repository}, or you may not change that"),
        )),
        Change::LastAdmin => {
            let message = format!("{member} is the last admin of {repository}");
            let error = EngineError {
                class: Class::No,
                ..EngineError::environment("last-admin", message)
            };
            Err(error.hint("name another one first: `kanban sync member add LOGIN --role admin`"))
        }
    }
}
