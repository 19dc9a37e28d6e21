//! Files put in place of others, so that nothing is lost: not on a crash, not to an editor.
//! Gets paths below a root and bytes from `engine`.
//! Gives what was done, or why it was not.
//! Never: knows what is in a file; writes outside the root, through a link, or over a file that is
//! not the expected one.
//! Read next: `place`, then `replace`.
