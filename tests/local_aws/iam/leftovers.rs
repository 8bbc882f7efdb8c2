//! What else keeps a user or role from being deleted: groups, certificates, SSH keys, credentials
//! for single services, instance profiles. Listed and taken away; made by scenarios alone.

use super::super::clock;
use super::super::form::{Check, Text, is_word_or};
use super::super::model::{Belonging, Group};
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::xml::Xml;
use super::names;
use super::page::Page;
use super::subject;

pub fn groups(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("UserName", names::USER);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let user = subject::user(call, Some(name), "iam:ListGroupsForUser")?;
    let account = call.account();
    let groups: Vec<&Group> = account.groups_of(&user.name).collect();
    page?.write("Groups", &groups, |xml, group| {
        xml.text("Path", &group.path)
            .text("GroupName", &group.name)
            .text("GroupId", &group.id)
            .text("Arn", account.group_arn(group))
            .text("CreateDate", clock::iso8601(group.created));
    })
}

pub fn leave_group(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let group = check.required_name("GroupName", names::POLICY);
    let user = check.required_name("UserName", names::USER);
    check.done()?;
    let found = call.account().groups.get(group);
    let arn = found.map_or_else(
        || call.account().arn(&format!("group/{group}")),
        |group| call.account().group_arn(group),
    );
    subject::allowed_as(
        call,
        "iam:RemoveUserFromGroup",
        &arn,
        &format!("group {group}"),
    )?;
    if !call.account().users.contains_key(user) {
        return Err(missing(format!(
            "The user with name {user} cannot be found."
        )));
    }
    let group_found = call.account_mut().groups.get_mut(group);
    let members = &mut group_found
        .ok_or_else(|| missing(format!("The group with name {group} cannot be found.")))?
        .members;
    if !members.remove(user) {
        return Err(missing(format!("User {user} not in group {group}")));
    }
    Ok(Xml::default())
}

pub fn certificates(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let kind = Belonging::SigningCertificate;
    list(
        call,
        "ListSigningCertificates",
        "Certificates",
        kind,
        |xml, id| {
            xml.text("CertificateId", id)
                .text("CertificateBody", "-----BEGIN CERTIFICATE-----")
                .text("Status", "Active");
        },
    )
}

pub fn ssh_keys(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let kind = Belonging::SshPublicKey;
    list(
        call,
        "ListSSHPublicKeys",
        "SSHPublicKeys",
        kind,
        |xml, id| {
            xml.text("SSHPublicKeyId", id)
                .text("Status", "Active")
                .text("UploadDate", "2026-01-01T00:00:00Z");
        },
    )
}

pub fn service_credentials(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let kind = Belonging::ServiceSpecificCredential;
    let (action, name) = (
        "ListServiceSpecificCredentials",
        "ServiceSpecificCredentials",
    );
    list(call, action, name, kind, |xml, id| {
        xml.text("Status", "Active")
            .text("ServiceUserName", format!("{id}-at-codecommit"))
            .text("CreateDate", "2026-01-01T00:00:00Z")
            .text("ServiceSpecificCredentialId", id)
            .text("ServiceName", "codecommit.amazonaws.com");
    })
}

fn list(
    call: &mut Call<'_>,
    action: &str,
    name: &str,
    kind: Belonging,
    describe: fn(&mut Xml, &str),
) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::USER);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let user = subject::user(call, named, &format!("iam:{action}"))?;
    let ids: Vec<&String> = user
        .belongings
        .iter()
        .filter(|(of, _)| *of == kind)
        .map(|(_, id)| id)
        .collect();
    page?.write(name, &ids, |xml, id| {
        xml.text("UserName", &user.name);
        describe(xml, id);
    })
}

pub fn delete_certificate(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let kind = Belonging::SigningCertificate;
    delete(
        call,
        "iam:DeleteSigningCertificate",
        "CertificateId",
        kind,
        "Certificate",
    )
}

pub fn delete_ssh_key(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let kind = Belonging::SshPublicKey;
    delete(
        call,
        "iam:DeleteSSHPublicKey",
        "SSHPublicKeyId",
        kind,
        "SSH Public Key",
    )
}

pub fn delete_service_credential(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let (action, parameter) = (
        "iam:DeleteServiceSpecificCredential",
        "ServiceSpecificCredentialId",
    );
    let kind = Belonging::ServiceSpecificCredential;
    delete(call, action, parameter, kind, "Service Specific Credential")
}

fn delete(
    call: &mut Call<'_>,
    action: &str,
    parameter: &'static str,
    kind: Belonging,
    word: &str,
) -> Result<Xml, Refusal> {
    let rule = Text {
        parameter,
        length: 20..=128,
        pattern: "[\\w]+",
        allows: |letter| is_word_or(letter, ""),
    };
    let mut check = Check::new(call.form);
    let named = check.name("UserName", names::USER);
    let id = check.required(&rule);
    check.done()?;
    let user = subject::user_mut(call, named, action)?;
    if !user.belongings.remove(&(kind, id.to_owned())) {
        return Err(missing(format!("The {word} with id {id} cannot be found.")));
    }
    Ok(Xml::default())
}

pub fn instance_profiles(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let name = check.required_name("RoleName", names::ROLE);
    let page = Page::read(&mut check, call.world.page_size);
    check.done()?;
    let role = subject::role(call, name, "iam:ListInstanceProfilesForRole")?;
    let names: Vec<&String> = role.instance_profiles.iter().collect();
    let account = call.account();
    page?.write("InstanceProfiles", &names, |xml, name| {
        xml.text("Path", "/")
            .text("InstanceProfileName", name)
            .text(
                "InstanceProfileId",
                format!("AIPA{:X<17}", name.to_uppercase()),
            )
            .text("Arn", account.arn(&format!("instance-profile/{name}")))
            .text("CreateDate", clock::iso8601(role.created))
            .within("Roles", |_| ());
    })
}

pub fn leave_instance_profile(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let profile = check.required_name("InstanceProfileName", names::POLICY);
    let role = check.required_name("RoleName", names::ROLE);
    check.done()?;
    let resource = format!("instance-profile/{profile}");
    subject::allowed(call, "iam:RemoveRoleFromInstanceProfile", &resource)?;
    let found = call.account_mut().roles.get_mut(role);
    if !found.is_some_and(|found| found.instance_profiles.remove(profile)) {
        return Err(missing(format!(
            "Instance Profile {profile} cannot be found."
        )));
    }
    Ok(Xml::default())
}

fn missing(message: String) -> Refusal {
    Refusal::no_such_entity(message)
}
