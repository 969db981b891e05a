//! Who may call PRISM: client credentials, tokens and device sign-ins. It says yes or no and knows no HTTP.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::chance::{Purpose, guid, mix};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A client with credentials; its name.
    Client(String),
    /// A person who signed in on another machine.
    User,
}

/// Where a device sign-in stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// Nobody has answered yet.
    Pending,
    /// Somebody approved; a token may be fetched once.
    Approved,
    /// Somebody refused.
    Denied,
}

#[derive(Clone, Debug)]
struct Client {
    id: String,
    secret: String,
    name: String,
}

#[derive(Clone, Debug)]
struct Device {
    user_code: String,
    state: SignIn,
    expires: Instant,
}

/// Credentials, tokens and device sign-ins.
#[derive(Debug)]
pub(crate) struct Access {
    seed: u64,
    issued: usize,
    clients: Vec<Client>,
    tokens: HashMap<String, (Instant, Holder)>,
    devices: HashMap<String, Device>,
}

impl Access {
    /// With one client's credentials.
    pub(crate) fn new(seed: u64) -> Self {
        let mut access = Self {
            seed,
            issued: 0,
            clients: Vec::new(),
            tokens: HashMap::new(),
            devices: HashMap::new(),
        };
        access.add_client("PRISM Connect");
        access
    }

    /// A new pair of client id and secret.
    pub(crate) fn add_client(&mut self, name: &str) -> (String, String) {
        let number = self.clients.len();
        let id = guid(self.seed, Purpose::Access, number).to_string();
        let secret = self.text(number, 4);
        let client = Client { id: id.clone(), secret: secret.clone(), name: name.to_owned() };
        self.clients.push(client);
        (id, secret)
    }

    /// The pair that exists from the start.
    pub(crate) fn first_client(&self) -> (&str, &str) {
        let client = &self.clients[0];
        (&client.id, &client.secret)
    }

    pub(crate) fn client_name(&self, id: &str, secret: &str) -> Option<String> {
        let fits = |client: &&Client| client.id.eq_ignore_ascii_case(id) && client.secret == secret;
        self.clients.iter().find(fits).map(|client| client.name.clone())
    }

    /// A new token, good for so long.
    pub(crate) fn token(&mut self, holder: Holder, lifetime: Duration) -> String {
        let now = Instant::now();
        self.tokens.retain(|_, (expires, _)| *expires > now);
        self.issued += 1;
        let token = format!(
            "eyJhbGciOiJSUzI1NiJ9.{}.{}",
            self.text(self.issued, 5),
            self.text(self.issued, 6)
        );
        self.tokens.insert(token.clone(), (now + lifetime, holder));
        token
    }

    pub(crate) fn holder(&self, token: &str) -> Option<Holder> {
        let (expires, holder) = self.tokens.get(token)?;
        (*expires > Instant::now()).then(|| holder.clone())
    }

    /// Makes every token bad at once.
    pub(crate) fn forget_tokens(&mut self) {
        self.tokens.clear();
    }

    /// A new device sign-in: device code and user code.
    pub(crate) fn begin_sign_in(&mut self, lifetime: Duration) -> (String, String) {
        self.issued += 1;
        let device_code = self.text(self.issued, 8);
        let user_code = self.text(self.issued, 9)[..8].to_uppercase();
        let user_code = format!("{}-{}", &user_code[..4], &user_code[4..]);
        let device = Device {
            user_code: user_code.clone(),
            state: SignIn::Pending,
            expires: Instant::now() + lifetime,
        };
        self.devices.insert(device_code.clone(), device);
        (device_code, user_code)
    }

    /// A person's answer to a user code; false when there is no such open sign-in.
    pub(crate) fn answer(&mut self, user_code: &str, approve: bool) -> bool {
        let now = Instant::now();
        let open = |device: &&mut Device| {
            device.user_code.eq_ignore_ascii_case(user_code.trim())
                && device.state == SignIn::Pending
                && device.expires > now
        };
        let Some(device) = self.devices.values_mut().find(open) else { return false };
        device.state = if approve { SignIn::Approved } else { SignIn::Denied };
        true
    }

    /// Where a sign-in stands; an answered one is forgotten. None when it expired or never was.
    pub(crate) fn poll(&mut self, device_code: &str) -> Option<SignIn> {
        let device = self.devices.get(device_code)?;
        let (state, expired) = (device.state.clone(), device.expires <= Instant::now());
        if expired || state != SignIn::Pending {
            self.devices.remove(device_code);
        }
        (!expired).then_some(state)
    }

    /// 32 characters that nobody guesses by accident.
    fn text(&self, number: usize, part: u64) -> String {
        let half = |side| mix(&[self.seed, Purpose::Access as u64, number as u64, part, side]);
        format!("{:016x}{:016x}", half(1), half(2))
    }
}
