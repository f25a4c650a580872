//! The steps of publication as data: a step that is added here is killed after by `tests/kill.rs`.

macro_rules! steps {
    ($($(#[$meaning:meta])* $step:ident,)*) => {
        /// The steps of publication, in order; a fault hook hears of each one done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Step {
            $($(#[$meaning])* $step,)*
        }

        impl Step {
            /// Every step, in order.
            pub const ALL: &[Self] = &[$(Self::$step),*];
        }
    };
}

steps! {
    /// Signed statements are leaves of the store.
    Sequenced,
    /// What time alone changed is named by leaves of the store.
    Marked,
    /// The day's head of the audit chain is a leaf of the store.
    Anchored,
    /// Hash tiles are written.
    TilesWritten,
    /// Entry bundles are written.
    BundlesWritten,
    /// The checkpoint is written.
    CheckpointWritten,
    /// Every format with its signature stands in the folder of the new release.
    ListsWritten,
    /// So does the release note. Nobody reads that folder yet.
    NoteWritten,
    /// Readers see the new release, all of it.
    Released,
    /// The store knows of it.
    Kept,
    /// The step from the serial before to the new one is written.
    DeltaWritten,
    /// What nobody reads any longer is removed.
    Swept,
    /// The packed forms of every format stand beside it. Nobody waits for them.
    Packed,
}
