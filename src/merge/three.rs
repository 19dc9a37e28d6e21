//! Three versions of one thing. The sides are told apart by their content (`one` has the later date,
//! or the greater bytes), so that nothing below depends on which of them git calls ours.
//! Never: knows what the thing is.

/// The base and the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Three<T> {
    pub base: T,
    pub one: T,
    pub other: T,
}

impl<T> Three<T> {
    /// Makes something of each version.
    pub(crate) fn map<'a, U>(&'a self, make: impl Fn(&'a T) -> U) -> Three<U> {
        Three {
            base: make(&self.base),
            one: make(&self.one),
            other: make(&self.other),
        }
    }
}

impl<T: PartialEq> Three<T> {
    /// What three versions make of one where no more than one side changed it, or both alike.
    pub(crate) fn decided(&self) -> Option<&T> {
        if self.one == self.other || self.base == self.other {
            Some(&self.one)
        } else if self.base == self.one {
            Some(&self.other)
        } else {
            None
        }
    }
}
