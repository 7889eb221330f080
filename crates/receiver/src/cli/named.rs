//! What a person names: by its id, or by its exact name when no other has it.

use anyhow::{Result, bail};
use uuid::Uuid;

/// Those that a refusal lists.
const SHOWN: usize = 20;

/// Something that a person can name.
pub(super) trait Named {
    /// As a sentence has it, and several of it.
    const KIND: (&str, &str);
    fn id(&self) -> Uuid;
    fn name(&self) -> &str;
}

/// The one of that id or name.
pub(super) fn one_of<T: Named>(all: Vec<T>, named: &str) -> Result<T> {
    let (kind, kinds) = T::KIND;
    let id: Option<Uuid> = named.parse().ok();
    let is_meant = |one: &T| Some(one.id()) == id || one.name() == named;
    let (mut meant, others): (Vec<T>, Vec<T>) = all.into_iter().partition(is_meant);
    match (meant.pop(), meant.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(one), false) => {
            meant.push(one);
            bail!(
                "several {kinds} have the name {named}; name one by its id: {}",
                listed(&meant)
            )
        }
        (None, _) if others.is_empty() => {
            bail!("there is no such {kind}: {named}; there is none at all")
        }
        (None, _) => bail!(
            "there is no such {kind}: {named}; write the id or the exact name of one of {}",
            listed(&others)
        ),
    }
}

fn listed<T: Named>(all: &[T]) -> String {
    let shown = all.iter().take(SHOWN);
    let shown = shown.map(|one| format!("{} ({})", one.name(), one.id()));
    let more = all.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("{more} more"));
    shown.chain(more).collect::<Vec<_>>().join(", ")
}
