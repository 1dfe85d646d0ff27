//! Which parameter each argument belongs to.

use std::ops::Range;

use super::fit::{Fit, fit};
use super::{Argument, Form, Mismatch};
use crate::functions::row::{Overload, Parameter, Repeat, Requires};

/// The fewest and the most arguments an overload takes.
pub(super) fn counts(overload: &Overload) -> (usize, usize) {
    overload.parameters.iter().fold((0, 0), |(min, max), parameter| {
        let (low, high) = parameter.repeat.range();
        (min + low, max + high)
    })
}

/// The fewest and the most arguments any overload takes.
pub(super) fn counts_of_all(overloads: &[Overload]) -> (usize, usize) {
    let all = overloads.iter().map(counts);
    all.reduce(|(min, max), (low, high)| (min.min(low), max.max(high))).unwrap_or((0, 0))
}

pub(super) fn check_count(overload: &Overload, given: usize) -> Result<(), Mismatch> {
    let (min, max) = counts(overload);
    if !(min..=max).contains(&given) {
        return Err(Mismatch::Count { min, max });
    }
    let in_turn = block(overload).len();
    if in_turn > 1 && !(given - (overload.parameters.len() - in_turn)).is_multiple_of(in_turn) {
        return Err(Mismatch::IncompleteBlock);
    }
    Ok(())
}

/// The positions of the parameters that repeat in turn.
fn block(overload: &Overload) -> Range<usize> {
    let in_turn = |parameter: &Parameter| matches!(parameter.repeat, Repeat::InTurn(..));
    let start = overload.parameters.iter().position(in_turn).unwrap_or(0);
    start..start + overload.parameters.iter().filter(|parameter| in_turn(parameter)).count()
}

/// Which parameter each argument belongs to. Arguments past the most an overload takes get a position that no
/// parameter has.
pub(super) fn layout(overload: &Overload, arguments: &[Argument<'_>]) -> Vec<usize> {
    let block = block(overload);
    if !block.is_empty() {
        return layout_in_turn(overload, arguments.len(), block);
    }
    let last = overload.parameters.len().saturating_sub(1);
    let most = counts(overload).1;
    let (mut current, mut times) = (0, 0);
    let mut positions = Vec::with_capacity(arguments.len());
    for (index, argument) in arguments.iter().enumerate() {
        if index >= most {
            positions.push(usize::MAX);
            continue;
        }
        if current < last && times >= overload.parameters[current].repeat.range().1 {
            (current, times) = (current + 1, 0);
        }
        // A constant that is left out is passed over by the column that comes after it.
        while times == 0 && current < last && argument.form == Form::Column && {
            let (this, next) = (&overload.parameters[current], &overload.parameters[current + 1]);
            this.repeat == Repeat::Optional && this.requires == Requires::Constant && next.requires == Requires::Column
        } {
            current += 1;
        }
        let parameter = &overload.parameters[current];
        let skippable = |parameter: &Parameter| matches!(parameter.repeat, Repeat::Times(0, _));
        let settled = times < parameter.repeat.range().0 || (times == 0 && !skippable(parameter)) || current == last;
        if !settled {
            // The argument may belong to the parameter that goes on repeating or to one after it; the better fit wins.
            let fits = |position| fit(overload, arguments, &positions, position, argument);
            let here = fits(current);
            for next in current + 1..=last {
                let there = fits(next);
                if here >= there && here != Fit::None {
                    break;
                }
                if there != Fit::None {
                    (current, times) = (next, 0);
                    break;
                }
                if !skippable(&overload.parameters[next]) {
                    break;
                }
            }
        }
        positions.push(current);
        times += 1;
    }
    positions
}

/// [`layout`] where parameters repeat in turn, as the keys and values of `bag_pack` do.
fn layout_in_turn(overload: &Overload, given: usize, block: Range<usize>) -> Vec<usize> {
    let after = overload.parameters.len() - block.end;
    let least = overload.parameters[block.start].repeat.range().0 * block.len();
    let repeated = given.saturating_sub(block.start + after).max(least).next_multiple_of(block.len());
    let place = |index: usize| {
        if index < block.start {
            index
        } else if index < block.start + repeated {
            block.start + (index - block.start) % block.len()
        } else {
            block.end + (index - block.start - repeated)
        }
    };
    (0..given)
        .map(place)
        .map(|position| if position < overload.parameters.len() { position } else { usize::MAX })
        .collect()
}
