//! A letter over SMTP. TLS is on where the settings say so, or nothing is said.

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    extension::ClientId,
};

use super::{Equipment, Letter, Unsent, letter::written};
use crate::domain::{
    Code,
    notify::{LineSecurity, MailServer},
    outcome::Finding,
    text::visible,
};

/// So much of what a server says is told.
const TOLD: usize = 300;

/// What a server was being asked when it did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Connect,
    Secure,
    SignIn,
    Send,
}

pub(super) async fn send(
    server: &MailServer,
    letter: &Letter,
    with: &Equipment,
) -> Result<(), Unsent> {
    let (envelope, text) = written(letter)?;
    let at = |step| move |error: Error| unsent(server, letter, step, &error);
    let mut line = open(server, with).await?;
    if let Some(user) = &server.user {
        let Some(password) = &with.password else { return Err(no_password(server)) };
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        let ways = [Mechanism::Plain, Mechanism::Login];
        if let Err(error) = line.auth(&ways, &credentials).await {
            line.abort().await;
            return Err(at(Step::SignIn)(error));
        }
    }
    line.send(&envelope, &text).await.map_err(at(Step::Send))?;
    // It is taken: whatever the good-bye comes to.
    let _ = line.quit().await;
    Ok(())
}

async fn open(server: &MailServer, with: &Equipment) -> Result<AsyncSmtpConnection, Unsent> {
    let to = (server.host.as_str(), server.port);
    let hello = ClientId::default();
    let at = |step| move |error: Error| of_server(server, step, &error);
    let tls = match server.security {
        LineSecurity::Clear => None,
        LineSecurity::Tls | LineSecurity::StartTls => {
            Some(parameters(server, with).map_err(at(Step::Secure))?)
        }
    };
    let (at_once, later) = match server.security {
        LineSecurity::Tls => (tls, None),
        LineSecurity::StartTls | LineSecurity::Clear => (None, tls),
    };
    let limit = Some(with.timeout);
    let opened = AsyncSmtpConnection::connect_tokio1(to, limit, &hello, at_once, None).await;
    let mut line = opened.map_err(at(Step::Connect))?;
    if let Some(tls) = later {
        line.starttls(tls, &hello).await.map_err(at(Step::Secure))?;
    }
    Ok(line)
}

fn parameters(server: &MailServer, with: &Equipment) -> Result<TlsParameters, Error> {
    let mut builder = TlsParameters::builder(server.host.clone());
    if let Some(pem) = &with.certificates {
        builder = builder.add_root_certificate(Certificate::from_pem(pem)?);
    }
    builder.build_rustls()
}

fn no_password(server: &MailServer) -> Unsent {
    let user = server.user.as_deref().unwrap_or_default();
    let text = format!("{server} has a user, {user}, and their password is not in the vault.");
    let finding = Finding::new(Code::MailPassword, text, "Store it: `prism-connect mail set`.");
    Unsent { finding, for_good: false, of_all: true }
}

/// Replies after which the same letter is never taken: nobody of that name, or nothing that can be an address (RFC 5321).
const NEVER: [u16; 3] = [550, 551, 553];

fn unsent(server: &MailServer, letter: &Letter, step: Step, error: &Error) -> Unsent {
    let status = error.status().map(u16::from);
    if step != Step::Send || status.is_none() {
        return of_server(server, step, error);
    }
    let said = told(error);
    let for_good = status.is_some_and(|status| NEVER.contains(&status));
    let text = format!("{server} did not take the letter to {}: {said}", letter.to);
    let advice = if for_good {
        "Correct the address in the settings; it is not tried again."
    } else {
        "It is tried again by itself. If it stays so, ask whoever runs the server."
    };
    let finding = Finding::new(Code::MailRefused, text, advice);
    Unsent { finding, for_good, of_all: false }
}

/// What stands in the way of every letter.
fn of_server(server: &MailServer, step: Step, error: &Error) -> Unsent {
    let said = told(error);
    let tls = error.is_tls() || said.to_ascii_lowercase().contains("certificate");
    let (code, text, advice) = match step {
        _ if tls => (
            Code::MailTls,
            format!("{server} cannot be spoken to securely: {said}"),
            "Check the server's name, its certificate, the clock, and `ca_file`.",
        ),
        Step::Connect => (
            Code::MailUnreachable,
            format!("{server} cannot be reached: {said}"),
            "Check `mail.server` and the network.",
        ),
        Step::Secure => (
            Code::MailTls,
            format!("{server} does not begin TLS: {said}"),
            "Nothing is sent without it. Check the port, or write smtps:// where the server wants TLS at once.",
        ),
        Step::SignIn => (
            Code::MailSignIn,
            format!(
                "{server} does not let {} in: {said}",
                server.user.as_deref().unwrap_or_default()
            ),
            "Check the user in `mail.server`, and store the password again: `prism-connect mail set`.",
        ),
        Step::Send => (
            Code::MailCut,
            format!("{server} broke off before the letter was taken: {said}"),
            "It is tried again by itself, under the same Message-ID.",
        ),
    };
    Unsent { finding: Finding::new(code, text, advice), for_good: false, of_all: true }
}

/// The error with what it comes from, on one line.
fn told(error: &Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        source = cause.source();
    }
    visible(&parts.join(": ")).chars().take(TOLD).collect()
}
