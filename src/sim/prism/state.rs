//! What the handlers of the simulated PRISM share: the world, how it was set up, how it behaves. It knows no request.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::settings::PrismSettings;
use crate::assumptions::Assumptions;
use crate::behaviour::Behaviour;
use crate::world::World;

/// The world as the servers share it.
pub type SharedWorld = Arc<RwLock<World>>;

/// What every handler has.
#[derive(Clone, Debug)]
pub(super) struct Prism {
    pub(super) world: SharedWorld,
    pub(super) settings: Arc<PrismSettings>,
    pub(super) behaviour: Behaviour,
}

impl Prism {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn assumed(&self) -> Assumptions {
        self.behaviour.assumed()
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }
}
