//! What stands in front: a tab, or one of the panes within it. A tab that has panes holds each, and hands on whatever
//! comes to the one in front.
//!
//! It must not know any screen.

use ratatui::{
    Frame,
    layout::{Position, Rect, Size},
};

use super::{
    action::{Action, Tab},
    keymap::Section,
    listing::AnyList,
    named_product::NamedProduct,
    shell::Shell,
};
use crate::engine::{protocol::SyncRequest, views::Place};

/// Where an action leads beyond its pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Jump {
    /// One level back; nowhere at the top.
    Back,
    /// To a place that the engine named.
    To(Place),
    Tab(Tab),
    /// To a plan of this, on the Sync tab.
    Plan(SyncRequest),
    /// To the plans that wait for approval.
    Approvals,
    /// The service that has a product's name already is taken over, after a question.
    TakeOver(NamedProduct),
    /// To a place, and this is done there.
    Act(Place, Action),
}

/// Which list the keys of a pane move in, told once for whoever reads it and whoever changes it: a list of its own, one of
/// several by where it stands, or that of the pane in front.
macro_rules! keys_move_in {
    ($pane:ident.front()) => {
        fn list(&$pane) -> Option<&dyn $crate::console::listing::AnyList> {
            $pane.front().list()
        }

        fn list_mut(&mut $pane) -> Option<&mut dyn $crate::console::listing::AnyList> {
            $pane.front_mut().list_mut()
        }
    };
    ($pane:ident.$list:ident) => {
        fn list(&$pane) -> Option<&dyn $crate::console::listing::AnyList> {
            Some(&$pane.$list)
        }

        fn list_mut(&mut $pane) -> Option<&mut dyn $crate::console::listing::AnyList> {
            Some(&mut $pane.$list)
        }
    };
    ($pane:ident, $place:expr, { $($here:pat => $($list:ident).+),+ $(,)? }) => {
        fn list(&$pane) -> Option<&dyn $crate::console::listing::AnyList> {
            Some(match $place { $($here => &$pane.$($list).+),+ })
        }

        fn list_mut(&mut $pane) -> Option<&mut dyn $crate::console::listing::AnyList> {
            Some(match $place { $($here => &mut $pane.$($list).+),+ })
        }
    };
}
pub(crate) use keys_move_in;

pub(crate) trait Pane {
    /// Which keys work in it.
    fn section(&self) -> Section;

    /// The list that a filter narrows.
    fn list(&self) -> Option<&dyn AnyList> {
        None
    }

    fn list_mut(&mut self) -> Option<&mut dyn AnyList> {
        None
    }

    /// It was opened: asks for what it shows if that is not there yet.
    fn enter(&mut self, shell: &mut Shell) {
        self.reload(shell);
    }

    /// Something changed behind it: asks again for what it shows.
    fn reload(&mut self, _: &mut Shell) {}

    /// Tells its lists how many of their rows fit into the room inside the border.
    fn fit(&mut self, room: Size);

    fn act(&mut self, action: Action, shell: &mut Shell) -> Option<Jump>;

    /// Whether an action has anything to act on now: the footer offers no other.
    fn offers(&self, _: Action) -> bool {
        true
    }

    /// The key that tries again where it stands, and what: `r tries its 14 changes again`; nothing where there is nothing
    /// to try.
    fn tried_again(&self) -> Option<String> {
        None
    }

    /// Its tab's own key was pressed in it: to what the tab opens on.
    fn to_the_top(&mut self, shell: &mut Shell) {
        self.enter(shell);
    }

    /// Lines inside its border above the first row of its list, the headings among them; none where no row is clicked.
    fn above_rows(&self) -> Option<u16> {
        None
    }

    /// The keys go to its rows from now on, where they went to something above them.
    fn go_to_rows(&mut self) {}

    /// It was clicked at a place inside its border: the row there is selected.
    fn click(&mut self, at: Position) {
        let place = self.above_rows().and_then(|above| at.y.checked_sub(above));
        let Some(place) = place else { return };
        self.go_to_rows();
        if let Some(list) = self.list_mut() {
            list.select_on_screen(place.into());
        }
    }

    /// One step back within it, else [`Jump::Back`] for whoever holds it.
    fn back(&mut self, _: &mut Shell) -> Option<Jump> {
        (!self.clear_filter()).then_some(Jump::Back)
    }

    /// Takes filter and state away; tells whether there was one.
    fn clear_filter(&mut self) -> bool {
        let Some(list) = self.list_mut().filter(|list| list.is_narrowed()) else { return false };
        list.show_all();
        true
    }

    fn draw(&self, frame: &mut Frame, area: Rect, shell: &Shell);
}
