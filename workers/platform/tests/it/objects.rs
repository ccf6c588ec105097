//! What nobody goes on with is let go, and what was kept for somebody goes with them.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use domain::objects::{Object, ObjectCommand, ObjectId, ObjectKind, Opened, Over, RemovedBecause};
use domain::users::{Digest, Locale, UserCommand, UserId};
use futures::StreamExt as _;
use objects::{Key, Place, Shelf, Upload};
use platform::objects::{Sweeper, Swept};
use projections::objects::rooms::{self, Room, Taken};
use store::{Commands, Context, ids};

use crate::world::World;

const HOUR: Duration = Duration::from_hours(1);

struct Scene {
    world: World,
    shelf: Shelf,
    sweeper: Sweeper,
    objects: Commands<Object>,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(&Place::Disk(folder.path().to_owned())).unwrap();
        let (log, vault) = (world.log.clone(), world.vault.clone());
        let clock = world.hands.clock();
        Self {
            sweeper: Sweeper::new(log.clone(), shelf.clone(), vault, clock, HOUR, HOUR),
            objects: Commands::new(log),
            shelf,
            world,
            folder,
        }
    }

    /// Takes room for an object and brings its one part, as whoever is killed before opening it.
    async fn arrive(&self, owner: UserId) -> (ObjectId, Upload) {
        let object = ObjectId::new(ids::fresh());
        let key = Key::try_new(&owner.to_string(), "dataset", &object.to_string()).unwrap();
        let at = self.world.hands.now();
        let room = Room {
            object: object.to_string(),
            owner: owner.to_string(),
            key: key.to_string(),
            bytes: 3,
            part_bytes: 8,
            counted: true,
            known_as: None,
            opened_at: at,
            expires_at: Some(at + TimeDelta::hours(1)),
        };
        let taken = rooms::take(self.world.log.pool(), &room, 100)
            .await
            .unwrap();
        assert_eq!(taken, Taken::Now);
        let upload = Upload {
            key,
            bytes: 3,
            part_bytes: 8,
            known_as: None,
        };
        let body = futures::stream::iter([Ok(Bytes::from_static(b"a,b"))]).boxed();
        self.shelf.put_part(&upload, 1, None, body).await.unwrap();
        (object, upload)
    }

    async fn execute(&self, object: ObjectId, command: ObjectCommand) {
        let context = Context::by("tester");
        let stream = object.to_string();
        let asked = self.objects.execute(&stream, command, &context).await;
        asked.unwrap();
    }

    async fn opened(&self, owner: UserId) -> (ObjectId, Upload) {
        let (object, upload) = self.arrive(owner).await;
        let at = self.world.hands.now();
        let opened = Opened {
            owner,
            kind: ObjectKind::Dataset,
            bytes: 3,
            part_bytes: 8,
            sha256: None,
            under: None,
            expires_at: at + TimeDelta::hours(1),
            at,
        };
        self.execute(object, ObjectCommand::Open(opened)).await;
        (object, upload)
    }

    async fn stored(&self, owner: UserId) -> ObjectId {
        let (object, upload) = self.opened(owner).await;
        let finished = self.shelf.finish(&upload, false).await.unwrap();
        let store = ObjectCommand::Store {
            bytes: finished.bytes,
            sha256: Digest::new(finished.sha256),
            at: self.world.hands.now(),
        };
        self.execute(object, store).await;
        object
    }

    async fn over(&self, object: ObjectId) -> Option<Over> {
        match self.objects.look(&object.to_string()).await.unwrap() {
            Object::Over { over, .. } => Some(over),
            _ => None,
        }
    }

    async fn rooms(&self, owner: UserId) -> usize {
        let owner = owner.to_string();
        let rooms = rooms::of_owner(self.world.log.pool(), &owner).await;
        rooms.unwrap().len()
    }
}

fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    let count = |path: std::path::PathBuf| if path.is_dir() { files(&path) } else { 1 };
    entries.map(|entry| count(entry.unwrap().path())).sum()
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_let_go_and_what_is_whole_stays() {
    let scene = Scene::new().await;
    let ann = scene
        .world
        .register("ann@example.com", Locale::English)
        .await;
    let (unfinished, _) = scene.opened(ann).await;
    let (unopened, _) = scene.arrive(ann).await;
    let whole = scene.stored(ann).await;
    let just_before = TimeDelta::hours(1) - TimeDelta::microseconds(1);
    scene.world.hands.advance(just_before);
    assert_eq!(scene.sweeper.sweep().await.unwrap(), Swept::default());
    assert_eq!(scene.over(unfinished).await, None);
    scene.world.hands.advance(TimeDelta::microseconds(1));
    let swept = scene.sweeper.sweep().await.unwrap();
    assert_eq!((swept.expired, swept.renewed), (2, 0));
    assert_eq!(scene.over(unfinished).await, Some(Over::Expired));
    assert_eq!(scene.over(unopened).await, None);
    assert_eq!(scene.over(whole).await, None);
    assert_eq!(files(scene.folder.path()), 1);
    assert_eq!(scene.rooms(ann).await, 1);
    assert_eq!(scene.sweeper.sweep().await.unwrap(), Swept::default());
}

#[tokio::test]
async fn what_is_kept_for_somebody_goes_with_them_and_nothing_else_does() {
    let scene = Scene::new().await;
    let ann = scene
        .world
        .register("ann@example.com", Locale::English)
        .await;
    let bob = scene
        .world
        .register("bob@example.com", Locale::English)
        .await;
    let (unfinished, _) = scene.opened(ann).await;
    let (whole, of_bob) = (scene.stored(ann).await, scene.stored(bob).await);
    scene.arrive(ann).await;
    assert_eq!(scene.sweeper.forget().await.unwrap(), 0);
    let at = scene.world.hands.now();
    let erase = UserCommand::Erase { at };
    let context = Context::by(ann.to_string());
    let stream = ann.to_string();
    let erased = scene.world.users.execute(&stream, erase, &context).await;
    erased.unwrap();
    assert_eq!(scene.sweeper.forget().await.unwrap(), 3);
    let erased = Some(Over::Removed(RemovedBecause::Erased));
    assert_eq!(
        (scene.over(unfinished).await, scene.over(whole).await),
        (erased, erased)
    );
    assert_eq!(scene.over(of_bob).await, None);
    assert_eq!((scene.rooms(ann).await, scene.rooms(bob).await), (0, 1));
    assert_eq!(files(scene.folder.path()), 1);
    assert_eq!(scene.sweeper.forget().await.unwrap(), 0);
}
