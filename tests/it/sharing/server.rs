//! The servers of the tests themselves.

use crate::support::pg::{self, Cluster};

#[test]
fn a_server_starts_serves_and_leaves_nothing() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let folder = cluster.folder().to_owned();
    let database = cluster.database();
    assert_eq!(database.sql("SELECT 40 + 2"), "42");
    let eve = database.login("eve", &[]);
    database.password(&eve, "abc");
    let refusal = database.sql_as(&eve, "SELECT 1").unwrap_err();
    assert!(refusal.contains("password"), "{refusal}");
    assert!(database.log().contains("SELECT 40 + 2"));
    cluster.crash();
    cluster.again();
    assert_eq!(database.sql("SELECT 1"), "1");
    drop(cluster);
    assert!(!folder.exists(), "{} remains", folder.display());
}

#[test]
fn every_test_has_a_database_of_its_own() {
    let (Some(one), Some(two)) = (pg::database(), pg::database()) else {
        return;
    };
    one.sql("CREATE TABLE t (x int); INSERT INTO t VALUES (1)");
    assert_eq!(
        two.sql("SELECT count(*) FROM pg_class WHERE relname = 't'"),
        "0"
    );
    assert!(one.dump().contains("INSERT INTO public.t VALUES (1)"));
    assert!(!two.log().contains("CREATE TABLE"));
}
