//! All receivers that are watched: which is chosen, and which one a link, a clinic or a grant belongs to.

use uuid::Uuid;

use super::Core;
use super::post::Post;

impl Core {
    /// The one that the pages of a single receiver show; a vacant one while none is known.
    pub(super) fn chosen(&self) -> &Post {
        &self.posts[self.chosen_at()]
    }

    pub(super) fn chosen_mut(&mut self) -> &mut Post {
        let at = self.chosen_at();
        &mut self.posts[at]
    }

    fn chosen_at(&self) -> usize {
        let is_current = |post: &Post| post.entry.as_ref().is_some_and(|entry| entry.current);
        self.posts.iter().position(is_current).unwrap_or(0)
    }

    pub(super) fn at_epoch(&self, epoch: u64) -> Option<usize> {
        let of_epoch = |post: &Post| post.epoch == epoch && post.connection.is_some();
        self.posts.iter().position(of_epoch)
    }

    pub(super) fn at_key(&self, key: &str) -> Option<usize> {
        self.posts.iter().position(|post| post.key == key)
    }

    /// Whose link it is; the chosen one's when nobody told of it.
    pub(super) fn of_link(&self, id: Uuid) -> &Post {
        self.owner(|post| post.told.links.contains_key(&id))
    }

    pub(super) fn of_clinic(&self, id: Uuid) -> &Post {
        self.owner(|post| post.told.clinics.iter().any(|clinic| clinic.id == id))
    }

    pub(super) fn of_grant(&self, id: Uuid) -> &Post {
        self.owner(|post| post.told.grants.iter().any(|grant| grant.id == id))
    }

    /// The chosen one first: an id that two of them told, by a copy of one's store, is the chosen one's.
    fn owner(&self, owns: impl Fn(&Post) -> bool) -> &Post {
        let chosen = self.chosen();
        if owns(chosen) {
            return chosen;
        }
        let owner = self.posts.iter().find(|post| owns(post));
        owner.unwrap_or(chosen)
    }

    /// The link as last told, whosever it is.
    pub(super) fn link_of(&self, id: Uuid) -> Option<&syncward_wire::Link> {
        self.of_link(id).told.links.get(&id)
    }

    /// More than one is paired, so it matters which.
    pub(super) fn is_several(&self) -> bool {
        self.posts
            .iter()
            .filter(|post| post.entry.is_some())
            .count()
            > 1
    }
}
