//! A bounded memory of aggregates that were used lately.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use foldhash::{HashMap, HashMapExt};

/// One memory for each type of aggregate, whoever in the program asks for it: what one slice wrote,
/// another need not read.
#[derive(Clone, Debug)]
pub(crate) struct Memories {
    all: Arc<Mutex<BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>>>,
    entries_max: usize,
}

impl Memories {
    /// Each with so many aggregates at the most.
    pub(crate) fn holding(entries_max: usize) -> Self {
        let all = Arc::default();
        Self { all, entries_max }
    }

    /// The same size, with nothing in it.
    pub(crate) fn apart(&self) -> Self {
        Self::holding(self.entries_max)
    }

    pub(crate) fn of<A: Clone + Send + 'static>(&self) -> Arc<Cache<A>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh =
            || Arc::new(Cache::<A>::holding(self.entries_max)) as Arc<dyn Any + Send + Sync>;
        let found = all.entry(TypeId::of::<A>()).or_insert_with(fresh);
        let Ok(memory) = Arc::clone(found).downcast() else {
            unreachable!("each is kept under its own type");
        };
        memory
    }
}

/// Two generations: what is not used while the young one fills up is forgotten with the old one.
#[derive(Debug)]
pub(crate) struct Cache<A> {
    generations: Mutex<Generations<A>>,
    generation_max: usize,
}

#[derive(Debug)]
struct Generations<A> {
    young: HashMap<String, (A, i64)>,
    old: HashMap<String, (A, i64)>,
}

impl<A: Clone> Cache<A> {
    pub(crate) fn holding(entries_max: usize) -> Self {
        Self {
            generations: Mutex::new(Generations {
                young: HashMap::new(),
                old: HashMap::new(),
            }),
            generation_max: (entries_max / 2).max(1),
        }
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Generations<A>) -> T) -> T {
        work(
            &mut self
                .generations
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    pub(crate) fn get(&self, id: &str) -> Option<(A, i64)> {
        let generation_max = self.generation_max;
        self.locked(|generations| {
            if let Some(found) = generations.young.get(id) {
                return Some(found.clone());
            }
            let found = generations.old.remove(id)?;
            generations.insert(id.to_owned(), found.clone(), generation_max);
            Some(found)
        })
    }

    /// Remembers the aggregate after so many events, unless a later state is remembered already.
    pub(crate) fn put(&self, id: &str, aggregate: A, version: i64) {
        let generation_max = self.generation_max;
        self.locked(|generations| {
            let known = generations
                .young
                .get(id)
                .or_else(|| generations.old.get(id));
            if known.is_none_or(|(_, known)| *known < version) {
                generations.insert(id.to_owned(), (aggregate, version), generation_max);
            }
        });
    }

    pub(crate) fn forget(&self, id: &str) {
        self.locked(|generations| {
            generations.young.remove(id);
            generations.old.remove(id);
        });
    }
}

impl<A> Generations<A> {
    fn insert(&mut self, id: String, entry: (A, i64), generation_max: usize) {
        if self.young.len() >= generation_max {
            let emptied = HashMap::with_capacity(generation_max);
            self.old = std::mem::replace(&mut self.young, emptied);
        }
        self.young.insert(id, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_state_never_replaces_a_later_one() {
        let cache = Cache::holding(10);
        cache.put("a", "late", 2);
        cache.put("a", "early", 1);
        assert_eq!(cache.get("a"), Some(("late", 2)));
    }

    #[test]
    fn what_one_remembers_all_who_ask_for_the_type_do() {
        let memories = Memories::holding(8);
        memories.of::<u8>().put("a", 7, 1);
        assert_eq!(memories.clone().of::<u8>().get("a"), Some((7, 1)));
        assert_eq!(memories.of::<u16>().get("a"), None);
    }

    #[test]
    fn what_is_used_survives_what_is_not() {
        let cache = Cache::holding(4);
        cache.put("used", 0, 1);
        for number in 0..100 {
            cache.put(&format!("passing {number}"), number, 1);
            assert_eq!(cache.get("used"), Some((0, 1)));
        }
        assert_eq!(cache.get("passing 0"), None);
    }
}
