//! Accounts as lines of a tree.

use std::collections::BTreeMap;

use callhouse_core::AccountId;
use callhouse_lake::accounts::Account;

/// Every account with a label that shows what it is below, in order of name on each level.
pub(super) fn lines(accounts: &[Account]) -> Vec<(String, &Account)> {
    let mut children: BTreeMap<Option<&AccountId>, Vec<&Account>> = BTreeMap::new();
    for account in accounts {
        children.entry(account.parent.as_ref()).or_default().push(account);
    }
    // The next to be shown is the last: depth, whether it is the last of its siblings, and what is before its name.
    let mut waiting: Vec<(&Account, String, String)> = Vec::new();
    let mut lines = Vec::with_capacity(accounts.len());
    put(&mut waiting, children.get(&None), None);
    while let Some((account, label, below)) = waiting.pop() {
        lines.push((label, account));
        put(&mut waiting, children.get(&Some(&account.id)), Some(&below));
    }
    lines
}

/// Puts siblings up to be shown; `before` is what stands before the names of those that are below something.
fn put<'a>(
    waiting: &mut Vec<(&'a Account, String, String)>,
    siblings: Option<&Vec<&'a Account>>,
    before: Option<&str>,
) {
    for (from_last, account) in siblings.into_iter().flatten().rev().enumerate() {
        let (label, below) = match (before, from_last) {
            (None, _) => (account.id.to_string(), String::new()),
            (Some(before), 0) => (format!("{before}└─ {}", account.id), format!("{before}   ")),
            (Some(before), _) => (format!("{before}├─ {}", account.id), format!("{before}│  ")),
        };
        waiting.push((account, label, below));
    }
}

#[cfg(test)]
mod tests {
    use callhouse_core::Timestamp;

    use super::*;

    fn account(name: &str, parent: Option<&str>) -> Account {
        let id = |name: &str| AccountId::new(name).expect("an account name");
        Account {
            id: id(name),
            hash: id(name).hash(),
            parent: parent.map(id),
            login: name.to_owned(),
            enabled: true,
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn accounts_stand_below_their_parents() {
        let accounts = [
            account("acme", None),
            account("acme-lyon", Some("acme")),
            account("acme-paris", Some("acme")),
            account("acme-paris-1", Some("acme-paris")),
            account("acme-lyon-1", Some("acme-lyon")),
            account("globex", None),
        ];
        let labels: Vec<String> = lines(&accounts).into_iter().map(|(label, _)| label).collect();
        let expected =
            ["acme", "├─ acme-lyon", "│  └─ acme-lyon-1", "└─ acme-paris", "   └─ acme-paris-1", "globex"];
        assert_eq!(labels, expected);
    }
}
