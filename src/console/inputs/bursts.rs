//! Keys that come faster than anybody types: the pieces of one key that the line tore apart, and pastes that no terminal
//! marked as such.
//!
//! It must not know what a key means.

use std::{collections::VecDeque, future::poll_fn, io, task::Poll, time::Duration};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::{Stream, StreamExt as _, stream::unfold};
use tokio::time::{Instant, timeout_at};

use crate::console::{frames::Frames, message::Message};

/// More keys than these within [`AT_ONCE`] were not typed one by one.
const TYPED: usize = 8;
const AT_ONCE: Duration = Duration::from_millis(5);

type Input = io::Result<Message>;

/// The same messages; keys that came at once are one of them. For so long an Esc may be the beginning of another key, of
/// which the rest is still on its way.
pub(super) fn in_bursts(
    inputs: impl Stream<Item = Input> + Unpin + 'static,
    esc_hold: Duration,
    frames: Frames,
) -> impl Stream<Item = Input> + Unpin {
    let next = move |(mut inputs, mut gathered, mut at): (_, VecDeque<Input>, u64)| {
        let frames = frames.clone();
        async move {
            if gathered.is_empty() {
                (gathered, at) = gather(&mut inputs, esc_hold, &frames).await;
            }
            let input = gathered.pop_front()?;
            let input = if at < frames.last() { pressed_at(input, at) } else { input };
            Some((input, (inputs, gathered, at)))
        }
    };
    unfold((inputs, VecDeque::new(), 0), next).boxed_local()
}

/// A key that was held back while frames were drawn.
fn pressed_at(input: Input, frame: u64) -> Input {
    match input {
        Ok(Message::Pressed(key)) => Ok(Message::PressedAt(key, frame)),
        other => other,
    }
}

/// The next input with all that came with it, none at the end; and which frame was the last when it came.
async fn gather(
    inputs: &mut (impl Stream<Item = Input> + Unpin),
    esc_hold: Duration,
    frames: &Frames,
) -> (VecDeque<Input>, u64) {
    let mut all: VecDeque<Input> = inputs.next().await.into_iter().collect();
    let at = frames.last();
    take_waiting(inputs, &mut all).await;
    if all.len() > 1 {
        take_until(inputs, &mut all, AT_ONCE).await;
    }
    if all.back().is_some_and(|last| is_key(last, KeyCode::Esc)) {
        take_until(inputs, &mut all, esc_hold).await;
    }
    (as_bursts(mended(all)), at)
}

/// Polled by this very task: a key that comes later must wake it.
async fn take_waiting(inputs: &mut (impl Stream<Item = Input> + Unpin), all: &mut VecDeque<Input>) {
    while let Poll::Ready(Some(input)) =
        poll_fn(|task| Poll::Ready(inputs.poll_next_unpin(task))).await
    {
        all.push_back(input);
    }
}

async fn take_until(
    inputs: &mut (impl Stream<Item = Input> + Unpin),
    all: &mut VecDeque<Input>,
    stretch: Duration,
) {
    let end = Instant::now() + stretch;
    while let Ok(Some(input)) = timeout_at(end, inputs.next()).await {
        all.push_back(input);
    }
}

fn key(input: &Input) -> Option<KeyEvent> {
    match input {
        Ok(Message::Pressed(key)) => Some(*key),
        _ => None,
    }
}

fn is_key(input: &Input, code: KeyCode) -> bool {
    key(input).is_some_and(|key| key.code == code && key.modifiers.is_empty())
}

/// `Esc`, `[`, `B` was the key ↓.
fn mended(mut all: VecDeque<Input>) -> VecDeque<Input> {
    let mut whole = VecDeque::with_capacity(all.len());
    while let Some(input) = all.pop_front() {
        let torn = is_key(&input, KeyCode::Esc)
            && all.front().is_some_and(|next| {
                is_key(next, KeyCode::Char('[')) || is_key(next, KeyCode::Char('O'))
            });
        match all.get(1).and_then(key).and_then(named).filter(|_| torn) {
            Some(code) => {
                all.drain(..2);
                whole.push_back(Ok(Message::Pressed(KeyEvent::new(code, KeyModifiers::NONE))));
            }
            None => whole.push_back(input),
        }
    }
    whole
}

