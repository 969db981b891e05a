//! What stands in front: a tab, or one of the panes within it. A tab that has panes holds each, and hands on whatever
//! comes to the one in front.
//!
//! It must not know any screen.

use ratatui::{
    Frame,
    layout::{Position, Rect},
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

        fn stands_still(&$pane) -> bool {
            $pane.front().stands_still()
        }

        fn go_to_part(&mut $pane, at: ratatui::layout::Position) {
            $pane.front_mut().go_to_part(at);
        }

        fn click(&mut $pane, at: ratatui::layout::Position) {
            $pane.front_mut().click(at);
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

    /// Whether its list is long and changes only by what the operator does: it pays to make it ready for a filter.
    fn stands_still(&self) -> bool {
        false
    }

    /// It was opened: asks for what it shows if that is not there yet.
    fn enter(&mut self, shell: &mut Shell) {
        self.reload(shell);
    }

    /// Something changed behind it: asks again for what it shows.
    fn reload(&mut self, _: &mut Shell) {}

    /// Tells its lists where their rows stand in the room inside the border.
    fn fit(&mut self, room: Rect);

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

    /// The keys go to the part of it that stands at this place of the screen, where it has several.
    fn go_to_part(&mut self, _: Position) {}

    /// It was clicked at a place of the screen: the row there is selected.
    fn click(&mut self, at: Position) {
        self.go_to_part(at);
        if let Some(list) = self.list_mut() {
            list.select_at(at);
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
