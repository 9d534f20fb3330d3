//! Makes a failing session as short as it can be: moves are taken out as long as it still fails in the same way.

use super::moves::Move;

/// The shortest list that still fails, by taking out halves, then quarters, down to single moves, until no single one can
/// go. Waits of what is taken out are kept, so that the rest happens when it did. `plays` bounds the work.
pub(crate) fn shrink(moves: &[Move], mut plays: usize, fails: impl Fn(&[Move]) -> bool) -> Vec<Move> {
    let mut shortest = moves.to_vec();
    let mut piece = shortest.len().div_ceil(2).max(1);
    while !shortest.is_empty() {
        let mut from = 0;
        let mut went = false;
        while from < shortest.len() {
            let Some(left) = plays.checked_sub(1) else { return shortest };
            plays = left;
            let shorter = without(&shortest, from, piece);
            if fails(&shorter) {
                shortest = shorter;
                went = true;
            } else {
                from += piece;
            }
        }
        if piece == 1 && !went {
            break;
        }
        piece = piece.div_ceil(2).max(1);
    }
    shortest
}

fn without(moves: &[Move], from: usize, count: usize) -> Vec<Move> {
    let mut left = Vec::with_capacity(moves.len());
    let mut waited_ms = 0;
    for (index, one) in moves.iter().enumerate() {
        if (from..from + count).contains(&index) {
            waited_ms += one.after_ms;
        } else {
            left.push(Move { after_ms: one.after_ms + std::mem::take(&mut waited_ms), act: one.act.clone() });
        }
    }
    left
}