/// Which key the last letter of its sequence stands for.
fn named(last: KeyEvent) -> Option<KeyCode> {
    match last.code {
        KeyCode::Char('A') => Some(KeyCode::Up),
        KeyCode::Char('B') => Some(KeyCode::Down),
        KeyCode::Char('C') => Some(KeyCode::Right),
        KeyCode::Char('D') => Some(KeyCode::Left),
        KeyCode::Char('H') => Some(KeyCode::Home),
        KeyCode::Char('F') => Some(KeyCode::End),
        KeyCode::Char('Z') => Some(KeyCode::BackTab),
        _ => None,
    }
}

/// Keys beside each other, where they are more than anybody types, as one message.
fn as_bursts(all: VecDeque<Input>) -> VecDeque<Input> {
    if all.iter().filter_map(key).count() <= TYPED {
        return all;
    }
    let mut told: VecDeque<Input> = VecDeque::new();
    for input in all {
        match (key(&input), told.back_mut()) {
            (Some(key), Some(Ok(Message::Burst(keys)))) => keys.push(key),
            (Some(key), _) => told.push_back(Ok(Message::Burst(vec![key]))),
            (None, _) => told.push_back(input),
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use futures_util::stream::iter;

    use super::*;

    const HOLD: Duration = Duration::from_millis(30);

    fn pressed(code: KeyCode) -> Message {
        Message::Pressed(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn typed(text: &str) -> Vec<Message> {
        text.chars().map(|letter| pressed(KeyCode::Char(letter))).collect()
    }

    async fn told(inputs: Vec<Message>) -> Vec<Message> {
        let inputs = iter(inputs.into_iter().map(Ok));
        let all: Vec<Input> = in_bursts(inputs, HOLD, Frames::default()).collect().await;
        all.into_iter().map(|input| input.expect("no error goes in")).collect()
    }

    #[tokio::test]
    async fn a_few_keys_at_once_stay_keys_and_many_are_one_burst() {
        let few = told(typed("quickkey")).await;
        assert_eq!(few.len(), 8);
        assert!(few.iter().all(|message| matches!(message, Message::Pressed(_))));
        let many = told(typed("q:?pasted")).await;
        assert!(matches!(&many[..], [Message::Burst(keys)] if keys.len() == 9), "{many:?}");
    }

    #[tokio::test]
    async fn what_is_no_key_keeps_its_place_in_a_burst() {
        let mut inputs = typed("12345");
        inputs.push(Message::Resized(80, 24));
        inputs.extend(typed("6789"));
        let all = told(inputs).await;
        let [Message::Burst(before), Message::Resized(..), Message::Burst(after)] = &all[..] else {
            panic!("{all:?}")
        };
        assert_eq!((before.len(), after.len()), (5, 4));
    }

    #[tokio::test]
    async fn a_key_in_pieces_is_that_key_and_a_lone_esc_is_esc() {
        let torn = vec![pressed(KeyCode::Esc), typed("[").remove(0), typed("B").remove(0)];
        let all = told(torn).await;
        assert!(
            matches!(&all[..], [Message::Pressed(key)] if key.code == KeyCode::Down),
            "{all:?}"
        );
        let all = told(vec![pressed(KeyCode::Esc), typed("q").remove(0)]).await;
        assert!(matches!(&all[..], [Message::Pressed(esc), Message::Pressed(_)]
            if esc.code == KeyCode::Esc));
    }

    #[tokio::test]
    async fn a_lone_esc_is_held_for_as_long_as_the_setting_says() {
        for (hold, whole) in [(Duration::from_secs(60), true), (Duration::ZERO, false)] {
            let keys = [KeyCode::Esc, KeyCode::Char('['), KeyCode::Char('B')];
            let inputs = iter(keys).then(async |code| {
                if code != KeyCode::Esc {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(pressed(code))
            });
            let inputs = in_bursts(inputs.boxed_local(), hold, Frames::default());
            let all: Vec<Input> = inputs.collect().await;
            assert_eq!(all.len() == 1, whole, "held {hold:?}: {all:?}");
        }
    }

    #[tokio::test]
    async fn a_key_that_was_held_back_while_a_frame_was_drawn_says_at_which_it_came() {
        let frames = Frames::default();
        frames.set(3);
        let mut inputs = in_bursts(iter(typed("yn").into_iter().map(Ok)), HOLD, frames.clone());
        let first = inputs.next().await;
        assert!(matches!(first, Some(Ok(Message::Pressed(_)))), "{first:?}");
        frames.set(4);
        let second = inputs.next().await;
        assert!(matches!(second, Some(Ok(Message::PressedAt(_, 3)))), "{second:?}");
    }
}
