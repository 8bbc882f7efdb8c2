//! IAM's reading actions: ListMFADevices with pages and permissions, GetUser, ListUsers.

use super::client::{Credentials, iam, sts};
use crate::local_aws::{LocalAws, Preset, Trust};

#[test]
fn devices_of_every_kind_are_listed_in_pages() {
    let aws = LocalAws::start();
    let carol = aws.user("carol").policy(Preset::SelfService);
    let key = Credentials::from(&carol.key());
    let mut serials: Vec<String> = (1..=5)
        .map(|number| carol.virtual_mfa_named(&format!("carol-{number}")).serial)
        .collect();
    serials.push(carol.hardware_mfa("GAHT12345678").serial);
    serials.push(carol.passkey("laptop-"));
    serials.sort();
    aws.user("bob").virtual_mfa();

    let whole = iam(&aws, &key, "ListMFADevices", &[]);
    assert_eq!(whole.all("SerialNumber"), serials);
    assert_eq!(whole.text("IsTruncated"), "false");
    assert_eq!(whole.all("Marker"), Vec::<String>::new());
    assert!(whole.all("UserName").iter().all(|name| name == "carol"));
    assert!(whole.text("EnableDate").ends_with('Z'));

    let (mut collected, mut sizes) = (Vec::new(), Vec::new());
    let mut marker = String::new();
    loop {
        let mut parameters = vec![("MaxItems", "3")];
        if !marker.is_empty() {
            parameters.push(("Marker", &marker));
        }
        let page = iam(&aws, &key, "ListMFADevices", &parameters);
        let shown = page.all("SerialNumber");
        sizes.push(shown.len());
        collected.extend(shown);
        if page.text("IsTruncated") == "false" {
            break;
        }
        marker = page.text("Marker");
    }
    assert_eq!((collected, sizes), (serials, vec![3, 3, 1]));
    let invented = iam(&aws, &key, "ListMFADevices", &[("Marker", "AAMA99")]);
    assert_eq!(invented.verdict(), "400 ValidationError: Invalid Marker.");
}

#[test]
fn who_may_list_whose_devices() {
    let aws = LocalAws::start();
    let nobody = aws.user("nobody");
    let own = aws.user("own").policy(Preset::SelfService);
    let admin = aws.user("admin").policy(Preset::Admin);
    let list = |key: &Credentials, user: Option<&str>| {
        let parameters: Vec<(&str, &str)> =
            user.map(|name| ("UserName", name)).into_iter().collect();
        iam(&aws, key, "ListMFADevices", &parameters).verdict()
    };
    let [nobodys, owns, admins] =
        [&nobody, &own, &admin].map(|user| Credentials::from(&user.key()));
    assert_eq!(
        list(&nobodys, None),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/nobody is not authorized to perform: iam:ListMFADevices on resource: user nobody because no identity-based policy allows the iam:ListMFADevices action"
    );
    assert_eq!(list(&owns, None), "200");
    assert_eq!(list(&owns, Some("own")), "200");
    assert!(list(&owns, Some("admin")).starts_with("403 AccessDenied"));
    assert_eq!(list(&admins, Some("own")), "200");
    assert_eq!(
        list(&admins, Some("ghost")),
        "404 NoSuchEntity: The user with name ghost cannot be found."
    );
    assert!(list(&owns, Some("ghost")).starts_with("403 AccessDenied"));
}

#[test]
fn a_role_has_to_say_whose_devices_it_means() {
    let aws = LocalAws::start();
    let alice = aws.user("team/alice");
    let role = aws
        .role("Admin")
        .trusts(Trust::new(&alice.arn))
        .policy(Preset::Admin);
    let parameters = [("RoleArn", role.arn.as_str()), ("RoleSessionName", "alice")];
    let key = Credentials::from(&alice.key());
    let credentials = sts(&aws, &key, "AssumeRole", &parameters).credentials();
    assert_eq!(
        iam(&aws, &credentials, "ListMFADevices", &[]).verdict(),
        "400 ValidationError: Must specify userName when calling with non-User credentials"
    );
    let user = iam(&aws, &credentials, "GetUser", &[("UserName", "alice")]);
    assert_eq!(user.text("Path"), "/team/");
    assert_eq!(
        user.text("Arn"),
        "arn:aws:iam::123456789012:user/team/alice"
    );
}

#[test]
fn users_are_listed_by_path_to_whoever_may() {
    let aws = LocalAws::start();
    let admin = Credentials::from(&aws.user("admin").policy(Preset::Admin).key());
    let alice = aws.user("team/alice").policy(Preset::SelfService);
    let list =
        |key: &Credentials, parameters: &[(&str, &str)]| iam(&aws, key, "ListUsers", parameters);
    assert_eq!(list(&admin, &[]).all("UserName"), ["admin", "alice"]);
    let team = list(&admin, &[("PathPrefix", "/team/")]);
    assert_eq!(team.all("Arn"), [alice.arn.as_str()]);
    let first = list(&admin, &[("MaxItems", "1")]);
    assert_eq!(first.text("IsTruncated"), "true");
    assert_eq!(
        list(&Credentials::from(&alice.key()), &[]).verdict(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/team/alice is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action"
    );
}
