//! The whole site under virtual time, one file for each subject.

mod crash;
mod delivery;
mod ends;
mod gap;
mod groups;
mod harness;
mod login;
mod posts;
mod presence;
mod violations;
