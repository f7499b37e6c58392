//! CALLR's `SubAccount`. callhouse keeps accounts and no customers: of what it does not know, lists are empty and
//! everything else is null.

use std::collections::HashSet;

use callhouse_core::AccountId;
use callhouse_lake::accounts::Account;
use serde::Serialize;

use crate::callr::format::datetime;

/// `SubAccount`, and beyond CALLR: `hash`, `id` (the name events use), `parent` (hash of the account above) and
/// `created_at`.
#[derive(Serialize)]
pub(super) struct SubAccount {
    account: Owner,
    contact: Contact,
    created_at: String,
    credentials: Credentials,
    hash: String,
    id: String,
    params: Params,
    parent: Option<String>,
    state: State,
}

#[derive(Serialize)]
struct Owner {
    company: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
}

#[derive(Serialize)]
struct Contact {
    addresses: [(); 0],
    emails: [(); 0],
    phones: [(); 0],
    tech_emails: [(); 0],
}

#[derive(Serialize)]
struct Credentials {
    login: String,
    /// Never: it is shown when it is made, which happens on the command line.
    password: Option<String>,
}

#[derive(Serialize)]
struct Params {
    billing: Billing,
    default: Defaults,
}

#[derive(Serialize)]
struct Billing {
    addresses: [(); 0],
    currency_code: Option<String>,
    emails: [(); 0],
}

#[derive(Serialize)]
struct Defaults {
    locale: Option<String>,
    timezone: Option<String>,
}

/// `SubAccount.State`, and beyond CALLR `disabled_above`: an account above it is disabled, so nobody can log in as it
/// whatever its own switch says.
#[derive(Serialize)]
struct State {
    allow_calls_in: Option<bool>,
    allow_calls_out: Option<bool>,
    allow_sms_in: Option<bool>,
    allow_sms_out: Option<bool>,
    archived: bool,
    credit: Option<String>,
    disabled: bool,
    disabled_above: bool,
}

impl SubAccount {
    /// An account among those below the caller's; `stopped` are those of them that are disabled themselves or by one above.
    pub(super) fn new(account: &Account, stopped: &HashSet<AccountId>) -> Self {
        let disabled_above = account.parent.as_ref().is_some_and(|parent| stopped.contains(parent));
        Self {
            account: Owner { company: None, firstname: None, lastname: None },
            contact: Contact { addresses: [], emails: [], phones: [], tech_emails: [] },
            created_at: datetime(account.created_at),
            credentials: Credentials { login: account.login.clone(), password: None },
            hash: account.hash.clone(),
            id: account.id.to_string(),
            params: Params {
                billing: Billing { addresses: [], currency_code: None, emails: [] },
                default: Defaults { locale: None, timezone: None },
            },
            parent: account.parent.as_ref().map(AccountId::hash),
            state: State {
                allow_calls_in: None,
                allow_calls_out: None,
                allow_sms_in: None,
                allow_sms_out: None,
                archived: false,
                credit: None,
                disabled: !account.enabled,
                disabled_above,
            },
        }
    }
}
